package virtio.net.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import virtio.net.Card;
import virtio.net.Card.Answer;
import virtio.net.MacAddress;
import virtio.net.NetworkException;
import virtio.net.NetworkInformation;
import virtio.net.ReceiveMode;

/**
 * What users have set at run time, to be set again on each device that comes. A command and its note are one step, and none runs while a
 * device is brought to where the last one was. Any thread.
 */
final class CardWishes {
  private static final Logger LOG = System.getLogger("virtio.net");
  private static final Runnable NOTHING = () -> { };

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<ReceiveMode> modes = EnumSet.noneOf(ReceiveMode.class);
  private final Set<Integer> vlans = new TreeSet<>();
  private List<MacAddress> unicast = List.of();
  private List<MacAddress> multicast = List.of();
  private int pairs = 1;
  private volatile MacAddress configured;
  private volatile MacAddress set;
  /** The configured one, if the device of this moment has taken it. */
  private volatile MacAddress taken;
  /** The first that a driver made up: it stays. */
  private volatile MacAddress chosen;

  /** One command. */
  @FunctionalInterface
  private interface Command {
    Answer to(Card card, long nanos);
  }

  /** One of those that bring a device to where the last one was. */
  private record Step(String what, Command command, Runnable done) {}

  void configured(MacAddress mac) {
    configured = mac;
  }

  /** The address of the card of that information, as users see it. */
  MacAddress mac(NetworkInformation information) {
    MacAddress asked = set;
    if (asked != null) {
      return asked;
    }
    if (!information.chosen()) {
      asked = taken;
      return asked == null ? information.mac() : asked;
    }
    asked = configured;
    if (asked != null) {
      return asked;
    }
    MacAddress first = chosen;
    return first == null ? information.mac() : first;
  }

  Set<ReceiveMode> modes() {
    lock.lock();
    try {
      return Set.copyOf(modes);
    } finally {
      lock.unlock();
    }
  }

  /** @throws NetworkException nothing has changed */
  void mode(Card card, String port, ReceiveMode mode, boolean on, long nanos) throws NetworkException {
    perform(card, port, mode + "=" + on, nanos, (to, left) -> to.mode(mode, on, left), () -> {
      if (on) {
        modes.add(mode);
      } else {
        modes.remove(mode);
      }
    });
  }

  void macTable(Card card, String port, List<MacAddress> one, List<MacAddress> many, long nanos) throws NetworkException {
    perform(card, port, "MAC table of " + one.size() + " and " + many.size(), nanos, (to, left) -> to.macTable(one, many, left), () -> {
      unicast = one;
      multicast = many;
    });
  }

  void vlan(Card card, String port, int id, boolean on, long nanos) throws NetworkException {
    perform(card, port, "VLAN " + id + "=" + on, nanos, (to, left) -> to.vlan(id, on, left), () -> {
      if (on) {
        vlans.add(id);
      } else {
        vlans.remove(id);
      }
    });
  }

  void mac(Card card, String port, MacAddress address, long nanos) throws NetworkException {
    perform(card, port, "mac=" + address, nanos, (to, left) -> to.mac(address, left), () -> set = address);
  }

  void pairs(Card card, String port, int count, long nanos) throws NetworkException {
    perform(card, port, "pairs=" + count, nanos, (to, left) -> to.pairs(count, left), () -> pairs = count);
  }

  private void perform(Card card, String port, String what, long nanos, Command command, Runnable note) throws NetworkException {
    if (card == null) {
      throw new NetworkException(port + ": " + what + ": no device now");
    }
    lock.lock();
    try {
      switch (command.to(card, nanos)) {
        case OK -> note.run();
        case UNSUPPORTED -> throw new UnsupportedOperationException(port + ": " + what + ": the device cannot");
        case REFUSED -> throw new NetworkException(port + ": " + what + ": refused by the device");
        case SILENT -> throw new NetworkException(port + ": " + what + ": no answer");
        case DOWN -> throw new NetworkException(port + ": " + what + ": the device has gone meanwhile");
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Brings a device to where the last one was: address, modes, table, VLANs, pairs. What this one cannot is said, and stays a wish.
   *
   * @return OK, SILENT or DOWN
   */
  Answer restore(Card card, String port, long nanos) {
    lock.lock();
    try {
      for (Step step : steps(card.information())) {
        switch (step.command().to(card, nanos)) {
          case OK -> step.done().run();
          case SILENT -> {
            return Answer.SILENT;
          }
          case DOWN -> {
            return Answer.DOWN;
          }
          default -> LOG.log(Level.WARNING, "virtio.net " + port + ": " + step.what() + " was not taken by " + card.name());
        }
      }
      return Answer.OK;
    } finally {
      lock.unlock();
    }
  }

  private List<Step> steps(NetworkInformation information) {
    List<Step> steps = new ArrayList<>();
    chosen = chosen == null && information.chosen() ? information.mac() : chosen;
    taken = null;
    MacAddress address = set == null ? configured : set;
    // a device that says no address can be told one, or does not care
    if (address != null && (information.chosen() ? information.abilities().mac() : !address.equals(information.mac()))) {
      steps.add(new Step("mac=" + address, (to, left) -> to.mac(address, left), () -> taken = address));
    }
    if (information.abilities().modes() && !modes.contains(ReceiveMode.PROMISCUOUS)) {
      // QEMU's begin with it on
      steps.add(new Step("PROMISCUOUS=false", (to, left) -> to.mode(ReceiveMode.PROMISCUOUS, false, left), NOTHING));
    }
    for (ReceiveMode mode : modes) {
      steps.add(new Step(mode + "=true", (to, left) -> to.mode(mode, true, left), NOTHING));
    }
    if (!unicast.isEmpty() || !multicast.isEmpty()) {
      steps.add(new Step("MAC table", (to, left) -> to.macTable(unicast, multicast, left), NOTHING));
    }
    for (int id : vlans) {
      steps.add(new Step("VLAN " + id, (to, left) -> to.vlan(id, true, left), NOTHING));
    }
    if (pairs > 1) {
      boolean can = pairs <= information.maxPairs();
      steps.add(new Step("pairs=" + pairs, (to, left) -> can ? to.pairs(pairs, left) : Answer.UNSUPPORTED, NOTHING));
    }
    return steps;
  }

  /** The device is no more, and what was promised with it. */
  void forget() {
    lock.lock();
    try {
      modes.clear();
      vlans.clear();
      unicast = List.of();
      multicast = List.of();
      set = null;
      taken = null;
      pairs = 1;
    } finally {
      lock.unlock();
    }
  }
}
