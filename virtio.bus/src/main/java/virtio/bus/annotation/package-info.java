/** Annotations that bricks carry; they leave their mark in component descriptions and manifests, and nothing at run time. */
@Export
@Version("1.0.0")
package virtio.bus.annotation;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
