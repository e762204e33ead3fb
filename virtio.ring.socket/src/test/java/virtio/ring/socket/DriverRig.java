package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.FrameDecoder;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.testkit.RingEnds;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/** The driver's half of two queues, live, and a device that a test plays. */
final class DriverRig {
  static final int SESSION = 0x2A;
  static final int SLOTS = 4;
  static final Sizes SIZES = new Sizes(512, 4096, 4096, 4096, 8192);
  static final int MEMORY = 1 << 14;

  final Sizes sizes;
  final DeferredTasks tasks;
  final FakeMemory space = new FakeMemory(false);
  final DmaMemory memory = space.allocate(MEMORY, 8);
  final List<Violation> told = new ArrayList<>();
  final RingFormat.Rings<Virtqueue> rings;
  final FrameDecoder decoder;
  final Virtqueue queue;
  final Virtqueue other;
  final Peer device;
  private final int slots;
  byte[] helloSent;
  final FakeChannel.Pair channel;

  /** Asked for two queues, and nothing answered yet. */
  private DriverRig(FakeChannel.Pair pair, DeferredTasks tasks, Sizes sizes, int slots) {
    this.sizes = sizes;
    this.slots = slots;
    this.tasks = tasks;
    channel = pair;
    RingEnds ends = RingEnds.joined(pair, space, tasks);
    SocketRing ring = new SocketRing(sizes, new Sessions(SESSION - 1));
    decoder = ring;
    rings = ring.driver(ends.driver(), tasks);
    rings.accept(Features.NONE);
    device = new Peer(pair.device());
    queue = rings.queue(0, slots, RingAreas.NONE, position -> { }, new Told());
    other = rings.queue(1, slots, RingAreas.NONE, position -> { }, new Told());
    device.session = SESSION;
  }

  static DriverRig silent() {
    DeferredTasks tasks = new DeferredTasks();
    return new DriverRig(FakeChannel.stream(1 << 16, tasks), tasks, SIZES, SLOTS);
  }

  static DriverRig silentMessages() {
    DeferredTasks tasks = new DeferredTasks();
    return new DriverRig(FakeChannel.messages(1 << 12, 16, tasks), tasks, SIZES, SLOTS);
  }

  static DriverRig live() {
    return silent().greeted().opened();
  }

  DriverRig greeted() {
    rings.settled();
    device.send(FrameType.HELLO_OK, Frame.SESSION, frame -> frame.arg0 = Frame.VERSION, Peer.word(sizes.maxFrame()));
    rings.settled();
    return this;
  }

  DriverRig opened() {
    for (int index = 0; index < 2; index++) {
      device.send(FrameType.OPENED, index, frame -> {
        frame.arg0 = slots;
        frame.arg1 = sizes.largest();
        frame.credit = sizes.window();
      });
    }
    assertThat(rings.settled()).isTrue();
    rings.start();
    device.read();
    return this;
  }

  /** A buffer of so many bytes to read, at the memory's start, and to write, from its middle on. */
  Chain chain(int readable, int writable) {
    Chain chain = new Chain(2);
    if (readable > 0) {
      chain.readable(memory, 0, readable);
    }
    return writable > 0 ? chain.writable(memory, MEMORY / 2, writable) : chain;
  }

  void add(Object token, int readable, int writable) {
    assertThat(queue.add(chain(readable, writable), token)).isEqualTo(Virtqueue.Added.OK);
    queue.sync();
  }

  /** With frames of 8 KiB and six slots, as for a disk. */
  static DriverRig block() {
    DeferredTasks tasks = new DeferredTasks();
    DriverRig rig = new DriverRig(FakeChannel.stream(1 << 16, tasks), tasks, Sizes.STANDARD, 6);
    rig.rings.settled();
    rig.helloSent = rig.channel.device().read();
    return rig.greeted().opened();
  }

  private final class Told implements Queue.Callback {
    @Override
    public boolean ready(Queue from) {
      return true;
    }

    @Override
    public void broken(Queue from, Violation cause) {
      told.add(cause);
    }
  }
}
