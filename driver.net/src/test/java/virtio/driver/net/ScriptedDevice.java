package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
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

/** A network card that a test plays: its fields are a map, and it works when it is told to, but for commands, which it answers at once. */
final class ScriptedDevice implements VirtioDevice {
  final List<String> commands = new ArrayList<>();
  private final Map<Field, Long> fields = new HashMap<>();
  private final Set<DmaMemory> memory = new HashSet<>();
  private final Map<Integer, ScriptedQueue> queues = new HashMap<>();
  private final int size;
  private Features features = Features.NONE;
  private boolean confirms = true;
  private int ack = VIRTIO_NET_OK;
  private long room = Long.MAX_VALUE;

  ScriptedDevice(int size) {
    this.size = size;
  }

  /** A field, and the feature that brings it. */
  ScriptedDevice with(Field field, long value) {
    fields.put(field, value);
    return with(field.feature());
  }

  ScriptedDevice with(int... bits) {
    features = features.or(Features.of(bits));
    return this;
  }

  ScriptedDevice neverStops() {
    confirms = false;
    return this;
  }

  /** What commands are answered; negative: never. */
  ScriptedDevice acks(int value) {
    ack = value;
    return this;
  }

  ScriptedDevice room(long bytes) {
    room = bytes;
    return this;
  }

  ScriptedQueue receiveq() {
    return queues.get(RECEIVEQ);
  }

  ScriptedQueue transmitq() {
    return queues.get(TRANSMITQ);
  }

  boolean made(int index) {
    return queues.containsKey(index);
  }

  int live() {
    return memory.size();
  }

  /** Puts bytes into the next receive buffer, as they are, header and all. Nobody is told. */
  void fill(byte[] bytes) {
    ScriptedQueue.Buffer buffer = receiveq().out().getFirst();
    buffer.chain().write(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    receiveq().use(buffer);
  }

  /** A packet in one buffer, and an interrupt. */
  void deliver(byte[] frame) {
    fill(packet(1, frame));
    receiveq().signalled();
  }

  /** A header that counts so many buffers, and what follows. */
  static byte[] packet(int buffers, byte[] data) {
    byte[] all = new byte[HEADER + data.length];
    all[HDR_NUM_BUFFERS] = (byte) buffers;
    all[HDR_NUM_BUFFERS + 1] = (byte) (buffers >>> 8);
    System.arraycopy(data, 0, all, HEADER, data.length);
    return all;
  }

  /** What is out to be sent, header and all, in order; each is used. */
  List<byte[]> sent() {
    List<byte[]> all = new ArrayList<>();
    for (ScriptedQueue.Buffer buffer : transmitq().out()) {
      byte[] bytes = new byte[(int) buffer.chain().readableBytes()];
      buffer.chain().read(0, MemorySegment.ofArray(bytes), 0, bytes.length);
      all.add(bytes);
      transmitq().use(buffer);
    }
    return all;
  }

  private void command(ScriptedQueue queue) {
    for (ScriptedQueue.Buffer buffer : queue.out()) {
      byte[] bytes = new byte[(int) buffer.chain().readableBytes()];
      buffer.chain().read(0, MemorySegment.ofArray(bytes), 0, bytes.length);
      commands.add(HexFormat.of().formatHex(bytes));
      if (ack >= 0) {
        buffer.chain().write(0, MemorySegment.ofArray(new byte[] {(byte) ack}), 0, 1);
        queue.use(buffer);
      }
    }
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.NETWORK_CARD, DeviceId.VENDOR_QUMRANET);
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
    return features.has(field.feature()) ? fields.getOrDefault(field, 0L) : 0;
  }

  @Override
  public void write(Field field, long value) {
    throw new AssertionError(field + " is read-only for the driver");
  }

  @Override
  public Virtqueue queue(int index, Queue.Callback used) {
    ScriptedQueue queue = index == CONTROLQ ? new ScriptedQueue(index, 64, used, this::command) : new ScriptedQueue(index, size, used, q -> { });
    queues.put(index, queue);
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
    room += region.bytes();
  }

  @Override
  public Channel channel() {
    return null;
  }

  @Override
  public void ready() {
    queues.values().forEach(ScriptedQueue::begin);
  }

  @Override
  public boolean reset() {
    queues.values().forEach(queue -> queue.end(confirms));
    return confirms;
  }
}
