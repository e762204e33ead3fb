package virtio.bus.registers;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.annotation.versioning.ConsumerType;
import virtio.bus.DeviceConfig;
import virtio.bus.Field;
import virtio.bus.Registration;

/**
 * A device's fields and status kept up in plain memory, where nobody sees a driver look. It is the device's listener: it publishes what it
 * hears of, and raises the line that this is for.
 *
 * <p>Any thread, and no lock is held while the device is asked: one thread at a time publishes; one that comes meanwhile leaves a note and
 * goes on, and the one at it looks again. Fields are asked for first, all of them, until they are of one generation. If the device has
 * stepped that, or a field is another than was published, then an odd generation is stored, what has changed, and an even one; the status
 * after that. So a driver that reads one even generation before and after its fields has read no mix, and one that reads a status finds all
 * that it stands for.
 *
 * <p>Spec: virtio 1.4, "Device Configuration Space", "Device Status Field"
 */
public final class Publication implements DeviceConfig.Listener, Registration {
  /** How often a device that never settles is asked before what it says is published. */
  private static final int LOOKS = 100;

  private final DeviceConfig device;
  private final Memory memory;
  private final QueueLines lines;
  private final Runnable cleared;
  private final List<Field> fields;
  private final long[] published;
  /** How many wanted to publish since somebody does; 0: nobody does. */
  private final AtomicInteger wanted = new AtomicInteger();
  private volatile Thread publisher;
  /** The driver is to be told of what is published next. */
  private final AtomicBoolean change = new AtomicBoolean();
  private int generation;
  private int deviceGeneration;
  private volatile boolean resetting;
  private volatile int written;
  private volatile boolean closed;

  /** Where what lies. Called by one thread at a time, in the order in which a driver has to see it. */
  @ConsumerType
  public interface Memory {
    /** Odd while fields are written; the next even number when they are. A layout keeps as many bits of it as it has. */
    void generation(int value);

    void field(Field field, long value);

    /** After all that was stored before. */
    void statusRelease(int status);
  }

  /**
   * Nothing is stored before {@link #begin}.
   *
   * @param cleared takes away what a driver has left behind: once for a reset, when the device has stopped and before its driver can read
   *     that; on the thread that publishes
   */
  public Publication(DeviceConfig device, Memory memory, QueueLines lines, Runnable cleared) {
    this.device = device;
    this.memory = memory;
    this.lines = lines;
    this.cleared = cleared;
    this.fields = device.fields();
    this.published = new long[fields.size()];
  }

  /** Stores everything, with the generation left at 0, and listens from now on. Once, before a driver can see the memory. */
  public void begin() {
    deviceGeneration = device.generation();
    for (int i = 0; i < published.length; i++) {
      store(i, device.read(fields.get(i)));
    }
    memory.statusRelease(device.status());
    device.listener(this);
  }

  /** The driver has written that status; 0 asks for a reset. Before the device is told. */
  public void written(int status) {
    written = status;
    if (status == 0) {
      resetting = true;
    }
  }

  /** Whether no driver can be using what it was given: the last status that one wrote is 0, or none has. */
  public boolean idle() {
    return written == 0;
  }

  /** What the device is now is published soon: by this thread, or by the one that is at it. */
  public void publish() {
    if (wanted.getAndIncrement() != 0) {
      return;
    }
    int notes = 1;
    boolean news = false;
    try {
      while (notes != 0) {
        publisher = Thread.currentThread();
        news |= change.getAndSet(false);   // before it looks: who heard of a later one has left a note too
        if (!closed) {
          fieldsOut();
          statusOut();
        }
        publisher = null;
        notes = wanted.addAndGet(-notes);
      }
    } finally {
      if (notes != 0) { // the device threw: nobody is to wait for that
        publisher = null;
        wanted.set(0);
      }
    }
    if (news && !closed) {
      lines.raiseConfiguration();   // by the one that published: a driver told before that would find nothing new, and not be told again
    }
  }

  /** What the device is now is published when this returns, or it is closed. For what a driver did that waits for it. */
  public void publishNow() {
    publish();
    while (busy() && !closed) {   // who closes it, inside, may wait for the doorbell that this is called from
      Thread.onSpinWait();
    }
  }

  /** Another thread publishes. Who waits for it spins, as devices answer at once. */
  private boolean busy() {
    return wanted.get() != 0 && publisher != Thread.currentThread();
  }

  private void fieldsOut() {
    long[] values = new long[published.length];
    int now;
    int looks = 0;
    do {
      now = device.generation();
      Arrays.setAll(values, i -> device.read(fields.get(i)));
    } while (device.generation() != now && ++looks < LOOKS);
    if (now == deviceGeneration && Arrays.equals(values, published)) {
      return;
    }
    deviceGeneration = now;
    memory.generation(++generation);
    VarHandle.fullFence(); // "odd" before the first field; pairs with the fences around the driver's look at the generation
    for (int i = 0; i < values.length; i++) {
      if (values[i] != published[i]) {
        store(i, values[i]);
      }
    }
    VarHandle.fullFence(); // the last field before "even"
    memory.generation(++generation);
  }

  private void store(int index, long value) {
    memory.field(fields.get(index), value);
    published[index] = value;
  }

  private void statusOut() {
    int status = device.status();
    if (status == 0 && resetting) {
      resetting = false;
      cleared.run();
    }
    memory.statusRelease(status);
  }

  @Override
  public void queue(int index) {
    lines.raise(index);
  }

  @Override
  public void changed() {
    change.set(true);
    publish();
  }

  @Override
  public void status() {
    publish();
  }

  /** Whether it is {@linkplain #close closed}, and a driver's word counts for nothing any more. */
  public boolean closed() {
    return closed;
  }

  /** Listens no more and closes the lines; when this returns nothing is stored any more, and {@code cleared} is not running. */
  @Override
  public void close() {
    closed = true;
    device.listener(null);
    lines.close();
    while (busy()) {
      Thread.onSpinWait();
    }
  }
}
