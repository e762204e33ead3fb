package virtio.block.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.bus.Combination;
import virtio.bus.Failure;
import virtio.bus.port.Publisher;
import virtio.testkit.Await;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeBus;

/** What happens to requests when devices misbehave, go, or are exchanged: a fake bus, fake disks, the real port. */
@Timeout(60)
class PortTest implements Publisher {
  private final FakeBus<BlockPort, FakeDisk> bus = new FakeBus<>();
  private final Control control = new Control(bus, this, "disk0");
  private final BlockDevice disk = new ServedDisk(control.traffic(), control);
  private final List<String> events = new CopyOnWriteArrayList<>();
  private volatile boolean published;

  @Override
  public void online(String combination) {
    published = true;
    events.add("online " + combination);
  }

  @Override
  public void offline() {
    published = false;
    events.add("offline");
  }

  @AfterEach
  void stop() {
    control.stop(Duration.ofSeconds(10).toNanos());
  }

  private static Combination combination(String name) {
    return new Combination(null, null, null, null, Map.of("virtio.glue", name));
  }

  private void configure(Object... pairs) {
    Map<String, Object> properties = new HashMap<>(Map.of("name", "disk0", "drain", 500));
    for (int i = 0; i < pairs.length; i += 2) {
      properties.put((String) pairs[i], pairs[i + 1]);
    }
    control.configure("virtio.glue=a", control.take(Settings.of(properties)), null);
  }

  private FakeDisk begin(Object... pairs) {
    FakeDisk first = new FakeDisk("fake m0/0");
    bus.next(first);
    configure(pairs);
    control.start();
    control.want(combination("a"));
    await(control::online);
    disk.listen(new BlockDevice.Listener() {
      @Override
      public void held(String why) {
        events.add("held: " + why);
      }

      @Override
      public void resumed() {
        events.add("resumed");
      }

      @Override
      public void resized(long before, long after) {
        events.add("resized " + before + " " + after);
      }

      @Override
      public void lost(String why) {
        events.add("lost: " + why);
      }
    });
    return first;
  }

  private static void await(BooleanSupplier condition) {
    assertThat(Await.that(Duration.ofSeconds(10), condition)).isTrue();
  }

  private BlockRequest write(long sector) {
    BlockRequest request = disk.request().write(sector, MemorySegment.ofArray(new byte[512]));
    assertThat(disk.submit(request)).isTrue();
    return request;
  }

  private BlockRequest flush() {
    BlockRequest request = disk.request().flush();
    assertThat(disk.submit(request)).isTrue();
    return request;
  }

  @Test
  void whatCameBackIsReplayedInTheOrderOfSubmissionBeforeAnythingNew() {
    FakeDisk first = begin().room(4);
    FakeDisk second = new FakeDisk("fake m0/0");
    bus.next(second);
    List<BlockRequest> requests = new ArrayList<>();
    for (long sector : new long[] {5, 3, 9, 1, 7, 2}) {
      requests.add(write(sector));
    }
    BlockRequest last = flush();
    assertThat(first.history()).containsExactly(5L, 3L, 9L, 1L);
    first.fail(Failure.Kind.DEVICE_NEEDS_RESET);
    await(control::online);
    await(() -> second.history().size() == 7);
    assertThat(second.history()).containsExactly(5L, 3L, 9L, 1L, 7L, 2L, -1L);
    second.completeAll();
    assertThat(requests).allMatch(request -> request.outcome() == Outcome.OK);
    assertThat(last.outcome()).isEqualTo(Outcome.OK);
    await(() -> events.equals(List.of("online a", "held: device needs reset: test", "online a", "resumed")));
  }

