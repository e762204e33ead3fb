package virtio.device.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;

/**
 * The control queue: what the driver wishes of the card. A command takes effect whole before its buffer goes back, or is answered with ERR and
 * changes nothing: one that there is not, that needs a feature the driver has not accepted, or that is not as long as it has to be. The
 * slot's thread.
 *
 * <p>Spec: virtio 1.4, "Control Virtqueue"
 */
final class Commands {
  /** Buffers that the queue holds at most. */
  static final int QUEUE_SIZE = 64;

  private static final int CLASS_AND_COMMAND = 2;
  private static final int ENTRIES = 4;
  private static final int ADDRESS = MAC.size();
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ReceiveFilter filter;
  private final CardState card;
  private final Runnable changed;
  private final Chain chain = new Chain(QUEUE_SIZE);
  private final MemorySegment data = Arena.ofAuto().allocate((long) ReceiveFilter.MOST_ADDRESSES * ADDRESS, 8);
  private final MemorySegment more = Arena.ofAuto().allocate((long) ReceiveFilter.MOST_ADDRESSES * ADDRESS, 8);
  private final MemorySegment answer = Arena.ofAuto().allocate(1);
  private Features accepted = Features.NONE;

  /** @param changed tells the driver that a field of the card's has */
  Commands(ReceiveFilter filter, CardState card, Runnable changed) {
    this.filter = filter;
    this.card = card;
    this.changed = changed;
  }

  void start(Features features) {
    accepted = features;
    filter.reset(features);
  }

  void stop() {
    chain.clear();
  }

  void serve(DeviceQueue queue) {
    for (int i = 0; i < QUEUE_SIZE && queue.take(chain); i++) {
      if (chain.writableBytes() > 0) {   // else there is no room for an answer: no command
        answer.set(ValueLayout.JAVA_BYTE, 0, (byte) (perform() ? VIRTIO_NET_OK : VIRTIO_NET_ERR));
        chain.write(0, answer, 0, 1);
      }
      queue.push(chain);
    }
    queue.sync();
  }

  private boolean perform() {
    long bytes = chain.readableBytes() - CLASS_AND_COMMAND;
    if (bytes < 0) {
      return false;
    }
    chain.read(0, data, 0, CLASS_AND_COMMAND);
    int command = Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, 1));
    return switch (Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, 0))) {
      case VIRTIO_NET_CTRL_RX -> mode(command, bytes);
      case VIRTIO_NET_CTRL_MAC -> address(command, bytes);
      case VIRTIO_NET_CTRL_VLAN -> vlan(command, bytes);
      case VIRTIO_NET_CTRL_ANNOUNCE -> announced(command, bytes);
      default -> false;
    };
  }

  private boolean mode(int command, long bytes) {
    int feature = command <= VIRTIO_NET_CTRL_RX_ALLMULTI ? VIRTIO_NET_F_CTRL_RX : VIRTIO_NET_F_CTRL_RX_EXTRA;
    if (!accepted.has(feature) || bytes != 1) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND, data, 0, 1);
    byte on = data.get(ValueLayout.JAVA_BYTE, 0);
    return (on == 0 || on == 1) && filter.mode(command, on == 1);
  }

  private boolean address(int command, long bytes) {
    if (command == VIRTIO_NET_CTRL_MAC_TABLE_SET) {
      return accepted.has(VIRTIO_NET_F_CTRL_RX) && table(bytes);
    }
    if (command != VIRTIO_NET_CTRL_MAC_ADDR_SET || !accepted.has(VIRTIO_NET_F_CTRL_MAC_ADDR) || bytes != ADDRESS) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND, data, 0, ADDRESS);
    long mac = Frame.mac(data, 0);
    if (mac == 0 || Frame.isGroup(mac)) {
      return false;
    }
    card.mac(mac);
    return true;
  }

  /** Both counts are checked against what there is before either table changes. */
  private boolean table(long bytes) {
    if (bytes < 2L * ENTRIES) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND, data, 0, ENTRIES);
    long unicasts = Integer.toUnsignedLong(data.get(LE32, 0));
    long second = ENTRIES + unicasts * ADDRESS;
    if (second > bytes - ENTRIES) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND + second, data, 0, ENTRIES);
    long multicasts = Integer.toUnsignedLong(data.get(LE32, 0));
    if (second + ENTRIES + multicasts * ADDRESS != bytes) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND + ENTRIES, data, 0, Math.min(data.byteSize(), unicasts * ADDRESS));
    chain.read(CLASS_AND_COMMAND + second + ENTRIES, more, 0, Math.min(more.byteSize(), multicasts * ADDRESS));
    filter.unicast(data, unicasts);
    filter.multicast(more, multicasts);
    return true;
  }

  private boolean vlan(int command, long bytes) {
    boolean add = command == VIRTIO_NET_CTRL_VLAN_ADD;
    if (!accepted.has(VIRTIO_NET_F_CTRL_VLAN) || !add && command != VIRTIO_NET_CTRL_VLAN_DEL || bytes != Short.BYTES) {
      return false;
    }
    chain.read(CLASS_AND_COMMAND, data, 0, Short.BYTES);
    int id = Short.toUnsignedInt(data.get(LE16, 0));
    if (id > MOST_VLAN) {
      return false;
    }
    filter.vlan(id, add);
    return true;
  }

  private boolean announced(int command, long bytes) {
    if (command != VIRTIO_NET_CTRL_ANNOUNCE_ACK || !accepted.has(VIRTIO_NET_F_GUEST_ANNOUNCE) || bytes != 0) {
      return false;
    }
    if (card.announced()) {
      changed.run();
    }
    return true;
  }
}
