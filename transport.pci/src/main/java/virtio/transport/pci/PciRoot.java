package virtio.transport.pci;

import java.util.List;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Registration;

/**
 * The PCI buses of one machine, from its host bridge down: what was found there last, and what has changed. On the transport's thread, but
 * for {@link #lookAgain}.
 */
final class PciRoot {
  private final Machine machine;
  private final Follower follower;
  private final ConfigAccess access;
  private final PciBus first;
  private final Registration changed;
  private int lastBus;

  /** Who wants to know. */
  interface Follower {
    void appeared(VirtioFunction function);

    void leaving(VirtioFunction function);

    void disappeared(VirtioFunction function);

    /** Any thread: is to have this root scanned, on the transport's. */
    void lookAgain(PciRoot root);
  }

  /** @throws IllegalArgumentException naming what the machine does not tell */
  PciRoot(Machine machine, Follower follower) {
    this.machine = machine;
    this.follower = follower;
    PciFirmware firmware = new PciFirmware(machine);
    access = firmware.config();
    first = new PciBus(this, false, firmware.has(PciFirmware.MEMORY64), firmware.lines());
    firmware.open(first, Space.MEMORY, PciFirmware.MEMORY);
    firmware.open(first, Space.PREFETCHABLE, PciFirmware.MEMORY64);
    firmware.open(first, Space.IO, PciFirmware.IO);
    Interrupt source = firmware.changed();
    changed = source == null ? () -> { } : source.register(this::lookAgain);
  }

  Machine machine() {
    return machine;
  }

  ConfigAccess access() {
    return access;
  }

  /** Looks at every place, gives addresses to what has come, and tells of it. */
  void scan() {
    first.discover();
    first.place();
    first.functions().forEach(VirtioFunction::announce);
  }

  /** A number for a bus; 0 where there is none left. */
  int nextBus() {
    return lastBus + 1 < access.buses() ? ++lastBus : 0;
  }

  /** The highest number given. */
  int lastBus() {
    return lastBus;
  }

  List<VirtioFunction> functions() {
    return first.functions();
  }

  /** We leave, or the machine does: everybody is told; what still answers does so until it is let go. */
  void withdraw() {
    changed.close();
    first.functions().forEach(VirtioFunction::withdraw);
  }

  void appeared(VirtioFunction function) {
    follower.appeared(function);
  }

  void leaving(VirtioFunction function) {
    follower.leaving(function);
  }

  void disappeared(VirtioFunction function) {
    follower.disappeared(function);
  }

  /** Any thread. */
  void lookAgain() {
    follower.lookAgain(this);
  }
}
