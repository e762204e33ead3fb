/**
 * Configuration as later classic lguest laid it out, both halves.
 *
 * <h2>The entry, historical part</h2>
 * <pre>
 * u8 type, u8 num_vq, u8 feature_len, u8 config_len, u8 status
 * num_vq times: u16 num, u16 irq, u32 pfn        (the host's ring: size, interrupt, page number)
 * u8 features[feature_len]                       (offered)
 * u8 acks[feature_len]                           (accepted)
 * u8 config[config_len]
 * </pre>
 * Packed, little-endian, nothing aligned. A ring's used part begins at the next multiple of 4096. The driver writes the status byte, or the
 * accepted bits, and then calls NOTIFY with the entry's address; a doorbell is NOTIFY with the ring's page address.
 *
 * <h2>What 2007 did not have</h2>
 * <table>
 * <caption>bytes and calls of our own</caption>
 * <tr><th>what</th><th>where</th></tr>
 * <tr><td>a mark, 0x31 0x56</td><td>config[0..1], u16 0x5631: what follows is as this table says</td></tr>
 * <tr><td>configuration interrupt</td><td>config[2..3], u16: its line; it may be a queue's too</td></tr>
 * <tr><td>the whole device type</td><td>config[4..7], u32; the type byte is the type up to 0xFD, and 0xFE where it does not fit</td></tr>
 * <tr><td>vendor</td><td>config[8..11], u32</td></tr>
 * <tr><td>generation</td><td>config[12..15], u32; odd while the host writes fields</td></tr>
 * <tr><td>queues in use</td><td>config[16..19], u32, a bit per queue: the driver sets it when it has made the queue;
 *     so there are at most 32</td></tr>
 * <tr><td>the device's structure</td><td>config[20..], as the specification lays it out</td></tr>
 * <tr><td>128 feature bits, VERSION_1</td><td>feature_len is 16</td></tr>
 * <tr><td>FEATURES_OK, DEVICE_NEEDS_RESET</td><td>status bits 8 and 64. When NOTIFY returns, the byte is the status as the device sees it;
 *     a device that refuses the features has left FEATURES_OK out; one that is not yet reset does not read 0. DEVICE_NEEDS_RESET may come
 *     at any time, with the configuration interrupt</td></tr>
 * <tr><td>a driver writes a field</td><td>into config[], then NOTIFY with the field's address</td></tr>
 * <tr><td>a ring that shares no memory</td><td>its vqconfig has irq 0 and pfn 0: there is nothing to ring and nothing to hear</td></tr>
 * <tr><td>a device has gone</td><td>type 0xFF; the lengths stay, so that the list can be walked</td></tr>
 * </table>
 *
 * <p>Sources: Linux 2.6.25 to 3.x, {@code include/linux/lguest_launcher.h}, {@code drivers/lguest/lguest_device.c},
 * {@code Documentation/lguest/lguest.c}
 */
package virtio.config.lguest;
