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
 * <p>What it knows of its buffers is private: the shadow of each descriptor, the free list, the heads it offered. Of shared memory it reads
 * only what the device writes: its index and its wishes, each into a local; and used elements, which are copied out once when the index
 * has been acquired, then checked and used where nobody can change them.
 *
 * <p>Heads are gathered in private memory and stored by {@link #sync}: until then the device could see nothing of them, so a buffer
 * that was not synced can be taken back.
 *
 * <p>Progress: every operation is bounded, by the parts of a chain, by the buffers of a batch, {@link #detach} by the size of the queue.
 *
 * <p>Spec: virtio 1.4, "Split Virtqueues"
 */
final class SplitVirtqueue extends Virtqueue {
  /** Parts of the longest chain that goes through an indirect table. */
  static final int TABLE = 16;
  /** The most bytes a chain may have in all. */
  private static final long LONGEST = 0xFFFF_FFFFL;

  // The low 16 bits of a shadow: a head's number of descriptors, 1 to 32768, or what it is instead of a head.
  private static final int FREE = 0;
  private static final int USED = 0xFFFE;
  private static final int BODY = 0xFFFF;

  private final MemorySegment desc;
  private final MemorySegment avail;
  private final MemorySegment used;
  private final DmaMemory tables;
  private final long usedEventAt;
  private final long availEventAt;
  private final boolean eventIdx;
  private final Signal doorbell;

  /** Of a head: writable bytes, its index in the available ring, its number of descriptors (32, 16, 16 bits). Of others FREE, USED or BODY. */
  private final long[] shadow;
  /** Links of a buffer's chain and of the free list. */
  private final int[] next;
  private final Object[] tokens;
  /** What the available ring holds, or will at the next sync. */
  private final char[] heads;
  /** Used elements as they were when the index was acquired. */
  private final long[] elems;

  private int freeHead;
  private int free;
  /** The next index to fill. */
  private int availIdx;
  /** Up to here the device may look. */
  private int exposed;
  /** {@link #exposed} at the last decision about the doorbell. */
  private int decided;
  /** The next index to get. Written by the owner; a dispatcher may read an older one, see {@link #ask}. */
  private int usedIdx;
  /** Up to here the elements are copied. */
  private int copied;
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
    eventIdx = accepted.has(FeatureBits.VIRTIO_F_EVENT_IDX);
    this.doorbell = doorbell;
    shadow = new long[size];
    next = new int[size];
    tokens = new Object[size];
    heads = new char[size];
    elems = new long[size];
    free = size;
    for (int i = 0; i < size; i++) {
      next[i] = i + 1;
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
    freeHead = next[head];
    free--;
    VirtqDesc.setPlain(desc, VirtqDesc.at(head), chain.address(0), VirtqDesc.tail(chain.length(0), direction(chain, 0), 0));
    offer(head, 1, chain.writableBytes(), token);
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
      freeHead = next[head];
      fillTable(chain, head, parts);
    } else {
      freeHead = fillChain(chain, head, parts);
    }
    free -= count;
    offer(head, count, chain.writableBytes(), token);
    return Added.OK;
  }

  /** Returns the descriptor after the chain's last in the free list. */
  private int fillChain(Chain chain, int head, int parts) {
    int at = head;
    for (int i = 0; i < parts; i++) {
      int after = next[at];
      boolean last = i + 1 == parts;
      int flags = direction(chain, i) | (last ? 0 : VirtqDesc.VIRTQ_DESC_F_NEXT);
      VirtqDesc.setPlain(desc, VirtqDesc.at(at), chain.address(i), VirtqDesc.tail(chain.length(i), flags, last ? 0 : after));
      shadow[at] = BODY;
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

  private void offer(int head, int count, long writable, Object token) {
    int at = availIdx;
    shadow[head] = writable << 32 | (long) at << 16 | count;
    tokens[head] = token;
    heads[at & heads.length - 1] = (char) head;
    availIdx = Wrap.next(at);
  }

  @Override
  public void sync() {
    assert enter();
    if (well && availIdx != exposed) {
      publish();
    }
    assert leave();
  }

  private void publish() {
    int now = availIdx;
    published += Wrap.distance(exposed, now);
    VirtqAvail.storeRing(avail, heads, exposed, now);
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
    Object token = well && (usedIdx != copied || look()) ? next() : null;
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
    VirtqUsed.loadRing(used, elems, usedIdx, idx);
    taken += news;
    copied = idx;
    return news != 0;
  }

  private Object next() {
    long elem = elems[usedIdx & elems.length - 1];
    int id = VirtqUsed.id(elem);
    long[] shadow = this.shadow;
    if (id < 0 || id >= shadow.length) {
      return bad(Violation.USED_ID_RANGE);
    }
    long known = shadow[id];
    int count = (int) known & 0xFFFF;
    if (count - 1 >= USED - 1 || count == FREE) {
      return bad(noHead(count));
    }
    if (Wrap.distance((int) (known >>> 16) + 1, exposed) >= shadow.length) {
      return bad(Violation.USED_ID_NOT_SYNCED);
    }
    long len = VirtqUsed.len(elem);
    if (len > known >>> 32) {
      return bad(Violation.USED_LEN);
    }
    usedIdx = Wrap.next(usedIdx);
    written = len;
    Object token = tokens[id];
    release(id, count, USED);
    return token;
  }

  private static Violation noHead(int mark) {
    return mark == FREE ? Violation.USED_ID_FREE : mark == BODY ? Violation.USED_ID_NOT_HEAD : Violation.USED_ID_TWICE;
  }

  private Object bad(Violation cause) {
    fail(cause);
    return null;
  }

  private void release(int head, int count, int as) {
    tokens[head] = null;
    shadow[head] = as;
    int last = head;
    for (int i = 1; i < count; i++) {
      last = next[last];
      shadow[last] = FREE;
    }
    next[last] = freeHead;
    freeHead = head;
    free += count;
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
    for (int head = 0; head < tokens.length; head++) {
      if (tokens[head] == token) {
        release(head, (int) shadow[head] & 0xFFFF, FREE);
        return true;
      }
    }
    return false;
  }

  /** Before sync: closes the gap among the heads that nobody has seen. */
  private boolean retract(Object token) {
    int mask = heads.length - 1;
    for (int at = exposed; at != availIdx; at = Wrap.next(at)) {
      int head = heads[at & mask];
      if (tokens[head] == token) {
        int last = Wrap.previous(availIdx);
        for (int i = at; i != last; i = Wrap.next(i)) {
          int moved = heads[Wrap.next(i) & mask];
          heads[i & mask] = (char) moved;
          shadow[moved] = shadow[moved] & ~0xFFFF_0000L | (long) i << 16;
        }
        availIdx = last;
        release(head, (int) shadow[head] & 0xFFFF, FREE);
        return true;
      }
    }
    return false;
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
