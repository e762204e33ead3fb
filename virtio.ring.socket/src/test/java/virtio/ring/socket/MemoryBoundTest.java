package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Queue;
import virtio.testkit.Shows;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;

/** What a driver that means ill can make a device's half hold: by its figure, and without harm to one that means well. */
class MemoryBoundTest {
  private static final int SESSION = 7;
  private static final int SLOTS = 64;
  private static final int LARGEST = 10_000;
  private static final Sizes SIZES = new Sizes(512, 4096, LARGEST, 2 * LARGEST, 3 * LARGEST);
  private static final long MOST = 2L * (3 + 1) * LARGEST + 512L * SLOTS;

  private final DeferredTasks tasks = new DeferredTasks();
  private final FakeChannel.Pair channel = FakeChannel.stream(1 << 16, tasks);
  private final Slots slots = new Slots(SLOTS, SIZES.mostMemory(SLOTS));
  private final DeviceSession session = new DeviceSession(channel.device(), SIZES, new Sessions(), tasks, "");
  private final DeviceEnd end = new DeviceEnd(0, SLOTS, SIZES, slots);
  private final SocketDeviceQueue queue = new SocketDeviceQueue(0, SLOTS, slots, session.pump, end.standing, this::called);
  private final Peer driver = new Peer(channel.driver());
  private final int[] generations = new int[SLOTS];
  private int credit = SIZES.window();
  private int sent;
  private int calls;

  MemoryBoundTest() {
    end.queue(queue);
    session.open();
    session.add(end);
    session.reset();   // it has looked once, and is told of what comes
    driver.session = SESSION;
    driver.send(FrameType.HELLO, Frame.SESSION, frame -> frame.arg0 = Frame.VERSION, Peer.word(SIZES.maxFrame()));
    tasks.runAll();
    driver.send(FrameType.OPEN, 0, frame -> frame.arg0 = SLOTS);
    tasks.runAll();
    driver.read();
    queue.begin();
    session.live();
  }

  private boolean called(Queue any) {
    calls++;
    return false;
  }

  /** So much is announced, and so much of it comes, in frames as long as may be. */
  private void add(int slot, int readable, int writable, int come) {
    int generation = ++generations[slot];
    int most = SIZES.maxFrame() - Frame.HEADER;
    for (int at = 0; at == 0 || at < come; at += most) {
      int from = at;
      int length = Math.min(most, come - at);
      driver.send(at == 0 ? FrameType.ADD : FrameType.DATA, 0, frame -> {
        frame.slot = slot;
        frame.generation = generation;
        frame.arg0 = frame.type == FrameType.ADD ? readable : from;
        frame.arg1 = frame.type == FrameType.ADD ? writable : 0;
        frame.flags = from + length < readable ? Frame.MORE : 0;
      }, new byte[length]);
      tasks.runAll();
    }
    sent += come;
    look();
  }

  private List<Peer.Got> look() {
    tasks.runAll();
    assertThat(queue.broken()).isNull();
    assertThat(slots.held()).isLessThanOrEqualTo(2 * MOST);
    List<Peer.Got> came = driver.read();
    came.forEach(frame -> credit = frame.credit());
    return came;
  }

  private void detach(int slot) {
    driver.send(FrameType.DETACH, 0, frame -> {
      frame.slot = slot;
      frame.generation = generations[slot];
    });
    assertThat(look()).extracting(Peer.Got::type).contains(FrameType.DETACHED);
  }

  @Test
  @Shows("F20")
  void theStandardFigure() {
    assertThat(SIZES.mostMemory(SLOTS)).isEqualTo(MOST);
    assertThat(Sizes.STANDARD.mostMemory(128)).as("128 MiB, and 512 bytes a slot").isEqualTo((128L << 20) + 128 * 512);
  }

  @Test
  @Shows("F20")
  void whatIsAnnouncedTakesNoMemory() {
    for (int slot = 0; slot < SLOTS; slot++) {
      add(slot, LARGEST, LARGEST, 0);
    }
    assertThat(slots.held()).isZero();
  }

  @Test
  @Shows("F20")
  void oneByteOfEachTakenBackAgain() {
    for (int round = 0; round < 2; round++) {
      for (int slot = 0; slot < SLOTS; slot++) {
        add(slot, LARGEST, LARGEST, 1);
        detach(slot);
      }
    }
    assertThat(slots.held()).as("one after the other in the same").isEqualTo(1 << 14);
    for (int slot = 0; slot < SLOTS - 1; slot++) {
      add(slot, slot == 0 ? LARGEST : 1, 1, 0);
    }
    add(SLOTS - 1, 1, 1, 0);
    int generation = generations[0];
    driver.send(FrameType.DATA, 0, frame -> {
      frame.generation = generation;
      frame.flags = Frame.MORE;
    }, new byte[1]);
    look();
  }

