package virtio.transport.pci;

import virtio.bus.Window;

/** The way to configuration space, of all functions of one machine. Any thread. */
interface ConfigAccess {
  /** How many buses it reaches, 1 to 256. */
  int buses();

  /** Configuration space of that function, whether anything is there or not. Reads all ones where nothing is. */
  Window space(PciAddress function);
}
