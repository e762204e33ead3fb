/**
 * A machine of the lguest kind in this JVM, or half of one: host and guest share one stretch of memory, and not one object, so either may
 * as well live in another process.
 *
 * <h2>The memory</h2>
 * Its offset is the guest-physical address, 32 bits. Page 0 is the control page (hypercalls, interrupts, who is there); then comes the
 * guest's memory; then the device page, at {@code max_pfn << 12}; then the host's pages, where it puts rings.
 *
 * <h2>What the sides do to one another</h2>
 * <table>
 * <caption>calls and interrupts</caption>
 * <tr><th>what</th><th>how</th></tr>
 * <tr><td>hypercall that is waited for</td><td>one mailbox, one call at a time; a deadline, after which the host counts as gone</td></tr>
 * <tr><td>hypercall that is not</td><td>{@code struct lguest_data}'s ring of 64: status 0 "serve me", 0xFF "free"; a notifier owns
 *     a slot</td></tr>
 * <tr><td>messages</td><td>{@code LHCALL_BIND_DMA} 12 and {@code LHCALL_SEND_DMA} 13 of 2.6.23, with arrays of {@code struct lguest_dma} in
 *     the guest's memory; the host reads and fills in the array's order, and raises the bound line when it has filled one that may be
 *     waited for, or read one that may hold up the guest</td></tr>
 * <tr><td>interrupt</td><td>a bit of the pending mask, lines 1 to 31</td></tr>
 * </table>
 * Hypercalls: {@code LHCALL_LGUEST_INIT} 1, by which a new guest has all devices reset, returns how many are not yet;
 * {@code LHCALL_NOTIFY} 17; ours, 64: the guest has let go of the removed device whose entry lies at that address, and
 * 65: which line to bind the channel of the device with whose entry lies there.
 * Lines: 1 to 30 are devices', given out one by one; 31 is the machine's own: entries of the device page have come or gone. A device that
 * goes leaves an entry of type 0xFF behind.
 *
 * <h2>Configuration</h2>
 * One factory configuration {@code virtio.host.lguest} per machine: see {@link virtio.host.lguest.MachineSettings}.
 */
package virtio.host.lguest;
