package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.os.linux.EventFd;
import virtio.os.linux.EventFdInfo;
import virtio.testkit.Await;

/** With the counter that wakes a selector of this process in the place of QEMU's. */
@Timeout(20)
class DoorbellTest {
  private static final long SELF = ProcessHandle.current().pid();
  private static final int OFTEN = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final List<Doorbell> wanting = new CopyOnWriteArrayList<>();
  private final Doorbell doorbell = new Doorbell("ring", posted::add, wanting::add);
  private Selector selector;
  private EventFdInfo waker;

  @BeforeEach
  void open() throws IOException {
    Qemu.requireEventFds();
    Set<Long> before = EventFdInfo.all(SELF).stream().map(EventFdInfo::id).collect(Collectors.toSet());
    selector = Selector.open();
    waker = EventFdInfo.all(SELF).stream().filter(one -> !before.contains(one.id())).findFirst().orElseThrow();
  }

  @AfterEach
  void close() throws IOException {
    doorbell.drop();
    selector.close();
  }

  private EventFd counter() throws IOException {
    return EventFd.of(SELF, waker.descriptor());
  }

  private long count() throws IOException {
    return EventFdInfo.of(SELF, waker.descriptor()).count();
  }

  private long descriptors() throws IOException {
    return EventFdInfo.all(SELF).stream().filter(one -> one.id() == waker.id()).count();
  }

  private void raise(int times) {
    IntStream.range(0, times).forEach(doorbell::raise);
  }

  @Test
  void isPostedAndOnceOftenWantsACounter() {
    raise(OFTEN - 1);
    assertThat(wanting).isEmpty();
    raise(OFTEN);
    assertThat(wanting).containsExactly(doorbell);
    assertThat(posted).hasSize(2 * OFTEN - 1).containsOnly("ring");
  }

  @Test
  void aSearchInVainMakesTheNextOneRare() {
    raise(OFTEN);
    doorbell.searchedInVain(doorbell.life());
    raise(OFTEN * OFTEN - 1);
    assertThat(wanting).hasSize(1);
    raise(1);
    assertThat(wanting).hasSize(2);
    int before = doorbell.life();
    doorbell.renew();
    doorbell.searchedInVain(before);
    raise(OFTEN);
    assertThat(wanting).hasSize(3);
    IntStream.range(0, 10).forEach(time -> doorbell.searchedInVain(doorbell.life()));
    raise(OFTEN * OFTEN);
    assertThat(wanting).hasSize(3);
  }

  /** What was counted in one life, and is written in the next, does not lead past the limit. */
  @Test
  void aRingInTheMidstOfARenewalDoesNotEndTheSearch() throws Exception {
    int rounds = 20_000;
    AtomicInteger wants = new AtomicInteger();
    Doorbell renewed = new Doorbell("ring", command -> { }, wanted -> wants.incrementAndGet());
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger rung = new AtomicInteger();
    CompletableFuture<Void> ringer = CompletableFuture.runAsync(() -> {
      for (int round = 1; round <= rounds; round++) {
        while (begun.get() < round) {
          Thread.onSpinWait();
        }
        renewed.raise(0);
        rung.set(round);
      }
    }, Thread.ofPlatform().daemon()::start);
    for (int round = 1; round <= rounds; round++) {
      renewed.searchedInVain(renewed.life());
      IntStream.range(0, 2 * OFTEN).forEach(renewed::raise);
      begun.set(round);
      renewed.renew();
      while (rung.get() < round) {
        Thread.onSpinWait();
      }
      wants.set(0);
      IntStream.range(0, 2 * OFTEN).forEach(renewed::raise);
      assertThat(wants.get()).as("round %s", round).isPositive();
      renewed.renew();
    }
    ringer.get(10, TimeUnit.SECONDS);
  }

  @Test
  void whatIsRungDuringASearchIsRungAfterIt() throws IOException {
    doorbell.search();
    raise(3);
    assertThat(posted).isEmpty();
    assertThat(doorbell.searched(null, doorbell.life())).isFalse();
    assertThat(posted).containsExactly("ring");
    doorbell.search();
    raise(1);
    assertThat(doorbell.searched(counter(), doorbell.life())).isTrue();
    assertThat(posted).hasSize(2);
    doorbell.search();
    doorbell.searched(null, doorbell.life());
    assertThat(posted).hasSize(2);
  }

