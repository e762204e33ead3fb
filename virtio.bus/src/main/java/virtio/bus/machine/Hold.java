package virtio.bus.machine;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import virtio.bus.Interrupt;
import virtio.bus.Registration;

/**
 * Who has a device, on the driver's end of a bus: {@link virtio.bus.BusDevice#claim}, and the interrupt handlers that end with a claim. Any
 * thread.
 */
public final class Hold {
  private final String device;
  private final Set<Registration> handlers = new HashSet<>();
  private Registration claim;
  private boolean over;

  /** @param device its name, for messages */
  public Hold(String device) {
    this.device = device;
  }

  /**
   * @param releasing runs first when the claim is closed, before handlers end
   * @param released runs last
   * @throws IllegalStateException when it is taken, or {@linkplain #end over}
   */
  public synchronized Registration claim(Runnable releasing, Runnable released) {
    if (over || claim != null) {
      throw new IllegalStateException("device=" + device + ": " + (over ? "gone" : "taken"));
    }
    Registration[] self = new Registration[1];
    self[0] = () -> release(self[0], releasing, released);
    claim = self[0];
    return claim;
  }

  private void release(Registration held, Runnable releasing, Runnable released) {
    List<Registration> left;
    synchronized (this) {
      if (claim != held) {
        return;
      }
      releasing.run();
      left = List.copyOf(handlers);
    }
    left.forEach(Registration::close);
    synchronized (this) {
      claim = null;
      notifyAll();
    }
    released.run();
  }

  /** Whether somebody has it. */
  public synchronized boolean claimed() {
    return claim != null;
  }

  /** From here on nobody can claim it; who has it keeps it. */
  public synchronized void end() {
    over = true;
  }

  /** Waits until nobody has it, bounded; false if somebody still does. */
  public synchronized boolean awaitFree(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; claim != null && left > 0; left = end - System.nanoTime()) {
      wait(left / 1_000_000 + 1);
    }
    return claim == null;
  }

  /**
   * Registers a handler that ends with the claim at the latest.
   *
   * @param ending runs once, before the handler's end
   */
  public Registration register(Interrupt source, Runnable handler, Runnable ending) {
    Registration registered = source.register(handler);
    Registration[] self = new Registration[1];
    self[0] = () -> {
      synchronized (this) {
        if (!handlers.remove(self[0])) {
          return;
        }
      }
      ending.run();
      registered.close();
    };
    synchronized (this) {
      handlers.add(self[0]);
    }
    return self[0];
  }
}
