package virtio.ring.socket;

import java.util.List;
import java.util.concurrent.Executor;
import org.osgi.service.component.annotations.Component;
import virtio.bus.Channel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.FrameDecoder;
import virtio.bus.Link;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.FeatureBits;

/**
 * The ring format that shares no memory: one channel carries all queues of a device as frames, SQ1, and the device never touches the
 * driver's memory. What it asks of a bus is {@code transfer}, and nothing else.
 *
 * <p>Source: "a read-write socket-style implementation", draft IV of virtio, 2007
 */
@Component(name = "virtio.ring.socket", service = {RingFormat.class, FrameDecoder.class})
@Provides.Ring("socket")
public final class SocketRing implements RingFormat, FrameDecoder {
  private final Sizes sizes;
  private final Sessions sessions;

  /** Called by Declarative Services. */
  public SocketRing() {
    this(Sizes.STANDARD, new Sessions());
  }

  SocketRing(Sizes sizes, Sessions sessions) {
    this.sizes = sizes;
    this.sessions = sessions;
  }

  /** ACCESS_PLATFORM, too: no address ever crosses, so it does not matter what addresses mean. */
  @Override
  public Features features() {
    return Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_ACCESS_PLATFORM);
  }

  @Override
  public String lacks(Link link) {
    Channel channel = link.channel();
    if (channel == null) {
      return "transfer";
    }
    int message = channel.maxMessage();
    return message == 0 || message >= Frame.SHORTEST_MOST ? null
        : "messages of " + Frame.SHORTEST_MOST + " bytes (up to " + message + " here)";
  }

  @Override
  public boolean sharesMemory() {
    return false;
  }

  @Override
  public Rings<Virtqueue> driver(Link link, Executor dispatcher) {
    return new DriverRings(link, sizes, sessions, dispatcher);
  }

  @Override
  public Rings<DeviceQueue> device(Link link, Executor dispatcher) {
    return new DeviceRings(link, sizes, sessions, dispatcher);
  }

  @Override
  public List<String> decode(byte[] bytes) {
    return FrameText.lines(bytes);
  }

  @Override
  public List<Trace> traces() {
    return sessions.here().stream().map(session -> new Trace(session.name(), session.isDriver() ? "driver's side" : "device's side",
        session.trace.count(), session.trace.lines())).toList();
  }
}
