package virtio.config.fixed;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.DeviceConfig;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Signal;
import virtio.bus.Slot;

/**
 * A device laid out in 256 bytes. Requests come on the slot's thread, the reset doorbell there or on the host's; as {@code Listener} it
 * hears of the device, on any thread. All publish the device's state, one at a time, and no lock is held while the device is asked.
 */
final class HostHalf implements DeviceConfig.Listener, Registration {
  private final DeviceConfig device;
  private final Slot slot;
  private final HostedBytes bytes;
  private final HostedPlace place;
  private final HostedRings rings;
  private final List<Field> fields;
  private final long[] published;
  private final Slot.Line[] lines;
  private final Slot.Line configuration;
  private final List<Registration> doorbells = new ArrayList<>();
  private final AtomicInteger wanted = new AtomicInteger();
  /** How many were confirmed. */
  private final AtomicInteger resets = new AtomicInteger();
  private int generation;
  private int deviceGeneration;
  /** A reset is wanted and not confirmed. */
  private volatile boolean resetting;
  /** And the configuration queue is to be made anew. */
  private volatile boolean anew;
  /** The status that the driver set last. */
  private volatile int written;
  private volatile boolean closed;

  private HostHalf(DeviceConfig device, Slot slot, HostedPlace place, HostedRings rings) {
    this.device = device;
    this.slot = slot;
    this.place = place;
    this.bytes = place.bytes();
    this.rings = rings;
    this.fields = device.fields();
    this.published = new long[fields.size()];
    this.lines = new Slot.Line[device.ringsInMemory() ? rings.count() : 0];
    Slot.Line shared = null;
    for (int index = 0; index < lines.length; index++) {
      Slot.Line own = slot.line();
      shared = shared == null ? own : shared;
      lines[index] = own == null ? shared : own;
    }
    Slot.Line own = slot.line();
    this.configuration = own == null ? shared : own;
    if (configuration == null) {
      throw new IllegalStateException(slot.name() + ": no interrupt is left");
    }
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    requireRoom(device, slot);
    HostedPlace place = HostedPlace.on(slot);
    HostedRings rings = HostedRings.of(device, slot, place.paged());
    try {
      HostHalf half = new HostHalf(device, slot, place, rings);
      half.layOut();
      return half;
    } catch (RuntimeException failed) {
      rings.release(true);
      throw failed;
    }
  }

  private static void requireRoom(DeviceConfig device, Slot slot) {
    int structure = device.fields().stream().mapToInt(field -> field.offset() + field.size()).max().orElse(0);
    if (structure > Bytes256.DRIVER || device.queueSize(Bytes256.MOST_QUEUES) > 0 || device.id().type() >>> 16 != 0
        || device.id().vendor() >>> 16 != 0) {
      throw new IllegalStateException(slot.name() + ": id=" + device.id() + " configuration=" + structure + " bytes, more than "
          + Bytes256.MOST_QUEUES + " queues: " + (device.queueSize(Bytes256.MOST_QUEUES) > 0) + "; allowed: 16 bits each, "
          + Bytes256.DRIVER + " bytes, " + Bytes256.MOST_QUEUES + " queues");
    }
  }

  private void layOut() {
    bytes.identity(device.id().type(), device.id().vendor());
    bytes.offered(device.offered());
    bytes.queues(rings.count(), configuration.place());
    bytes.asking(Bytes256.SLOTS, rings.askingAddress(), rings.askingDoorbell(), place.resetDoorbell());
    for (int index = 0; index < rings.count(); index++) {
      bytes.queue(index, device.queueSize(index), lines.length > 0 ? lines[index].place() : Bytes256.NO_INTERRUPT, rings.page(index));
    }
    if (device.ringsInMemory()) {
      for (int index = 0; index < rings.count(); index++) {
        ring(rings.doorbell(index), device.doorbell(index));
      }
    }
    deviceGeneration = device.generation();
    for (int i = 0; i < published.length; i++) {
      publish(i, device.read(fields.get(i)));
    }
    bytes.status(device.status());
    device.configurationQueue(Bytes256.SLOTS, rings.asking(), this::answer);
    if (device.ringsInMemory()) {
      ring(rings.askingDoorbell(), device.doorbell(Rings.CONFIGURATION));
    }
    doorbells.add(slot.doorbell(place.resetDoorbell(), this::resetByDoorbell));
    device.listener(this);
    place.show(this::resetByDoorbell);
    bytes.magicRelease();
  }

  private void ring(long argument, Signal doorbell) {
    doorbells.add(slot.doorbell(argument, () -> doorbell.raise(0)));
  }

