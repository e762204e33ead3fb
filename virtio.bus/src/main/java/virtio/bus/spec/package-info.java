/**
 * The specification's constants and field tables, spelled as there, and the walks over them that it prescribes; bricks
 * share them without knowing each other.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.spec;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
