package virtio.bus.port;

import java.time.Duration;
import java.util.Objects;
import virtio.bus.AttachmentSettings;

/**
 * What every port's configuration says, checked.
 *
 * @param attachment name, filter, queue size, mask, deadline of a reset
 * @param deadline how long a request may wait, and how long a device may take for it
 * @param drain how long a device that is to go may take to finish
 * @param grace how long users wait for another one then
 * @param binding what else, of the port's own, needs a new binding when it changes: compared by {@code equals}
 */
public record PortSettings(AttachmentSettings attachment, Duration deadline, Duration drain, Duration grace, Object binding) {
  private static final int LARGEST_QUEUE = 32768;

  /**
   * Reads {@code name}, {@code device.filter}, {@code queue.size}, {@code features.mask}, {@code deadline}, {@code reset.deadline},
   * {@code drain} and {@code grace}.
   *
   * @throws IllegalArgumentException naming the property, its value and what is allowed
   */
  public static PortSettings of(PortProperties properties, Object binding) {
    String name = properties.name();
    if (name.isEmpty()) {
      throw PortProperties.bad("name", "", "the port's name");
    }
    int queueSize = properties.number("queue.size", 0, 0, LARGEST_QUEUE);
    if (queueSize == 1 || Integer.bitCount(queueSize) > 1) {
      throw PortProperties.bad("queue.size", queueSize, "0, or a power of two from 2 to " + LARGEST_QUEUE);
    }
    AttachmentSettings attachment = new AttachmentSettings(name, properties.filter("device.filter"), queueSize,
        properties.features("features.mask"), properties.millis("reset.deadline", 1000));
    return new PortSettings(attachment, properties.millis("deadline", 30_000), properties.millis("drain", 5000),
        properties.millis("grace", 5000), binding);
  }

  public String name() {
    return attachment.owner();
  }

  public Duration resetDeadline() {
    return attachment.resetDeadline();
  }

  /** The same with no longer {@link #drain} than that: for when somebody waits who will not wait for ever. */
  PortSettings draining(Duration most) {
    return drain.compareTo(most) <= 0 ? this : new PortSettings(attachment, deadline, most, grace, binding);
  }

  /** Whether a change from one to the other can be made without the device's knowing. */
  public boolean binds(PortSettings other) {
    return attachment.equals(other.attachment) && Objects.equals(binding, other.binding);
  }
}
