package virtio.transport.pci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import virtio.bus.Features;
import virtio.bus.Machine;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.FeatureBits;

/**
 * Follows every machine of kind {@code pci}, from its coming to its going, and tells of the virtio functions on its buses. It looks at all
 * of them again and again, so what is plugged in or pulled while nobody tells is met within a second.
 *
 * <p>Everything happens on one thread of its own; machines only leave notes for it.
 */
@Component(name = "virtio.transport.pci", property = "virtio.can=memory,registers")
@Provides.Transport("pci")
public final class PciTransport implements Transport {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final long LOOK_MILLIS = 1000;
  private static final long STOP_SECONDS = 5;

  private final ScheduledExecutorService events = Executors.newSingleThreadScheduledExecutor(
      Thread.ofPlatform().daemon().name("virtio-transport-pci").factory());
  private final Map<Machine, PciRoot> roots = new LinkedHashMap<>();
  private final List<Watcher> watchers = new ArrayList<>();
  private final PciRoot.Follower follower = new PciRoot.Follower() {
    @Override
    public void appeared(VirtioFunction function) {
      List.copyOf(watchers).forEach(watcher -> watcher.appeared(function));
    }

    @Override
    public void disappeared(VirtioFunction function) {
      List.copyOf(watchers).forEach(watcher -> watcher.disappeared(function));
    }

    @Override
    public void lookAgain(PciRoot root) {
      later(() -> scan(root));
    }
  };

  /** Without machines, until some are bound. */
  @Activate
  public PciTransport() {
    events.scheduleWithFixedDelay(() -> guarded(() -> List.copyOf(roots.values()).forEach(this::scan)), LOOK_MILLIS, LOOK_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  /** No virtual functions are made; and a fence of this JVM orders processors, not a device behind a bus, so none is promised. */
  @Override
  public Features features() {
    return Features.ALL.without(FeatureBits.VIRTIO_F_SR_IOV).without(FeatureBits.VIRTIO_F_ORDER_PLATFORM);
  }

  @Override
  public Registration watch(Listener listener) {
    Watcher watcher = new Watcher(listener, this::removeLater);
    later(() -> {
      watchers.add(watcher);
      roots.values().forEach(root -> root.functions().stream().filter(function -> !function.withdrawn()).forEach(watcher::appeared));
    });
    return watcher;
  }

  /** A machine has come. */
  @Reference(name = "machine", target = "(virtio.machine.kind=pci)", cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  public void bindMachine(Machine machine) {
    later(() -> {
      try {
        PciRoot root = new PciRoot(machine, follower);
        roots.put(machine, root);
        root.scan();
      } catch (IllegalArgumentException unfit) {
        LOG.log(System.Logger.Level.ERROR, unfit.getMessage());
      }
    });
  }

  /** A machine goes. */
  public void unbindMachine(Machine machine) {
    later(() -> {
      PciRoot root = roots.remove(machine);
      if (root != null) {
        root.withdraw();
      }
    });
  }

  /** Every watcher is told that every device has gone, and may use it until it has let it go, for a few seconds. */
  @Deactivate
  public void stop() {
    List<VirtioFunction> left = new ArrayList<>();
    later(() -> {
      roots.values().forEach(root -> left.addAll(root.functions()));
      roots.values().forEach(PciRoot::withdraw);
      roots.clear();
    });
    events.shutdown();
    try {
      if (!events.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a watcher does not return; it is left alone");
        events.shutdownNow();
        return;
      }
      for (VirtioFunction function : left) {
        if (!function.awaitFree(TimeUnit.SECONDS.toNanos(STOP_SECONDS))) {
          LOG.log(System.Logger.Level.WARNING, function.name() + " is still held");
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void scan(PciRoot root) {
    if (roots.containsValue(root)) {
      root.scan();
    }
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
