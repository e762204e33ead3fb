package virtio.host.pci;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import virtio.bus.DmaMemory;
import virtio.bus.machine.RegionAllocator;
import virtio.os.linux.AnonymousMemory;

/** The machine's memory: what both sides share. It is unmapped when nobody has any of it any more. */
final class MachineMemory {
  static final int PAGE = 4096;
  static final long SMALLEST = 4L << 20;
  static final long LARGEST = 2L << 30;

  private static final long HOST_BYTES = 8L << 20;
  private static final VarHandle WORD = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private final DmaMemory whole;
  private final RegionAllocator guest;
  private final RegionAllocator host;
  private final DmaMemory cells;

  private MachineMemory(MemorySegment segment) {
    whole = new DmaMemory(segment, AddressMap.MEMORY);
    long guests = segment.byteSize() - HOST_BYTES;
    DmaMemory hosts = RegionAllocator.part(whole, guests, HOST_BYTES);
    DmaMemory shared = RegionAllocator.part(whole, PAGE, segment.byteSize() - PAGE);
    guest = new RegionAllocator(RegionAllocator.part(whole, PAGE, guests - PAGE), shared);
    host = new RegionAllocator(hosts, shared);
    cells = RegionAllocator.part(whole, 0, PAGE);
  }

  /** @param bytes the guest's */
  static MachineMemory create(long bytes) throws IOException {
    return new MachineMemory(AnonymousMemory.map(bytes + HOST_BYTES, Arena.ofAuto()));
  }

  /** The guest's allocations; it adopts all but the message cells, the host's pages among them, where rings may lie. */
  RegionAllocator guest() {
    return guest;
  }

  /** The host's allocations, from pages of its own; it adopts all but the message cells. */
  RegionAllocator host() {
    return host;
  }

  /** Where messages land: the first page. */
  DmaMemory cells() {
    return cells;
  }

  /** Null where not all of that is memory. */
  MemorySegment at(long address, long bytes) {
    return whole.holds(address, bytes) ? whole.segment().asSlice(address - whole.address(), bytes) : null;
  }

  /** A device writes a message: 32 bits. False where there is no memory. Any thread; after everything its caller stored. */
  boolean message(long address, int data) {
    if ((address & 3) != 0 || !whole.holds(address, Integer.BYTES)) {
      return false;
    }
    WORD.setVolatile(whole.segment(), address - whole.address(), data);
    return true;
  }
}
