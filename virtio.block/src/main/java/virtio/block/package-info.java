/**
 * The block port: a disk as a service that outlives the ring, bus and device behind it.
 *
 * <p>{@link virtio.block.BlockDevice} and {@link virtio.block.BlockRequest} are for those who use a disk;
 * {@link virtio.block.BlockPort} and {@link virtio.block.Disk} are the two ends at which a driver meets the port. Sectors are 512 bytes
 * everywhere.
 */
@Export
@Version("1.0.0")
package virtio.block;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
