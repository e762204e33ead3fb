package virtio.host.lguest;

import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;

/**
 * Guest-physical addresses, as one side of the machine uses them: it allocates from its own pages, and adopts what the other side may
 * rightly point it to.
 */
final class MachineSpace implements AddressSpace {
  private final RegionAllocator own;
  private final DmaMemory foreign;

  private MachineSpace(RegionAllocator own, DmaMemory foreign) {
    this.own = own;
    this.foreign = foreign;
  }

  /** Allocates from the guest's memory; adopts the host's pages, where the rings lie. */
  static MachineSpace guest(MachineMemory memory) {
    RegionAllocator own = new RegionAllocator(memory.segment(), MachineMemory.PAGE, memory.devicePage());
    return new MachineSpace(own, new DmaMemory(memory.segment().asSlice(memory.hostPages()), memory.hostPages()));
  }

  /** Allocates from the host's pages; adopts everything but the control page. */
  static MachineSpace host(MachineMemory memory) {
    RegionAllocator own = new RegionAllocator(memory.segment(), memory.hostPages(), memory.end());
    return new MachineSpace(own, new DmaMemory(memory.segment().asSlice(MachineMemory.PAGE), MachineMemory.PAGE));
  }

  @Override
  public boolean translated() {
    return false;
  }

  @Override
  public DmaMemory allocate(long bytes, long alignment) {
    return own.allocate(bytes, alignment);
  }

  @Override
  public DmaMemory adopt(long address, long bytes) {
    return foreign.holds(address, bytes) ? foreign : null;
  }

  @Override
  public void free(DmaMemory memory) {
    own.free(memory);
  }

  @Override
  public void quarantine(DmaMemory memory) {
    own.quarantine(memory);
  }

  @Override
  public long quarantined() {
    return own.quarantined();
  }

  /** How many regions are out. */
  int regions() {
    return own.regions();
  }

  /** Waits until none is out, bounded; false if some still are. */
  boolean awaitEmpty(long nanos) throws InterruptedException {
    return own.awaitEmpty(nanos);
  }
}
