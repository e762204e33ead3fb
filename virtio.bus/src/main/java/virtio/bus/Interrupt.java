package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * An interrupt source, as an object to register with. At least one call after each event; calls may be spurious or coalesced, never two
 * at once. Several may register with one source, as devices do that share a line.
 */
@ConsumerType
public interface Interrupt {
  /** @param handler runs on the machine's interrupt thread; must not block */
  Registration register(Runnable handler);
}
