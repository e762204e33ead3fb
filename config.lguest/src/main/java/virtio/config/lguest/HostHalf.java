package virtio.config.lguest;

import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.registers.DeviceRegisters;
import virtio.bus.registers.GivenRings;
import virtio.bus.registers.Publication;
import virtio.bus.registers.QueueLines;
import virtio.bus.spec.DeviceStatus;

/** A device laid out in an entry. As {@code Window} it is what NOTIFY reaches, on the hypercall thread. */
final class HostHalf implements Window, Registration {
  private final DeviceConfig device;
  private final DeviceEntry entry;
  private final HostedEntry memory;
  private final GivenRings rings;
  private final QueueLines lines;
  private final Publication publication;

  private HostHalf(DeviceConfig device, Slot slot, DeviceEntry entry, HostedEntry memory, GivenRings rings) {
    this.device = device;
    this.entry = entry;
    this.memory = memory;
    this.rings = rings;
    this.lines = new QueueLines(device, slot);
    this.publication = new Publication(device, memory, lines, this::clear);
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    int queues = DeviceRegisters.queues(device);
    int structure = device.fields().stream().mapToInt(field -> field.offset() + field.size()).max().orElse(0);
    DeviceEntry entry = new DeviceEntry(queues, Extension.FEATURE_LENGTH, Extension.FIELDS + structure);
    if (queues > Extension.MOST_QUEUES || entry.configLength() > DeviceEntry.MOST_COUNTED) {
      throw new IllegalStateException(slot.name() + ": queues=" + queues + " configuration=" + structure + " bytes; allowed: "
          + Extension.MOST_QUEUES + " and " + (DeviceEntry.MOST_COUNTED - Extension.FIELDS));
    }
    DmaMemory place = slot.place(LguestConfig.ENTRY, entry.length());
    if (place == null || slot.memory() == null) {
      throw new IllegalStateException(slot.name() + ": no place 'entry' of " + entry.length() + " bytes");
    }
    GivenRings rings = GivenRings.of(device, slot);
    try {
      HostHalf half = new HostHalf(device, slot, entry, new HostedEntry(place.segment(), entry), rings);
      half.layOut();
      slot.window(LguestConfig.NOTIFY, half);
      half.appear();
      return half;
    } catch (RuntimeException failed) {
      rings.release(true);
      throw failed;
    }
  }

  private void layOut() {
    memory.lengths();
    memory.offered(device.offered());
    memory.extension(Extension.MARK, 2, Extension.MARK_VALUE);
    memory.extension(Extension.INTERRUPT, 2, lines.configurationPlace());
    memory.extension(Extension.DEVICE_TYPE, 4, device.id().type());
    memory.extension(Extension.VENDOR, 4, device.id().vendor());
    for (int index = 0; index < entry.queues(); index++) {
      memory.queue(index, device.queueSize(index), lines.place(index, 0), rings.page(index));
    }
    lines.doorbells(rings);
    publication.begin();
  }

  private void appear() {
    int type = device.id().type();
    memory.typeRelease(type > 0 && type < DeviceEntry.TYPE_ELSEWHERE ? type : DeviceEntry.TYPE_ELSEWHERE);
  }

  @Override
  public long size() {
    return entry.length();
  }

  @Override
  public long read(long offset, int width) {
    return 0;
  }

  /** NOTIFY of that byte: the entry's first is for status and acknowledgements, a field's is for that field. */
  @Override
  public void write(long offset, int width, long value) {
    if (publication.closed()) {
      return;
    }
    if (offset < entry.config(Extension.FIELDS)) {
      taken(memory.status());
    } else {
      fieldWritten((int) offset - entry.config(Extension.FIELDS));
    }
    publication.publishNow();
  }

  private void taken(int status) {
    int before = device.status();
    publication.written(status);
    if (status == 0) {
      device.status(0);
      return;
    }
    if ((before & DeviceStatus.FEATURES_OK) == 0) {
      device.accept(memory.acks());
    }
    if (status != before) {
      if ((status & ~before & DeviceStatus.DRIVER_OK) != 0) {
        enable(memory.queues());
      }
      device.status(status);
    }
  }

  private void enable(int queues) {
    for (int index = 0; index < rings.count(); index++) {
      if ((queues >>> index & 1) != 0) {
        device.enable(index, device.queueSize(index), rings.areas(index));
      }
    }
  }

  /** What the device made of a written field is shown, even where nothing changed for the device. */
  private void fieldWritten(int offset) {
    for (Field field : device.fields()) {
      if (offset >= field.offset() && offset < field.offset() + field.size()) {
        device.write(field, memory.field(field));
        memory.field(field, device.read(field));
      }
    }
  }

  private void clear() {
    memory.clear();
    rings.clear();
  }

  /** Rings that a driver may still be using are not handed out again. */
  @Override
  public void close() {
    publication.close();
    rings.release(publication.idle());
  }
}
