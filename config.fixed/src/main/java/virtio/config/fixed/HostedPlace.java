package virtio.config.fixed;

import java.lang.foreign.Arena;
import virtio.bus.DmaMemory;
import virtio.bus.Slot;
import virtio.bus.Window;

/**
 * Where the host has the 256 bytes.
 *
 * @param paged whether it is an entry in a page, whose bus rings with addresses, and whose rings are the host's
 * @param registers whether the driver sees them as registers, as the bus has no memory to show
 * @param resetDoorbell its argument
 */
record HostedPlace(Slot slot, HostedBytes bytes, boolean paged, boolean registers, long resetDoorbell) {
  /** On buses that ring with queues' indices: of no queue. */
  private static final int RESET = 0xFFFF;

  static HostedPlace on(Slot slot) {
    DmaMemory entry = slot.function() == null ? slot.place(FixedConfig.ENTRY, Bytes256.SIZE) : null;
    if (entry != null) {
      return new HostedPlace(slot, new HostedBytes(entry.segment()), true, false, entry.address());
    }
    DmaMemory place = slot.place(FixedConfig.FIXED, Bytes256.SIZE);
    HostedBytes bytes = new HostedBytes(place == null ? Arena.ofAuto().allocate(Bytes256.SIZE, Long.BYTES) : place.segment());
    return new HostedPlace(slot, bytes, false, place == null, RESET);
  }

  /** Lets the driver see it, once its magic is there. @param reset what a NOTIFY of the entry wants */
  void show(Runnable reset) {
    if (paged) {
      slot.window(FixedConfig.NOTIFY, new Seen(bytes, reset));
    } else if (registers) {
      slot.window(FixedConfig.FIXED, new Seen(bytes, () -> { }));
    }
  }

  /** Registers that nobody can write: a write says at most that somebody was there. */
  private record Seen(HostedBytes bytes, Runnable touched) implements Window {
    @Override
    public long size() {
      return Bytes256.SIZE;
    }

    @Override
    public long read(long offset, int width) {
      return bytes.get(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      touched.run();
    }
  }
}
