package virtio.bus;

import java.time.Duration;

/**
 * What a port may ask of its binding.
 *
 * @param owner the port's name, for messages
 * @param filter an LDAP filter over the device's properties, or empty
 * @param queueSize the most that each queue shall hold, a power of two; 0: as the device offers. Where the host gives the rings, as lguest's
 *     does, their size is the host's, and this says nothing
 * @param mask features that may be accepted
 * @param resetDeadline how long a reset, or a ring's settling, may take
 */
public record AttachmentSettings(String owner, String filter, int queueSize, Features mask, Duration resetDeadline) {
  /** No wishes: any device, its own sizes, all features, one second. */
  public static AttachmentSettings of(String owner) {
    return new AttachmentSettings(owner, "", 0, Features.ALL, Duration.ofSeconds(1));
  }

  public AttachmentSettings withFilter(String value) {
    return new AttachmentSettings(owner, value, queueSize, mask, resetDeadline);
  }

  public AttachmentSettings withQueueSize(int value) {
    return new AttachmentSettings(owner, filter, value, mask, resetDeadline);
  }

  public AttachmentSettings withMask(Features value) {
    return new AttachmentSettings(owner, filter, queueSize, value, resetDeadline);
  }

  public AttachmentSettings withResetDeadline(Duration value) {
    return new AttachmentSettings(owner, filter, queueSize, mask, value);
  }
}
