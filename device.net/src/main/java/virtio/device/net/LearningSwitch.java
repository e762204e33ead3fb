package virtio.device.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntSupplier;

/**
 * An Ethernet switch. It learns from sources which port leads where, sends frames for known stations to one port, and all others, broadcasts
 * and multicasts among them, to every port but the one they came from. VLAN tags pass as they are.
 *
 * <p>A frame is forwarded on its sender's thread, without a lock, by copying it to where the receiver takes it: no sender waits for another
 * or for a receiver. Ports come and go under a lock of their own.
 *
 * <p>Spec: IEEE 802.1Q, "Principles of Bridge operation"
 */
final class LearningSwitch {
  /** Ports at once. */
  static final int MOST_PORTS = 256;
  private static final int STATIONS = 4096;
  private static final int NUMBERS = 65536;

  private final String name;
  private final IntSupplier seconds;
  private final MacTable stations = new MacTable(STATIONS);
  /** By number, modulo their most. */
  private final AtomicReferenceArray<SwitchPort> byNumber = new AtomicReferenceArray<>(MOST_PORTS);
  private volatile SwitchPort[] ports = {};
  private int last;

  LearningSwitch(String name) {
    this(name, () -> (int) (System.nanoTime() / 1_000_000_000L));
  }

  /** @param seconds a clock, whose zero does not matter */
  LearningSwitch(String name, IntSupplier seconds) {
    this.name = name;
    this.seconds = seconds;
  }

  String name() {
    return name;
  }

  /** @return false when all ports are taken */
  synchronized boolean join(SwitchPort port) {
    for (int tried = 0; tried < NUMBERS; tried++) {
      last = last % (NUMBERS - 1) + 1;   // a number is not given again soon: what is known of its last owner may still be on its way
      if (byNumber.get(last % MOST_PORTS) == null) {
        byNumber.set(last % MOST_PORTS, port);
        port.joined(this, last);
        List<SwitchPort> more = new ArrayList<>(List.of(ports));
        more.add(port);
        ports = more.toArray(SwitchPort[]::new);
        return true;
      }
    }
    return false;
  }

  /** Returns when frames from here on pass it by; one that is on its way may still come. */
  synchronized void leave(SwitchPort port) {
    List<SwitchPort> less = new ArrayList<>(List.of(ports));
    if (!less.remove(port)) {
      return;
    }
    ports = less.toArray(SwitchPort[]::new);
    byNumber.set(port.number() % MOST_PORTS, null);
    stations.forget(port.number());
    port.joined(null, 0);
  }

  /** Ports, in the order in which they came. */
  List<SwitchPort> ports() {
    return List.of(ports);
  }

  /** Stations heard of late. */
  int stations() {
    return stations.count(seconds.getAsInt());
  }

  /** The port that leads to a station; null where it is not known. */
  SwitchPort port(long mac) {
    return byNumber(stations.find(mac, seconds.getAsInt()));
  }

  private SwitchPort byNumber(int number) {
    if (number == MacTable.NOBODY) {
      return null;
    }
    SwitchPort port = byNumber.get(number % MOST_PORTS);
    return port != null && port.number() == number ? port : null;
  }

  /** @param frame at least an Ethernet header */
  void forward(SwitchPort from, Frame frame) {
    int now = seconds.getAsInt();
    int number = from.number();
    long source = frame.source();
    if (number != 0 && source != 0 && !Frame.isGroup(source)) {
      stations.learn(source, number, now);
    }
    long destination = frame.destination();
    SwitchPort to = Frame.isGroup(destination) ? null : byNumber(stations.find(destination, now));
    if (to != null) {
      if (to != from) {
        to.offer(frame);
      }
      return;
    }
    for (SwitchPort port : ports) {
      if (port != from) {
        port.offer(frame);
      }
    }
  }
}
