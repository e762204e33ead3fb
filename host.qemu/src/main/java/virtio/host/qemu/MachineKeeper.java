package virtio.host.qemu;

import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.bus.Machine;
import virtio.bus.machine.Worker;

/** Keeps a QEMU running and registered as a {@link Machine}: one that has gone is followed by another, soon at first, then less soon. */
final class MachineKeeper implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");
  private static final long FIRST_PAUSE_NANOS = 100_000_000L;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000_000L;
  private static final long RELEASE_NANOS = 2_000_000_000L;
  private static final long STEADY_NANOS = 1_000_000_000L;

  private final BundleContext context;
  private final Settings settings;
  private final Worker worker;
  private volatile QemuMachine machine;
  private long pause = FIRST_PAUSE_NANOS;
  private String complaint = "";

  MachineKeeper(BundleContext context, Settings settings) {
    this.context = context;
    this.settings = settings;
    this.worker = new Worker("qemu-" + settings.name());
    worker.start(this::round);
  }

  /** Null while there is none. */
  QemuMachine machine() {
    return machine;
  }

  /** Returns when the machine is withdrawn and its process has ended. */
  @Override
  public void close() {
    worker.close();
  }

  private void round() {
    if (worker.stopped()) {
      return;
    }
    try (QemuMachine fresh = QemuMachine.start(settings, worker::unpark)) {
      serve(fresh);
    } catch (IOException refused) {
      complain(refused.getMessage());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    long end = System.nanoTime() + pause;
    for (long left = pause; left > 0 && !worker.stopped(); left = end - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
    }
    pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
  }

  private void serve(QemuMachine serving) throws InterruptedException {
    long since = System.nanoTime();
    machine = serving;
    if (!complaint.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "machine " + settings.name() + ": runs again, process " + serving.pid());
    }
    ServiceRegistration<Machine> registration = context.registerService(Machine.class, serving, properties());
    try {
      while (serving.lost() == null && !worker.stopped()) {
        LockSupport.park(this);
      }
    } finally {
      machine = null;
      registration.unregister();
    }
    if (serving.lost() == null) {
      serving.awaitRegions(RELEASE_NANOS);
    } else {
      complain(serving.epitaph());
    }
    if (System.nanoTime() - since > STEADY_NANOS) {
      pause = FIRST_PAUSE_NANOS;
    }
  }

  private Dictionary<String, Object> properties() {
    return new Hashtable<>(Map.of("virtio.machine", settings.name(), "virtio.machine.kind", "pci", "machine", settings.board().spelling));
  }

  /** Once per reason, not once per try. */
  private void complain(String reason) {
    if (!reason.equals(complaint)) {
      complaint = reason;
      LOG.log(System.Logger.Level.WARNING, "machine " + settings.name() + ": " + reason);
    }
  }
}
