package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Channel.Direction;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.Queue.State;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.RingEnds;
import virtio.testkit.Shows;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/** How sessions begin and end, on one channel and on the next one. */
class SessionTest {
  private static final int CONFIGURATION = RingFormat.Rings.CONFIGURATION;

  /** Both halves over one channel, of one queue each; which queues is each test's. */
  private static final class Both {
    final DeferredTasks tasks = new DeferredTasks();
    final FakeMemory space = new FakeMemory(false);
    final DmaMemory memory = space.allocate(1 << 14, 8);
    final FakeChannel.Pair channel;
    final RingFormat.Rings<Virtqueue> driver;
    final RingFormat.Rings<DeviceQueue> device;
    final List<Violation> told = new ArrayList<>();
    Virtqueue queue;
    DeviceQueue served;

    Both(SocketRing ring) {
      channel = FakeChannel.stream(1 << 16, tasks);
      RingEnds ends = RingEnds.joined(channel, space, tasks);
      driver = ring.driver(ends.driver(), tasks);
      device = ring.device(ends.device(), tasks);
    }

    Both made() {
      driver.accept(Features.NONE);
      device.accept(Features.NONE);
      served = device.queue(0, 4, RingAreas.NONE, position -> { }, told());
      queue = driver.queue(0, 4, RingAreas.NONE, position -> { }, told());
      return this;
    }

    Queue.Callback told() {
      return new Queue.Callback() {
        @Override
        public boolean ready(Queue from) {
          return false;
        }

        @Override
        public void broken(Queue from, Violation cause) {
          told.add(cause);
        }
      };
    }

    Both live() {
      made();
      settle();
      assertThat(driver.settled()).isTrue();
      device.start();
      driver.start();
      return this;
    }

    void settle() {
      for (int round = 0; round < 10; round++) {
        driver.settled();
        tasks.runAll();
      }
    }

    Chain chain(int readable, int writable) {
      Chain chain = new Chain(2);
      return (readable > 0 ? chain.readable(memory, 0, readable) : chain).writable(memory, 1 << 13, writable);
    }

    void add(Virtqueue to, Object token) {
      assertThat(to.add(chain(8, 8), token)).isEqualTo(Added.OK);
      to.sync();
      tasks.runAll();
    }
  }

  private static SocketRing ring() {
    return new SocketRing(Sizes.STANDARD, new Sessions(100));
  }

  @Test
  void aDriverThatMakesNoQueueHasTheChannelForItself() {
    Both both = new Both(ring());
    both.driver.accept(Features.NONE);
    both.device.accept(Features.NONE);
    assertThat(both.driver.settled()).isTrue();
    both.device.start();
    both.driver.start();
    both.channel.driver().write((byte) 1, (byte) 2);
    both.tasks.runAll();
    assertThat(both.channel.device().read()).containsExactly(1, 2);
    assertThat(both.driver.reset()).isTrue();
    both.driver.stop(true);
    both.driver.close();
    both.device.close();
  }

  @Test
  @Shows("F17")
  void aResetIsConfirmedWhenTheModelHasLetGo() {
    Both both = new Both(ring()).live();
    both.add(both.queue, "a");
    both.add(both.queue, "b");
    Chain chain = new Chain(4);
    assertThat(both.served.take(chain)).isTrue();
    assertThat(both.driver.reset()).isFalse();
    both.tasks.runAll();
    assertThat(both.served.take(new Chain(4))).as("nothing more is handed out").isFalse();
    assertThat(both.device.reset()).isFalse();
    both.served.push(chain);
    both.served.sync();
    both.tasks.runAll();
    assertThat(both.device.reset()).isTrue();
    assertThat(both.driver.reset()).isTrue();
    assertThat(both.queue.get()).as("what came after RESET").isNull();
    both.driver.stop(true);
    assertThat(both.queue.detach("a")).isTrue();
    assertThat(both.queue.detach("b")).isTrue();
  }

