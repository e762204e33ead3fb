package virtio.transport.lguest;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import virtio.bus.Features;
import virtio.bus.Machine;
import virtio.bus.PageLayout;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.bus.annotation.Provides;
import virtio.bus.machine.Watchers;
import virtio.bus.spec.FeatureBits;

/**
 * Follows every machine of kind {@code lguest}, from its coming to its going, and tells of the devices in its page. A machine whose layout
 * has no walker here shows no devices until one comes; one whose walker goes keeps those it has.
 *
 * <p>Everything happens on one thread of its own; machines and walkers only leave notes for it.
 */
@Component(name = "virtio.transport.lguest")
@Provides.Transport("lguest")
public final class LguestTransport implements Transport {
  private static final System.Logger LOG = System.getLogger("virtio.transport.lguest");

  private final Watchers watchers = new Watchers("virtio-transport-lguest", LOG);
  private final Map<Machine, MachinePage> pages = new LinkedHashMap<>();
  private final Map<Object, PageLayout> layouts = new HashMap<>();

  /** Without machines, until some are bound. */
  @Activate
  public LguestTransport() {
  }

  /** Nothing that needs a value beside the ring's address in a doorbell, and no PCI. */
  @Override
  public Features features() {
    return Features.ALL.without(FeatureBits.VIRTIO_F_NOTIFICATION_DATA).without(FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA)
        .without(FeatureBits.VIRTIO_F_SR_IOV);
  }

  @Override
  public Registration watch(Listener listener) {
    return watchers.watch(listener, () -> pages.values().stream().flatMap(page -> page.devices().stream()).toList());
  }

  /** A machine has come. */
  @Reference(name = "machine", target = "(virtio.machine.kind=lguest)", cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  public void bindMachine(Machine machine) {
    watchers.later(() -> {
      try {
        MachinePage page = new MachinePage(machine, watchers::later, () -> watchers.later(() -> walk(machine)), watchers::appeared, watchers::disappeared);
        pages.put(machine, page);
        walk(machine);
      } catch (IllegalArgumentException unfit) {
        LOG.log(System.Logger.Level.ERROR, unfit.getMessage());
      }
    });
  }

  /** A machine goes. */
  public void unbindMachine(Machine machine) {
    watchers.later(() -> {
      MachinePage page = pages.remove(machine);
      if (page != null) {
        page.close();
      }
    });
  }

  /** A walker has come. */
  @Reference(name = "layout", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindLayout(PageLayout layout, Map<String, Object> properties) {
    watchers.later(() -> {
      layouts.put(properties.get("virtio.layout"), layout);
      List.copyOf(pages.keySet()).forEach(this::walk);
    });
  }

  /** A walker goes. */
  public void unbindLayout(PageLayout layout, Map<String, Object> properties) {
    watchers.later(() -> layouts.remove(properties.get("virtio.layout"), layout));
  }

  /** Every watcher is told that every device has gone. */
  @Deactivate
  public void stop() {
    watchers.later(() -> {
      pages.values().forEach(MachinePage::close);
      pages.clear();
    });
    watchers.stop();
  }

  private void walk(Machine machine) {
    MachinePage page = pages.get(machine);
    PageLayout layout = page == null ? null : layouts.get(page.layout());
    if (layout != null) {
      page.walk(layout);
    }
  }
}
