package virtio.shell;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.net.Frame;
import virtio.net.NetworkDevice;
import virtio.net.Sent;

/** One direction between two cards: what goes in comes out, in order, or that is an error. A bounded number is under way. One thread. */
final class Lane {
  /** Bytes of an Ethernet header: the shortest frame. */
  static final int HEADER = 14;
  private static final int MAC = 6;
  private static final int LONGEST = 1518;
  /** For local experiments: IEEE 802, first of two. */
  private static final int ETHER_TYPE = 0x88B5;
  private static final long LOOK_AGAIN = TimeUnit.MICROSECONDS.toNanos(50);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private final NetworkDevice from;
  private final NetworkDevice to;
  private final byte[][] underWay;
  private final int[] lengths;
  private final SplittableRandom random = new SplittableRandom();
  private final MessageDigest sum = Content.sha256();
  private final byte[] came = new byte[LONGEST];
  private boolean spoil;
  private int sent;
  private int received;

  /** @param spoil flips one byte of the first frame after it was noted */
  Lane(NetworkDevice from, NetworkDevice to, int depth, boolean spoil) {
    this.from = from;
    this.to = to;
    this.underWay = new byte[depth][LONGEST];
    this.lengths = new int[depth];
    this.spoil = spoil;
  }

  /** How many of those under way must arrive before one more may be sent: 0 or 1. */
  int room() {
    return sent - received == underWay.length ? 1 : 0;
  }

  /** Sends a frame of that many bytes, its payload random; there is room. */
  void send(int bytes) throws IOException {
    byte[] frame = underWay[sent % underWay.length];
    lengths[sent % underWay.length] = bytes;
    random.nextBytes(frame);
    for (int i = 0; i < MAC; i++) {
      frame[i] = (byte) to.mac().octet(i);
      frame[MAC + i] = (byte) from.mac().octet(i);
    }
    frame[2 * MAC] = (byte) (ETHER_TYPE >>> 8);
    frame[2 * MAC + 1] = (byte) ETHER_TYPE;
    sum.update(frame, 0, bytes);
    long end = System.nanoTime() + PATIENCE;
    for (Sent how = hand(frame, bytes); how != Sent.ACCEPTED; how = hand(frame, bytes)) {
      if (how == Sent.BAD_LENGTH) {
        throw new IOException(from.name() + ": a frame of " + bytes + " bytes is refused");
      }
      pause(end, from.name() + ": a frame of " + bytes + " bytes is not taken: " + how);
    }
    sent++;
  }

  private Sent hand(byte[] bytes, int length) {
    Frame frame = from.frame();
    if (frame == null) {
      return Sent.FULL;
    }
    frame.put(MemorySegment.ofArray(bytes), 0, length);
    if (spoil) {
      long last = length - 1;
      frame.memory().set(ValueLayout.JAVA_BYTE, last, (byte) ~frame.memory().get(ValueLayout.JAVA_BYTE, last));
    }
    Sent how = from.send(frame);
    if (how == Sent.ACCEPTED) {
      spoil = false;
    } else {
      frame.release();
    }
    return how;
  }

  /**
   * Waits until so many of those under way have arrived, or all.
   *
   * @param beside the other direction, which goes on meanwhile
   */
  void await(int arrivals, Lane beside) throws IOException {
    int wanted = Math.min(sent, received + arrivals);
    long end = System.nanoTime() + PATIENCE;
    while (received < wanted) {
      boolean any = take();
      if (!(beside.take() | any)) {
        pause(end, to.name() + ": frame " + received + ", of " + lengths[received % lengths.length] + " bytes, did not arrive");
      }
    }
  }

  /** Takes one frame, if one has come. */
  private boolean take() throws IOException {
    Frame frame = to.receive();
    if (frame == null) {
      return false;
    }
    int length = frame.length();
    frame.get(MemorySegment.ofArray(came), 0);
    frame.release();
    int expected = lengths[received % lengths.length];
    int differs = received == sent ? 0 : Arrays.mismatch(came, 0, length, underWay[received % underWay.length], 0, expected);
    if (differs >= 0) {
      throw new IOException(to.name() + ": frame " + received + ", of " + expected + " bytes, came with " + length
          + " and differs from byte " + differs + " on");
    }
    received++;
    return true;
  }

  /** The SHA-256 of all that was sent. */
  String sum() {
    return HexFormat.of().formatHex(sum.digest());
  }

  private static void pause(long end, String why) throws IOException {
    if (System.nanoTime() - end > 0) {
      throw new IOException(why + " within " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE) + " s");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    LockSupport.parkNanos(LOOK_AGAIN);
  }
}
