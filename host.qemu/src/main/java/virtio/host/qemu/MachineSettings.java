package virtio.host.qemu;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a factory configuration {@code virtio.host.qemu} may say. */
@ObjectClassDefinition(name = "QEMU machine", description = "A machine that is a QEMU process")
@interface MachineSettings {
  @AttributeDefinition(description = "The machine's name: letters, digits, '_' and '.'")
  String name() default "q0";

  @AttributeDefinition(description = "QEMU's binary, a path or a name to be found; default: qemu-system-x86_64 for q35, qemu-system-aarch64 for virt",
      required = false)
  String binary() default "";

  @AttributeDefinition(description = "The machine in QEMU's words, q35 or virt; options may follow, commas between")
  String machine() default "q35";

  @AttributeDefinition(description = "Guest memory in bytes, 16 MiB to 2 GiB, a multiple of 1 MiB; K, M and G may follow the number")
  String memory() default "64M";

  @AttributeDefinition(description = "Disks, each an image's file, after which options may follow, commas between: format=raw or qcow2 (default: by "
      + "the name's end), readonly=on, blockdev.X=Y for the block driver's, anything else for virtio-blk-pci. A comma of the file's is doubled",
      required = false)
  String[] drives() default {};

  @AttributeDefinition(description = "Values of -blockdev", required = false)
  String[] blockdev() default {};

  @AttributeDefinition(description = "Values of -netdev", required = false)
  String[] netdev() default {};

  @AttributeDefinition(description = "Values of -chardev", required = false)
  String[] chardev() default {};

  @AttributeDefinition(description = "Values of -device", required = false)
  String[] device() default {};

  @AttributeDefinition(description = "Further arguments, each by itself", required = false)
  String[] arguments() default {};

  @AttributeDefinition(description = "Words that the machine's firmware says beside the board's own, each PATH=VALUE: "
      + "pci/0/function/0000:00:04.0/fixed/host=..., what a device is that cannot say so itself", required = false)
  String[] firmware() default {};

  @AttributeDefinition(description = "After how many milliseconds without an answer QEMU counts as gone, 1 to 600000")
  String deadline() default "1000";
}
