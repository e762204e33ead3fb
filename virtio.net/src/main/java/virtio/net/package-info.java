/**
 * The net port: a network card as a service that outlives the ring, bus and device behind it.
 *
 * <p>{@link virtio.net.NetworkDevice} and {@link virtio.net.Frame} are for those who use a card; {@link virtio.net.NetPort} and
 * {@link virtio.net.Card} are the two ends at which a driver meets the port. Frames are Ethernet's, from the destination address to the
 * last byte of payload, without a frame check sequence.
 */
@Export
@Version("1.0.0")
package virtio.net;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
