package virtio.bus;

import java.util.concurrent.Executor;
import org.osgi.annotation.versioning.ConsumerType;

/** A place that a host offers for one device: the device's end of its {@link Link}. What the host does not offer is null. */
@ConsumerType
public interface Slot extends Link, Registration {
  /** For a person: {@code "m0/0"}. */
  String name();

  /** Shows registers to the driver's half, which finds them under that name. They are called on the host's thread, and must not block. */
  void window(String name, Window registers);

  /**
   * Plain memory that the driver's half finds under that name, zeroed, and whose accesses nobody sees; once per name.
   *
   * @return null where the host has none, or not so much
   */
  DmaMemory place(String name, long bytes);

  /** Null where the bus keeps no strings. */
  Store store();

  /** An interrupt of this device's own; null when there are no more. */
  Line line();

  /**
   * Runs on {@link #executor} after the bus's own doorbell was rung with that argument, at least once after each; until closed.
   *
   * @param argument as in {@link BusDevice#doorbell}
   */
  Registration doorbell(long argument, Runnable rung);

  /** Null where the bus is not PCI. */
  default PciFunction function() {
    return null;
  }

  /** The device's one thread: the model runs here, and never on a driver's stack. */
  Executor executor();

  /** The device is exposed whole: the driver's side may find it. */
  void announce();

  /** Unplugs the device: the driver's side is told that it has gone. The slot's thread ends. */
  @Override
  void close();

  /** One interrupt that the device may raise. */
  @ConsumerType
  interface Line extends Signal {
    /** Its place in {@link BusDevice#interrupts}: what a register or an entry holds to name it. */
    int place();
  }
}
