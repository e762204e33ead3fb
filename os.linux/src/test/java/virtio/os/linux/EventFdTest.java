package virtio.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With the counter that wakes a selector of this process: whoever adds to it ends the selector's wait. */
@Timeout(20)
class EventFdTest {
  private static final long SELF = ProcessHandle.current().pid();
  private static final int NO_DESCRIPTOR = 1_000_000;

  private Selector selector;
  private EventFdInfo waker;

  @BeforeEach
  void open() throws IOException {
    try {
      EventFd.of(SELF, NO_DESCRIPTOR);
    } catch (SystemCallException refused) {
      assumeTrue(false, "skipped: " + refused.getMessage());
    }
    Set<Long> before = EventFdInfo.all(SELF).stream().map(EventFdInfo::id).collect(Collectors.toSet());
    selector = Selector.open();
    List<EventFdInfo> more = EventFdInfo.all(SELF).stream().filter(one -> !before.contains(one.id())).toList();
    assertThat(more).hasSize(1);
    waker = more.getFirst();
  }

  @AfterEach
  void close() throws IOException {
    selector.close();
  }

  private long descriptors() throws IOException {
    return EventFdInfo.all(SELF).stream().filter(one -> one.id() == waker.id()).count();
  }

  @Test
  void addingWakesWhoPolls() throws IOException {
    try (EventFd counter = EventFd.of(SELF, waker.descriptor())) {
      assertThat(counter.id()).isEqualTo(waker.id());
      assertThat(counter.add()).isTrue();
      assertThat(counter.add()).isTrue();
      assertThat(EventFdInfo.of(SELF, waker.descriptor()).count()).isEqualTo(2);
      selector.select();
      assertThat(EventFdInfo.of(SELF, waker.descriptor()).count()).isZero();
    }
  }

  @Test
  void aClosedOneAddsNothingAndLeavesNoDescriptor() throws IOException {
    EventFd counter = EventFd.of(SELF, waker.descriptor());
    assertThat(descriptors()).isEqualTo(2);
    counter.close();
    counter.close();
    assertThat(descriptors()).isEqualTo(1);
    assertThat(counter.add()).isFalse();
    assertThat(EventFdInfo.of(SELF, waker.descriptor()).count()).isZero();
  }

  @Test
  void theNumberIsNobodyElsesWhileItIsOpen() throws IOException {
    EventFd counter = EventFd.of(SELF, waker.descriptor());
    selector.close();
    assertThat(EventFdInfo.of(SELF, waker.descriptor())).isNull();
    try (Selector next = Selector.open(); Selector another = Selector.open()) {
      assertThat(next.isOpen() && another.isOpen()).isTrue();
      assertThat(EventFdInfo.all(SELF).stream().filter(one -> one.id() == counter.id())).hasSize(1);
      assertThat(counter.add()).isTrue();
    }
    counter.close();
  }

  /** Each of those who add is answered truly, and none of them meets a descriptor that is somebody else's by now. */
  @Test
  void closingWhileOthersAdd() throws Exception {
    for (int round = 0; round < 100; round++) {
      EventFd counter = EventFd.of(SELF, waker.descriptor());
      List<CompletableFuture<Long>> adders = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        CompletableFuture<Long> added = new CompletableFuture<>();
        adders.add(added);
        Thread.ofPlatform().daemon().start(() -> {
          long times = 0;
          while (counter.add()) {
            times++;
          }
          added.complete(times);
        });
      }
      counter.close();
      long times = 0;
      for (CompletableFuture<Long> added : adders) {
        times += added.get(10, TimeUnit.SECONDS);
      }
      long after = EventFdInfo.of(SELF, waker.descriptor()).count();
      assertThat(after).isEqualTo(times);
      assertThat(descriptors()).isEqualTo(1);
      selector.selectNow();
      assertThat(EventFdInfo.of(SELF, waker.descriptor()).count()).isZero();
    }
  }

  @Test
  void addingAllocatesNothing() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (EventFd counter = EventFd.of(SELF, waker.descriptor())) {
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 100 && least > 0; round++) {   // the first ones are before it is compiled
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int time = 0; time < 10_000; time++) {
          counter.add();
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).isZero();
    }
  }

  @Test
  void whatIsNoCounterIsNone() throws Exception {
    assertThat(EventFd.of(SELF, NO_DESCRIPTOR)).isNull();
    Process child = new ProcessBuilder("cat").start();
    try {
      assertThat(EventFd.of(child.pid(), 0)).isNull();
      assertThat(EventFdInfo.all(child.pid())).isEmpty();
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThatThrownBy(() -> EventFd.of(child.pid(), 0)).isInstanceOf(SystemCallException.class).hasMessageContaining("pidfd_open");
    assertThatThrownBy(() -> EventFdInfo.all(child.pid())).isInstanceOf(IOException.class);
    assertThat(EventFdInfo.of(child.pid(), 0)).isNull();
  }
}
