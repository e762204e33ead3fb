package virtio.ring.split;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Signal;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.spec.FeatureBits;

/**
 * The driver's half of a split virtqueue.
 *
 * <p>What it knows of its buffers is private: the shadow of each descriptor, the free list. Of shared memory it reads only what the device
 * writes: its index, its wishes, used elements. Each is read once, whole, into a local, and the local is checked and used.
 *
 * <p>Progress: every operation is bounded, by the parts of a chain, {@link #detach} by the size of the queue.
 *
 * <p>Spec: virtio 1.4, "Split Virtqueues"
 */
final class SplitVirtqueue extends Virtqueue {
  /** Parts of the longest chain that goes through an indirect table. */
  static final int TABLE = 16;
  /** The most bytes a chain may have in all. */
  private static final long LONGEST = 0xFFFF_FFFFL;

  /** What is known of one descriptor, where the device cannot reach it. */
  private static final class Shadow {
    // Instead of a count, what a descriptor is that is no head.
    private static final int FREE = 0;
    private static final int USED = -1;
    private static final int BODY = -2;

    /** Of a head: the number of its descriptors, itself included. */
    private int count;
    /** The next one of its chain, or of the free list. */
    private int next;
    /** Of a head: how many buffers were offered before it, ever. Its low bits are its index in the available ring, which wraps too soon. */
    private long place;
    /** Of a head: how many bytes the device may write. */
    private long writable;
    private Object token;

    private Shadow(int next) {
      this.next = next;
    }
  }

  private final MemorySegment desc;
  private final MemorySegment avail;
  private final MemorySegment used;
  private final DmaMemory tables;
  private final long usedEventAt;
  private final long availEventAt;
  private final int mask;
  private final boolean eventIdx;
  private final Signal doorbell;

  private final Shadow[] shadow;

  private int freeHead;
  private int free;
  /** Buffers ever added and not retracted; {@link #published} of them are exposed. */
  private long offered;
  /** Up to here the device may look. */
  private int exposed;
  /** {@link #exposed} at the last decision about the doorbell. */
  private int decided;
  /** The next index to get. Written by the owner; a dispatcher may read an older one, see {@link #ask}. */
  private int usedIdx;
  /** The device's index when last looked at. */
  private int seen;
  private boolean live;
  private long written;

  /** @param tables room for a table of {@link #TABLE} descriptors for each head; null where INDIRECT_DESC was not accepted */
  SplitVirtqueue(int index, int size, Features accepted, RingMemory memory, DmaMemory tables, Signal doorbell, Callback callback) {
    super(index, size, callback);
    desc = memory.desc();
    avail = memory.avail();
    used = memory.used();
    this.tables = tables;
    usedEventAt = VirtqAvail.usedEventAt(size);
    availEventAt = VirtqUsed.availEventAt(size);
    mask = size - 1;
    eventIdx = accepted.has(FeatureBits.VIRTIO_F_EVENT_IDX);
    this.doorbell = doorbell;
    shadow = new Shadow[size];
    free = size;
    for (int i = 0; i < size; i++) {
      shadow[i] = new Shadow(i + 1);
    }
    VirtqAvail.clear(avail, usedEventAt);
  }

  @Override
  public Added add(Chain chain, Object token) {
    int parts = chain.parts();
    if (token == null || parts == 0) {
      throw new IllegalArgumentException("queue=" + index() + " token=" + token + " parts=" + parts);
    }
    assert enter();
    Added added = !well ? refused() : parts == 1 ? one(chain, token) : several(chain, token, parts);
    assert leave();
    return added;
  }

  private Added one(Chain chain, Object token) {
    if (free == 0) {
      return Added.FULL;
    }
    int head = freeHead;
    Shadow known = shadow[head];
    freeHead = known.next;
    free--;
    VirtqDesc.setPlain(desc, VirtqDesc.at(head), chain.address(0), VirtqDesc.tail(chain.length(0), direction(chain, 0), 0));
    offer(known, head, 1, chain.writableBytes(), token);
    return Added.OK;
  }

