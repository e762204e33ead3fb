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
 * Puts frames into the driver's buffers. It takes a buffer only when it has a frame for it; one frame may fill several where the driver can
 * merge them. Buffers that a frame has begun to need and not yet enough of are the only ones it holds, and a reset finds them given back.
 * The slot's thread.
 *
 * <p>Spec: virtio 1.4, "Setting Up Receive Buffers", "Processing of Incoming Packets"
 */
final class Receiver {
  /** What came of it. */
  enum Outcome {
    /** No frame is left. */
    DONE,
    /** Frames are left, and no buffers. */
    DRY,
    /** Frames are left, and it is somebody else's turn. */
    MORE
  }

  /** Buffers that one frame may fill. */
  static final int MOST_BUFFERS = 64;
  /** Frames until others get their turn. */
  private static final int TURN = 128;
  /** The driver waits for no more than so many frames behind its own. */
  private static final int BATCH = 16;
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final SwitchPort port;
  private final CardState card;
  private final ReceiveFilter filter;
  private final int chainParts;
  private final MemorySegment header = Arena.ofAuto().allocate(HEADER, 8);
  /** Buffers for the frame at hand: the first {@link #held} are taken, of those after them some are not even made. */
  private final Chain[] chains = new Chain[MOST_BUFFERS];
  private int held;
  private long room;
  /** Since the last sync. */
  private int pushed;
  private DeviceQueue queue;
  private boolean merges;
  private boolean sums;
  private long received;
  private long filtered;
  private long dropped;

  /** @param queueSize of the receive queue */
  Receiver(SwitchPort port, CardState card, ReceiveFilter filter, int queueSize) {
    this.port = port;
    this.card = card;
    this.filter = filter;
    this.chainParts = queueSize;
  }

  /** @param buffers null where the driver receives nothing */
  void start(DeviceQueue buffers, Features accepted) {
    queue = buffers;
    merges = accepted.has(VIRTIO_NET_F_MRG_RXBUF);
    sums = accepted.has(VIRTIO_NET_F_GUEST_CSUM);
    port.look();
    port.clear();
  }

  void stop() {
    giveBack();
    sync();
    for (int i = 0; i < MOST_BUFFERS && chains[i] != null; i++) {
      chains[i].clear();
    }
    queue = null;
    port.clear();
  }

  /** Frames the driver got; frames it did not want; frames that fitted in no buffers. */
  long received() {
    return received;
  }

  long filtered() {
    return filtered;
  }

  long dropped() {
    return dropped;
  }

  Outcome receive() {
    FrameRing frames = port.look();
    Outcome outcome = Outcome.MORE;
    for (int turn = 0; outcome == Outcome.MORE && turn < TURN; turn++) {
      if (frames.isEmpty()) {
        outcome = Outcome.DONE;
      } else if (!wanted(frames)) {
        giveBack();
        frames.remove();
      } else if (place(frames)) {
        frames.remove();
      } else {
        outcome = Outcome.DRY;
      }
      if (pushed >= BATCH) {
        sync();
      }
    }
    sync();
    return outcome;
  }

  private boolean wanted(FrameRing frames) {
    if (queue == null || !card.up()) {
      dropped++;
      return false;
    }
    int length = frames.length();
    if (length > card.longest(VLAN_TAG) || length > card.longest(0) && Frame.vlan(frames.memory(), frames.at(), length) < 0) {
      dropped++;
      return false;
    }
    if (!filter.passes(frames.memory(), frames.at(), length, card.mac())) {
      filtered++;
      return false;
    }
    return true;
  }

  /** @return false when there are not buffers enough now; what there was is held */
  private boolean place(FrameRing frames) {
    int length = frames.length();
    for (int taken = 0; room < HEADER + length; taken++) {
      if (held == (merges ? MOST_BUFFERS : 1)) {
        giveBack();
        dropped++;
        return true;
      }
      if (taken == MOST_BUFFERS || !take()) {
        return false;
      }
    }
    if (!sums) {
      frames.complete();
    }
    header.fill((byte) 0);
    int start = frames.sumStart();
    if (start >= 0) {
      header.set(ValueLayout.JAVA_BYTE, HDR_FLAGS, (byte) VIRTIO_NET_HDR_F_NEEDS_CSUM);
      header.set(LE16, HDR_CSUM_START, (short) start);
      header.set(LE16, HDR_CSUM_OFFSET, (short) frames.sumOffset());
    }
    header.set(LE16, HDR_NUM_BUFFERS, (short) held);
    chains[0].write(0, header, 0, HEADER);
    long done = 0;
    for (int i = 0; i < held; i++) {
      done += chains[i].write(i == 0 ? HEADER : 0, frames.memory(), frames.at() + done, length - done);
      queue.push(chains[i]);
    }
    pushed += held;
    held = 0;
    room = 0;
    received++;
    return true;
  }

  /** One more buffer; one that cannot even hold a header, or nothing at all, goes back as it came. */
  private boolean take() {
    if (chains[held] == null) {
      chains[held] = new Chain(chainParts);
    }
    Chain chain = chains[held];
    if (!queue.take(chain)) {
      return false;
    }
    if (chain.writableBytes() < (merges ? HEADER : 1)) {
      queue.push(chain);
      pushed++;
    } else {
      held++;
      room += chain.writableBytes();
    }
    return true;
  }

  /** With nothing written: to the driver they are too short for a frame. */
  private void giveBack() {
    for (int i = 0; i < held; i++) {
      queue.push(chains[i]);
    }
    pushed += held;
    held = 0;
    room = 0;
  }

  private void sync() {
    if (pushed > 0) {
      pushed = 0;
      queue.sync();
    }
  }
}
