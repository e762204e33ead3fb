/**
 * The transport over lguest's bus: devices are entries of one page above the guest's memory, a doorbell is the hypercall NOTIFY with a
 * ring's page address, an interrupt is one of 31 lines.
 *
 * <h2>What a machine must tell</h2>
 * {@link virtio.bus.Machine#properties}: {@code device.page}, the page's address (Long); {@code device.interrupt}, the line that is
 * raised when entries have come or gone (Long, 31); {@code layout}, the name of the {@link virtio.bus.PageLayout} that knows where
 * entries begin and end.
 *
 * <h2>Messages</h2>
 * Each device has a channel of messages of up to 65536 bytes, over the two hypercalls that lguest had before virtio. Its keys are the device
 * page's address plus 8 times the entry's place, for what the host is sent, and 4 more for what it sends; the interrupt is what hypercall 65
 * says. {@code LHCALL_BIND_DMA} 12 binds sixteen {@code struct lguest_dma} once, when the channel is first used. {@code LHCALL_SEND_DMA} 13 is
 * asynchronous, as {@code struct lguest_data}'s ring allows; its third argument, unused in 2007, says how many structures follow one
 * another. {@code used_len} 0 says that one which is bound is free, and that one which is sent has not been taken.
 *
 * <h2>Coming and going</h2>
 * A device's entry stays where it is while the device lives. An entry of type 0xFF is what a device leaves behind that has gone; the
 * transport tells its watchers, and once nobody holds the device any more it tells the host (hypercall 64, the entry's address), which
 * may then use the room again.
 */
package virtio.transport.lguest;
