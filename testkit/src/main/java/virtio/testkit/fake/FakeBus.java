package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceModel;
import virtio.bus.Face;
import virtio.bus.Host;
import virtio.bus.RingFormat;
import virtio.bus.Slot;

/**
 * A bus without drivers, for a port's tests: it binds what a test has put in line, one for each attachment. Any thread.
 *
 * @param <P> the upper protocol's port
 * @param <D> what a test binds to it
 */
public final class FakeBus<P, D extends FakeBus.Bound<P>> implements Bus {
  private final Queue<D> line = new ArrayDeque<>();
  private D last;
  private P port;
  private int attachments;
  private AttachmentSettings settings;
  private Runnable leaving;

  /** A driver's end, as a test plays it. */
  public interface Bound<P> {
    /** Offers itself to the port. */
    void up(P port);

    /** Takes itself back from it; a second time it does nothing. */
    void remove();
  }

  /** For the next attachment that has none yet. */
  public synchronized FakeBus<P, D> next(D bound) {
    line.add(bound);
    return this;
  }

  /** What was bound last; null where the last attachment had nothing. */
  public synchronized D bound() {
    return last;
  }

  /** How often a port attached. */
  public synchronized int attachments() {
    return attachments;
  }

  /** What the port asked for last. */
  public synchronized AttachmentSettings settings() {
    return settings;
  }

  /** Somebody wants to take the device out. */
  public void asks() {
    Runnable told;
    synchronized (this) {
      told = leaving;
    }
    told.run();
  }

  /** One comes although nobody attached anew. */
  public void appears(D bound) {
    P to;
    synchronized (this) {
      last = bound;
      to = port;
    }
    bound.up(to);
  }

  @Override
  @SuppressWarnings("unchecked")
  public Attachment attach(Combination parts, AttachmentSettings asked, Object to, Runnable told) {
    D next;
    synchronized (this) {
      attachments++;
      settings = asked;
      leaving = told;
      port = (P) to;
      next = line.poll();
      last = next;
    }
    if (next != null) {
      next.up((P) to);
    }
    return new Attached();
  }

  private final class Attached implements Attachment {
    @Override
    public String state() {
      return "waiting for a device";
    }

    @Override
    public boolean bound() {
      return FakeBus.this.bound() != null;
    }

    @Override
    public DeviceReport report() {
      return null;
    }

    @Override
    public void close() {
      D now = FakeBus.this.bound();
      if (now != null) {
        now.remove();
      }
    }
  }

  @Override
  public Serving serve(String name, DeviceModel model, List<Face> faces, Host host) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Serving serve(DeviceModel model, RingFormat ring, ConfigHandler config, Slot slot) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<DeviceReport> devices() {
    return List.of();
  }

  @Override
  public List<DeviceReport> served() {
    return List.of();
  }
}
