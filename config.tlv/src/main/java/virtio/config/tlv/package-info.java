/**
 * Configuration as virtio_config had it in September 2007, both halves: a set of fields, each a type, a length and data, which are marked
 * as the driver reads them.
 *
 * <h2>The entry, historical part</h2>
 * <pre>
 * u8 type, u8 config_len, u8 status, u8 config[config_len]
 * config: fields, packed:  u8 type, u8 len, u8 data[len]
 *   0x02  a queue: u16 num, u16 irq, u32 pfn     (the host's ring: size, interrupt, page number; the n-th is queue n)
 *   0x40  features: the first half offered, the second acknowledged, bit by bit
 *   0x41  and on: the device's own fields: 0x41 capacity or MAC, 0x42 size_max, 0x43 seg_max
 * </pre>
 * Little-endian, nothing aligned. Types have 7 bits: whoever finds a field sets bit 0x80 of its type, so that the host knows what the
 * driver understands, and so that the next search for a queue finds the next queue. A field that nobody asked for stays unmarked, and so
 * does an acknowledgement half of bits that nobody knows. Types that are not known are stepped over. A field is as long as its driver wants
 * it, or it is an error; one that would pass the stream's end is an error, and nothing behind it is read. How long the stream is, the
 * stream does not say: {@code config_len} and the place do.
 *
 * <p>A card has its features and fields first and its queues then; all others have their queues first: the order in which the drivers of
 * 2.6.24 look for them. Acknowledging bit {@code n} sets bit {@code n + len * 8 / 2} of the whole; the range check that 2.6.24 shipped was
 * wrong (bit 1 needed a length of 18), and is right here.
 *
 * <h2>What 2007 did not have</h2>
 * <table>
 * <caption>fields, bits and calls of our own</caption>
 * <tr><th>what</th><th>where</th></tr>
 * <tr><td>the whole device type, the vendor</td><td>0x30: u32 type, u32 vendor; the entry's type byte is the type up to 0xFD, and 0xFE
 *     where it does not fit. It also says that what this table says is there</td></tr>
 * <tr><td>configuration interrupt</td><td>0x31: u16, its place; it may be a queue's too</td></tr>
 * <tr><td>generation</td><td>0x32: u32; odd while the host writes fields</td></tr>
 * <tr><td>a queue is ready</td><td>0x33: u32, a bit per queue, set by the driver when it has made the queue; so there are at most
 *     32</td></tr>
 * <tr><td>a queue whose place the driver chooses</td><td>pfn 0, and 0x34, once for all queues: u16 queue, u16 size, u64 descriptors, u64
 *     available, u64 used; the driver writes the queue's number last</td></tr>
 * <tr><td>a queue without an interrupt</td><td>irq 0xFFFF: its ring shares no memory</td></tr>
 * <tr><td>128 feature bits, VERSION_1</td><td>0x40 is as long as what is offered needs: 16 bytes up to bit 63, else 32</td></tr>
 * <tr><td>FEATURES_OK, DEVICE_NEEDS_RESET</td><td>status bits 8 and 64; a device that refuses the features has left FEATURES_OK
 *     out</td></tr>
 * <tr><td>reset</td><td>status 0. It reads 0 once the device has stopped, and marks, acknowledgements and ready queues are cleared by
 *     then: the next driver finds all again</td></tr>
 * <tr><td>a driver writes a field</td><td>into its data, the last byte last</td></tr>
 * <tr><td>further fields of a device</td><td>from 0x44 on, in the order of its structure</td></tr>
 * <tr><td>a device has gone</td><td>entry type 0xFF; the length stays, so that the list can be walked</td></tr>
 * </table>
 *
 * <h2>Where the entry lies</h2>
 * <table>
 * <caption>places</caption>
 * <tr><th>place</th><th>how the host hears</th><th>rings</th><th>doorbell</th></tr>
 * <tr><td>lguest's page, window {@code "entry"}; the machine's layout is {@code tlv}</td><td>plain memory, as it was; after a status, an
 *     acknowledgement or a field NOTIFY is called with the address of what was written (2007 had no such call, as its hosts looked at the
 *     status for information alone)</td><td>the host's, as in 2007</td><td>the ring's page address</td></tr>
 * <tr><td>registers, window {@code "tlv"}: a base address region</td><td>each write is seen</td><td>the driver's choice: a device on such a
 *     bus has no memory that it could give</td><td>the queue's index</td></tr>
 * <tr><td>a string of hexadecimal digits, {@code "tlv"} in the device's store: manufactured on our own side</td><td>there is none: status,
 *     marks and acknowledgements stay with us, and a reset is confirmed at once</td><td>none: such a device has no queues in memory</td>
 *     <td>the bus's, if any</td></tr>
 * </table>
 *
 * <p>Sources: Linux 2.6.24, {@code include/linux/virtio_config.h}, {@code include/asm-x86/lguest_launcher.h},
 * {@code drivers/lguest/lguest_device.c}, {@code drivers/virtio/virtio.c}; the message "virtio_config", September 2007
 */
package virtio.config.tlv;