  private Added several(Chain chain, Object token, int parts) {
    if (parts > size() || chain.readableBytes() + chain.writableBytes() > LONGEST) {
      return Added.TOO_LONG;
    }
    boolean indirect = tables != null && parts <= TABLE;
    int count = indirect ? 1 : parts;
    if (count > free) {
      return Added.FULL;
    }
    int head = freeHead;
    if (indirect) {
      freeHead = shadow[head].next;
      fillTable(chain, head, parts);
    } else {
      freeHead = fillChain(chain, head, parts);
    }
    free -= count;
    offer(shadow[head], head, count, chain.writableBytes(), token);
    return Added.OK;
  }

  /** Returns the descriptor after the chain's last in the free list. */
  private int fillChain(Chain chain, int head, int parts) {
    int at = head;
    for (int i = 0; i < parts; i++) {
      int after = shadow[at].next;
      boolean last = i + 1 == parts;
      int flags = direction(chain, i) | (last ? 0 : VirtqDesc.VIRTQ_DESC_F_NEXT);
      VirtqDesc.setPlain(desc, VirtqDesc.at(at), chain.address(i), VirtqDesc.tail(chain.length(i), flags, last ? 0 : after));
      shadow[at].count = Shadow.BODY;
      at = after;
    }
    return at;
  }

  private void fillTable(Chain chain, int head, int parts) {
    long base = VirtqDesc.at(head * TABLE);
    for (int i = 0; i < parts; i++) {
      boolean last = i + 1 == parts;
      int flags = direction(chain, i) | (last ? 0 : VirtqDesc.VIRTQ_DESC_F_NEXT);
      long tail = VirtqDesc.tail(chain.length(i), flags, last ? 0 : i + 1);
      VirtqDesc.setPlain(tables.segment(), base + VirtqDesc.at(i), chain.address(i), tail);
    }
    long tail = VirtqDesc.tail((int) VirtqDesc.bytes(parts), VirtqDesc.VIRTQ_DESC_F_INDIRECT, 0);
    VirtqDesc.setPlain(desc, VirtqDesc.at(head), tables.address() + base, tail);
  }

  private static int direction(Chain chain, int part) {
    return part < chain.readableParts() ? 0 : VirtqDesc.VIRTQ_DESC_F_WRITE;
  }

  private void offer(Shadow known, int head, int count, long writable, Object token) {
    long at = offered;
    known.count = count;
    known.place = at;
    known.writable = writable;
    known.token = token;
    VirtqAvail.ringPlain(avail, (int) at & mask, head);
    offered = at + 1;
  }

  @Override
  public void sync() {
    assert enter();
    if (well && offered != published) {
      publish();
    }
    assert leave();
  }

  private void publish() {
    int now = Wrap.u16((int) offered);
    published = offered;
    VirtqAvail.idxRelease(avail, now);   // descriptors and heads before the index; pairs with the device half's acquire in look
    exposed = now;
    if (live) {
      VarHandle.fullFence();   // our index before our look at the device's wish; pairs with the device half's fence in restart
      boolean wanted = eventIdx
          ? Wrap.passed(VirtqUsed.availEventOpaque(used, availEventAt), now, decided)
          : (VirtqUsed.flagsOpaque(used) & VirtqUsed.VIRTQ_USED_F_NO_NOTIFY) == 0;
      decided = now;
      if (wanted) {
        raised++;
        doorbell.raise(now);
      }
    }
  }

  @Override
  public Object get() {
    assert enter();
    Object token = well && (usedIdx != seen || look()) ? next() : null;
    assert leave();
    return token;
  }

  private boolean look() {
    int idx = VirtqUsed.idxAcquire(used);   // the index before the elements; pairs with the device half's release in publish
    int news = Wrap.distance(usedIdx, idx);
    if (news > Wrap.distance(usedIdx, exposed)) {
      fail(Violation.USED_INDEX);
      return false;
    }
    taken += news;
    seen = idx;
    return news != 0;
  }

