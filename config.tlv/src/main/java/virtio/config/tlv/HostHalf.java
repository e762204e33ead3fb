package virtio.config.tlv;

import java.lang.foreign.Arena;
import java.util.Arrays;
import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.Exposure;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.registers.GivenRings;
import virtio.bus.registers.Publication;
import virtio.bus.registers.QueueLines;
import virtio.bus.spec.DeviceStatus;

/** A device laid out in an entry. {@link #notified} tells it that the driver has written, on the host's thread. */
final class HostHalf implements Exposure {
  private final DeviceConfig device;
  private final HostedEntry entry;
  /** None where the driver chooses, or no ring lies in memory. */
  private final GivenRings rings;
  private final QueueLines lines;
  /** By queue, where the driver has said that it lies. */
  private final Placed[] placed;
  private final Publication publication;

  private record Placed(int size, RingAreas areas) {}

  private HostHalf(DeviceConfig device, Slot slot, HostedEntry entry, GivenRings rings) {
    this.device = device;
    this.entry = entry;
    this.rings = rings;
    this.lines = new QueueLines(device, slot);
    this.placed = new Placed[entry.queueCount()];
    this.publication = new Publication(device, entry, lines, this::clear);
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    HostedEntry given = new HostedEntry(device, false);
    requireRoom(given, device, slot);
    DmaMemory place = slot.function() == null ? slot.place(TlvConfig.ENTRY, given.length()) : null;
    if (place == null) {
      return onRegisters(device, slot);
    }
    given.in(place.segment());
    GivenRings rings = GivenRings.of(device, slot);
    try {
      HostHalf half = new HostHalf(device, slot, given, rings);
      half.layOut();
      slot.window(TlvConfig.NOTIFY, new Notified(half, given));
      half.appear();
      return half;
    } catch (RuntimeException failed) {
      rings.release(true);
      throw failed;
    }
  }

  private static HostHalf onRegisters(DeviceConfig device, Slot slot) {
    HostedEntry entry = new HostedEntry(device, device.ringsInMemory());
    requireRoom(entry, device, slot);
    entry.in(Arena.ofAuto().allocate(entry.length()));
    HostHalf half = new HostHalf(device, slot, entry, GivenRings.of(slot));
    half.layOut();
    half.appear();
    slot.window(TlvConfig.TLV, new Registers(half, entry));
    return half;
  }

  private static void requireRoom(HostedEntry entry, DeviceConfig device, Slot slot) {
    if (entry.length() > Tlv.HEADER + Tlv.MOST_CONFIG || device.queueSize(entry.queueCount()) > 0) {
      throw new IllegalStateException(slot.name() + ": queues=" + entry.queueCount() + " configuration=" + (entry.length() - Tlv.HEADER)
          + " bytes; allowed: " + Tlv.MOST_QUEUES + " and " + Tlv.MOST_CONFIG);
    }
  }

  private void layOut() {
    describe();
    lines.doorbells(rings);
    publication.begin();
  }

  /** All that never changes, unmarked, and nothing acknowledged. */
  private void describe() {
    entry.clear();
    entry.identity(device.id().type(), device.id().vendor());
    entry.interrupt(lines.configurationPlace());
    entry.offered(device.offered());
    for (int index = 0; index < entry.queueCount(); index++) {
      entry.queue(index, device.queueSize(index), lines.place(index, Tlv.NO_IRQ), rings.page(index));
    }
  }

  private void appear() {
    int type = device.id().type();
    entry.typeRelease(type > 0 && type < Tlv.TYPE_ELSEWHERE ? type : Tlv.TYPE_ELSEWHERE);
  }

  @Override
  public Understood understood() {
    return entry.understood();
  }

  /** The driver has written a field of the device's; or, null, its status or what goes with that. */
  void notified(Field field) {
    if (publication.closed()) {
      return;
    }
    if (field == null) {
      taken(entry.status());
    } else {
      device.write(field, entry.field(field));
      entry.field(field, device.read(field)); // what the device made of it, even where that is nothing new for the device
    }
    publication.publishNow();
  }

  /** The driver has written that status, as registers see it. */
  void written(int status) {
    if (!publication.closed()) {
      taken(status);
      publication.publishNow();
    }
  }

  /** The driver has said where a queue lies. */
  void placed() {
    int index = entry.placedQueue();
    if (index < placed.length) {
      placed[index] = new Placed(entry.placedSize(), entry.placedAreas());
    }
  }

  private void taken(int status) {
    int before = device.status();
    publication.written(status);
    if (status == 0) {
      device.status(0);
      return;
    }
    if ((before & DeviceStatus.FEATURES_OK) == 0) {
      device.accept(entry.acknowledged());
    }
    if (status != before) {
      if ((status & ~before & DeviceStatus.DRIVER_OK) != 0 && device.ringsInMemory()) {
        enable(entry.ready());
      }
      device.status(status);
    }
  }

  private void enable(int queues) {
    for (int index = 0; index < placed.length; index++) {
      if ((queues >>> index & 1) != 0) {
        Placed there = index < rings.count() ? new Placed(device.queueSize(index), rings.areas(index)) : placed[index];
        if (there != null) {
          device.enable(index, there.size(), there.areas());
        }
      }
    }
  }

  private void clear() {
    describe();
    appear();
    Arrays.fill(placed, null);
    rings.clear();
  }

  /** Rings that a driver may still be using are not handed out again. */
  @Override
  public void close() {
    publication.close();
    rings.release(publication.idle());
  }
}
