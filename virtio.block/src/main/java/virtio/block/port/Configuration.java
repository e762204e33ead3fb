package virtio.block.port;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a form shows. The properties themselves are read by {@link Settings}, which says what is wrong with a bad one. */
@ObjectClassDefinition(name = "Block port", description = "A disk as a service")
@interface Configuration {
  @AttributeDefinition(required = false, description = "The port's name; otherwise the part of the PID after ~")
  String name();

  @AttributeDefinition(name = "glue.target", required = false, description = "Which combination: (virtio.glue=block.lguest.split.lguest)")
  String glue_target();

  @AttributeDefinition(name = "device.filter", required = false, description = "An LDAP filter over devices: (name=m0/0)")
  String device_filter();

  @AttributeDefinition(name = "queue.size", required = false, max = "32768",
      description = "A power of two from 2; 0: as the device offers. lguest's host sizes its rings itself")
  int queue_size() default 0;

  @AttributeDefinition(name = "features.mask", required = false, description = "Features that may be accepted, hexadecimal")
  String features_mask();

  @AttributeDefinition(required = false, description = "Milliseconds that a request may wait, and that a device may take for it", min = "1",
      max = "600000")
  int deadline() default 30000;

  @AttributeDefinition(name = "reset.deadline", required = false,
      description = "Milliseconds that a reset may take", min = "1", max = "600000")
  int reset_deadline() default 1000;

  @AttributeDefinition(required = false,
      description = "Milliseconds that a device which is to go may take to finish", min = "1", max = "600000")
  int drain() default 5000;

  @AttributeDefinition(required = false, description = "Milliseconds that requests wait for another device then", min = "1", max = "600000")
  int grace() default 5000;

  @AttributeDefinition(required = false, description = "Writes are refused, whatever the device allows")
  boolean readonly() default false;
}
