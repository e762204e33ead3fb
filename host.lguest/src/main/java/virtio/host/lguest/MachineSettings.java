package virtio.host.lguest;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** What a factory configuration {@code virtio.host.lguest} may say. */
@ObjectClassDefinition(name = "lguest machine", description = "A machine of the lguest kind, or one end of it")
@interface MachineSettings {
  @AttributeDefinition(description = "The machine's name: letters, digits, '_' and '.'")
  String name() default "m0";

  @AttributeDefinition(description = "The guest's memory in bytes, 4 MiB to 2 GiB, a multiple of 4096; K, M and G may follow the number")
  String memory() default "64M";

  @AttributeDefinition(description = "How devices are laid out in the device page", options = {@Option("lguest"), @Option("tlv"), @Option("fixed")})
  String layout() default "lguest";

  @AttributeDefinition(description = "Which ends of the machine are here", options = {@Option("both"), @Option("host"), @Option("guest")})
  String role() default "both";

  @AttributeDefinition(description = "The file that is the machine's memory; none: this process's own memory, and role must be both",
      required = false)
  String file() default "";

  @AttributeDefinition(description = "After how many milliseconds without an answer to a hypercall the host counts as gone, 1 to 600000")
  String deadline() default "1000";
}
