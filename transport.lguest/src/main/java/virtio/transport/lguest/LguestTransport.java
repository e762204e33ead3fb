package virtio.transport.lguest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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
  private static final long STOP_SECONDS = 5;

  private final ExecutorService events =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("virtio-transport-lguest").factory());
  private final Map<Machine, MachinePage> pages = new LinkedHashMap<>();
  private final Map<Object, PageLayout> layouts = new HashMap<>();
  private final List<Watcher> watchers = new ArrayList<>();

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
    Watcher watcher = new Watcher(listener, this::removeLater);
    later(() -> {
      watchers.add(watcher);
      pages.values().forEach(page -> page.devices().forEach(watcher::appeared));
    });
    return watcher;
  }

  /** A machine has come. */
  @Reference(name = "machine", target = "(virtio.machine.kind=lguest)", cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  public void bindMachine(Machine machine) {
    later(() -> {
      try {
        MachinePage page = new MachinePage(machine, this::later, () -> later(() -> walk(machine)), this::appeared, this::disappeared);
        pages.put(machine, page);
        walk(machine);
      } catch (IllegalArgumentException unfit) {
        LOG.log(System.Logger.Level.ERROR, unfit.getMessage());
      }
    });
  }

  /** A machine goes. */
  public void unbindMachine(Machine machine) {
    later(() -> {
      MachinePage page = pages.remove(machine);
      if (page != null) {
        page.close();
      }
    });
  }

  /** A walker has come. */
  @Reference(name = "layout", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindLayout(PageLayout layout, Map<String, Object> properties) {
    later(() -> {
      layouts.put(properties.get("virtio.layout"), layout);
      List.copyOf(pages.keySet()).forEach(this::walk);
    });
  }

  /** A walker goes. */
  public void unbindLayout(PageLayout layout, Map<String, Object> properties) {
    later(() -> layouts.remove(properties.get("virtio.layout"), layout));
  }

  /** Every watcher is told that every device has gone. */
  @Deactivate
  public void stop() {
    later(() -> {
      pages.values().forEach(MachinePage::close);
      pages.clear();
    });
    events.shutdown();
    try {
      if (!events.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a watcher does not return; it is left alone");
        events.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void walk(Machine machine) {
    MachinePage page = pages.get(machine);
    PageLayout layout = page == null ? null : layouts.get(page.layout());
    if (layout != null) {
      page.walk(layout);
    }
  }

  private void appeared(LguestDevice device) {
    List.copyOf(watchers).forEach(watcher -> watcher.appeared(device));
  }

  private void disappeared(LguestDevice device) {
    List.copyOf(watchers).forEach(watcher -> watcher.disappeared(device));
  }

  private void removeLater(Watcher watcher) {
    later(() -> watchers.remove(watcher));
  }

  private void later(Runnable event) {
    try {
      events.execute(() -> guarded(event));
    } catch (RejectedExecutionException stopped) {
      LOG.log(System.Logger.Level.DEBUG, "stopped: nothing is told any more");
    }
  }

  private static void guarded(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException | Error thrown) {
      LOG.log(System.Logger.Level.ERROR, "following the machines", thrown);
    }
  }
}
