package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.RingEnds;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/**
 * Both halves of two queues, whose every step is somebody's choice: the driver's next operation, the model's, one frame that arrives at
 * either end. After each step it checks all that must hold at any time.
 */
final class World implements AutoCloseable {
  /** The steps there are. */
  enum Step { DRIVER, MODEL_0, MODEL_1, TO_DEVICE, TO_DRIVER }

  static final int QUEUES = 2;
  /** Each frame is a message of its own, so it can arrive alone. */
  private static final int FRAME = 256;
  private static final int ROOM = 1024;
  private static final int MOST_TOKENS = 16;
  private static final byte TAKEN_BACK = 0x5A;

  final FakeChannel.Pair channel;
  final RingFormat.Rings<Virtqueue> driverRings;
  final RingFormat.Rings<DeviceQueue> deviceRings;
  final Virtqueue[] driver = new Virtqueue[QUEUES];
  final DeviceQueue[] device = new DeviceQueue[QUEUES];
  private final Arena arena = Arena.ofConfined();
  private final DmaMemory memory = new DmaMemory(arena.allocate(2 * MOST_TOKENS * ROOM, 8), 0);
  private final MemorySegment copy = arena.allocate(2 * ROOM, 8);
  private final DeferredTasks tasks = new DeferredTasks();
  private final List<Consumer<World>> script;
  private final int largest;
  private final Chain[] held = new Chain[QUEUES];
  private final boolean[] hasOne = new boolean[QUEUES];
  private final Buffer[] buffers = new Buffer[MOST_TOKENS];
  private int done;
  boolean resetting;

  /** What a test knows of one of its buffers; it is its own token. */
  private static final class Buffer {
    private final int number;
    private final int readable;
    private final int writable;
    private boolean back;
    private boolean takenBack;

    Buffer(int number, int readable, int writable) {
      this.number = number;
      this.readable = readable;
      this.writable = writable;
    }
  }

  /**
   * @param largest readable bytes of a buffer at most, and all the credit there is
   * @param lane how many frames may be under way in each direction
   */
  World(List<Consumer<World>> script, int slots, int largest, int lane) {
    this.script = script;
    this.largest = largest;
    channel = FakeChannel.messages(FRAME, lane, tasks);
    RingEnds ends = RingEnds.joined(channel, new FakeMemory(false), tasks);
    SocketRing ring = new SocketRing(new Sizes(FRAME, 2 * FRAME, largest, largest, 2 * largest), new Sessions(6));
    driverRings = ring.driver(ends.driver(), tasks);
    deviceRings = ring.device(ends.device(), tasks);
    driverRings.accept(Features.NONE);
    deviceRings.accept(Features.NONE);
    for (int index = 0; index < QUEUES; index++) {
      driver[index] = driverRings.queue(index, slots, RingAreas.NONE, position -> { }, null);
      device[index] = deviceRings.queue(index, slots, RingAreas.NONE, position -> { }, null);
      held[index] = new Chain(2);
    }
    for (int round = 0; round < 20; round++) {
      driverRings.settled();
      tasks.runAll();
    }
    assertThat(driverRings.settled()).isTrue();
    deviceRings.start();
    driverRings.start();
    tasks.runAll();
    channel.driver().delay();
    channel.device().delay();
  }

  // What a script may do.

  static Consumer<World> add(int queue, int number, int readable, int writable) {
    return world -> {
      Buffer buffer = new Buffer(number, readable, writable);
      world.buffers[number] = buffer;
      world.fill(buffer, true, (byte) (number + 1));
      world.fill(buffer, false, (byte) 0);
      Chain chain = new Chain(2);
      if (readable > 0) {
        chain.readable(world.memory, at(number, true), readable);
      }
      if (writable > 0) {
        chain.writable(world.memory, at(number, false), writable);
      }
      assertThat(world.driver[queue].add(chain, buffer)).isEqualTo(Added.OK);
    };
  }

  static Consumer<World> sync(int queue) {
    return world -> world.driver[queue].sync();
  }

  static Consumer<World> detach(int queue, int number) {
    return world -> {
      Buffer buffer = world.buffers[number];
      boolean taken = world.driver[queue].detach(buffer);
      assertThat(taken).as("a buffer that came back is not taken back").isIn(false, !buffer.back);
      if (taken) {
        world.backAlone(buffer);
      }
    };
  }

  static Consumer<World> get(int queue) {
    return world -> world.got(queue);
  }

  /** RESET, and what follows when it is confirmed. */
  static Consumer<World> reset() {
    return world -> {
      world.resetting = true;
      world.driverRings.reset();
    };
  }

  private boolean got(int queue) {
    Buffer buffer = (Buffer) driver[queue].get();
    if (buffer == null) {
      return false;
    }
    assertThat(buffer.back || buffer.takenBack).as("buffer %d comes back once", buffer.number).isFalse();
    assertThat(driver[queue].written()).isEqualTo(buffer.writable);
    check(buffer, false, (byte) (0x40 + buffer.readable % 7));
    buffer.back = true;
    return true;
  }

  /** The owner has it alone: it uses its memory for something else at once. */
  private void backAlone(Buffer buffer) {
    buffer.takenBack = true;
    fill(buffer, true, TAKEN_BACK);
    fill(buffer, false, TAKEN_BACK);
  }