  @Test
  void aResetIsConfirmedWhenTheQueuesWereStopped() {
    Both both = new Both(ring()).live();
    both.add(both.queue, "a");
    assertThat(both.served.take(new Chain(4))).isTrue();
    assertThat(both.driver.reset()).isFalse();
    both.tasks.runAll();
    assertThat(both.driver.reset()).isFalse();
    both.device.stop(true);
    both.tasks.runAll();
    assertThat(both.driver.reset()).isTrue();
  }

  @Test
  void afterAnUnconfirmedStopNoMemoryIsTouched() {
    Both both = new Both(ring()).live();
    both.add(both.queue, "a");
    Chain chain = new Chain(4);
    assertThat(both.served.take(chain)).isTrue();
    assertThat(both.driver.reset()).isFalse();
    both.driver.stop(false);
    assertThat(both.queue.state()).isEqualTo(State.QUARANTINED);
    assertThat(both.queue.detach("a")).isTrue();
    both.memory.segment().fill((byte) 0x5A);
    chain.write(0, MemorySegment.ofArray(new byte[8]), 0, 8);
    both.served.push(chain);
    both.served.sync();
    both.settle();
    assertThat(both.memory.segment().asSlice(1 << 13, 8).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5A);
  }

  /** The channel is lost while the model has a buffer; on the next one nothing is opened before the model has let go. */
  @Test
  void anotherChannelBeginsWithTheSessionThatWasLost() {
    SocketRing ring = ring();
    Both lost = new Both(ring).live();
    lost.add(lost.queue, "a");
    Chain chain = new Chain(4);
    assertThat(lost.served.take(chain)).isTrue();
    lost.channel.driver().lose();
    lost.settle();
    assertThat(lost.told).containsExactlyInAnyOrder(Violation.CHANNEL_GONE, Violation.CHANNEL_GONE);
    assertThat(lost.queue.get()).isNull();
    assertThat(lost.queue.add(lost.chain(8, 8), "b")).isEqualTo(Added.BROKEN);
    assertThat(lost.driver.reset()).as("a lost channel is no reset").isFalse();
    lost.driver.stop(false);
    assertThat(lost.queue.detach("a")).isTrue();
    lost.driver.close();

    Both next = new Both(ring).made();
    next.settle();
    assertThat(next.driver.settled()).as("the device is still at work").isFalse();
    lost.served.push(chain);
    lost.served.sync();
    next.settle();
    assertThat(next.driver.settled()).isTrue();
    next.device.start();
    next.driver.start();
    next.add(next.queue, "again");
    assertThat(next.served.take(chain)).isTrue();
  }

  @Test
  void aDeviceThatKnowsNothingOfTheOldSessionAnswersAtOnce() {
    Sessions sessions = new Sessions(100);
    sessions.unconfirmed(0x77);
    Both both = new Both(new SocketRing(Sizes.STANDARD, sessions));
    both.driver.accept(Features.NONE);
    both.device.accept(Features.NONE);
    both.driver.queue(0, 4, RingAreas.NONE, position -> { }, null);
    Peer device = new Peer(both.channel.device());
    List<Peer.Got> sent = device.read();
    assertThat(sent).extracting(Peer.Got::type).containsExactly(FrameType.RESET, FrameType.HELLO);
    assertThat(sent).extracting(Peer.Got::session).containsExactly(0x77, 101);
    device.session = 101;
    device.send(FrameType.HELLO_OK, Frame.SESSION, frame -> frame.arg0 = 1, Peer.word(8192));
    both.settle();
    assertThat(device.read()).as("no queue is opened before the answer").isEmpty();
    device.send(FrameType.RESET_OK, Frame.SESSION, frame -> frame.session = 0x77);
    both.settle();
    assertThat(device.read()).extracting(Peer.Got::type).containsExactly(FrameType.OPEN);
  }

