package virtio.device.pipe;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a form shows. The properties themselves are read by {@link DeviceSettings}, which says what is wrong with a bad one. */
@ObjectClassDefinition(name = "Pipe", description = "A pipe, shown on a host in this JVM; socket or link says where its other end is")
@interface Configuration {
  @AttributeDefinition(required = false, description = "For messages; otherwise the part of the PID after ~")
  String name();

  @AttributeDefinition(required = false, description = "The path of a Unix stream socket that is made, for one peer at a time")
  String socket();

  @AttributeDefinition(required = false, description = "A name; the two pipes that have it are each other's end")
  String link();

  @AttributeDefinition(description = "Where it shows itself: transport.ring.config, as in lguest.split.tlv")
  String[] faces();

  @AttributeDefinition(name = "host.target", required = false, description = "Which host: (virtio.host=m0)")
  String host_target();

  @AttributeDefinition(name = "queue.size", required = false, description = "A power of two", min = "2", max = "1024")
  int queue_size() default 32;
}
