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
 * Takes frames from the driver and sends them into the switch, each copied once, so that nothing the driver does later changes it. What is no
 * frame is given back and counted. The slot's thread.
 *
 * <p>Spec: virtio 1.4, "Packet Transmission"
 */
final class Transmitter {
  /** Frames until others get their turn. */
  private static final int TURN = 64;
  /** The driver waits for no more than so many frames behind its own. */
  private static final int BATCH = 16;
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final SwitchPort port;
  private final CardState card;
  private final Chain chain;
  private final Frame frame;
  private final MemorySegment header = Arena.ofAuto().allocate(HEADER, 8);
  private boolean sums;
  private long sent;
  private long dropped;

  /** @param queueSize of the transmit queue */
  Transmitter(SwitchPort port, CardState card, int queueSize) {
    this.port = port;
    this.card = card;
    this.chain = new Chain(queueSize);
    this.frame = new Frame(card.longest(VLAN_TAG));
  }

  void start(Features accepted) {
    sums = accepted.has(VIRTIO_NET_F_CSUM);
  }

  void stop() {
    chain.clear();
  }

  /** Frames that went into the switch; buffers that held none, or came while the link was down. */
  long sent() {
    return sent;
  }

  long dropped() {
    return dropped;
  }

  void serve(DeviceQueue queue) {
    for (int i = 1; i <= TURN && queue.take(chain); i++) {
      if (card.up() && read()) {
        sent++;
        port.send(frame);
      } else {
        dropped++;
      }
      queue.push(chain);
      if (i % BATCH == 0) {
        queue.sync();
      }
    }
    queue.sync();
  }

  private boolean read() {
    long length = chain.readableBytes() - HEADER;
    if (length < ETHERNET || length > card.longest(VLAN_TAG)) {
      return false;
    }
    chain.read(0, header, 0, HEADER);
    chain.read(HEADER, frame.bytes, 0, length);
    if (length > card.longest(0) && Frame.vlan(frame.bytes, 0, (int) length) < 0) {
      return false;
    }
    if (header.get(ValueLayout.JAVA_BYTE, HDR_GSO_TYPE) != VIRTIO_NET_HDR_GSO_NONE) {
      return false;   // not offered
    }
    if ((header.get(ValueLayout.JAVA_BYTE, HDR_FLAGS) & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) {
      frame.whole((int) length);
      return true;
    }
    return sums && frame.partial((int) length, Short.toUnsignedInt(header.get(LE16, HDR_CSUM_START)),
        Short.toUnsignedInt(header.get(LE16, HDR_CSUM_OFFSET)));
  }
}