  /** The driver before this one read half a frame and was ended: what is left of it is no fault of this session. */
  @Test
  void whatWasUnderWayBeforeIsSkipped() {
    DriverRig rig = DriverRig.silent();
    rig.rings.settled();
    rig.device.read();
    Peer before = new Peer(rig.channel.device());
    before.session = 7;
    byte[] half = before.bytes(FrameType.USED, 0, frame -> frame.slot = 3, new byte[100]);
    before.sendRaw(Arrays.copyOfRange(half, 40, half.length));
    before.send(FrameType.CREDIT, 0, frame -> { });
    rig.greeted().opened();
    assertThat(rig.queue.broken()).isNull();
  }

  @Test
  void theDevicesHalfAnswersForSessionsItNeverKnew() {
    DeviceRig rig = DeviceRig.silent();
    rig.driver.send(FrameType.RESET, Frame.SESSION, frame -> frame.session = 0x1234);
    rig.tasks.runAll();
    assertThat(rig.driver.read()).extracting(Peer.Got::type, Peer.Got::session)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(FrameType.RESET_OK, 0x1234));
    rig.greeted().opened();
    assertThat(rig.queue.broken()).isNull();
  }

  @Test
  void aQueueIsClosedWhenTheModelHasLetGoOfItsBuffersAndTheOthersGoOn() {
    DeviceRig rig = DeviceRig.live();
    rig.add(0, 1, 8);
    rig.add(1, 1, 8);
    assertThat(rig.queue.take(rig.chain)).isTrue();
    rig.driver.send(FrameType.CLOSE, 0, frame -> { });
    rig.tasks.runAll();
    assertThat(rig.queue.take(new Chain(2))).isFalse();
    assertThat(rig.driver.read()).isEmpty();
    rig.queue.push(rig.chain);
    rig.queue.sync();
    assertThat(rig.driver.read()).extracting(Peer.Got::type).containsExactly(FrameType.USED, FrameType.CLOSED);
    rig.driver.send(FrameType.ADD, 1, frame -> {
      frame.generation = 1;
      frame.arg1 = 4;
    });
    rig.tasks.runAll();
    assertThat(rig.other.take(rig.chain)).isTrue();
    assertThat(rig.queue.broken()).isNull();
  }

  /** A device whose registers nobody can write: the news that it is to stop goes by its configuration queue, before RESET or after it. */
  @Test
  void theConfigurationQueueOutlivesTheSessionOfTheOthers() {
    Both both = new Both(ring());
    DeviceQueue answering = both.device.queue(CONFIGURATION, 4, RingAreas.NONE, position -> { }, null);
    Virtqueue asking = both.driver.queue(CONFIGURATION, 4, RingAreas.NONE, position -> { }, null);
    both.live();
    Chain chain = new Chain(4);
    both.add(both.queue, "held by the model");
    assertThat(both.served.take(new Chain(4))).isTrue();
    assertThat(both.driver.reset()).as("the model has a buffer").isFalse();
    both.add(asking, "stop");
    both.settle();
    assertThat(answering.take(chain)).as("another session, for it alone").isTrue();
    both.device.stop(true);
    answering.push(chain);
    answering.sync();
    both.settle();
    assertThat(asking.get()).isEqualTo("stop");
    assertThat(both.driver.reset()).isTrue();
    both.driver.stop(true);
    assertThat(both.queue.detach("held by the model")).isTrue();
    assertThat(asking.state()).isEqualTo(State.LIVE);
    both.driver.close();
    both.device.close();
    assertThat(asking.state()).isEqualTo(State.STOPPED);
    assertThat(answering.state()).isEqualTo(State.STOPPED);
  }

  @Test
  void whatTheConfigurationQueueHadOutWhenTheSessionEndedIsTakenBack() {
    Both both = new Both(ring());
    DeviceQueue answering = both.device.queue(CONFIGURATION, 4, RingAreas.NONE, position -> { }, null);
    Virtqueue asking = both.driver.queue(CONFIGURATION, 4, RingAreas.NONE, position -> { }, null);
    both.live();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 4; i++) {
        both.add(asking, i);
      }
      both.driver.reset();   // ends the session once; later ones are the configuration queue's own
      both.settle();
      for (int i = 0; i < 4; i++) {
        assertThat(asking.detach(i)).isTrue();
      }
      both.settle();
      assertThat(answering.take(new Chain(4))).as("nothing of it is left").isFalse();
      both.settle();
    }
    assertThat(asking.broken()).isNull();
  }

  @Test
  void oneFrameOfEachQueueInTurn() {
    DriverRig rig = DriverRig.live();
    rig.channel.driver().block(Direction.WRITE, true);
    for (int i = 0; i < 2; i++) {
      rig.queue.add(rig.chain(2000, 1), "long");
    }
    rig.queue.sync();
    rig.other.add(rig.chain(8, 1), "short");
    rig.other.sync();
    rig.channel.driver().block(Direction.WRITE, false);
    rig.tasks.runAll();
    List<Integer> queues = rig.device.read().stream().map(Peer.Got::queue).toList();
    int at = queues.indexOf(1);
    assertThat(at).as("after what was composed already").isLessThanOrEqualTo(8);
    assertThat(queues.subList(at, queues.size())).as("before the rest of the long ones").contains(0);
  }

  @Test
  @Shows("F23")
  void whatThePeerDoesNotReadHoldsNobodyUp() {
    DriverRig rig = DriverRig.live();
    rig.channel.driver().block(Direction.WRITE, true);
    for (int i = 0; i < 4; i++) {
      assertThat(rig.queue.add(rig.chain(64, 64), i)).isEqualTo(Added.OK);
    }
    rig.queue.sync();
    assertThat(rig.queue.add(rig.chain(64, 64), 4)).isEqualTo(Added.FULL);
    assertThat(rig.queue.get()).isNull();
    for (int i = 0; i < 4; i++) {
      assertThat(rig.queue.detach(i)).isTrue();
    }
    assertThat(rig.rings.reset()).isFalse();
    rig.rings.stop(false);
    rig.rings.close();
  }

  @Test
  void aBufferThatNeverFitsIsSaidToBeTooLong() {
    DriverRig rig = DriverRig.live();
    DmaMemory large = rig.space.allocate(8192, 8);
    assertThat(rig.queue.add(new Chain(1).readable(large, 0, 4097), "a")).isEqualTo(Added.TOO_LONG);
    assertThat(rig.queue.add(new Chain(1).writable(large, 0, 4097), "a")).isEqualTo(Added.TOO_LONG);
    assertThat(rig.queue.add(new Chain(1).readable(large, 0, 4096), "a")).isEqualTo(Added.OK);
  }

  @Test
  void aDeviceThatGivesFewerSlotsIsServedWithThose() {
    DriverRig rig = DriverRig.silent().greeted();
    for (int index = 0; index < 2; index++) {
      rig.device.send(FrameType.OPENED, index, frame -> {
        frame.arg0 = 1;
        frame.arg1 = 100;
        frame.credit = 100;
      });
    }
    assertThat(rig.rings.settled()).isTrue();
    rig.rings.start();
    rig.device.read();
    assertThat(rig.queue.add(rig.chain(101, 1), "too long now")).isEqualTo(Added.TOO_LONG);
    for (int i = 0; i < 4; i++) {
      rig.add(i, 0, 8);
    }
    for (int i = 0; i < 4; i++) {
      int generation = i + 1;
      assertThat(rig.device.read()).extracting(Peer.Got::slot, Peer.Got::generation)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(0, generation));
      rig.device.send(FrameType.USED, 0, frame -> {
        frame.generation = generation;
        frame.credit = 100;
      });
      assertThat(rig.queue.get()).isEqualTo(i);
    }
  }
}