  private Object next() {
    long elem = VirtqUsed.elemPlain(used, usedIdx & mask);
    int id = VirtqUsed.id(elem);
    Shadow[] shadow = this.shadow;
    if (id < 0 || id >= shadow.length) {
      return bad(Violation.USED_ID_RANGE);
    }
    Shadow known = shadow[id];
    if (known.count <= 0) {
      return bad(noHead(known.count));
    }
    if (known.place >= published) {
      return bad(Violation.USED_ID_NOT_SYNCED);
    }
    long len = VirtqUsed.len(elem);
    if (len > known.writable) {
      return bad(Violation.USED_LEN);
    }
    usedIdx = Wrap.next(usedIdx);
    written = len;
    Object token = known.token;
    release(known, id, Shadow.USED);
    return token;
  }

  private static Violation noHead(int mark) {
    return mark == Shadow.FREE ? Violation.USED_ID_FREE : mark == Shadow.BODY ? Violation.USED_ID_NOT_HEAD : Violation.USED_ID_TWICE;
  }

  private Object bad(Violation cause) {
    fail(cause);
    return null;
  }

  private void release(Shadow known, int head, int as) {
    Shadow last = known;
    for (int i = known.count; i > 1; i--) {
      last = shadow[last.next];
      last.count = Shadow.FREE;
    }
    last.next = freeHead;
    freeHead = head;
    free += known.count;
    known.count = as;
    known.token = null;
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public boolean detach(Object token) {
    if (token == null) {
      return false;
    }
    assert enter();
    State state = state();
    boolean over = state == State.STOPPED || state == State.QUARANTINED;
    boolean found = over ? forget(token) : well && retract(token);
    assert leave();
    return found;
  }

  /** After reset: any that is still out. */
  private boolean forget(Object token) {
    for (int head = 0; head < shadow.length; head++) {
      if (shadow[head].token == token) {
        release(shadow[head], head, Shadow.FREE);
        return true;
      }
    }
    return false;
  }

  /** Before sync: closes the gap among the entries that nobody has seen. */
  private boolean retract(Object token) {
    for (int head = 0; head < shadow.length; head++) {
      Shadow known = shadow[head];
      if (known.token == token && unsynced(known)) {
        release(known, head, Shadow.FREE);
        moveUp(known.place);
        return true;
      }
    }
    return false;
  }

  private boolean unsynced(Shadow known) {
    return known.count > 0 && known.place >= published;
  }

  private void moveUp(long gap) {
    for (int head = 0; head < shadow.length; head++) {
      Shadow known = shadow[head];
      if (unsynced(known) && known.place > gap) {
        known.place--;
        VirtqAvail.ringPlain(avail, (int) known.place & mask, head);
      }
    }
    offered--;
  }

  @Override
  protected void opened() {
    live = true;
    if (exposed != decided) {
      decided = exposed;
      raised++;
      doorbell.raise(exposed);
    }
  }

  @Override
  protected int ask() {
    int from = usedIdx;
    if (eventIdx) {
      VirtqAvail.usedEventOpaque(avail, usedEventAt, from);
    } else {
      VirtqAvail.flagsOpaque(avail, 0);
    }
    return from;
  }

  @Override
  protected void mute() {
    if (eventIdx) {
      VirtqAvail.usedEventOpaque(avail, usedEventAt, Wrap.previous(usedIdx));   // as far off as an index can be; the flags stay 0
    } else {
      VirtqAvail.flagsOpaque(avail, VirtqAvail.VIRTQ_AVAIL_F_NO_INTERRUPT);
    }
  }

  @Override
  protected boolean pending(int from) {
    return VirtqUsed.idxAcquire(used) != from;
  }

  /** DRIVER_OK. */
  void begin() {
    start();
  }

  /** The reset is over. */
  void end(boolean confirmed) {
    stop(confirmed);
  }
}
