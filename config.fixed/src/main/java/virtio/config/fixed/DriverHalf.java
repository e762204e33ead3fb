package virtio.config.fixed;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Window;
import virtio.bus.spec.Vring;

/** A device as its driver's side reads it: 256 bytes that it never writes. How it writes, its kinds say. */
abstract sealed class DriverHalf implements DeviceConfig permits AskingHalf, ManufacturedHalf {
  private static final int GENERATION_LOOKS = 10_000;

  final BusDevice device;
  final Window bytes;
  private final DeviceId id;
  private final Queue[] queues;
  private final List<Registration> handlers = new ArrayList<>();
  private final Object calling = new Object();
  private Listener listener;
  private int restless;

  /** A queue's line of the host half, read once. */
  record Queue(int size, int interrupt, long page) {
    RingAreas given() {
      return page == 0 ? RingAreas.NONE : Vring.areas(page << Vring.PAGE_SHIFT, size);
    }
  }

  /** @throws IllegalStateException saying why that is no device */
  DriverHalf(BusDevice device, Window bytes) {
    this.device = device;
    this.bytes = bytes;
    this.id = new DeviceId((int) bytes.read(Bytes256.TYPE, 2), (int) bytes.read(Bytes256.VENDOR, 2));
    int count = (int) bytes.read(Bytes256.QUEUES, 2);
    if (count > Bytes256.MOST_QUEUES) {
      throw new IllegalStateException(device.name() + ": queues=" + count + "; allowed: 0 to " + Bytes256.MOST_QUEUES);
    }
    queues = new Queue[count];
    for (int index = 0; index < count; index++) {
      int at = Bytes256.queue(index);
      queues[index] = new Queue((int) bytes.read(at + Bytes256.QUEUE_SIZE, 2), (int) bytes.read(at + Bytes256.QUEUE_INTERRUPT, 2),
          bytes.read(at + Bytes256.QUEUE_PAGE, 4));
    }
  }

  /** @param place {@link Bytes256#NO_INTERRUPT} for none */
  final void listen(int place, Consumer<Listener> news) {
    if (place == Bytes256.NO_INTERRUPT) {
      return;
    }
    Interrupt interrupt = place < device.interrupts().size() ? device.interrupts().get(place) : null;
    if (interrupt == null) {
      throw new IllegalStateException(device.name() + ": interrupt=" + place + ": no such interrupt");
    }
    handlers.add(interrupt.register(() -> tell(news)));
  }

  private void tell(Consumer<Listener> news) {
    synchronized (calling) {
      if (listener != null) {
        news.accept(listener);
      }
    }
  }

  @Override
  public final DeviceId id() {
    return id;
  }

  @Override
  public final Features offered() {
    return new Features(bytes.read(Bytes256.FEATURES, 8), bytes.read(Bytes256.FEATURES + 8, 8));
  }

  /** While the host writes fields, every answer is another, so that nobody takes what was read meanwhile for whole. */
  @Override
  public final int generation() {
    for (int look = 0; look < GENERATION_LOOKS; look++) {
      VarHandle.acquireFence(); // what was read before this stays before it
      int generation = (int) bytes.read(Bytes256.GENERATION, 2);
      VarHandle.acquireFence(); // what is read after this stays after it
      if ((generation & 1) == 0) {
        return generation;
      }
      Thread.onSpinWait();
    }
    synchronized (calling) {
      restless += 2;
      return restless | 1;
    }
  }

  @Override
  public final List<Field> fields() {
    return List.of();
  }

  @Override
  public final long read(Field field) {
    requireInside(field);
    return field.read(bytes, Bytes256.DRIVER);
  }

  final void requireInside(Field field) {
    if (field.offset() + field.size() > Bytes256.DRIVER) {
      throw new IllegalStateException(device.name() + ": field=" + field.name() + " offset=" + field.offset() + " size=" + field.size()
          + ": the driver half has " + Bytes256.DRIVER + " bytes");
    }
  }

  /** Null where there is no such queue. */
  final Queue known(int index) {
    return index >= 0 && index < queues.length && queues[index].size() > 0 ? queues[index] : null;
  }

  @Override
  public final int queueSize(int index) {
    Queue queue = known(index);
    return queue == null ? 0 : queue.size();
  }

  @Override
  public RingAreas given(int index) {
    Queue queue = known(index);
    return queue == null ? RingAreas.NONE : queue.given();
  }

  @Override
  public Signal doorbell(int index) {
    Queue queue = known(index);
    return queue == null ? null : device.doorbell(queue.page() == 0 ? index : queue.page() << Vring.PAGE_SHIFT);
  }

  @Override
  public final void listener(Listener told) {
    synchronized (calling) {
      listener = told;
    }
  }

  @Override
  public final void close() {
    listener(null);
    handlers.forEach(Registration::close);
    handlers.clear();
  }
}
