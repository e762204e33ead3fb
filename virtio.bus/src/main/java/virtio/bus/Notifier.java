package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A signal that takes room on its machine for as long as it is open. Raising a closed one does nothing.
 */
@ConsumerType
public interface Notifier extends Signal, Registration {}
