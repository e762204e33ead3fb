package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/**
 * Buffers taken back by one thread while others move their bytes: from the moment that detach says yes their memory is never written, and
 * never read. Bounded by buffers.
 */
@Timeout(120)
class DetachRaceTest {
  private static final int SIZE = 16;
  private static final int BUFFERS = 30_000;
  private static final int READABLE = 900;
  private static final int WRITABLE = 1200;
  private static final byte TAKEN_BACK = 0x5A;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(100);

  private final AtomicReference<String> wrong = new AtomicReference<>();
  private final Chain chain = new Chain(2);

  /** Gives back what it reads, and sees that it is of one piece. */
  private boolean serve(Queue from) {
    DeviceQueue queue = (DeviceQueue) from;
    while (queue.take(chain)) {
      MemorySegment read = chain.memory(0).segment();
      byte first = read.get(ValueLayout.JAVA_BYTE, 0);
      for (long at = 0; at < READABLE; at++) {
        if (read.get(ValueLayout.JAVA_BYTE, at) != first || first == TAKEN_BACK) {
          wrong.compareAndSet(null, "byte " + at + " of a buffer that was taken back reached the model");
        }
      }
      chain.memory(1).segment().asSlice(0, WRITABLE).fill(first);
      chain.wrote(0, WRITABLE);
      queue.push(chain);
      queue.sync();
    }
    return true;
  }

  private record Place(int number, long readable, long writable) {}

  @Test
  @Shows("F17")
  void whatIsTakenBackIsTheOwnersAlone() throws Exception {
    ExecutorService slot = Executors.newSingleThreadExecutor();
    ExecutorService control = Executors.newSingleThreadExecutor();
    FakeChannel.Pair channel = FakeChannel.stream(4096, control);
    DmaMemory memory = new FakeMemory(false).allocate(SIZE * 4096L, 8);
    SocketRing ring = new SocketRing(new Sizes(256, 1024, 4096, 8192, 12288), new Sessions());
    RingFormat.Rings<Virtqueue> driverRings = ring.driver(RingEnds.link(null, channel.driver()), control);
    RingFormat.Rings<DeviceQueue> deviceRings = ring.device(RingEnds.link(null, channel.device()), slot);
    driverRings.accept(Features.NONE);
    deviceRings.accept(Features.NONE);
    Virtqueue queue = driverRings.queue(0, SIZE, RingAreas.NONE, position -> { }, null);
    DeviceQueue served = deviceRings.queue(0, SIZE, RingAreas.NONE, position -> { }, this::serve);
    try {
      while (!driverRings.settled()) {
        Thread.onSpinWait();
      }
      deviceRings.start();
      driverRings.start();
      race(queue, memory);
      assertThat(wrong.get()).isNull();
      assertThat(queue.broken()).isNull();
      assertThat(served.broken()).isNull();
    } finally {
      driverRings.stop(false);
      driverRings.close();
      slot.shutdown();
      assertThat(slot.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
      deviceRings.close();
      control.shutdown();   // the channel tells either end by it, so it goes last
    }
  }

  private static void race(Virtqueue queue, DmaMemory memory) {
    SplittableRandom random = new SplittableRandom(3);
    ArrayDeque<Place> free = new ArrayDeque<>();
    ArrayDeque<Place> out = new ArrayDeque<>();
    ArrayDeque<Place> resting = new ArrayDeque<>();
    for (int i = 0; i < SIZE; i++) {
      free.add(new Place(i, i * 4096L, i * 4096L + 2048));
    }
    int detached = 0;
    int got = 0;
    long end = System.nanoTime() + PATIENCE;
    for (int added = 0; added < BUFFERS || !out.isEmpty(); ) {
      assertThat(queue.broken()).as("after %s buffers", added).isNull();
      assertThat(System.nanoTime() - end).as("nothing moves after %s buffers, %s out", added, out).isNegative();
      if (added < BUFFERS && !free.isEmpty()) {
        Place place = free.poll();
        memory.segment().asSlice(place.readable(), READABLE).fill((byte) (1 + place.number()));
        Chain chain = new Chain(2).readable(memory, place.readable(), READABLE).writable(memory, place.writable(), WRITABLE);
        if (queue.add(chain, place) == Added.OK) {
          out.add(place);
          added++;
          queue.sync();
        } else {
          free.addFirst(place);
        }
      }
      if (!out.isEmpty() && random.nextInt(3) == 0) {
        Place place = random.nextInt(2) == 0 ? out.peekFirst() : out.peekLast();
        if (queue.detach(place)) {
          detached++;
          out.remove(place);
          memory.segment().asSlice(place.readable(), 4096).fill(TAKEN_BACK);
          resting.add(place);
        }
      }
      for (Place place = (Place) queue.get(); place != null; place = (Place) queue.get()) {
        got++;
        assertThat(out.remove(place)).as("once").isTrue();
        isFilled(memory, place.writable(), WRITABLE, (byte) (1 + place.number()));
        free.add(place);
      }
      if (resting.size() > SIZE / 2 || added == BUFFERS && !resting.isEmpty()) {
        Place place = resting.poll();
        isFilled(memory, place.readable(), 4096, TAKEN_BACK);
        free.add(place);
      }
    }
    assertThat(detached).isPositive();
    assertThat(got).isPositive();
  }

  private static void isFilled(DmaMemory memory, long from, long bytes, byte with) {
    for (long at = from; at < from + bytes; at++) {
      if (memory.segment().get(ValueLayout.JAVA_BYTE, at) != with) {
        throw new AssertionError("byte " + (at - from) + " is " + memory.segment().get(ValueLayout.JAVA_BYTE, at) + ", not " + with);
      }
    }
  }
}
