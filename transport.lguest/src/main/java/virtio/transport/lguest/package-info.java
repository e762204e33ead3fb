/**
 * The transport over lguest's bus: devices are entries of one page above the guest's memory, a doorbell is the hypercall NOTIFY with a
 * ring's page address, an interrupt is one of 31 lines.
 *
 * <h2>What a machine must tell</h2>
 * {@link virtio.bus.Machine#properties}: {@code device.page}, the page's address (Long); {@code device.interrupt}, the line that is
 * raised when entries have come or gone (Long, 31); {@code layout}, the name of the {@link virtio.bus.PageLayout} that knows where
 * entries begin and end.
 *
 * <h2>Coming and going</h2>
 * A device's entry stays where it is while the device lives. An entry of type 0xFF is what a device leaves behind that has gone; the
 * transport tells its watchers, and once nobody holds the device any more it tells the host (hypercall 64, the entry's address), which
 * may then use the room again.
 */
package virtio.transport.lguest;
