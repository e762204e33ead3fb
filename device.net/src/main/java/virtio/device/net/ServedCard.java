package virtio.device.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import virtio.bus.Bus;
import virtio.bus.Host;
import virtio.bus.model.ModelProperties;
import virtio.bus.spec.VirtioNet;

/**
 * One configured card: plugs its cable in and shows it on its host. Where the cable ends, and whether it is in, may change while a driver
 * uses the card; with anything else it is another card. A bad property gives one line, and what is served already stays as it is.
 */
@Component(name = "virtio.device.net", configurationPid = "virtio.device.net", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ServedCard {
  private static final Logger LOG = System.getLogger("virtio.device.net");

  private final Bus bus;
  private final Host host;
  private final Switches switches;
  private CardSettings settings;
  private NetworkCard card;
  private Switches.Plug plug;
  private Bus.Serving serving;
  private String state = "";

  @Activate
  public ServedCard(@Reference(name = "bus") Bus bus, @Reference(name = "host") Host host, @Reference(name = "switches") Switches switches,
      Map<String, Object> properties) {
    this.bus = bus;
    this.host = host;
    this.switches = switches;
    modified(properties);
  }

  @Modified
  public synchronized void modified(Map<String, Object> properties) {
    try {
      CardSettings wanted = CardSettings.of(properties);
      if (serving != null && settings.sameCard(wanted)) {
        cable(wanted);
      } else {
        close();
        serve(wanted);
      }
      settings = wanted;
      state = "";
    } catch (IllegalArgumentException | IllegalStateException e) {
      state = "virtio.device.net " + ModelProperties.name(properties) + ": " + e.getMessage();
      LOG.log(Level.ERROR, state);
    }
  }

  private void serve(CardSettings wanted) {
    CardState begins = new CardState(wanted.mac(), wanted.mtu(), wanted.speed(), wanted.link());
    NetworkCard model = new NetworkCard(wanted.name(), begins, wanted.queueSize());
    Switches.Plug in = plug(model, wanted);
    boolean served = false;
    try {
      serving = bus.serve(wanted.name(), model, wanted.faces(), host);
      card = model;
      plug = in;
      served = true;
    } finally {
      if (!served) {
        in.close();
      }
    }
  }

  private Switches.Plug plug(NetworkCard model, CardSettings wanted) {
    return switches.plug(model, wanted.joins(), wanted.tap(), wanted.mtu() + VirtioNet.ETHERNET + VirtioNet.VLAN_TAG);
  }

  /** The driver keeps its card. */
  private void cable(CardSettings wanted) {
    boolean moves = !wanted.joins().equals(settings.joins());
    if (moves || !wanted.tap().equals(settings.tap()) || !plug.good()) {
      plug.close();
      try {
        plug = plug(card, wanted);
      } catch (IllegalArgumentException e) {
        plug = plug(card, settings);
        throw e;
      }
    }
    card.link(wanted.link());
    if (moves) {
      card.announce();
    }
  }

  /** What is wrong, in one line; empty when it is served. */
  public synchronized String state() {
    return state;
  }

  @Deactivate
  public synchronized void close() {
    if (serving == null) {
      return;
    }
    serving.close();
    serving = null;
    plug.close();
    plug = null;
    card = null;
  }
}
