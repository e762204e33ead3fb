package virtio.config.fixed;

import java.util.concurrent.RejectedExecutionException;
import virtio.bus.DeviceConfig;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Slot;
import virtio.bus.registers.DeviceRegisters;
import virtio.bus.registers.Publication;
import virtio.bus.registers.QueueLines;

/** A device laid out in 256 bytes. Requests come on the slot's thread, the reset doorbell there or on the host's. */
final class HostHalf implements Registration {
  private final DeviceConfig device;
  private final Slot slot;
  private final HostedBytes bytes;
  private final HostedPlace place;
  private final HostedRings rings;
  private final QueueLines lines;
  private final Publication publication;
  /** With the reset that is wanted, the configuration queue is to be made anew. */
  private volatile boolean anew;

  private HostHalf(DeviceConfig device, Slot slot, HostedPlace place, HostedRings rings) {
    this.device = device;
    this.slot = slot;
    this.place = place;
    this.bytes = place.bytes();
    this.rings = rings;
    this.lines = new QueueLines(device, slot);
    this.publication = new Publication(device, bytes, lines, this::clear);
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
    int queues = DeviceRegisters.queues(device);
    bytes.identity(device.id().type(), device.id().vendor());
    bytes.offered(device.offered());
    bytes.queues(queues, lines.configurationPlace());
    bytes.asking(Bytes256.SLOTS, rings.asking().address(0), rings.askingDoorbell(), place.resetDoorbell());
    for (int index = 0; index < queues; index++) {
      bytes.queue(index, device.queueSize(index), lines.place(index, Bytes256.NO_INTERRUPT), rings.queues().page(index));
    }
    lines.doorbells(rings.queues());
    makeConfigurationQueue();
    if (device.ringsInMemory()) {
      lines.doorbell(rings.askingDoorbell(), Rings.CONFIGURATION);
    }
    lines.doorbell(place.resetDoorbell(), this::resetByDoorbell);
    publication.begin();
    place.show(this::resetByDoorbell);
    bytes.magicRelease();
  }

  private void makeConfigurationQueue() {
    device.configurationQueue(Bytes256.SLOTS, rings.asking().areas(0), this::answer);
  }

  /** On the slot's thread, or the host's. */
  private void resetByDoorbell() {
    if (publication.closed()) {
      return;
    }
    anew = true;
    status(0);
    publication.publishNow();
  }

  /** The configuration queue's end: whatever comes gets an answer, and what it did is published before. */
  private byte[] answer(byte[] asked) {
    Request request = Request.of(asked);
    int result = request == null ? Request.MALFORMED : publication.closed() ? Request.NOT_THERE : taken(request);
    publication.publishNow();
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
    publication.written(bits);
    device.status(bits);
    return Request.DONE;
  }

  private int field(Request request) {
    for (Field field : device.fields()) {
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
    boolean elsewhere = index < rings.queues().count() && !rings.queues().areas(index).equals(request.areas());
    if (index >= DeviceRegisters.queues(device) || size < 1 || size > device.queueSize(index) || elsewhere) {
      return Request.NOT_THERE;
    }
    device.enable(index, size, request.areas());
    return Request.DONE;
  }

  /** A reset by the queue counts as soon as the device has stopped, on the thread that publishes that. */
  private void clear() {
    rings.queues().clear();
    if (anew) {
      anew = false;
      renewOnSlot();
    } else {
      bytes.countReset();
    }
  }

  private void renewOnSlot() {
    try {
      slot.executor().execute(this::renew);
    } catch (RejectedExecutionException ended) {
      publication.close(); // the slot's thread has ended with the slot: nobody asks any more
    }
  }

  /** The driver begins from nothing, and so does its configuration queue; only then does the reset count. */
  private void renew() {
    if (publication.closed()) {
      return;
    }
    rings.asking().clear();
    makeConfigurationQueue();
    if (device.status() != 0) {
      device.status(0); // the old queue broke meanwhile, and the device said so
    }
    bytes.countReset();
    publication.publish();
  }

  /** Rings that a driver may still be using are not handed out again. */
  @Override
  public void close() {
    publication.close();
    rings.release(publication.idle());
  }
}
