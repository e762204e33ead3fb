package virtio.device.net;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a form shows. The properties themselves are read by {@link CardSettings}, which says what is wrong with a bad one. */
@ObjectClassDefinition(name = "Network card", description = "A network card on a switch in this JVM, shown on a host in this JVM")
@interface Configuration {
  @AttributeDefinition(required = false, description = "For messages; otherwise the part of the PID after ~")
  String name();

  @AttributeDefinition(required = false, description = "Its address, as in 02:00:00:00:00:01; otherwise one made from the name")
  String mac();

  @AttributeDefinition(required = false, description = "The longest payload of a frame, bytes", min = "68", max = "65535")
  int mtu() default 1500;

  @AttributeDefinition(required = false, description = "What it says its speed is, Mbit/s; or unknown")
  String speed() default "10000";

  @AttributeDefinition(name = "switch", description = "The switch its cable ends in, which is there as long as a card names it. "
      + "Changed later, the cable is moved, and the driver asked to announce itself")
  String switch_() default "s0";

  @AttributeDefinition(required = false, description = "A tap of Linux's that joins the switch: taken, or made")
  String tap();

  @AttributeDefinition(required = false, description = "up or down: whether the cable is in")
  String link() default "up";

  @AttributeDefinition(description = "Where it shows itself: transport.ring.config, as in lguest.split.lguest")
  String[] faces();

  @AttributeDefinition(name = "host.target", required = false, description = "Which host: (virtio.host=m0)")
  String host_target();

  @AttributeDefinition(name = "queue.size", required = false, description = "A power of two", min = "2", max = "32768")
  int queue_size() default 256;
}
