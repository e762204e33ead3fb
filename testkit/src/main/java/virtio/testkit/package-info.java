/**
 * What every brick is tried on: contracts as abstract JUnit classes, which a brick extends in a few lines, and the annotations that tie a test
 * to a row of the mission, a known trap, or a clause of the specification.
 */
@Export
@Version("1.0.0")
package virtio.testkit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
