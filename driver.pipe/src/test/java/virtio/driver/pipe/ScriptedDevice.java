package virtio.driver.pipe;

import java.lang.foreign.Arena;
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
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.VirtioPipe;

/** A pipe that a test plays. */
final class ScriptedDevice implements VirtioDevice {
  final ScriptedQueue[] queues = new ScriptedQueue[2];
  final Map<Field, Long> fields = new HashMap<>(Map.of(VirtioPipe.IDENTITY, 7L, VirtioPipe.SENT, 1000L, VirtioPipe.TAKEN, 2000L));
  private final Set<DmaMemory> memory = new HashSet<>();
  private final int size;
  private final Channel channel;
  private Runnable whenHeld = () -> {};
  private boolean confirms = true;

  ScriptedDevice(int size, Channel channel) {
    this.size = size;
    this.channel = channel;
  }

  ScriptedDevice neverStops() {
    confirms = false;
    return this;
  }

  /** What the device does when HOLD is written. */
  ScriptedDevice whenHeld(Runnable action) {
    whenHeld = action;
    return this;
  }

  ScriptedQueue receive() {
    return queues[VirtioPipe.RECEIVEQ];
  }

  ScriptedQueue transmit() {
    return queues[VirtioPipe.TRANSMITQ];
  }

  int live() {
    return memory.size();
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.PIPE, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features features() {
    return Features.NONE;
  }

  @Override
  public long[] read(Field... wanted) {
    long[] values = new long[wanted.length];
    for (int i = 0; i < wanted.length; i++) {
      values[i] = read(wanted[i]);
    }
    return values;
  }

  @Override
  public long read(Field field) {
    return fields.getOrDefault(field, 0L);
  }

  @Override
  public void write(Field field, long value) {
    if (!field.equals(VirtioPipe.HOLD)) {
      throw new AssertionError("field=" + field.name());
    }
    whenHeld.run();
  }

  @Override
  public Virtqueue queue(int index, Queue.Callback used) {
    queues[index] = new ScriptedQueue(index, size, used);
    return queues[index];
  }

  @Override
  public DmaMemory allocate(long bytes, long alignment) {
    DmaMemory region = new DmaMemory(Arena.ofAuto().allocate(bytes, alignment), 0x10000L * (memory.size() + 1));
    memory.add(region);
    return region;
  }

  @Override
  public void free(DmaMemory region) {
    if (!memory.remove(region)) {
      throw new IllegalArgumentException("not allocated");
    }
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public void ready() {
    for (ScriptedQueue queue : queues) {
      if (queue != null) {
        queue.begin();
      }
    }
  }

  @Override
  public boolean reset() {
    for (ScriptedQueue queue : queues) {
      if (queue != null) {
        queue.end(confirms);
      }
    }
    return confirms;
  }
}
