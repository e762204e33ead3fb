package virtio.net;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A driver's end: one bound device, as it is offered to the port. Ends with {@link NetPort#down}. Any thread; nothing here blocks but the
 * commands, each of which is bounded by the deadline it is given.
 */
@ConsumerType
public interface Card {
  /** The device's, for messages: {@code "lguest m0/0"}. */
  String name();

  /** As it was last read. */
  NetworkInformation information();

  /** A frame to be filled and sent, handed to the caller, plain, of length 0; null when there is none now, {@link NetPort#room} comes. */
  Frame frame();

  /** Whether {@link #send} takes that frame as it is: one of {@link #frame}. */
  boolean sends(Frame frame);

  /**
   * Sends a frame of this card, which the caller has {@linkplain Frame#take taken} from its user; its length was checked by the port.
   *
   * @return false: no room now, or the card is down; the frame is the caller's still; {@link NetPort#room} comes
   */
  boolean send(Frame frame);

  /** Tells the device of what was sent, with one doorbell at most. */
  void kick();

  /** Of {@link #frame} or {@link #receive}; also when the card is down. */
  void release(Frame frame);

  /**
   * The next packet that has come whole, handed to the caller; null when there is none. One thread at a time.
   */
  Frame receive();

  /** After a batch of {@link #receive}: gives the device what room was released meanwhile. The same thread. */
  void refill();

  /** {@link NetPort#receivable} is to be called when something comes; once soon if something has. Off at first. */
  void listen(boolean on);

  /** The device's and the port's word for what came out of a command. */
  enum Answer {
    OK,
    /** The device says that it does not. */
    REFUSED,
    /** What it takes was not negotiated. */
    UNSUPPORTED,
    /** No answer before the deadline; {@link NetPort#failed} comes as well. */
    SILENT,
    /** The card is down. */
    DOWN
  }

  /** @param nanos the deadline, as with all that follow */
  Answer mode(ReceiveMode mode, boolean on, long nanos);

  /** Replaces both tables. */
  Answer macTable(List<MacAddress> unicast, List<MacAddress> multicast, long nanos);

  Answer vlan(int id, boolean on, long nanos);

  Answer mac(MacAddress address, long nanos);

  /** How many pairs of queues are in use. @param pairs 1 to {@link NetworkInformation#maxPairs}, checked by the port */
  Answer pairs(int pairs, long nanos);

  /** Addresses have been announced, as the device has asked: {@link NetworkInformation#announce} is false until it asks again. */
  Answer announced(long nanos);

  /** Since the card was bound. */
  NetworkCounters counters();
}
