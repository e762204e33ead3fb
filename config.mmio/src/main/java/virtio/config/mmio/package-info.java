/**
 * Configuration over MMIO, both halves: one block of registers of 32 bits, version 2, wherever a bus shows it: behind a base address register
 * of a PCI function, at an address that a device tree names, in a granted page whose writes ring.
 *
 * <h2>What it needs of a bus device</h2>
 * A window {@code "mmio"}, and one interrupt for everything: the first there is. A device id of 0 is an empty slot, which is nobody; version 1
 * is a legacy device, refused by that word.
 *
 * <h2>What it needs of a slot</h2>
 * That it shows a window, and one line.
 *
 * <p>Spec: virtio 1.4, "Virtio Over MMIO"
 */
package virtio.config.mmio;