  /** On the slot's thread, or the host's. */
  private void resetByDoorbell() {
    if (closed) {
      return;
    }
    anew = true;
    reset();
    publishNow();
  }

  private void reset() {
    written = 0;
    resetting = true;
    device.status(0);
  }

  /** The configuration queue's end: whatever comes gets an answer, and what it did is published before. */
  private byte[] answer(byte[] asked) {
    Request request = Request.of(asked);
    int result = request == null ? Request.MALFORMED : closed ? Request.NOT_THERE : taken(request);
    publishNow();
    return new byte[] {(byte) result};
  }

  private int taken(Request request) {
    return switch (request.op()) {
      case Request.SET_STATUS -> status(request.statusBits());
      case Request.ACCEPT_FEATURES -> {
        device.accept(request.features());
        yield Request.DONE;
      }
      case Request.SET_FIELD -> field(request);
      case Request.OPEN_QUEUE -> open(request);
      case Request.RESET -> status(0);
      default -> Request.UNKNOWN;
    };
  }

  private int status(int bits) {
    if (bits == 0) {
      reset();
    } else {
      written = bits;
      device.status(bits);
    }
    return Request.DONE;
  }

  private int field(Request request) {
    for (Field field : fields) {
      if (field.offset() == request.offset() && field.size() == request.data().length) {
        device.write(field, request.value());
        return Request.DONE;
      }
    }
    return Request.NOT_THERE;
  }

  private int open(Request request) {
    int index = request.offset();
    int size = request.queueSize();
    boolean given = index < rings.count() && rings.page(index) != 0;
    if (index >= rings.count() || size < 1 || size > device.queueSize(index) || given && !rings.areas(index).equals(request.areas())) {
      return Request.NOT_THERE;
    }
    device.enable(index, size, request.areas());
    return Request.DONE;
  }

  @Override
  public void queue(int index) {
    if (index < lines.length) {
      lines[index].raise(0);
    }
  }

  @Override
  public void changed() {
    publish();
    configuration.raise(0);
  }

  @Override
  public void status() {
    publish();
  }

  private void publishNow() {
    publish();
    while (wanted.get() != 0) {
      Thread.onSpinWait(); // another thread publishes: what we took is to be seen before the driver goes on
    }
  }

  /** One thread at a time; one that comes meanwhile leaves a note, and the one at it looks again. */
  private void publish() {
    if (closed || wanted.getAndIncrement() != 0) {
      return;
    }
    int notes = 1;
    do {
      fieldsOut();
      statusOut();
      notes = wanted.addAndGet(-notes);
    } while (notes != 0);
  }

  private void fieldsOut() {
    int now = device.generation();
    long[] values = new long[published.length];
    Arrays.setAll(values, i -> device.read(fields.get(i)));
    if (now == deviceGeneration && Arrays.equals(values, published)) {
      return;
    }
    deviceGeneration = now;
    bytes.generation(++generation);
    VarHandle.fullFence(); // "odd" before the first field; pairs with the fences around the driver's look at the generation
    for (int i = 0; i < values.length; i++) {
      if (values[i] != published[i]) {
        publish(i, values[i]);
      }
    }
    VarHandle.fullFence(); // the last field before "even"
    bytes.generation(++generation);
  }

  private void publish(int index, long value) {
    bytes.field(fields.get(index), value);
    published[index] = value;
  }

  private void statusOut() {
    int status = device.status();
    if (status == 0 && resetting) {
      resetting = false;
      rings.clear();
      if (anew) {
        anew = false;
        renewOnSlot();
      } else {
        resets.incrementAndGet();
      }
    }
    bytes.status(status);
    bytes.resetsRelease(resets.get());
  }

  private void renewOnSlot() {
    try {
      slot.executor().execute(this::renew);
    } catch (RejectedExecutionException ended) {
      closed = true; // the slot's thread has ended with the slot: nobody asks any more
    }
  }

  /** The driver begins from nothing, and so does its configuration queue; only then does the reset count. */
  private void renew() {
    if (closed) {
      return;
    }
    rings.clearAsking();
    device.configurationQueue(Bytes256.SLOTS, rings.asking(), this::answer);
    if (device.status() != 0) {
      device.status(0); // the old queue broke meanwhile, and the device said so
    }
    resets.incrementAndGet();
    publish();
  }

  /** Rings that a driver may still be using are not handed out again. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    device.listener(null);
    doorbells.forEach(Registration::close);
    rings.release(written == 0);
  }
}
