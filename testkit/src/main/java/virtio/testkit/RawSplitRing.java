package virtio.testkit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;
import virtio.bus.RingAreas;

/**
 * A split ring's memory, field by field, for a peer that keeps no rule and for a test that looks at what was written. Its offsets are typed
 * from the specification, not taken from the brick that it tests.
 *
 * <p>Spec: virtio 1.4, "Split Virtqueues"
 */
public final class RawSplitRing {
  public static final int NEXT = 1;
  public static final int WRITE = 2;
  public static final int INDIRECT = 4;

  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment desc;
  private final MemorySegment avail;
  private final MemorySegment used;
  private final int size;

  public RawSplitRing(AddressSpace space, RingAreas areas, int size) {
    this.size = size;
    desc = area(space, areas.descriptors(), 16L * size);
    avail = area(space, areas.available(), 6 + 2L * size);
    used = area(space, areas.used(), 6 + 8L * size);
  }

  private static MemorySegment area(AddressSpace space, long address, long bytes) {
    DmaMemory region = space.adopt(address, bytes);
    return region.segment().asSlice(address - region.address(), bytes);
  }

  /** Writes a descriptor. */
  public void desc(int at, long addr, int len, int flags, int next) {
    entry(desc, at, addr, len, flags, next);
  }

  /** Writes a descriptor of an indirect table that begins where the region begins. */
  public static void table(DmaMemory region, int at, long addr, int len, int flags, int next) {
    entry(region.segment(), at, addr, len, flags, next);
  }

  private static void entry(MemorySegment table, int at, long addr, int len, int flags, int next) {
    table.set(LE64, 16L * at, addr);
    table.set(LE32, 16L * at + 8, len);
    table.set(LE16, 16L * at + 12, (short) flags);
    table.set(LE16, 16L * at + 14, (short) next);
  }

  public long descAddr(int at) {
    return desc.get(LE64, 16L * at);
  }

  public int descLen(int at) {
    return desc.get(LE32, 16L * at + 8);
  }

  public int descFlags(int at) {
    return u16(desc, 16L * at + 12);
  }

  public int descNext(int at) {
    return u16(desc, 16L * at + 14);
  }

  /** Offers a head in the slot of that index, and sets the index after it. */
  public void offer(int idx, int head) {
    avail.set(LE16, 4 + 2L * (idx & size - 1), (short) head);
    availIdx(idx + 1);
  }

  public int availRing(int idx) {
    return u16(avail, 4 + 2L * (idx & size - 1));
  }

  public int availIdx() {
    return u16(avail, 2);
  }

  public void availIdx(int idx) {
    avail.set(LE16, 2, (short) idx);
  }

  public int availFlags() {
    return u16(avail, 0);
  }

  public void availFlags(int flags) {
    avail.set(LE16, 0, (short) flags);
  }

  public int usedEvent() {
    return u16(avail, 4 + 2L * size);
  }

  public void usedEvent(int idx) {
    avail.set(LE16, 4 + 2L * size, (short) idx);
  }

  /** Uses a head in the slot of that index, and sets the index after it. */
  public void use(int idx, int id, int len) {
    used.set(LE32, 4 + 8L * (idx & size - 1), id);
    used.set(LE32, 8 + 8L * (idx & size - 1), len);
    usedIdx(idx + 1);
  }

  public int usedId(int idx) {
    return used.get(LE32, 4 + 8L * (idx & size - 1));
  }

  public int usedLen(int idx) {
    return used.get(LE32, 8 + 8L * (idx & size - 1));
  }

  public int usedIdx() {
    return u16(used, 2);
  }

  public void usedIdx(int idx) {
    used.set(LE16, 2, (short) idx);
  }

  public int usedFlags() {
    return u16(used, 0);
  }

  public void usedFlags(int flags) {
    used.set(LE16, 0, (short) flags);
  }

  public int availEvent() {
    return u16(used, 4 + 8L * size);
  }

  public void availEvent(int idx) {
    used.set(LE16, 4 + 8L * size, (short) idx);
  }

  private static int u16(MemorySegment area, long at) {
    return area.get(LE16, at) & 0xFFFF;
  }
}
