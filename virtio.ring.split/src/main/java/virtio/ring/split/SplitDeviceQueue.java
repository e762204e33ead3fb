package virtio.ring.split;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import virtio.bus.AddressSpace;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Signal;
import virtio.bus.Violation;
import virtio.bus.spec.FeatureBits;

/**
 * The device's half of a split virtqueue.
 *
 * <p>Of shared memory it reads the driver's index, its wishes, heads, and each descriptor once, as two words, into locals; every address is
 * looked up in what the driver's side shared. A chain that is wrong breaks the queue, is empty for the caller, and is not parsed again.
 *
 * <p>Progress: every operation is bounded, {@link #take} by the entries of the two tables of one chain.
 *
 * <p>Spec: virtio 1.4, "Split Virtqueues"
 */
final class SplitDeviceQueue extends DeviceQueue {
  /** The most bytes a chain may have in all. */
  private static final long LONGEST = 0xFFFF_FFFFL;

  private final MemorySegment desc;
  private final MemorySegment avail;
  private final MemorySegment used;
  private final AddressSpace space;
  private final long usedEventAt;
  private final long availEventAt;
  private final int mask;
  private final boolean eventIdx;
  private final boolean indirect;
  private final Signal interrupt;

  /** Heads that are ours: taken and not yet pushed. */
  private final boolean[] ours;

  /** The region hit last. Regions stay until reset, so it cannot go stale. */
  private DmaMemory region;
  /** The next index to take. Written by the owner; a dispatcher may read an older one, see {@link #ask}. */
  private int availIdx;
  /** The driver's index when last looked at. */
  private int seen;
  /** The next index to fill. */
  private int usedIdx;
  /** Up to here the driver may look. */
  private int exposed;
  /** {@link #exposed} at the last decision about the interrupt. */
  private int decided;
  private boolean live;

  SplitDeviceQueue(int index, int size, Features accepted, RingMemory memory, AddressSpace space, Signal interrupt, Callback callback) {
    super(index, size, callback);
    desc = memory.desc();
    avail = memory.avail();
    used = memory.used();
    this.space = space;
    usedEventAt = VirtqAvail.usedEventAt(size);
    availEventAt = VirtqUsed.availEventAt(size);
    mask = size - 1;
    eventIdx = accepted.has(FeatureBits.VIRTIO_F_EVENT_IDX);
    indirect = accepted.has(FeatureBits.VIRTIO_F_INDIRECT_DESC);
    this.interrupt = interrupt;
    ours = new boolean[size];
    VirtqUsed.clear(used, availEventAt);
  }

  @Override
  public boolean take(Chain chain) {
    assert enter();
    chain.clear();
    boolean any = well && (availIdx != seen || look()) && next(chain);
    assert leave();
    return any;
  }

  private boolean look() {
    if (!live) {
      return false;
    }
    int idx = VirtqAvail.idxAcquire(avail);   // the index before heads and descriptors; pairs with the driver half's release in publish
    int news = Wrap.distance(availIdx, idx);
    if (news > ours.length - Wrap.distance(usedIdx, availIdx)) {
      fail(Violation.AVAIL_INDEX);
      return false;
    }
    taken += news;
    seen = idx;
    return news != 0;
  }

  private boolean next(Chain chain) {
    boolean[] ours = this.ours;
    int head = VirtqAvail.ringPlain(avail, availIdx & mask);
    if (head >= ours.length) {
      return bad(chain, Violation.HEAD_RANGE);
    }
    if (ours[head]) {
      return bad(chain, Violation.HEAD_TWICE);
    }
    ours[head] = true;
    availIdx = Wrap.next(availIdx);
    chain.id(head);
    long at = VirtqDesc.at(head);
    long addr = VirtqDesc.addrPlain(desc, at);
    long tail = VirtqDesc.tailPlain(desc, at);
    if ((VirtqDesc.flags(tail) & (VirtqDesc.VIRTQ_DESC_F_NEXT | VirtqDesc.VIRTQ_DESC_F_INDIRECT)) == 0) {
      return part(chain, addr, tail);
    }
    return walk(chain, addr, tail);
  }

  /** From the head on: parts of the descriptor table, then maybe one indirect table, which ends the chain. */
  private boolean walk(Chain chain, long headAddr, long headTail) {
    long addr = headAddr;
    long tail = headTail;
    for (int seen = 1; (VirtqDesc.flags(tail) & VirtqDesc.VIRTQ_DESC_F_INDIRECT) == 0; seen++) {
      if (!part(chain, addr, tail)) {
        return false;
      }
      if ((VirtqDesc.flags(tail) & VirtqDesc.VIRTQ_DESC_F_NEXT) == 0) {
        return whole(chain);
      }
      if (seen == ours.length) {
        return bad(chain, Violation.CHAIN_LOOPS);
      }
      int next = VirtqDesc.next(tail);
      if (next >= ours.length) {
        return bad(chain, Violation.NEXT_RANGE);
      }
      addr = VirtqDesc.addrPlain(desc, VirtqDesc.at(next));
      tail = VirtqDesc.tailPlain(desc, VirtqDesc.at(next));
    }
    return table(chain, addr, tail);
  }

