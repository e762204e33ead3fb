package virtio.device.net;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.osgi.service.component.annotations.Component;
import virtio.bus.model.ModelProperties;

/**
 * The switches of this JVM, and the taps on them. Each is there as long as a card names it. The shell shows them: {@code switches}. Any thread.
 */
@Component(name = "virtio.device.net.switches", service = Switches.class,
    property = {"osgi.command.scope=virtio", "osgi.command.function=switches"})
public final class Switches {
  private final Set<Plug> plugs = new LinkedHashSet<>();
  private final Map<String, Use<LearningSwitch>> switches = new LinkedHashMap<>();
  private final Map<String, Use<TapLink>> taps = new LinkedHashMap<>();

  /** Something that several cards name. */
  private static final class Use<T> {
    private final T used;
    private int cards;

    Use(T used) {
      this.used = used;
    }
  }

  /** What a card's cable is plugged into: its switch, and the tap there, if any. */
  final class Plug implements AutoCloseable {
    private final NetworkCard card;
    private final Use<LearningSwitch> into;
    private final Use<TapLink> tap;

    private Plug(NetworkCard card, Use<LearningSwitch> into, Use<TapLink> tap) {
      this.card = card;
      this.into = into;
      this.tap = tap;
    }

    /** Whether it is still what it was: a tap may go away by itself. */
    boolean good() {
      return tap == null || !tap.used.gone();
    }

    /** Pulls the cable; the last one out takes the switch, and the tap, away. */
    @Override
    public void close() {
      synchronized (Switches.this) {
        plugs.remove(this);
        into.used.leave(card.port());
        if (tap != null) {
          leave(tap);
        }
        leave(into);
      }
    }
  }

  /**
   * Plugs a card's cable in.
   *
   * @param tap empty for none
   * @param room bytes of the longest frame that the tap shall be given
   * @throws IllegalArgumentException with the property that cannot be had
   */
  synchronized Plug plug(NetworkCard card, String name, String tap, int room) {
    Use<LearningSwitch> into = switches.computeIfAbsent(name, fresh -> new Use<>(new LearningSwitch(fresh)));
    into.cards++;
    Use<TapLink> through = null;
    boolean plugged = false;
    try {
      through = tap.isEmpty() ? null : tap(tap, into.used, room);
      if (!into.used.join(card.port())) {
        throw full(into.used);
      }
      plugged = true;
      Plug plug = new Plug(card, into, through);
      plugs.add(plug);
      return plug;
    } finally {
      if (!plugged) {
        if (through != null) {
          leave(through);
        }
        leave(into);
      }
    }
  }

  private Use<TapLink> tap(String name, LearningSwitch joins, int room) {
    Use<TapLink> use = taps.get(name);
    if (use == null || use.used.gone()) {
      try {
        TapLink link = TapLink.open(name, joins, room);
        if (link == null) {
          throw full(joins);
        }
        use = new Use<>(link);
        taps.put(name, use);
      } catch (IOException e) {
        throw ModelProperties.bad("tap", name, "a tap that nobody else has, or that may be made: " + e.getMessage());
      }
    } else if (use.used.port().joined() != joins) {
      throw ModelProperties.bad("tap", name, "one switch for each tap: it is on " + use.used.port().joined().name());
    }
    use.cards++;
    return use;
  }

  private static IllegalArgumentException full(LearningSwitch taken) {
    return ModelProperties.bad("switch", taken.name(), "a switch with a port left: it has " + LearningSwitch.MOST_PORTS);
  }

  private void leave(Use<?> use) {
    if (--use.cards > 0) {
      return;
    }
    if (use.used instanceof TapLink link) {
      link.close();
    }
    switches.values().remove(use);
    taps.values().remove(use);
  }

  /** The shell's: each switch, who is on it, and what each of them has seen of frames. */
  public synchronized String switches() {
    StringJoiner lines = new StringJoiner("\n");
    for (Use<LearningSwitch> use : switches.values()) {
      lines.add(use.used.name() + ": " + use.used.stations() + " stations heard");
      plugs.stream().filter(plug -> plug.into == use).forEach(plug -> lines.add("  " + plug.card));
      taps.values().stream().filter(tap -> tap.used.port().joined() == use.used).forEach(tap -> lines.add("  " + tap.used));
    }
    return lines.toString();
  }

  /** A switch that some card names; null where there is none of that name. */
  synchronized LearningSwitch of(String name) {
    Use<LearningSwitch> use = switches.get(name);
    return use == null ? null : use.used;
  }
}
