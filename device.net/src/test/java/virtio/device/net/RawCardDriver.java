package virtio.device.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;
import virtio.bus.spec.DeviceTypes;

/** The least that drives a card: whole frames, one buffer each, everything under one lock. */
final class RawCardDriver implements VirtioDriver<RawCardDriver.Port> {
  private static final int BUFFERS = 32;
  private static final int ROOM = 2048;

  /** What came, and the card while there is one. */
  static final class Port {
    final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Long> statuses = new LinkedBlockingQueue<>();
    volatile Bound card;
  }

  private final Features features;

  RawCardDriver(int... features) {
    this.features = Features.of(features);
  }

  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(DeviceTypes.NETWORK_CARD, DeviceId.ANY), null));
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public Class<Port> port() {
    return Port.class;
  }

  @Override
  public Attached probe(VirtioDevice device, Entry entry, Port port) {
    Bound bound = new Bound(device, port);
    device.ready();
    port.card = bound;
    return bound;
  }

  /** A card that is bound. */
  static final class Bound implements Attached {
    private final VirtioDevice device;
    private final Port port;
    private final Virtqueue receive;
    private final Virtqueue transmit;
    private final DmaMemory memory;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Chain chain = new Chain(1);
    private boolean over;

    Bound(VirtioDevice device, Port port) {
      this.device = device;
      this.port = port;
      receive = device.queue(RECEIVEQ, this::came);
      transmit = device.queue(TRANSMITQ, null);
      memory = device.allocate(2L * BUFFERS * ROOM, 4096);
      for (int i = 0; i < BUFFERS; i++) {
        receive.add(chain.clear().writable(memory, i * ROOM, ROOM), i * ROOM);
        free.add((BUFFERS + i) * ROOM);
      }
      receive.sync();
    }

    VirtioDevice device() {
      return device;
    }

    private synchronized boolean came(Queue queue) {
      for (Object token = receive.get(); token != null; token = receive.get()) {
        int at = (Integer) token;
        port.received.add(memory.segment().asSlice(at + HEADER, receive.written() - HEADER).toArray(ValueLayout.JAVA_BYTE));
        receive.add(chain.clear().writable(memory, at, ROOM), at);
      }
      receive.sync();
      return true;
    }

    /** @return false when all buffers are out */
    synchronized boolean send(byte[] frame) {
      for (Object token = transmit.get(); token != null; token = transmit.get()) {
        free.add((Integer) token);
      }
      Integer at = over ? null : free.poll();
      if (at == null) {
        return false;
      }
      memory.segment().asSlice(at, HEADER).fill((byte) 0);
      MemorySegment.copy(frame, 0, memory.segment(), ValueLayout.JAVA_BYTE, at + HEADER, frame.length);
      transmit.add(chain.clear().readable(memory, at, HEADER + frame.length), at);
      transmit.sync();
      return true;
    }

    @Override
    public void configChanged() {
      port.statuses.add(device.read(STATUS));
    }

    @Override
    public void failed(Failure cause) {
      port.statuses.add(-1L);
    }

    @Override
    public synchronized void remove() {
      over = true;
      port.card = null;
      device.reset();
      for (int i = 0; i < BUFFERS; i++) {
        receive.detach(i * ROOM);
        transmit.detach((BUFFERS + i) * ROOM);
      }
      device.free(memory);
    }
  }
}
