package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Violation;
import virtio.testkit.RingEnds;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/** The device's half of two queues, live, and a driver that a test plays. */
final class DeviceRig {
  static final int SESSION = 0x2A;
  static final int SLOTS = 4;
  static final Sizes SIZES = new Sizes(512, 4096, 1000, 1000, 2000);

  final DeferredTasks tasks;
  final FakeChannel.Pair channel;
  final List<Violation> told = new ArrayList<>();
  final RingFormat.Rings<DeviceQueue> rings;
  final DeviceQueue queue;
  final DeviceQueue other;
  final Peer driver;
  final Chain chain = new Chain(4);

  private DeviceRig(FakeChannel.Pair pair, DeferredTasks tasks, Sessions sessions) {
    this.tasks = tasks;
    channel = pair;
    RingEnds ends = RingEnds.joined(pair, new FakeMemory(false), tasks);
    rings = new SocketRing(SIZES, sessions).device(ends.device(), tasks);
    rings.accept(Features.NONE);
    queue = rings.queue(0, SLOTS, RingAreas.NONE, position -> { }, new Told());
    other = rings.queue(1, SLOTS, RingAreas.NONE, position -> { }, new Told());
    driver = new Peer(pair.driver());
    driver.session = SESSION;
    rings.reset();   // it has looked once, and is told of what comes
  }

  static DeviceRig silent() {
    return silent(new Sessions());
  }

  static DeviceRig silent(Sessions sessions) {
    DeferredTasks tasks = new DeferredTasks();
    return new DeviceRig(FakeChannel.stream(1 << 16, tasks), tasks, sessions);
  }

  static DeviceRig silentMessages() {
    DeferredTasks tasks = new DeferredTasks();
    return new DeviceRig(FakeChannel.messages(1 << 12, 16, tasks), tasks, new Sessions());
  }

  static DeviceRig live() {
    return silent().greeted().opened();
  }

  DeviceRig greeted() {
    driver.send(FrameType.HELLO, Frame.SESSION, frame -> frame.arg0 = Frame.VERSION, Peer.word(SIZES.maxFrame()));
    tasks.runAll();
    List<Peer.Got> answer = driver.read();
    assertThat(answer).extracting(Peer.Got::type).containsExactly(FrameType.HELLO_OK);
    assertThat(answer.getFirst().payload()).isEqualTo(Peer.word(SIZES.maxFrame()));
    return this;
  }

  DeviceRig opened() {
    for (int index = 0; index < 2; index++) {
      driver.send(FrameType.OPEN, index, frame -> frame.arg0 = SLOTS);
    }
    tasks.runAll();
    List<Peer.Got> answer = driver.read();
    assertThat(answer).extracting(Peer.Got::type).containsExactly(FrameType.OPENED, FrameType.OPENED);
    assertThat(answer).extracting(Peer.Got::credit).containsOnly(SIZES.window());
    rings.start();
    return this;
  }

  /** An ADD of queue 0, all of whose readable bytes are in it. */
  void add(int slot, int generation, int writable, byte... readable) {
    driver.send(FrameType.ADD, 0, frame -> {
      frame.slot = slot;
      frame.generation = generation;
      frame.arg0 = readable.length;
      frame.arg1 = writable;
    }, readable);
    tasks.runAll();
  }

  private final class Told implements Queue.Callback {
    @Override
    public boolean ready(Queue from) {
      return false;
    }

    @Override
    public void broken(Queue from, Violation cause) {
      told.add(cause);
    }
  }
}
