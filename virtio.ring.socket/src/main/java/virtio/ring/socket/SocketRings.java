package virtio.ring.socket;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import virtio.bus.BusDevice;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Slot;

/**
 * All queues of one device over one channel, one half. The channel is not touched before the first queue is made: a driver that uses it raw
 * makes none.
 */
abstract sealed class SocketRings<Q extends Queue> implements RingFormat.Rings<Q> permits DriverRings, DeviceRings {
  /** Slots are 16 bits on the wire. */
  private static final int LARGEST = 32768;

  final Link link;
  final Map<Integer, Q> queues = new TreeMap<>();

  SocketRings(Link link) {
    if (link.channel() == null) {
      throw new IllegalArgumentException("channel=null: a socket ring needs transfer");
    }
    this.link = link;
  }

  final void check(int index, int size) {
    if (size < 1 || size > LARGEST) {
      throw new IllegalArgumentException("size=" + size + " (1 to " + LARGEST + ")");
    }
    if (index < 0 || index >= Frame.SESSION) {
      throw new IllegalArgumentException("queue=" + index + " (0 to " + (Frame.SESSION - 1) + ")");
    }
    if (queues.containsKey(index)) {
      throw new IllegalArgumentException("queue=" + index + " exists");
    }
  }

  static String name(Link link) {
    return link instanceof BusDevice device ? device.name() : link instanceof Slot slot ? slot.name() : "";
  }

  final void ordinary(Consumer<Q> action) {
    queues.forEach((index, queue) -> {
      if (index != CONFIGURATION) {
        action.accept(queue);
      }
    });
  }

  /** Nothing of the bits reserved for rings changes what goes over a channel. */
  @Override
  public void accept(Features accepted) {}

  @Override
  public final RingAreas areas(int index) {
    return RingAreas.NONE;
  }
}
