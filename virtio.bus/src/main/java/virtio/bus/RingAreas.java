package virtio.bus;

/**
 * Device addresses of the three parts of a ring in shared memory, under the names the specification's transports give them.
 *
 * <p>Spec: virtio 1.4, "Virtqueues"
 *
 * @param descriptors the Descriptor Area
 * @param available the Driver Area
 * @param used the Device Area
 */
public record RingAreas(long descriptors, long available, long used) {
  /** A ring that shares no memory, or whose place is still to be chosen. */
  public static final RingAreas NONE = new RingAreas(0, 0, 0);
}
