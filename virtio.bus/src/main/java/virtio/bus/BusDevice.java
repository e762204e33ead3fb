package virtio.bus;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/** A device that a transport found: the driver's end of its {@link Link}. Any thread. */
@ConsumerType
public interface BusDevice extends Link {
  /** Stable, and unique on its transport: {@code "m0/0000:00:03.0"}, {@code "m0/0"}. */
  String name();

  /** What a {@code device.filter} matches beside {@code name}: the machine, and the bus's own words (vendor, path, entry). */
  Map<String, Object> properties();

  /** Named registers or plain memory ({@code "config"}, {@code "bar0"}, {@code "entry"}), or null. */
  Window window(String name);

  /** What the bus keeps about it as strings, rooted at the device, or null. */
  Store store();

  /**
   * A place in the list is what the bus's registers call this interrupt; null in places that are none. On lguest the place is the line's
   * number; on PCI come the vectors by number, then the pin. Registering is an IllegalStateException where the machine has no message left.
   */
  List<Interrupt> interrupts();

  /**
   * The bus's own doorbell, or null where only registers ring. Got anew with each claim: it need not ring after that.
   *
   * @param argument what the bus rings with: a ring's page address (lguest), a queue's index (VIO), an event channel's number (Xen)
   */
  Signal doorbell(long argument);

  /** Exclusive use until closed; then no handler of the claimant runs any more. IllegalStateException when taken or gone. */
  Registration claim();
}
