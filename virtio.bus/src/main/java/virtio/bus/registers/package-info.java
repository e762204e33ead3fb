/**
 * What register blocks have in common, whatever their offsets are: a block that is trapped, access by access, as PCI's and MMIO's are.
 * Config handlers map offsets to it, and add what their bus has beside.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.registers;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
