/**
 * A machine of the PCI kind in this JVM, for what no real machine offers: functions whose registers are config handlers' of ours, behind base
 * address registers that the driver's side places.
 *
 * <h2>The machine</h2>
 * <table>
 * <caption>physical addresses</caption>
 * <tr><th>from</th><th>what</th></tr>
 * <tr><td>0x4000_0000</td><td>memory: the guest's, then 8 MiB that are the host's, for rings that it gives</td></tr>
 * <tr><td>0xD000_0000</td><td>where regions below 4 GiB go</td></tr>
 * <tr><td>0xE000_0000</td><td>configuration space of one bus (ECAM)</td></tr>
 * <tr><td>0x80_0000_0000</td><td>where prefetchable regions go</td></tr>
 * </table>
 * Its firmware words say so. Interrupt sources 0 to 3 are INTA to INTD of device 0; 4 says that functions have come or gone. There are no
 * I/O ports, no bridges and no hypercalls.
 *
 * <h2>Who runs where</h2>
 * The two sides share memory and registers. Registers of the bus itself (configuration space, MSI-X tables, doorbells, byte ports) and plain
 * memory are served where they are touched: they only note something, and wake a thread of the other side. Registers of config handlers are
 * served on a thread of the host's, {@code pci-<machine>-registers}: a read waits for it, a post does not. A device's doorbells and model
 * run on its slot's thread, {@code pci-<machine>-<device>}; interrupt handlers on the machine's, {@code pci-<machine>-interrupts}, which
 * sees what devices wrote to its memory as messages.
 *
 * <h2>A function</h2>
 * Either it is what a config handler makes of it, through {@link virtio.bus.PciFunction}; or it is 1AF4:10F0, and the slot's windows and
 * places are where its {@linkplain virtio.bus.spec.NamedWindow capabilities} say: registers in region 2, plain memory in region 4. Region 1 is
 * the MSI-X table. A driver's write to the window {@code "doorbell"} rings.
 *
 * <h2>Configuration</h2>
 * One factory configuration {@code virtio.host.pci} per machine: see {@link virtio.host.pci.MachineSettings}.
 */
package virtio.host.pci;
