package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import virtio.bus.Chain;
import virtio.bus.Channel;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;
import virtio.bus.spec.DeviceTypes;

/** A block device that a test plays: its fields are a map, its medium an array, and it works when {@link #work} is called. */
final class ScriptedDevice implements VirtioDevice {
  /** What a device may answer instead of doing its work; negative: it writes no status. */
  interface Answer {
    int to(int type, long sector);
  }

  final byte[] medium = new byte[1 << 20];
  final List<String> log = new ArrayList<>();
  private final Map<Field, Long> fields = new HashMap<>();
  private final Set<DmaMemory> memory = new HashSet<>();
  private final int size;
  private Features features = Features.of(VIRTIO_BLK_F_FLUSH);
  private ScriptedQueue queue;
  private Answer answer = (type, sector) -> VIRTIO_BLK_S_OK;
  private boolean confirms = true;
  private long room = Long.MAX_VALUE;

  ScriptedDevice(int size) {
    this.size = size;
    fields.put(CAPACITY, (long) medium.length / SECTOR);
  }

  /** A field, and the feature that brings it. */
  ScriptedDevice with(Field field, long value) {
    fields.put(field, value);
    return field.feature() == Field.ALWAYS ? this : with(field.feature());
  }

  ScriptedDevice with(int feature) {
    features = features.with(feature);
    return this;
  }

  ScriptedDevice without(int feature) {
    features = features.without(feature);
    return this;
  }

  ScriptedDevice answers(Answer other) {
    answer = other;
    return this;
  }

  ScriptedDevice neverStops() {
    confirms = false;
    return this;
  }

  /** So many bytes of memory in all. */
  ScriptedDevice room(long bytes) {
    room = bytes;
    return this;
  }

  ScriptedQueue ring() {
    return queue;
  }

  int live() {
    return memory.size();
  }

  /** Serves what is there, and what comes of it, until nothing is. */
  void work() {
    while (!queue.out().isEmpty()) {
      queue.out().forEach(this::serve);
      queue.signalled();
    }
  }

  /** Serves one and says so. */
  void serve(ScriptedQueue.Buffer buffer) {
    Chain chain = buffer.chain();
    MemorySegment header = MemorySegment.ofArray(new byte[32]);
    chain.read(0, header, 0, 32);
    int type = header.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    long sector = header.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
    int result = answer.to(type, sector);
    long last = chain.writableBytes() - 1;
    StringBuilder line = new StringBuilder(typeName(type));
    switch (type) {
      case VIRTIO_BLK_T_IN -> {
        line.append(' ').append(sector).append('+').append(last);
        if (result == VIRTIO_BLK_S_OK) {
          chain.write(0, MemorySegment.ofArray(medium), sector * SECTOR, last);
        }
      }
      case VIRTIO_BLK_T_OUT -> {
        line.append(' ').append(sector).append('+').append(chain.readableBytes() - REQUEST_HEADER);
        if (result == VIRTIO_BLK_S_OK) {
          chain.read(REQUEST_HEADER, MemorySegment.ofArray(medium), sector * SECTOR, chain.readableBytes() - REQUEST_HEADER);
        }
      }
      case VIRTIO_BLK_T_GET_ID -> chain.write(0, MemorySegment.ofArray("12345678901234567890".getBytes()), 0, 20);
      case VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES -> line.append(' ').append(header.get(ValueLayout.JAVA_LONG_UNALIGNED, 16))
          .append('+').append(header.get(ValueLayout.JAVA_INT_UNALIGNED, 24))
              .append(" flags ").append(header.get(ValueLayout.JAVA_INT_UNALIGNED, 28));
      default -> { }
    }
    log.add(line.toString());
    if (result >= 0) {
      chain.write(last, MemorySegment.ofArray(new byte[] {(byte) result}), 0, 1);
    }
    queue.use(buffer);
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.BLOCK_DEVICE, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features features() {
    return features;
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
    fields.put(field, value);
  }

  @Override
  public Virtqueue queue(int index, Queue.Callback used) {
    if (size == 0) {
      return null;
    }
    queue = new ScriptedQueue(size, used);
    return queue;
  }

  @Override
  public DmaMemory allocate(long bytes, long alignment) {
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
  public void free(DmaMemory region) {
    if (!memory.remove(region)) {
      throw new IllegalArgumentException("address=" + region.address());
    }
    room += region.segment().byteSize();
  }

  @Override
  public Channel channel() {
    return null;
  }

  @Override
  public void ready() {
    queue.begin();
  }

  @Override
  public boolean reset() {
    queue.end(confirms);
    return confirms;
  }
}