  @Test
  void withoutAConfirmationTheOutcomeIsUnknown() {
    FakeDisk first = begin().neverStops();
    bus.next(new FakeDisk("fake m0/1"));
    BlockRequest request = write(1);
    first.fail(Failure.Kind.RING_BROKEN);
    await(() -> request.outcome() == Outcome.OUTCOME_UNKNOWN);
    await(control::online);
    BlockRequest next = write(2);
    bus.bound().completeAll();
    assertThat(next.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  @Trap("T19")
  void aPassedDeadlineResetsAndThenGivesUp() {
    begin("deadline", 1000);
    FakeDisk second = new FakeDisk("fake m0/0");
    bus.next(second);
    BlockRequest request = write(1);
    await(() -> second.history().equals(List.of(1L)));
    second.complete(request, Outcome.OK);
    assertThat(request.outcome()).isEqualTo(Outcome.OK);
    assertThat(bus.attachments()).isEqualTo(2);
    await(() -> events.containsAll(List.of("held: no answer within 1000 ms", "resumed")));
  }

  @Test
  @Trap("T19")
  void threeFaultsWithinAMinuteEndThePortUntilItIsConfiguredAnew() {
    begin("deadline", 20);
    bus.next(new FakeDisk("fake m0/0")).next(new FakeDisk("fake m0/0"));
    BlockRequest request = write(1);
    await(() -> request.outcome() != Outcome.PENDING);
    assertThat(request.outcome()).isIn(Outcome.TIMED_OUT, Outcome.DEVICE_FAILED);
    await(() -> control.state().startsWith("failed: no answer within 20 ms (3 faults within 60 s"));
    await(() -> !published);
    assertThat(bus.attachments()).isEqualTo(3);
    bus.next(new FakeDisk("fake m0/0"));
    configure("drain", 100);
    await(control::online);
  }

  @Test
  void requestsThatWaitHaveADeadlineToo() {
    FakeDisk first = begin("deadline", 300).room(1);
    BlockRequest out = write(1);
    BlockRequest waits;
    first.fail(Failure.Kind.RING_BROKEN);
    waits = write(2);
    await(() -> waits.outcome() == Outcome.TIMED_OUT && out.outcome() == Outcome.TIMED_OUT);
    assertThat(waits.reason()).isEqualTo("waited for a device");
  }

  @Test
  void aDeviceThatHasGoneFailsEachRequestOnce() {
    FakeDisk first = begin().room(2);
    List<BlockRequest> completed = new CopyOnWriteArrayList<>();
    List<BlockRequest> requests = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      BlockRequest request = disk.request().write(i, MemorySegment.ofArray(new byte[512])).then(completed::add);
      disk.submit(request);
      requests.add(request);
    }
    first.fail(Failure.Kind.DEVICE_GONE);
    await(() -> completed.size() == 5);
    assertThat(requests).allMatch(request -> request.outcome() == Outcome.DEVICE_GONE);
    await(() -> !published);
    await(() -> events.equals(List.of("online a", "held: device gone: test", "lost: device gone: test", "offline")));
    assertThatThrownBy(() -> disk.flush()).isInstanceOf(BlockException.class).hasMessageContaining("DEVICE_GONE");
    bus.appears(new FakeDisk("fake m0/0"));
    await(control::online);
    assertThat(completed).hasSize(5);
  }

  @Test
  @Trap("T24")
  void aFlushFailsOnceWhenACacheIsGone() {
    FakeDisk first = begin();
    BlockRequest written = write(1);
    first.complete(written, Outcome.OK);
    bus.next(new FakeDisk("fake m0/1"));
    first.fail(Failure.Kind.DEVICE_NEEDS_RESET);
    await(() -> bus.attachments() == 2);
    await(control::online);
    BlockRequest fails = flush();
    assertThat(fails.outcome()).isEqualTo(Outcome.IO_ERROR);
    assertThat(fails.reason()).isEqualTo(Stability.LOST);
    BlockRequest works = flush();
    bus.bound().completeAll();
    assertThat(works.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  @Trap("T24")
  void theSameDeviceKeepsItsCacheThroughAReset() {
    FakeDisk first = begin();
    first.complete(write(1), Outcome.OK);
    bus.next(new FakeDisk("fake m0/0"));
    first.fail(Failure.Kind.DEVICE_NEEDS_RESET);
    await(() -> bus.attachments() == 2);
    await(control::online);
    BlockRequest flush = flush();
    bus.bound().completeAll();
    assertThat(flush.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void whatIsTakenOutIsDrainedAndFlushedFirst() {
    FakeDisk first = begin();
    first.complete(write(1), Outcome.OK);
    BlockRequest slow = write(2);
    bus.asks();
    await(() -> events.contains("held: its device is being taken out"));
    BlockRequest late = write(3);
    first.complete(slow, Outcome.OK);
    await(() -> first.history().equals(List.of(1L, 2L, -1L)));
    assertThat(published).isTrue();
    first.completeAll();
    await(() -> !published);
    assertThat(slow.outcome()).isEqualTo(Outcome.OK);
    assertThat(late.outcome()).isEqualTo(Outcome.DEVICE_GONE);
    await(() -> events.equals(List.of("online a", "held: its device is being taken out", "lost: its device is being taken out", "offline")));
    assertThat(bus.attachments()).as("waits for another").isEqualTo(2);
    bus.appears(new FakeDisk("fake m0/0"));
    await(control::online);
  }

  @Test
  void whatGoesWhileItIsDrainedMakesRoomForAnother() {
    FakeDisk first = begin();
    BlockRequest slow = write(1);
    bus.asks();
    await(() -> events.contains("held: its device is being taken out"));
    first.fail(Failure.Kind.DEVICE_GONE);
    first.remove();
    await(() -> !published);
    assertThat(slow.outcome()).isEqualTo(Outcome.DEVICE_GONE);
    await(() -> bus.attachments() == 2);
    bus.appears(new FakeDisk("fake m0/0"));
    await(control::online);
  }

  @Test
  void anExchangeDrainsAndFlushesSoThatNothingIsLost() {
    FakeDisk first = begin();
    first.complete(write(1), Outcome.OK);
    BlockRequest slow = write(2);
    bus.next(new FakeDisk("other m1/0"));
    control.want(combination("b"));
    await(() -> disk.counters() != null && events.contains("held: another combination"));
    BlockRequest held = write(3);
    assertThat(first.history()).containsExactly(1L, 2L);
    first.complete(slow, Outcome.OK);
    await(() -> first.history().size() == 3);
    assertThat(first.history()).containsExactly(1L, 2L, -1L);
    first.completeAll();
    await(control::online);
    await(() -> bus.bound().history().equals(List.of(3L)));
    bus.bound().completeAll();
    assertThat(held.outcome()).isEqualTo(Outcome.OK);
    BlockRequest flush = flush();
    bus.bound().completeAll();
    assertThat(flush.outcome()).isEqualTo(Outcome.OK);
    await(() -> events.equals(List.of("online a", "held: another combination", "online b", "resumed")));
  }

  @Test
  void anotherDiskIsNotTakenForTheSame() {
    FakeDisk first = begin("grace", 200);
    bus.next(new FakeDisk("other m1/0").id("another"));
    control.want(combination("b"));
    await(() -> control.state().equals("refused: another disk on other m1/0: id 'another' where 'fake' was"));
    BlockRequest held = write(3);
    assertThat(bus.bound().history()).isEmpty();
    await(() -> held.outcome() == Outcome.DEVICE_GONE);
    await(control::online);
    assertThat(first.history()).isEmpty();
    await(() -> events.contains("online b"));
    assertThat(events).containsSubsequence("held: another combination", "lost: no device came back within 200 ms", "offline", "online b");
  }

  @Test
  @Trap("T26")
  void aNewCapacityIsAnEvent() {
    FakeDisk first = begin();
    first.resize(2048);
    await(() -> events.contains("resized 1024 2048"));
    assertThat(disk.capacity()).isEqualTo(2048);
  }

  @Test
  void aBatchIsOneDoorbell() {
    FakeDisk first = begin();
    int before = first.kicks();
    BlockRequest[] batch = new BlockRequest[16];
    for (int i = 0; i < batch.length; i++) {
      batch[i] = disk.request().write(i, MemorySegment.ofArray(new byte[512]));
    }
    assertThat(disk.submit(batch, 0, 16)).isEqualTo(16);
    assertThat(first.kicks()).isEqualTo(before + 1);
    first.completeAll();
  }

  @Test
  void whatWaitsIsBounded() {
    FakeDisk first = begin().room(1);
    int taken = 0;
    BlockRequest refused = disk.request().write(0, MemorySegment.ofArray(new byte[512]));
    BlockRequest[] requests = new BlockRequest[Ledger.MOST_WAITING + 1];
    for (; taken < requests.length; taken++) {
      requests[taken] = write(taken % 1024);
    }
    assertThat(disk.submit(refused)).isFalse();
    assertThat(disk.submit(new BlockRequest[] {refused}, 0, 1)).isZero();
    assertThat(refused.outcome()).isEqualTo(Outcome.NEW);
    first.complete(requests[0], Outcome.OK);
    assertThat(disk.submit(refused)).isTrue();
    first.completeAll();
    assertThat(refused.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void aPendingRequestIsNobodysButTheDisks() {
    FakeDisk first = begin();
    BlockRequest request = write(1);
    assertThatThrownBy(() -> disk.submit(request)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is pending");
    assertThatThrownBy(() -> request.flush()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> disk.submit(disk.request())).isInstanceOf(IllegalStateException.class).hasMessageContaining("never set up");
    Traffic other = new Traffic(control);
    assertThatThrownBy(() -> disk.submit(new PortRequest(other).flush())).isInstanceOf(IllegalArgumentException.class);
    first.completeAll();
    assertThat(request.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void memoryInUseIsNotGivenBack() {
    FakeDisk first = begin();
    try (var memory = disk.allocate(4096)) {
      BlockRequest request = disk.request().write(0, memory.segment().asSlice(512, 512));
      disk.submit(request);
      assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class);
      first.completeAll();
    }
  }

  @Test
  void nothingIsAllocatedForARequestThatIsReused() {
    FakeDisk first = begin();
    var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    Answering answering = new Answering(control.traffic(), first);
    BlockRequest request = disk.request();
    MemorySegment memory = MemorySegment.ofArray(new byte[512]);
    answering.rounds(request, memory, disk, 20_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    answering.rounds(request, memory, disk, 20_000);
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 20_000).isZero();
  }

  /** Completes without a list, so that what is measured is the port alone. */
  private record Answering(Traffic traffic, FakeDisk fake) {
    void rounds(BlockRequest request, MemorySegment memory, BlockDevice disk, int count) {
      for (int i = 0; i < count; i++) {
        request.write(i & 63, memory);
        disk.submit(request);
        traffic.completed(request, Outcome.OK);
        fake.forget();
      }
    }
  }
}