  private boolean table(Chain chain, long address, long described) {
    int bytes = VirtqDesc.len(described);
    if (!indirect) {
      return bad(chain, Violation.INDIRECT_NOT_ACCEPTED);
    }
    if ((VirtqDesc.flags(described) & VirtqDesc.VIRTQ_DESC_F_NEXT) != 0) {
      return bad(chain, Violation.INDIRECT_WITH_NEXT);
    }
    if (bytes <= 0 || bytes % VirtqDesc.bytes(1) != 0) {
      return bad(chain, Violation.INDIRECT_LENGTH);
    }
    DmaMemory in = region(address, bytes);
    if (in == null) {
      return bad(chain, Violation.ADDRESS_NOT_GRANTED);
    }
    MemorySegment table = in.segment();
    long base = address - in.address();
    int entries = bytes / (int) VirtqDesc.bytes(1);
    int at = 0;
    for (int seen = 1; ; seen++) {
      long addr = VirtqDesc.addrPlain(table, base + VirtqDesc.at(at));
      long tail = VirtqDesc.tailPlain(table, base + VirtqDesc.at(at));
      if ((VirtqDesc.flags(tail) & VirtqDesc.VIRTQ_DESC_F_INDIRECT) != 0) {
        return bad(chain, Violation.INDIRECT_IN_INDIRECT);
      }
      if (!part(chain, addr, tail)) {
        return false;
      }
      if ((VirtqDesc.flags(tail) & VirtqDesc.VIRTQ_DESC_F_NEXT) == 0) {
        return whole(chain);
      }
      if (seen == entries) {
        return bad(chain, Violation.CHAIN_LOOPS);
      }
      at = VirtqDesc.next(tail);
      if (at >= entries) {
        return bad(chain, Violation.NEXT_RANGE);
      }
    }
  }

  private boolean part(Chain chain, long addr, long tail) {
    int len = VirtqDesc.len(tail);
    DmaMemory in = region;
    if (in == null || !in.holds(addr, len)) {
      in = region(addr, len);
      if (in == null) {
        return bad(chain, Violation.ADDRESS_NOT_GRANTED);
      }
      region = in;
    }
    int parts = chain.parts();
    if (len == 0 || parts == chain.maxParts() || parts == ours.length) {
      return bad(chain, len == 0 ? Violation.PART_EMPTY : Violation.CHAIN_TOO_LONG);
    }
    if ((VirtqDesc.flags(tail) & VirtqDesc.VIRTQ_DESC_F_WRITE) != 0) {
      chain.writable(in, addr - in.address(), len);
    } else if (chain.readableParts() != parts) {
      return bad(chain, Violation.READABLE_AFTER_WRITABLE);
    } else {
      chain.readable(in, addr - in.address(), len);
    }
    return true;
  }

  /** A length of 2 GiB or more has come out negative, and lies in no region that a chain could show. */
  private DmaMemory region(long addr, int len) {
    return len < 0 ? null : space.adopt(addr, len);
  }

  private boolean whole(Chain chain) {
    return chain.readableBytes() + chain.writableBytes() <= LONGEST || bad(chain, Violation.CHAIN_TOO_LONG);
  }

  private boolean bad(Chain chain, Violation cause) {
    chain.clear();
    fail(cause);
    return false;
  }

  @Override
  public void push(Chain chain) {
    int head = chain.id();
    boolean[] ours = this.ours;
    if (head < 0 || head >= ours.length || !ours[head]) {
      throw new IllegalArgumentException("queue=" + index() + " chain=" + head + " not taken");
    }
    assert enter();
    ours[head] = false;
    int at = usedIdx;
    VirtqUsed.elemPlain(used, at & mask, VirtqUsed.elem(head, chain.written()));
    usedIdx = Wrap.next(at);
    assert leave();
  }

  @Override
  public void sync() {
    assert enter();
    if (well && usedIdx != exposed) {
      publish();
    }
    assert leave();
  }

  private void publish() {
    int now = usedIdx;
    published += Wrap.distance(exposed, now);
    VirtqUsed.idxRelease(used, now);   // buffers and elements before the index; pairs with the driver half's acquire in look
    exposed = now;
    if (live) {
      VarHandle.fullFence();   // our index before our look at the driver's wish; pairs with the driver half's fence in restart
      boolean wanted = eventIdx
          ? Wrap.passed(VirtqAvail.usedEventOpaque(avail, usedEventAt), now, decided)
          : (VirtqAvail.flagsOpaque(avail) & VirtqAvail.VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
      decided = now;
      if (wanted) {
        raised++;
        interrupt.raise(now);
      }
    }
  }

  @Override
  protected void opened() {
    live = true;
  }

  @Override
  protected int ask() {
    int from = availIdx;
    if (eventIdx) {
      VirtqUsed.availEventOpaque(used, availEventAt, from);
    } else {
      VirtqUsed.flagsOpaque(used, 0);
    }
    return from;
  }

  @Override
  protected void mute() {
    if (eventIdx) {
      VirtqUsed.availEventOpaque(used, availEventAt, Wrap.previous(availIdx));   // as far off as an index can be; the flags stay 0
    } else {
      VirtqUsed.flagsOpaque(used, VirtqUsed.VIRTQ_USED_F_NO_NOTIFY);
    }
  }

  @Override
  protected boolean pending(int from) {
    return VirtqAvail.idxAcquire(avail) != from;
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
