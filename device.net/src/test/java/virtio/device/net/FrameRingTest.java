package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames from many threads to one: each whole, each sender's in order, those without a place refused, and no wake-up lost. */
@Timeout(120)
class FrameRingTest {
  private static final int SENDERS = 3;
  private static final int FRAMES = 30_000;

  private static Frame frame(int length, int mark) {
    Frame frame = new Frame(256);
    frame.whole(length).bytes.asSlice(0, length).fill((byte) mark);
    return frame;
  }

  @Test
  void holdsAsManyAsThereArePlacesAndRefusesMore() {
    FrameRing ring = new FrameRing(4, 256);
    assertThat(ring.isEmpty()).isTrue();
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 4; i++) {
        assertThat(ring.put(frame(100 + i, i))).isTrue();
      }
      assertThat(ring.put(frame(100, 9))).isFalse();
      for (int i = 0; i < 4; i++) {
        assertThat(ring.isEmpty()).isFalse();
        assertThat(ring.length()).isEqualTo(100 + i);
        assertThat(ring.memory().asSlice(ring.at(), ring.length()).toArray(ValueLayout.JAVA_BYTE)).containsOnly(i);
        ring.remove();
      }
      assertThat(ring.isEmpty()).isTrue();
    }
  }

  @Test
  void aSumThatIsToBeMadeComesAlong() {
    FrameRing ring = new FrameRing(2, 256);
    Frame partial = new Frame(100);
    assertThat(partial.partial(64, 10, 6)).isTrue();
    ring.put(partial);
    assertThat(List.of(ring.sumStart(), ring.sumOffset())).containsExactly(10, 6);
    ring.complete();
    assertThat(ring.sumStart()).isNegative();
    assertThat(ring.memory().get(ValueLayout.JAVA_SHORT_UNALIGNED, ring.at() + 16)).as("of zeroes").isEqualTo((short) -1);
  }

  @Test
  void manySendersOneReaderThatSleeps() throws InterruptedException {
    Object bell = new Object();
    AtomicLong wakes = new AtomicLong();
    SwitchPort port = new SwitchPort("reader", 256, () -> {
      wakes.incrementAndGet();
      synchronized (bell) {
        bell.notifyAll();
      }
    });
    port.open(true);
    List<Thread> senders = new ArrayList<>();
    for (int sender = 0; sender < SENDERS; sender++) {
      int mark = sender + 1;
      senders.add(Thread.ofPlatform().start(() -> send(port, mark)));
    }
    int[] last = new int[SENDERS + 1];
    long seen = 0;
    long awake = 0;
    while (seen + port.dropped() < (long) SENDERS * FRAMES) {
      FrameRing frames = port.look();
      awake = wakes.get();
      if (frames.isEmpty()) {
        synchronized (bell) {
          if (wakes.get() == awake && seen + port.dropped() < (long) SENDERS * FRAMES && frames.isEmpty()) {
            bell.wait(10_000);
          }
        }
        continue;
      }
      int mark = frames.memory().get(ValueLayout.JAVA_BYTE, frames.at());
      int number = frames.memory().get(ValueLayout.JAVA_INT_UNALIGNED, frames.at() + 1);
      assertThat(frames.memory().asSlice(frames.at() + 5, frames.length() - 5).toArray(ValueLayout.JAVA_BYTE)).containsOnly(mark);
      assertThat(frames.length()).isEqualTo(20 + number % 200);
      assertThat(number).isGreaterThan(last[mark]);
      last[mark] = number;
      frames.remove();
      seen++;
    }
    for (Thread sender : senders) {
      sender.join();
    }
    assertThat(seen).isPositive();
  }

  private static void send(SwitchPort port, int mark) {
    Frame frame = new Frame(256);
    frame.bytes.fill((byte) mark);
    for (int number = 1; number <= FRAMES; number++) {
      frame.bytes.set(ValueLayout.JAVA_INT_UNALIGNED, 1, number);
      port.offer(frame.whole(20 + number % 200));
    }
  }
}
