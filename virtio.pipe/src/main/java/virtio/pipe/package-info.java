/**
 * The pipe port: bytes in order, both ways, as a service that outlives the ring, bus and device behind it.
 *
 * <p>{@link virtio.pipe.PipeDevice} is for those who use a pipe; {@link virtio.pipe.PipePort} and {@link virtio.pipe.Pipe} are the two ends
 * at which a driver meets the port.
 *
 * <p>Source: {@code virt_pipe} of the sketch "virt_example.c": opened non-seekable, read and written through the bus's {@code transfer}.
 */
@Export
@Version("1.0.0")
package virtio.pipe;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
