/**
 * Configuration of 256 bytes that nobody on the driver's side ever writes, both halves: 128 for the host's driver, opaque to all others,
 * and 128 for the device's driver, its structure as the specification lays it out.
 *
 * <h2>The host half</h2>
 * Little-endian.
 * <table>
 * <caption>bytes 0 to 127</caption>
 * <tr><th>offset</th><th>what</th></tr>
 * <tr><td>0</td><td>le32 magic 0x31584656, "VFX1"; written last</td></tr>
 * <tr><td>4, 6</td><td>le16 device type, le16 vendor</td></tr>
 * <tr><td>8, 16</td><td>le64 offered features 0 to 63, le64 64 to 127</td></tr>
 * <tr><td>24</td><td>le16 number of queues, at most 6</td></tr>
 * <tr><td>26</td><td>le16 generation; odd while the host writes fields</td></tr>
 * <tr><td>28</td><td>u8 size of the configuration queue: 4; 0: there is none</td></tr>
 * <tr><td>32</td><td>le64 where its ring lies, a multiple of 4096: descriptors, available ring, and at the next multiple the used ring; 0
 *     where rings share no memory</td></tr>
 * <tr><td>64 to 127</td><td>what a bus needs:</td></tr>
 * <tr><td>64</td><td>le32 the argument of the configuration queue's doorbell</td></tr>
 * <tr><td>68</td><td>le32 the argument of the reset doorbell</td></tr>
 * <tr><td>72</td><td>le16 place of the configuration interrupt</td></tr>
 * <tr><td>74</td><td>u8 device status, the host's mirror of it</td></tr>
 * <tr><td>76</td><td>le32 how many resets were confirmed</td></tr>
 * <tr><td>80 + 8 q</td><td>per queue le16 size, le16 place of its interrupt (0xFFFF: none), le32 page number of the host's ring; 0: the
 *     driver chooses. The doorbell's argument is the page's address, or, where the driver chooses, the queue's index</td></tr>
 * </table>
 *
 * <h2>The configuration queue</h2>
 * Index 0xFFFE, over the same ring format as all others, made before anything else is written: in memory it is a ring that the host half
 * names, over a channel it is open with 4 slots once the session is. A request is {u8 op, u8 0, le16 offset, le32 length, data}, its answer
 * {u8 result}.
 * <table>
 * <caption>requests</caption>
 * <tr><th>op</th><th>offset</th><th>data</th></tr>
 * <tr><td>1 set status</td><td>0</td><td>u8</td></tr>
 * <tr><td>2 accept features</td><td>0</td><td>le64, le64</td></tr>
 * <tr><td>3 set field</td><td>in the driver half</td><td>as long as the field</td></tr>
 * <tr><td>4 open queue</td><td>its index</td><td>le32 size, le32 0, le64 descriptors, le64 available, le64 used; zeroes where rings share
 *     no memory</td></tr>
 * <tr><td>5 reset</td><td>0</td><td>none; answered when it has begun</td></tr>
 * </table>
 * Results: 0 done, 1 malformed, 2 no such request, 3 no such field, queue or place.
 *
 * <h2>Reset</h2>
 * It is over when the count of resets has stepped and the status reads 0: each reset counts, asked for by the queue or by the reset
 * doorbell. That one is for a driver that begins, as it cannot know how its predecessor left the configuration queue, and for a
 * configuration queue that does not answer any more. It also makes the configuration queue anew: its ring is zeroes again.
 *
 * <h2>Where the 256 bytes lie</h2>
 * In an entry of lguest's page (window {@code "entry"}; the machine's layout is {@code fixed}; a NOTIFY of the entry's address is the reset
 * doorbell too); in a place {@code "fixed"}, or read-only registers of that name, on other buses; or in two words of the device's store,
 * {@code "fixed/host"} and {@code "fixed/driver"}, of 256 hexadecimal digits each: manufactured on our own side. No host writes those, so
 * there is no configuration queue; status and accepted features are kept here, and a reset is confirmed at once.
 *
 * <p>Source: {@code struct virtio_config} of the message "a bus for virtio", April 2007: "The 256 bytes total intentionally match the
 * size of the legacy PCI config registers, but the driver should not expect the layout to be derived from PCI."
 */
package virtio.config.fixed;
