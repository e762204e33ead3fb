package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Says in words what a ring sends over a channel. Registered as a service with the property {@code virtio.ring} by a ring brick that
 * shares no memory. For a person's eyes: nothing depends on what the lines look like. Any thread.
 */
@ConsumerType
public interface FrameDecoder {
  /** One line for each frame, or for what is none, in the order of the bytes, which somebody has recorded. Takes anything; allocates. */
  List<String> decode(byte[] bytes);

  /** What went over the channels that this ring uses in this JVM. */
  List<Trace> traces();

  /**
   * One end of one channel.
   *
   * @param device the name of the bus device, or of the slot; empty where it has none
   * @param side {@code "driver's side"} or {@code "device's side"}, as the shell says
   * @param frames how many have gone and come
   * @param last one line for each of the last ones, both ways, the oldest first
   */
  record Trace(String device, String side, long frames, List<String> last) {}
}
