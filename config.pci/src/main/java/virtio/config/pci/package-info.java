/**
 * Configuration over PCI, both halves: structures in base address regions, found by vendor capabilities in configuration space.
 *
 * <h2>What it needs of a bus device</h2>
 * Windows {@code "config"} (configuration space) and {@code "bar0"} to {@code "bar5"}; where a region has none, the device's own way
 * through configuration space (VIRTIO_PCI_CAP_PCI_CFG) is used. Interrupts: MSI-X vectors at their numbers, and last the pin, null for
 * none. To register with a vector switches MSI-X on, to close the last switches it off again.
 *
 * <h2>What it needs of a slot</h2>
 * That it is a {@link virtio.bus.PciFunction}. The structures lie in region 4; there is a vector for changes and one for each queue, as far as
 * the slot has lines.
 *
 * <h2>Interrupts</h2>
 * Vector 0 is for changes, vector 1 + n for queue n, shared where there are fewer. A vector that the device does not keep is shared with
 * vector 0; if that fails too, or there is one vector only, the pin and its ISR status serve all.
 *
 * <p>Spec: virtio 1.4, "Virtio Over PCI Bus"
 */
package virtio.config.pci;
