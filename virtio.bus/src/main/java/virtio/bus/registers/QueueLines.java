package virtio.bus.registers;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Slot;

/**
 * What rings between a device on a slot and its driver: an interrupt for each queue and one for changes, of which all share the first that
 * come when the slot has no more; and doorbells. Queues whose rings share no memory have no interrupt: their ring tells by itself.
 *
 * <p>Raising takes no lock: any thread. All else is for the one that exposes the device, and the one that takes it away.
 *
 * <p>Spec: virtio 1.4, "Notifications"
 */
public final class QueueLines implements Registration {
  private final DeviceConfig device;
  private final Slot slot;
  private final Slot.Line[] lines;
  private final Slot.Line configuration;
  private final List<Registration> doorbells = new ArrayList<>();

  /**
   * Takes the slot's interrupts, in the order of the queues; that for changes last.
   *
   * @throws IllegalStateException when the slot has none at all
   */
  public QueueLines(DeviceConfig device, Slot slot) {
    this.device = device;
    this.slot = slot;
    this.lines = new Slot.Line[device.ringsInMemory() ? DeviceRegisters.queues(device) : 0];
    Slot.Line shared = null;
    for (int index = 0; index < lines.length; index++) {
      Slot.Line own = slot.line();
      shared = shared == null ? own : shared;
      lines[index] = own == null ? shared : own;
    }
    Slot.Line own = slot.line();
    this.configuration = own == null ? shared : own;
    if (configuration == null) {
      throw new IllegalStateException(slot.name() + ": no interrupt is left");
    }
  }

  /** The {@linkplain Slot.Line#place place} of a queue's interrupt; {@code none} where it has none. */
  public int place(int queue, int none) {
    return queue < lines.length ? lines[queue].place() : none;
  }

  /** The place of the interrupt for changes; a queue may have the same. */
  public int configurationPlace() {
    return configuration.place();
  }

  /** Does nothing for a queue without an interrupt. */
  public void raise(int queue) {
    if (queue < lines.length) {
      lines[queue].raise(0);
    }
  }

  public void raiseConfiguration() {
    configuration.raise(0);
  }

  /** Each queue with an interrupt is rung by the address of its ring; where none is given, by its index. */
  public void doorbells(GivenRings rings) {
    for (int index = 0; index < lines.length; index++) {
      doorbell(index < rings.count() ? rings.address(index) : index, index);
    }
  }

  /** The slot's doorbell of that argument is a queue's. @param queue any that {@link DeviceConfig#doorbell} knows */
  public void doorbell(long argument, int queue) {
    Signal rung = device.doorbell(queue);
    doorbell(argument, () -> rung.raise(0));
  }

  /** The same for what is no queue's. */
  public void doorbell(long argument, Runnable rung) {
    doorbells.add(slot.doorbell(argument, rung));
  }

  /** When this returns no doorbell is being answered. */
  @Override
  public void close() {
    doorbells.forEach(Registration::close);
  }
}
