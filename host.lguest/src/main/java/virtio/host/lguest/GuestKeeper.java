package virtio.host.lguest;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.bus.Machine;
import virtio.bus.machine.Worker;

/**
 * Keeps a guest's end registered as a {@link Machine} whenever there is a machine to attach to: it may come later than we, go, and come
 * again.
 */
final class GuestKeeper implements AutoCloseable {
  /** Where the machine's memory is. */
  interface Source {
    MachineMemory open() throws IOException;
  }

  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");
  private static final long RETRY_NANOS = 250_000_000L;
  private static final long RELEASE_NANOS = 2_000_000_000L;

  private final BundleContext context;
  private final String name;
  private final Source source;
  private final boolean owner;
  private final Tuning tuning;
  private final Worker worker;
  private volatile boolean lost;
  private String complaint = "";

  /** @param owner whether the memory that the source opens is ours to close */
  GuestKeeper(BundleContext context, String name, Source source, boolean owner, Tuning tuning) {
    this.context = context;
    this.name = name;
    this.source = source;
    this.owner = owner;
    this.tuning = tuning;
    this.worker = new Worker("lguest-" + name + "-guest");
    worker.start(this::round, worker::unpark);
  }

  /** Returns when the machine is withdrawn and left. */
  @Override
  public void close() {
    worker.close();
  }

  private void round() {
    if (worker.stopped()) {
      return;
    }
    try {
      MachineMemory memory = source.open();
      try {
        serve(memory);
      } finally {
        if (owner) {
          memory.close();
        }
      }
    } catch (IOException | IllegalArgumentException notYet) {
      complain(notYet.getMessage());
      LockSupport.parkNanos(this, RETRY_NANOS);
    }
  }

  private void serve(MachineMemory memory) throws IOException {
    lost = false;
    GuestMachine machine = GuestMachine.attach(name, memory, tuning, this::lost);
    try {
      complaint = "";
      ServiceRegistration<Machine> registration = context.registerService(Machine.class, machine,
          ConfiguredMachine.properties(
              Map.of("virtio.machine", name, "virtio.machine.kind", "lguest", "layout", memory.layout().spelling())));
      while (!lost && !worker.stopped()) {
        LockSupport.park(this);
      }
      registration.unregister();
      machine.awaitRegions(RELEASE_NANOS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      machine.close();
    }
    if (lost) {
      complain("the host has gone, or does not answer");
    }
  }

  private void lost() {
    lost = true;
    worker.unpark();
  }

  /** Once per reason, not once per try. */
  private void complain(String reason) {
    if (!reason.equals(complaint)) {
      complaint = reason;
      LOG.log(System.Logger.Level.WARNING, "machine " + name + ": " + reason + "; trying again");
    }
  }
}
