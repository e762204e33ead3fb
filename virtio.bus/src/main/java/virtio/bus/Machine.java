package virtio.bus;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a transport needs of the machine it runs on, whoever that is: a host in this JVM, QEMU, /dev/xen. Registered as a service with the
 * property {@code virtio.machine}, its name, and {@code virtio.machine.kind}, which says which transports know it: {@code lguest},
 * {@code pci}. What a machine does not have is null, or an UnsupportedOperationException that names it. Any thread.
 *
 * <p>A machine that goes takes its service with it; what was got from it stays harmless: windows read all ones, interrupts are silent. One
 * that is started again is another service.
 *
 * <h2>Where a PCI host bridge is</h2>
 * {@link #firmware} says so, in these words; numbers are decimal or begin with {@code 0x}, and further bridges are {@code pci/1} and so on:
 * <table>
 * <caption>what a machine of the kind pci says</caption>
 * <tr><th>path</th><th>value</th></tr>
 * <tr><td>{@code pci/0/config}</td><td>{@code ports:0xcf8}: configuration by two I/O ports, see {@link #ports}; or
 *     {@code ecam:0xb0000000:256}: by memory, its address and how many buses, see {@link #window}</td></tr>
 * <tr><td>{@code pci/0/memory}</td><td>{@code 0xe0000000:0x10000000}: address and size, below 4 GiB, where regions may be put</td></tr>
 * <tr><td>{@code pci/0/memory64}</td><td>the same anywhere, for 64-bit prefetchable regions; may be missing</td></tr>
 * <tr><td>{@code pci/0/io}</td><td>{@code 0xc000:0x3000}: the same of I/O ports; may be missing</td></tr>
 * <tr><td>{@code pci/0/changed}</td><td>{@code 4}: the source of an interrupt which says that functions have come or gone on the first bus;
 *     may be missing</td></tr>
 * <tr><td>{@code pci/0/intx}</td><td>{@code 20,21,22,23}: the {@linkplain #interrupt sources} of INTA to INTD of device 0; pin {@code p},
 *     from 0, of device {@code n} is the one at {@code (n + p) % 4}; may be missing</td></tr>
 * <tr><td>{@code pci/0/function/0000:00:04.0/...}</td><td>anything about the function at that address: the {@linkplain BusDevice#store store} of the
 *     device that it is. A configuration handler may find a device there that nobody but a person has described</td></tr>
 * </table>
 */
@ConsumerType
public interface Machine {
  /** Stable; unique among machines. */
  String name();

  /** What a person or a filter may want to know: {@code layout=lguest}. */
  Map<String, Object> properties();

  /** Registers or plain memory at a physical address. */
  Window window(long physical, long size);

  /**
   * I/O ports, as registers. Null where the machine has none.
   *
   * @param base the first port
   */
  default Window ports(long base, long size) {
    return null;
  }

  /** @param unit which of several: 0, or a bus's own number (a LIOBN) */
  AddressSpace space(long unit);

  /**
   * An interrupt line. The handlers of a level-triggered one are called when it rises, and again while it stays up after all of them have
   * returned: each quiets its own device.
   *
   * @param source the machine's own number for it
   */
  Interrupt interrupt(long source);

  /** A message for one device to interrupt with, the caller's until it closes it. Null where there are none, or none left. */
  default Message message() {
    return null;
  }

  /**
   * @param number the hypercall
   * @param arguments in, and results out, in the same array: the caller's, reused
   * @return the hypercall's result; {@link Channel#GONE} when the machine has gone or does not answer
   */
  default long hypercall(long number, long[] arguments) {
    throw new UnsupportedOperationException("hypercall=" + number + ": machine " + name() + " has none");
  }

  /**
   * A hypercall whose result nobody needs: raising it does not wait, and may coalesce with the time before.
   *
   * @param arguments copied
   * @return the caller's, until it closes it; IllegalStateException when the machine has no room for more
   */
  default Notifier notifier(long number, long... arguments) {
    throw new UnsupportedOperationException("hypercall=" + number + ": machine " + name() + " has none");
  }

  /** Null where there is none. */
  Store firmware();
}
