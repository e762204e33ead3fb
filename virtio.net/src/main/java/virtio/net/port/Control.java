package virtio.net.port;

import java.util.concurrent.TimeUnit;
import virtio.bus.Bus;
import virtio.bus.port.Admission;
import virtio.bus.port.Listeners;
import virtio.bus.port.PortControl;
import virtio.bus.port.PortSettings;
import virtio.bus.port.Publisher;
import virtio.net.Card;
import virtio.net.MacAddress;
import virtio.net.NetworkDevice.Listener;
import virtio.net.NetworkInformation;

/**
 * What an exchange is for a card: frames in flight are lost and counted, what users have set is set again, and they are asked to announce
 * themselves. The link is reported down and up only if that took long, or if the card is another to its neighbours.
 */
final class Control extends PortControl<Card> implements CardEvents {
  /** A pause up to this goes unnoticed on a wire. */
  private static final long UNNOTICED = TimeUnit.SECONDS.toNanos(1);

  private final Traffic traffic = new Traffic(this);
  private final CardWishes wishes = new CardWishes();
  private final Listeners<Listener> listeners = new Listeners<>("virtio.net");

  // The control thread's own.
  private NetworkInformation told;
  private NetworkInformation announced;
  private MacAddress address;
  private boolean linkUp;
  private long heldAt;

  Control(Bus bus, Publisher publisher, String name) {
    super(bus, publisher, "virtio.net", name);
  }

  Traffic traffic() {
    return traffic;
  }

  CardWishes wishes() {
    return wishes;
  }

  Listeners<Listener> listeners() {
    return listeners;
  }

  /** The address is for the next device. @return the rest */
  PortSettings take(Settings good) {
    wishes.configured(good.mac());
    return good.port();
  }

  @Override
  protected Object port() {
    return traffic;
  }

  @Override
  protected String name(Card of) {
    return of.name();
  }

  @Override
  public void room() {
    listeners.tell(Listener::room);
  }

  @Override
  protected void hold() {
    traffic.hold();
  }

  /** What was sent is on its way, or lost: a wire promises no more, and waiting for it would only make the pause longer. */
  @Override
  protected void drain(Card from, PortSettings settings) {}

  @Override
  protected void released() {}

  @Override
  protected void gone(String why) {}

  @Override
  protected void forgotten() {}

  @Override
  protected void end(boolean failed, String why) {
    wishes.forget();
    told = null;
    announced = null;
    address = null;
  }

  @Override
  protected String overdue(PortSettings settings) {
    return null;
  }

  @Override
  protected long tick(PortSettings settings) {
    return Long.MAX_VALUE;
  }

  @Override
  protected Admission admit(Card come, PortSettings settings) {
    switch (wishes.restore(come, settings.name(), settings.deadline().toNanos())) {
      case SILENT -> {
        return Admission.silent("a command without an answer");
      }
      case DOWN -> {
        return Admission.GONE;
      }
      default -> traffic.serve(come);
    }
    return lost(come) ? Admission.GONE : Admission.SERVING;
  }

  @Override
  protected void look(Card serving) {
    NetworkInformation now = serving.information();
    MacAddress mac = wishes.mac(now);
    NetworkInformation before = told;
    told = now;
    if (before == null) {
      address = mac;
      linkUp = now.linkUp();
    }
    if (before != null && (!mac.equals(address) || differs(before, now))) {
      address = mac;
      listeners.tell(listener -> listener.changed(now));
    }
    link(now.linkUp());
    if (now.announce() && now != announced) {
      announced = now;
      listeners.tell(Listener::announce);
      serving.announced(settings().deadline().toNanos());
    }
  }

  /** Whether more is different than the link and the wish for an announcement, which are told by themselves. */
  private static boolean differs(NetworkInformation one, NetworkInformation other) {
    return one.mtu() != other.mtu() || one.speed() != other.speed() || one.duplex() != other.duplex()
        || one.maxPairs() != other.maxPairs() || !one.abilities().equals(other.abilities());
  }

  private void link(boolean up) {
    if (up != linkUp) {
      linkUp = up;
      listeners.tell(listener -> listener.link(up));
    }
  }

  @Override
  protected void tellHeld(String why) {
    heldAt = System.nanoTime();
    listeners.tell(listener -> listener.held(why));
  }

  @Override
  protected void tellResumed() {
    listeners.tell(Listener::resumed);
    NetworkInformation now = traffic.information();
    boolean another = told != null && (told.mtu() != now.mtu() || !wishes.mac(now).equals(address));
    if (another || System.nanoTime() - heldAt > UNNOTICED) {
      link(false);
    }
    link(now.linkUp());
    listeners.tell(Listener::announce);
    listeners.tell(Listener::room);   // who found none on the former device waits for this one's
  }

  @Override
  protected void tellLost(String why) {
    listeners.tell(listener -> listener.lost(why));
  }
}