  @Test
  @Shows({"F20", "F23"})
  void wholeBuffersThatTheModelDoesNotTakeHoldUpTheCredit() {
    int slot = 0;
    while (credit - sent >= LARGEST) {
      add(slot++, LARGEST, 0, LARGEST);
    }
    assertThat(slot).as("buffers until there is no credit").isEqualTo(3);
    assertThat(credit).isEqualTo(3 * LARGEST);
    assertThat(slots.held()).isLessThanOrEqualTo(MOST);
    Chain chain = new Chain(2);
    for (int round = 0; round < 50; round++) {
      assertThat(queue.take(chain)).isTrue();
      queue.push(chain);
      queue.sync();
      look();
      assertThat(credit - sent).as("what was used comes back").isGreaterThanOrEqualTo(LARGEST);
      add(slot++ % SLOTS, LARGEST, 0, LARGEST);
    }
  }

  @Test
  @Shows({"F20", "F23"})
  void slotsThatHaveSeenLargeBuffersTakeNoMoreForSmallOnes() {
    largeOnesInEachSlotOnce(8);
    for (int slot = 0; slot < 8; slot++) {
      add(slot, 1, 0, 1);
    }
    add(8, LARGEST, 0, LARGEST);
    assertThat(slots.held()).isLessThanOrEqualTo(MOST);
  }

  @Test
  @Shows({"F20", "F23"})
  void slotsThatHaveSeenLargeBuffersTakeNothingForThoseWithNothingToRead() {
    largeOnesInEachSlotOnce(8);
    for (int slot = 0; slot < 8; slot++) {
      add(slot, 0, 1, 0);
    }
    add(8, LARGEST, 0, LARGEST);
    assertThat(slots.held()).isLessThanOrEqualTo(MOST);
  }

  @Test
  @Shows("F20")
  void whatIsNotInUseIsKeptForTheNextUpToTheBound() {
    int[] lengths = {LARGEST, LARGEST / 2, LARGEST / 4, LARGEST / 8};
    long most = 0;
    for (int round = 0; round < 3; round++) {
      for (int length : lengths) {
        int count = 3 * LARGEST / length;
        for (int slot = 0; slot < count; slot++) {
          add(slot, length, 0, length);
          assertThat(slots.held()).isLessThanOrEqualTo(MOST);
        }
        most = Math.max(most, slots.held());
        giveBackAll(count);
      }
    }
    assertThat(most).isGreaterThan(MOST - (1 << 14));
    long kept = slots.held();
    for (int slot = SLOTS - 1; slot > SLOTS - 10; slot--) {
      add(slot, LARGEST / 8, 0, LARGEST / 8);
    }
    assertThat(slots.held()).as("whichever slot it is").isEqualTo(kept);
  }

  private void giveBackAll(int count) {
    Chain chain = new Chain(2);
    for (int i = 0; i < count; i++) {
      assertThat(queue.take(chain)).isTrue();
      queue.push(chain);
      queue.sync();
      look();
    }
  }

  private void largeOnesInEachSlotOnce(int count) {
    for (int slot = 0; slot < count; slot++) {
      add(slot, LARGEST, 0, LARGEST);
      giveBackAll(1);
    }
  }

  @Test
  @Shows({"F17", "F23"})
  void oneThatWaitsForMemoryAndIsTakenBackHoldsUpNobody() {
    for (int slot = 0; slot < SLOTS - 1; slot++) {
      add(slot, 0, LARGEST, 0);
    }
    List<Integer> order = new ArrayList<>();
    takeAll(new ArrayDeque<>(), order);
    int waits = order.size();
    for (int slot = waits; slot < SLOTS - 1; slot++) {
      int back = slot;
      driver.send(FrameType.DETACH, 0, frame -> {
        frame.slot = back;
        frame.generation = generations[back];
      });
    }
    add(SLOTS - 1, 1, 0, 1);
    assertThat(queue.restart()).as("there is something to take, and to pass").isFalse();
    takeAll(new ArrayDeque<>(), order);
    assertThat(order).hasSize(waits + 1).endsWith(SLOTS - 1);
    assertThat(look()).extracting(Peer.Got::type).contains(FrameType.DETACHED);
    assertThat(queue.restart()).isTrue();
  }

  @Test
  @Shows({"F20", "F23"})
  void buffersToBeWrittenWaitUntilOthersWereUsed() {
    for (int slot = 0; slot < SLOTS; slot++) {
      add(slot, 0, LARGEST, 0);
    }
    Deque<Chain> taken = new ArrayDeque<>();
    List<Integer> order = new ArrayList<>();
    takeAll(taken, order);
    assertThat(taken).hasSize((int) (MOST / (1 << 14)));
    assertThat(slots.held()).isLessThanOrEqualTo(MOST);
    assertThat(queue.restart()).as("there is nothing to take until others are back").isTrue();
    assertThat(queue.take(new Chain(2))).isFalse();
    while (order.size() < SLOTS) {
      int before = calls;
      Chain back = taken.poll();
      back.wrote(0, LARGEST);
      queue.push(back);
      queue.sync();
      look();
      assertThat(calls).as("the model is called: there is memory").isEqualTo(before + 1);
      takeAll(taken, order);
      assertThat(queue.restart()).isTrue();
    }
    Integer[] all = new Integer[SLOTS];
    Arrays.setAll(all, slot -> slot);
    assertThat(order).containsExactly(all);
  }

  private void takeAll(Deque<Chain> taken, List<Integer> order) {
    for (Chain next = new Chain(2); queue.take(next); next = new Chain(2)) {
      taken.add(next);
      order.add(next.id());
    }
  }
}
