package virtio.host.pci;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a factory configuration {@code virtio.host.pci} may say. */
@ObjectClassDefinition(name = "PCI machine", description = "A machine of the PCI kind in this JVM, with both its ends")
@interface MachineSettings {
  @AttributeDefinition(description = "The machine's name: letters, digits, '_' and '.'")
  String name() default "p0";

  @AttributeDefinition(description = "The guest's memory in bytes, 4 MiB to 2 GiB, a multiple of 4096; K, M and G may follow the number")
  String memory() default "64M";

  @AttributeDefinition(description = "After how many milliseconds a register that does not answer reads all ones, 1 to 600000")
  String deadline() default "10000";
}
