package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/** How bytes cross, for one device and one of its ends. A ring sees no more than this. */
@ConsumerType
public interface Link {
  /** Null where no memory is shared. */
  AddressSpace memory();

  /** Null where there is no {@code transfer}. One per device: it carries all its queues. */
  Channel channel();
}