  // Steps.

  void step(Step step) {
    switch (step) {
      case DRIVER -> {
        if (done < script.size()) {
          script.get(done++).accept(this);
        } else if (resetting) {
          finishReset();
        } else {
          got(0);
          got(1);
        }
      }
      case MODEL_0 -> serve(0);
      case MODEL_1 -> serve(1);
      case TO_DEVICE -> channel.driver().arrive(1);
      case TO_DRIVER -> channel.device().arrive(1);
    }
    tasks.runAll();
    checkAll();
  }

  private void serve(int queue) {
    if (!hasOne[queue]) {
      hasOne[queue] = device[queue].take(held[queue]);
      if (hasOne[queue]) {
        long readable = held[queue].read(0, copy, 0, ROOM);
        for (long at = 1; at < readable; at++) {
          assertThat(copy.get(ValueLayout.JAVA_BYTE, at)).as("what the model reads is of one piece")
              .isEqualTo(copy.get(ValueLayout.JAVA_BYTE, 0));
        }
        if (readable > 0) {
          assertThat(copy.get(ValueLayout.JAVA_BYTE, 0)).as("it is what was added").isNotEqualTo(TAKEN_BACK);
        }
      }
    } else {
      Chain chain = held[queue];
      copy.fill((byte) (0x40 + chain.readableBytes() % 7));
      chain.write(0, copy, 0, chain.writableBytes());
      device[queue].push(chain);
      device[queue].sync();
      hasOne[queue] = false;
    }
  }

  private void finishReset() {
    if (driverRings.reset() && driver[0].state() != Queue.State.STOPPED) {
      assertThat(hasOne).as("a reset is confirmed when the model has let go").containsOnly(false);
      driverRings.stop(true);
      for (Buffer buffer : buffers) {
        if (buffer != null) {
          boolean taken = driver[0].detach(buffer) | driver[1].detach(buffer);
          assertThat(taken).as("after reset: what is still out").isEqualTo(!buffer.back && !buffer.takenBack);
          if (taken) {
            backAlone(buffer);
          }
        }
      }
    }
  }

  String fingerprint() {
    StringBuilder mine = new StringBuilder().append(done);
    for (int queue = 0; queue < QUEUES; queue++) {
      mine.append(hasOne[queue] ? 'h' : 'n');
    }
    for (Buffer buffer : buffers) {
      mine.append(buffer == null ? ' ' : buffer.takenBack ? 'd' : buffer.back ? 'b' : 'o');
    }
    return mine + Fingerprint.of(driverRings, deviceRings, channel.driver(), channel.device());
  }

  // What must hold.

  private void checkAll() {
    for (int queue = 0; queue < QUEUES; queue++) {
      assertThat(driver[queue].broken()).isNull();
      assertThat(device[queue].broken()).isNull();
    }
    for (int number = 0; number < MOST_TOKENS; number++) {
      Buffer buffer = buffers[number];
      if (buffer != null && buffer.takenBack) {
        check(buffer, true, TAKEN_BACK);
        check(buffer, false, TAKEN_BACK);
      }
      long end = at(number, false) + (buffer == null ? 0 : buffer.writable);
      assertThat(isFilled(end, at(number, false) + ROOM - end, (byte) 0)).as("nothing outside of buffer %d", number).isTrue();
    }
  }

  /** At the end of it all: every buffer came back once, and everything is free again. */
  void checkEnd() {
    assertThat(done).isEqualTo(script.size());
    for (Buffer buffer : buffers) {
      assertThat(buffer == null || buffer.back ^ buffer.takenBack).as("buffer came back").isTrue();
    }
    if (resetting) {
      return;
    }
    int slots = driver[0].size();
    for (int round = 0; round < 3; round++) {
      for (int queue = 0; queue < QUEUES; queue++) {
        for (int i = 0; i < slots; i++) {
          add(queue, MOST_TOKENS - 1 - queue * slots - i, largest, slots == 1 ? 0 : 3).accept(this);
        }
        driver[queue].sync();
      }
      for (int i = 0; i < 100; i++) {
        for (Step step : Step.values()) {
          step(step);
        }
      }
      for (int number = MOST_TOKENS - QUEUES * slots; number < MOST_TOKENS; number++) {
        assertThat(buffers[number].back).as("every slot and all credit is there again").isTrue();
      }
    }
  }

  private static long at(int number, boolean readable) {
    return (long) (readable ? number : MOST_TOKENS + number) * ROOM;
  }

  private void fill(Buffer buffer, boolean readable, byte with) {
    memory.segment().asSlice(at(buffer.number, readable), readable ? buffer.readable : buffer.writable).fill(with);
  }

  private void check(Buffer buffer, boolean readable, byte with) {
    assertThat(isFilled(at(buffer.number, readable), readable ? buffer.readable : buffer.writable, with))
        .as("%s bytes of buffer %d", readable ? "readable" : "writable", buffer.number).isTrue();
  }

  private boolean isFilled(long from, long bytes, byte with) {
    for (long at = from; at < from + bytes; at++) {
      if (memory.segment().get(ValueLayout.JAVA_BYTE, at) != with) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    driverRings.close();
    deviceRings.close();
    arena.close();
  }
}
