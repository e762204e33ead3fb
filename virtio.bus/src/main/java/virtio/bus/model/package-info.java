/** What device models share, whatever device they are: how a configuration of one is read. */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
