/**
 * The studs: every contract that a brick meets another by. A driver, a ring, a transport, a config handler, a device model and a
 * host each implement one interface of this package and know nothing else of each other.
 *
 * <h2>Who implements what</h2>
 * <table>
 * <caption>bricks and their contracts</caption>
 * <tr><th>brick</th><th>contract</th></tr>
 * <tr><td>{@code driver.*}</td><td>{@link virtio.bus.VirtioDriver}</td></tr>
 * <tr><td>{@code virtio.ring.*}</td><td>{@link virtio.bus.RingFormat}, {@link virtio.bus.Virtqueue}, {@link virtio.bus.DeviceQueue}</td></tr>
 * <tr><td>{@code transport.*}</td><td>{@link virtio.bus.Transport}, {@link virtio.bus.BusDevice}</td></tr>
 * <tr><td>{@code config.*}</td><td>{@link virtio.bus.ConfigHandler}, {@link virtio.bus.DeviceConfig}</td></tr>
 * <tr><td>{@code device.*}</td><td>{@link virtio.bus.DeviceModel}</td></tr>
 * <tr><td>{@code host.*}</td><td>{@link virtio.bus.Host}, {@link virtio.bus.Slot}, {@link virtio.bus.Machine}</td></tr>
 * <tr><td>{@code glue}</td><td>{@link virtio.bus.Combination}</td></tr>
 * <tr><td>ports</td><td>{@link virtio.bus.Port}; they call {@link virtio.bus.Bus}</td></tr>
 * </table>
 *
 * <h2>Integers and bytes</h2>
 * Everything virtio lays out in memory is little-endian; contracts that carry values carry them as numbers. Addresses are the
 * device's, unsigned 64 bits, opaque to everyone but the ring that writes them and the address space that checks them.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
