package virtio.net;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Registration;

/**
 * A network card. A service as long as the port is served, with the properties {@code virtio.port}, the port's name, and
 * {@code virtio.glue}, the combination it runs over, which may change under its users. Any thread may call any method.
 *
 * <h2>Frames and copies</h2>
 * A {@link Frame} from {@link #frame} is sent from where it lies, and one that came is read where the device put it. All other memory is
 * copied once, as is a packet that the device has spread over several buffers; {@link #counters} says how often. Frames may be lost, as on
 * every wire, and are never sent twice.
 *
 * <h2>Faults and exchange</h2>
 * When the device has to be reset, or another combination takes over, sending says NO_DEVICE for a moment; frames that were in flight are
 * lost and counted. What was set at run time is set again: address, modes, tables, VLANs, pairs. Then {@link Listener#announce} asks
 * users to make themselves known to their neighbours.
 */
@ProviderType
public interface NetworkDevice {
  /** The port's. */
  String name();

  /** Its address: the one that was set, else the device's, else one that stays with the port. */
  MacAddress mac();

  /** The largest payload of a frame, bytes. */
  int mtu();

  /** Whether there is a line. */
  boolean linkUp();

  /** Of the device of this moment; while there is none, of the last one. */
  NetworkInformation information();

  /** A frame to be filled and sent without a copy; null when there is none now: {@link Listener#room} comes. */
  Frame frame();

  /** Sends it, with a doorbell. ACCEPTED: it is the card's. One of a former device's is copied. */
  Sent send(Frame frame);

  /**
   * Sends as many as there is room for, in order, with one doorbell.
   *
   * @return how many were ACCEPTED; the one after them was not, for the reason that {@link #send(Frame)} would give
   */
  int send(Frame[] frames, int from, int count);

  /** Sends a copy of {@code bytes} bytes from {@code offset}. */
  Sent send(MemorySegment memory, long offset, int bytes);

  default Sent send(byte[] frame) {
    return send(MemorySegment.ofArray(frame), 0, frame.length);
  }

  /**
   * The next frame that came, the caller's until released; null when there is none. For those who poll; IllegalStateException while there
   * is a {@linkplain #receive(Receiver) receiver}.
   */
  Frame receive();

  /** The same, copied. @return its length; -1: none. One that does not fit is thrown away: IllegalArgumentException */
  int receive(MemorySegment into);

  /** Calls back with each frame that comes, until closed. One at a time: IllegalStateException while there is another. */
  Registration receive(Receiver receiver);

  /** Gives the receiver on this thread what has come; never waits. @return how many */
  int poll();

  /** Told of each frame. */
  @FunctionalInterface
  interface Receiver {
    /**
     * On the thread that found it: the bus's, the port's, one that polls; in the order of arrival, never two at once. The frame is the
     * receiver's, which releases it, now or later: what it keeps the device cannot fill. Others' frames wait meanwhile.
     */
    void received(Frame frame);
  }

  /**
   * Tells the card what to let in, or keep out.
   *
   * @throws UnsupportedOperationException the device cannot
   * @throws NetworkException it did not take it, or there is no device now; what was set before stays
   */
  void mode(ReceiveMode mode, boolean on) throws IOException;

  /** Those that are on. */
  Set<ReceiveMode> modes();

  /** Lets in frames for these as well; replaces both tables. Throws as {@link #mode}. */
  void macTable(List<MacAddress> unicast, List<MacAddress> multicast) throws IOException;

  /** Lets that VLAN's frames in, or keeps them out. Throws as {@link #mode}. @param id 0 to 4095 */
  void vlan(int id, boolean on) throws IOException;

  /** Sets the address. Throws as {@link #mode}. @param address one card's */
  void mac(MacAddress address) throws IOException;

  /**
   * How many pairs of queues shall be used. Throws as {@link #mode}.
   *
   * @param pairs 1 to {@link NetworkInformation#maxPairs}: IllegalArgumentException otherwise, and nothing is sent
   */
  void pairs(int pairs) throws IOException;

  /** Since the port began. */
  NetworkCounters counters();

  /** Tells of what happens to the card, until closed. */
  Registration listen(Listener listener);

  /** Calls come on the port's own thread, in order, but for {@link #room}; they must not block. */
  @ConsumerType
  interface Listener {
    /** The link has come, or gone. What was sent before stays with the card. */
    default void link(boolean up) {}

    /** Address, MTU or another part of the information is new. */
    default void changed(NetworkInformation information) {}

    /** Time to send gratuitous packets: the device asked for it, or there is another device. */
    default void announce() {}

    /** After FULL, or no frame: there may be room now. On the thread that found it. */
    default void room() {}

    /** Nothing can be sent from here on. @param why for a person */
    default void held(String why) {}

    /** It goes on. */
    default void resumed() {}

    /** This card is no more, and its service is withdrawn. @param why for a person */
    default void lost(String why) {}
  }
}