  @Test
  void aCounterTakesTheSocketsPlace() throws IOException {
    doorbell.searched(counter(), doorbell.life());
    assertThat(doorbell.id()).isEqualTo(waker.id());
    assertThat(doorbell.takeUsed()).isFalse();
    raise(3);
    assertThat(count()).isEqualTo(3);
    assertThat(posted).isEmpty();
    assertThat(doorbell.takeUsed()).isTrue();
    assertThat(doorbell.takeUsed()).as("open at the first look, it may be closed by now").isTrue();
    assertThat(doorbell.takeUsed()).isFalse();
  }

  @Test
  void whatWasFoundForAnEarlierLifeIsOfNoUse() throws IOException {
    int before = doorbell.life();
    doorbell.renew();
    assertThat(doorbell.searched(counter(), before)).isFalse();
    assertThat(descriptors()).isEqualTo(1);
    raise(1);
    assertThat(posted).hasSize(1);
  }

  @Test
  void aNewLifeBeginsOnTheSocket() throws IOException {
    doorbell.searched(counter(), doorbell.life());
    doorbell.renew();
    assertThat(descriptors()).isEqualTo(1);
    raise(1);
    assertThat(posted).hasSize(1);
    assertThat(count()).isZero();
  }

  @Test
  void givingUpRingsOnceForWhatMayBeLost() throws IOException {
    doorbell.searched(counter(), doorbell.life());
    raise(5);
    doorbell.giveUp();
    assertThat(posted).hasSize(1);
    assertThat(doorbell.id()).isEqualTo(-1);
    assertThat(descriptors()).isEqualTo(1);
    raise(OFTEN - 1);
    assertThat(wanting).containsExactly(doorbell);
  }

  /** Who looks after it asks at any time: a ring of which one look does not hear, the next one does. */
  @Test
  void noUseIsOverlooked() throws Exception {
    doorbell.searched(counter(), doorbell.life());
    int rounds = 50_000;
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger rung = new AtomicInteger();
    CompletableFuture<Void> ringer = CompletableFuture.runAsync(() -> {
      for (int round = 1; round <= rounds; round++) {
        while (begun.get() < round) {
          Thread.onSpinWait();
        }
        doorbell.raise(round);
        rung.set(round);
      }
    }, Thread.ofPlatform().daemon()::start);
    int overlooked = 0;
    for (int round = 1; round <= rounds; round++) {
      while (doorbell.takeUsed()) {
        Thread.onSpinWait();   // of the round before
      }
      begun.set(round);
      boolean seen = false;
      while (rung.get() < round) {
        seen |= doorbell.takeUsed();
      }
      seen |= doorbell.takeUsed();
      overlooked += seen ? 0 : 1;
    }
    ringer.get(10, TimeUnit.SECONDS);
    assertThat(overlooked).isZero();
  }

  /** A peer that begins and ends to poll the counter as it likes: what is rung it hears, at the latest as the counter is given up. */
  @Test
  void noRingIsLostWhileCountersComeAndGo() throws Exception {
    int rings = 20_000;
    AtomicInteger rung = new AtomicInteger();
    AtomicInteger heard = new AtomicInteger();
    Runnable hear = () -> heard.accumulateAndGet(rung.get(), Math::max);
    // Nothing that comes later may make up for what was lost.
    Runnable settled = () -> {
      int before = rung.get();
      assertThat(Await.that(PATIENCE.multipliedBy(2), () -> heard.get() >= before)).isTrue();
    };
    Doorbell changing = new Doorbell("ring", command -> hear.run(), wanted -> { });
    CompletableFuture<Void> changer = CompletableFuture.runAsync(() -> {
      while (heard.get() < rings) {
        try {
          changing.search();
          changing.searched(counter(), changing.life());
          for (int poll = 0; poll < 10; poll++) {
            if (count() > 0) {
              selector.selectNow();
              hear.run();
            }
          }
          selector.selectNow();   // nobody hears what was added since
          changing.giveUp();
          settled.run();
          for (int search = 0; search < 20; search++) {
            changing.search();
            changing.searched(null, changing.life());
            settled.run();
          }
        } catch (IOException failed) {
          throw new UncheckedIOException(failed);
        }
      }
    }, Thread.ofPlatform().daemon()::start);
    for (int ring = 1; ring <= rings; ring++) {
      rung.set(ring);
      changing.raise(ring);
      int expected = ring;
      assertThat(Await.that(PATIENCE, () -> heard.get() >= expected || changer.isCompletedExceptionally())).isTrue();
    }
    changer.get(10, TimeUnit.SECONDS);
    changing.drop();
  }
}
