/**
 * The transport over PCI: a device is a function of a PCI bus, a doorbell is a write to a register, an interrupt is a message (MSI-X) or a
 * line (INTx).
 *
 * <h2>What a machine must tell</h2>
 * Words in {@link virtio.bus.Machine#firmware}; numbers are decimal or begin with 0x:
 * <table>
 * <caption>the host bridge</caption>
 * <tr><th>word</th><th>value</th></tr>
 * <tr><td>{@code pci/0/config}</td><td>{@code ports:0xcf8}: configuration by two I/O ports; or {@code ecam:ADDRESS:BUSES}: by
 * memory</td></tr>
 * <tr><td>{@code pci/0/memory}</td><td>{@code BASE:SIZE}, below 4 GiB: where regions may lie</td></tr>
 * <tr><td>{@code pci/0/memory64}</td><td>the same above, for prefetchable regions; may be missing</td></tr>
 * <tr><td>{@code pci/0/io}</td><td>the same, of ports; may be missing</td></tr>
 * <tr><td>{@code pci/0/changed}</td><td>the number of an interrupt which says that functions have come or gone. May be missing</td></tr>
 * <tr><td>{@code pci/0/intx}</td><td>four interrupt numbers with commas between: where INTA to INTD of device 0 end; those of device n are
 * turned by n places. May be missing</td></tr>
 * <tr><td>{@code pci/0/function/0000:00:04.0/...}</td><td>words about the function there: its store</td></tr>
 * </table>
 *
 * <h2>What it does to a machine</h2>
 * It numbers the buses and gives addresses to virtio functions, to those below, and to the bridges before them; other functions are left as
 * they are. A function may write to memory only while somebody has claimed it.
 *
 * <h2>Named windows</h2>
 * A function 1AF4:10F0 has {@linkplain virtio.bus.spec.NamedWindow capabilities} that say where its windows are; {@code "doorbell"} is what rings
 * with an argument, and {@code "channel"} the {@linkplain virtio.bus.spec.PortsBlock ports} that carry bytes.
 *
 * <h2>Serial ports</h2>
 * A 16550 with PCI's class for it (07 00 02) is a device that has a channel and nothing else. Who it is for, the machine's firmware may say.
 *
 * <h2>Coming and going</h2>
 * All buses are looked at once a second, when the machine says that something has changed, and when a device is let go. A function that reads
 * all ones, or whose decoding is off although we switched it on, has been pulled. Below a PCI Express port with a slot the button works as its specification says: pressed over a device
 * in use, it has the watchers told that the device is to leave, and power is cut when it is let go, or after 20 s; what is put in is given
 * power.
 */
package virtio.transport.pci;
