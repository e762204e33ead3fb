package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What every port shows of itself, whatever it is a port for. Registered as a service as long as the port is configured, with the property
 * {@code virtio.port}, its name; the service that users hold comes and goes with the device. Any thread.
 */
@ConsumerType
public interface Port {
  String name();

  /** {@code "block"}, {@code "net"}, {@code "pipe"}. */
  String kind();

  /** The combination picked, or what was asked for and is not there. */
  String combination();

  /** {@code "64 MiB"}, a card's address; empty while unknown. */
  String size();

  /** One line: {@code "online on lguest m0/0"}, {@code "waiting: no combination (virtio.glue=nothing)"}. */
  String state();

  /** Whether users are being served. */
  boolean online();

  /** What the bus knows of the device; null while there is none. */
  Bus.DeviceReport device();
}
