/**
 * What all ports share: a stable component whose device, ring and bus come and go below it. A port brick extends
 * {@link virtio.bus.port.ServedPort}, the component, and {@link virtio.bus.port.PortControl}, its one thread; what its protocol holds, gives
 * back, compares and restores is its own.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.port;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
