/**
 * Fakes: parts that stand in for what cannot be had, or must misbehave on demand. A fake says so in its name, and is used where a test names
 * it, never silently.
 */
@Export
@Version("1.0.0")
package virtio.testkit.fake;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
