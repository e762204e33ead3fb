package virtio.host.pci;

import java.util.Map;
import virtio.bus.machine.MachineProperties;

/**
 * A machine's settings, checked.
 *
 * @param memory bytes
 */
record Settings(String name, long memory, long deadlineMillis) {
  /** @throws IllegalArgumentException naming property, value and what is allowed */
  static Settings of(Map<String, Object> configuration) {
    MachineProperties properties = new MachineProperties(configuration);
    return new Settings(properties.name("p0"),
        properties.memory("64M", MachineMemory.SMALLEST, MachineMemory.LARGEST, MachineMemory.PAGE, "4M to 2G, a multiple of 4096"),
        properties.deadline("10000"));
  }
}
