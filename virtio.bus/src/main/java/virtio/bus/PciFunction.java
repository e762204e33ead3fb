package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a {@link Slot} on a PCI bus is beside registers and lines: a function whose configuration space a config handler fills in. Before
 * {@link Slot#announce}, but for {@link #messages} and {@link #pin}, which any thread may call at any time, and which never block.
 *
 * <p>Base address regions are the slot's windows {@code "bar0"} and {@code "bar2"} to {@code "bar4"}, all of memory; {@code "bar1"} is the
 * host's, for the MSI-X table. Vectors are the slot's {@linkplain Slot#line lines}, whose places are their numbers; one that is raised while
 * MSI-X is off says nothing.
 *
 * <p>Source: PCI Local Bus Specification 3.0, chapter 6
 */
@ConsumerType
public interface PciFunction {
  /**
   * Who the function says it is; its vendor is 1AF4. Until this is called it is what the host calls a function with named windows.
   *
   * @param device 16 bits
   * @param subsystemVendor 16 bits
   * @param subsystem 16 bits
   * @param classCode 24 bits: base class, sub-class, programming interface
   */
  void identity(int device, int subsystemVendor, int subsystem, int classCode);

  /**
   * Appends a capability.
   *
   * @param id {@link virtio.bus.spec.Pci#CAP_VENDOR}, for one
   * @param registers the capability, by offset from its begin; as long as it is. Its first two bytes are the host's, the third and fourth are
   *     read one by one, and any other access is passed on as wide as it is. Writes reach it from the fifth byte on
   * @throws IllegalStateException when configuration space has no room left
   */
  void capability(int id, Window registers);

  /** Whether the driver has switched MSI-X on: then vectors interrupt, and the pin does not. */
  boolean messages();

  /** The function's pin, INTA: high until it is set low. */
  void pin(boolean high);
}
