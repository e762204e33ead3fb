package virtio.transport.pci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import virtio.bus.machine.Watchers;
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

  private final Watchers watchers = new Watchers("virtio-transport-pci", LOG);
  private final Map<Machine, PciRoot> roots = new LinkedHashMap<>();
  private final PciRoot.Follower follower = new PciRoot.Follower() {
    @Override
    public void appeared(VirtioFunction function) {
      watchers.appeared(function);
    }

    @Override
    public void leaving(VirtioFunction function) {
      watchers.leaving(function);
    }

    @Override
    public void disappeared(VirtioFunction function) {
      watchers.disappeared(function);
    }

    @Override
    public void lookAgain(PciRoot root) {
      watchers.later(() -> scan(root));
    }
  };

  /** Without machines, until some are bound. */
  @Activate
  public PciTransport() {
    watchers.every(LOOK_MILLIS, () -> List.copyOf(roots.values()).forEach(this::scan));
  }

  /** No virtual functions are made; and a fence of this JVM orders processors, not a device behind a bus, so none is promised. */
  @Override
  public Features features() {
    return Features.ALL.without(FeatureBits.VIRTIO_F_SR_IOV).without(FeatureBits.VIRTIO_F_ORDER_PLATFORM);
  }

  @Override
  public Registration watch(Listener listener) {
    return watchers.watch(listener, () -> roots.values().stream().flatMap(root -> root.functions().stream())
        .filter(function -> !function.withdrawn()).toList());
  }

  /** A machine has come. */
  @Reference(name = "machine", target = "(virtio.machine.kind=pci)", cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  public void bindMachine(Machine machine) {
    watchers.later(() -> {
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
    watchers.later(() -> {
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
    watchers.later(() -> {
      roots.values().forEach(root -> left.addAll(root.functions()));
      roots.values().forEach(PciRoot::withdraw);
      roots.clear();
    });
    if (!watchers.stop()) {
      return;
    }
    try {
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
}
