package virtio.bus;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Matches idle devices with those who ask, walks the status bits, takes devices back; and, for a host in this JVM, shows models. Any
 * thread may call; nothing blocks but {@link Attachment#close} and {@link Serving#close}, which are bounded.
 */
@ProviderType
public interface Bus {
  /**
   * Serves {@code port} with the first idle device that the combination and the filter allow, now or when one appears. A device that
   * refuses, or turns out to be another, is left alone until it comes anew or the attachment is made anew.
   *
   * @param leaving told when somebody wants to take the device out: it works until the attachment is closed, which is the answer. On the
   *     bus's control thread, perhaps before this returns; must not block. Null: there is none to tell
   * @throws IllegalArgumentException when the driver is for another kind of port, or a setting is out of range
   */
  Attachment attach(Combination parts, AttachmentSettings settings, Object port, Runnable leaving);

  /** The same for a port that need not be asked: what somebody wants to take out is taken back at once, as a device that has gone. */
  default Attachment attach(Combination parts, AttachmentSettings settings, Object port) {
    return attach(parts, settings, port, null);
  }

  /**
   * The mirror: shows a model on a host, a slot for each face, until closed. A face whose ring or config handler is not here waits for it.
   *
   * @param name the device's, for slots and messages
   */
  Serving serve(String name, DeviceModel model, List<Face> faces, Host host);

  /**
   * The same without services, on a slot of the caller's, for those who hold the parts themselves. The slot is announced, and closed at
   * the end; nobody is asked for the device before.
   */
  Serving serve(DeviceModel model, RingFormat ring, ConfigHandler config, Slot slot);

  /** All devices that the transports found, bound or idle, by transport and name. */
  List<DeviceReport> devices();

  /** All faces served. */
  List<DeviceReport> served();

  /** A port's hold on a device, or its wait for one. */
  @ProviderType
  interface Attachment extends Registration {
    /** One line for a person: {@code "waiting for a device of type 2 on lguest"}. */
    String state();

    /** Whether a driver is bound. */
    boolean bound();

    /** What is bound; null while nothing is. */
    DeviceReport report();

    /** Takes the device back: remove, reset, release. Returns when that is done; bounded. */
    @Override
    void close();
  }

  /** A model that is shown. */
  @ProviderType
  interface Serving extends Registration {
    /** One line for a person per face. */
    List<String> state();

    /**
     * Unplugs: a port in this JVM that has the device is asked for it, and loses it if that takes longer than two seconds. Returns when the
     * model is stopped; bounded.
     */
    @Override
    void close();
  }

  /**
   * One device, from one of its sides.
   *
   * @param bus the transport's name, or, served, the host's
   * @param name its address on that bus
   * @param id null when no config handler here knows
   * @param driver the driver's, or, served, the face's name; empty for none
   * @param owner the port's, or, served, the device's name; empty for none
   * @param state one line
   * @param statuses each value of the status field since the last binding began, in order
   * @param understood which fields the driver has read, and which bits it has acknowledged; null unless served by a config handler that
   *     can tell
   * @param properties of the bus device
   */
  record DeviceReport(String bus, String name, DeviceId id, String driver, String owner, String state, List<Integer> statuses,
      Features offered, Features accepted, List<QueueReport> queues, Exposure.Understood understood, Map<String, Object> properties) {}

  /** One queue, from the same side. */
  record QueueReport(int index, int size, Queue.State state, Violation broken, Queue.Counters counters) {}
}
