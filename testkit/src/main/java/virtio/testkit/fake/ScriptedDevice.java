package virtio.testkit.fake;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import virtio.bus.Channel;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;

/**
 * A device that a driver is given without a bus, and that a test plays, on its own thread: its fields are a map, it works when the test
 * says so. A driver's tests extend it by what their kind of device does.
 *
 * @param <D> the one that extends it
 */
public abstract class ScriptedDevice<D extends ScriptedDevice<D>> implements VirtioDevice {
  private final Map<Field, Long> fields = new HashMap<>();
  private final Map<Integer, ScriptedQueue> queues = new HashMap<>();
  private final Set<DmaMemory> memory = new HashSet<>();
  private final int type;
  private final int size;
  private Features features = Features.NONE;
  private boolean confirms = true;
  private long room = Long.MAX_VALUE;

  /** @param size of each queue; 0: it has none */
  protected ScriptedDevice(int type, int size) {
    this.type = type;
    this.size = size;
  }

  protected abstract D self();

  /** When the driver has published something. */
  protected void synced(ScriptedQueue queue) {}

  /** A field, and the feature that brings it. */
  public final D with(Field field, long value) {
    fields.put(field, value);
    return field.feature() == Field.ALWAYS ? self() : with(field.feature());
  }

  /** Features that were negotiated. */
  public final D with(int... bits) {
    features = features.or(Features.of(bits));
    return self();
  }

  public final D without(int bit) {
    features = features.without(bit);
    return self();
  }

  /** Resets are not confirmed. */
  public final D neverStops() {
    confirms = false;
    return self();
  }

  /** So many bytes of memory in all. */
  public final D room(long bytes) {
    room = bytes;
    return self();
  }

  /** The queue that the driver has made; null if it has not. */
  public final ScriptedQueue made(int index) {
    return queues.get(index);
  }

  /** Pieces of memory that the driver has not freed. */
  public final int live() {
    return memory.size();
  }

  @Override
  public final String name() {
    return "scripted";
  }

  @Override
  public final DeviceId id() {
    return new DeviceId(type, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public final Features features() {
    return features;
  }

  @Override
  public final long[] read(Field... wanted) {
    long[] values = new long[wanted.length];
    for (int i = 0; i < wanted.length; i++) {
      values[i] = read(wanted[i]);
    }
    return values;
  }

  @Override
  public final long read(Field field) {
    return field.feature() == Field.ALWAYS || features.has(field.feature()) ? fields.getOrDefault(field, 0L) : 0;
  }

  @Override
  public void write(Field field, long value) {
    fields.put(field, value);
  }

  @Override
  public final Virtqueue queue(int index, Queue.Callback used) {
    if (size > 0) {
      queues.put(index, new ScriptedQueue(index, size, used, this::synced));
    }
    return queues.get(index);
  }

  @Override
  public final DmaMemory allocate(long bytes, long alignment) {
    if (bytes > room) {
      return null;
    }
    room -= bytes;
    MemorySegment segment = Arena.ofAuto().allocate(bytes, alignment);
    DmaMemory region = new DmaMemory(segment, segment.address());
    memory.add(region);
    return region;
  }

  @Override
  public final void free(DmaMemory region) {
    if (!memory.remove(region)) {
      throw new IllegalArgumentException("address=" + region.address() + " (what was allocated here, once)");
    }
    room += region.bytes();
  }

  @Override
  public Channel channel() {
    return null;
  }

  @Override
  public final void ready() {
    queues.values().forEach(ScriptedQueue::begin);
  }

  @Override
  public final boolean reset() {
    queues.values().forEach(queue -> queue.end(confirms));
    return confirms;
  }
}
