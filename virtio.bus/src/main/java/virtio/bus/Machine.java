package virtio.bus;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a transport needs of the machine it runs on, whoever that is: a host in this JVM, QEMU, /dev/xen. Registered as a service with the
 * property {@code virtio.machine}, its name, and {@code virtio.machine.kind}, which says which transports know it: {@code lguest}.
 * What a machine does not have is null, or an UnsupportedOperationException that names it. Any thread.
 */
@ConsumerType
public interface Machine {
  /** Stable; unique among machines. */
  String name();

  /** What a person or a filter may want to know: {@code layout=lguest}. */
  Map<String, Object> properties();

  /** Registers or plain memory at a physical address. */
  Window window(long physical, long size);

  /** @param unit which of several: 0, or a bus's own number (a LIOBN) */
  AddressSpace space(long unit);

  /** @param source the machine's own number for it */
  Interrupt interrupt(long source);

  /**
   * @param number the hypercall
   * @param arguments in, and results out, in the same array: the caller's, reused
   * @return the hypercall's result; {@link Channel#GONE} when the machine has gone or does not answer
   */
  long hypercall(long number, long[] arguments);

  /** Like a hypercall whose result nobody needs, but never blocks; may coalesce with an earlier one of the same arguments. */
  Signal notifier(long number, long argument);

  /** Null where there is none. */
  Store firmware();
}
