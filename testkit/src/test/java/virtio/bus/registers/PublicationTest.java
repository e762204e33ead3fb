package virtio.bus.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.DeviceId;
import virtio.bus.Field;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Await;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.PlainBus;

/** What is stored, in which order, and by whom: each store is a word in a log. On a thread apart, as one that spins hears no interrupt. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PublicationTest {
  /** Nothing that is right takes so long, and what must not end at all is watched for so long. */
  private static final Duration A_WHILE = Duration.ofMillis(200);

  private final FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x1AF4)).has(VirtioBlk.CAPACITY, 1);
  private final PlainBus bus = PlainBus.empty(1);
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final ConcurrentHashMap<String, Long> shown = new ConcurrentHashMap<>();
  /** Runs within each store of a field, on the thread that publishes. */
  private volatile Runnable meanwhile = () -> { };
  private final Publication publication = publication();

  private Publication publication() {
    return new Publication(device, new Publication.Memory() {
      @Override
      public void generation(int value) {
        log.add("generation " + value);
      }

      @Override
      public void field(Field field, long value) {
        meanwhile.run();
        shown.put(field.name(), value);
        log.add(field.name() + "=" + value);
      }

      @Override
      public void statusRelease(int status) {
        log.add("status " + status);
      }
    }, new QueueLines(device, bus.slot()), () -> log.add("cleared"));
  }

  private void begin() {
    publication.begin();
    log.clear();
  }

  /** Runs that while another thread is in the middle of publishing capacity=2; then lets it go on, and waits until it has ended. */
  private void whileAnotherPublishes(Runnable then) throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    meanwhile = () -> {
      meanwhile = () -> { };
      inside.countDown();
      await(go);
    };
    device.slip(VirtioBlk.CAPACITY, 2);
    Thread publisher = Thread.ofPlatform().start(publication::publish);
    inside.await();
    try {
      then.run();
    } finally {
      go.countDown();
      publisher.join();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void itBeginsWithEverythingAndNoGeneration() {
    device.has(VirtioBlk.CAPACITY, 7);
    publication.begin();
    assertThat(log).containsExactly("capacity=7", "status 0");
  }

  @Test
  void aChangeLiesBetweenAnOddAndAnEvenGenerationAndTheStatusIsLast() {
    begin();
    device.change(VirtioBlk.CAPACITY, 2);
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0");
  }

  @Test
  void whatIsAsItWasIsNotStoredAgain() {
    begin();
    publication.publish();
    assertThat(log).containsExactly("status 0");
    log.clear();
    device.slip(VirtioBlk.CAPACITY, 1);
    publication.publish();
    assertThat(log).as("the device alone stepped its generation").containsExactly("generation 1", "generation 2", "status 0");
  }

  @Test
  void whoComesMeanwhileLeavesANoteAndTheOneAtItLooksAgain() throws InterruptedException {
    begin();
    whileAnotherPublishes(() -> {
      device.slip(VirtioBlk.CAPACITY, 3);
      publication.publish();
      publication.publish();
      assertThat(log).as("and goes on").containsExactly("generation 1");
    });
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0",
        "generation 3", "capacity=3", "generation 4", "status 0");
  }

  @Test
  void aChangeWhilePublishingIsPublishedAfterIt() {
    begin();
    meanwhile = () -> {
      meanwhile = () -> { };
      device.change(VirtioBlk.CAPACITY, 3);
    };
    device.change(VirtioBlk.CAPACITY, 2);
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0",
        "generation 3", "capacity=3", "generation 4", "status 0");
  }

  @Test
  void fieldsOfTwoGenerationsAreNotPublishedAsOne() {
    device.has(VirtioBlk.BLK_SIZE, 1);
    Publication both = publication();
    both.begin();
    log.clear();
    AtomicInteger reads = new AtomicInteger();
    device.onRead(() -> {
      if (reads.incrementAndGet() == 2) {
        device.slip(VirtioBlk.CAPACITY, 2);
        device.slip(VirtioBlk.BLK_SIZE, 2);
      }
    });
    both.publish();
    assertThat(log).startsWith("generation 1").endsWith("generation 2", "status 0").containsOnlyOnce("capacity=2", "blk_size=2");
  }

  @Test
  void aDeviceThatNeverSettlesIsPublishedAllTheSame() {
    begin();
    device.slip(VirtioBlk.CAPACITY, 2);
    device.neverSettles();
    publication.publish();
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0");
  }

  /** Whichever of two publishes it, the one that waits finds it published. */
  @Test
  void whatWasToBePublishedNowIsPublishedThen() throws InterruptedException {
    begin();
    AtomicBoolean over = new AtomicBoolean();
    Thread other = Thread.ofPlatform().start(() -> {
      while (!over.get()) {
        publication.publish();
      }
    });
    try {
      for (long value = 2; value < 5_000; value++) {
        device.slip(VirtioBlk.CAPACITY, value);
        publication.publishNow();
        assertThat(shown).containsEntry("capacity", value);
        log.clear();
      }
    } finally {
      over.set(true);
      other.join();
    }
  }

  @Test
  void aResetIsClearedOnceWhenTheDeviceHasStoppedAndBeforeItsDriverKnows() {
    begin();
    assertThat(publication.idle()).isTrue();
    publication.written(15);
    device.status(15);
    publication.publishNow();
    assertThat(publication.idle()).isFalse();
    device.neverConfirmsReset(true);
    publication.written(0);
    device.status(0);
    publication.publishNow();
    assertThat(publication.idle()).isTrue();
    assertThat(log).containsExactly("status 15", "status 15");
    log.clear();
    device.finishReset();
    publication.publish();
    assertThat(log).containsExactly("cleared", "status 0", "status 0");
  }

  @Test
  void whatItHearsRaisesItsLineAfterItIsPublished() {
    begin();
    for (int line = 1; line <= 2; line++) {
      String raised = "line " + line;
      bus.device().interrupts().get(line).register(() -> log.add(raised));
    }
    device.interrupt(0);
    device.tell();
    assertThat(log).containsExactly("line 1", "status 0", "line 2");
  }

  @Test
  void aChangeThatIsHeardOfWhilePublishingIsToldWhenItIsStored() throws InterruptedException {
    begin();
    bus.device().interrupts().get(2).register(() -> log.add("told of " + shown.get("capacity")));
    whileAnotherPublishes(() -> device.change(VirtioBlk.CAPACITY, 3));
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0",
        "generation 3", "capacity=3", "generation 4", "status 0", "told of 3");
  }

  @Test
  void onceItIsClosedNothingIsStored() throws InterruptedException {
    begin();
    whileAnotherPublishes(() -> {
      Thread closes = Thread.ofPlatform().start(() -> {
        publication.close();
        log.add("closed");
      });
      assertThat(Await.that(A_WHILE, () -> !closes.isAlive())).as("it waits for the one that publishes").isFalse();
      assertThat(publication.closed()).isTrue();
      publication.publish();
    });
    assertThat(Await.that(Duration.ofSeconds(30), () -> log.contains("closed"))).isTrue();
    publication.publishNow();
    device.change(VirtioBlk.CAPACITY, 3);
    assertThat(log).as("nor is the note heeded").containsExactly("generation 1", "capacity=2", "generation 2", "status 0", "closed");
  }

  @Test
  void closedFromInsideItEndsWithThatCall() {
    begin();
    meanwhile = publication::close;
    device.change(VirtioBlk.CAPACITY, 2);
    publication.publish();
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0");
  }

  @Test
  void onceItIsClosedNobodyWaitsForTheOneThatPublishes() {
    begin();
    AtomicBoolean ended = new AtomicBoolean();
    meanwhile = () -> {
      Thread waits = Thread.ofPlatform().start(publication::publishNow);
      publication.close();
      ended.set(Await.that(Duration.ofSeconds(30), () -> !waits.isAlive()));
    };
    device.slip(VirtioBlk.CAPACITY, 2);
    publication.publish();
    assertThat(ended).isTrue();
  }

  @Test
  void aDeviceThatThrowsHoldsNobodyUp() {
    begin();
    device.onRead(() -> {
      throw new IllegalStateException("this one");
    });
    assertThatThrownBy(publication::publishNow).hasMessage("this one");
    device.onRead(() -> { });
    device.slip(VirtioBlk.CAPACITY, 2);
    publication.publishNow();
    assertThat(log).containsExactly("generation 1", "capacity=2", "generation 2", "status 0");
    publication.close();
  }
}
