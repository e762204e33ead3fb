package virtio.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class FutexTest {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final long SECOND = 1_000_000_000L;

  @Test
  void timeoutEndsTheWait() {
    try (Arena arena = Arena.ofShared()) {
      Futex futex = new Futex(arena.allocate(64, 64), 8);
      long start = System.nanoTime();
      assertThat(futex.await(0, 20_000_000)).isEqualTo(Futex.Outcome.TIMED_OUT);
      assertThat(System.nanoTime() - start).isBetween(20_000_000L, 5 * SECOND);
      assertThat(futex.await(0, 0)).isEqualTo(Futex.Outcome.TIMED_OUT);
    }
  }

  @Test
  void anotherValueIsNotSleptOn() {
    try (Arena arena = Arena.ofShared()) {
      assertThat(new Futex(arena.allocate(64, 64), 0).await(1, 10 * SECOND)).isEqualTo(Futex.Outcome.CHANGED);
    }
  }

  @Test
  void wakingNobodyIsNoError() {
    try (Arena arena = Arena.ofShared()) {
      assertThat(new Futex(arena.allocate(64, 64), 0).wake(1)).isZero();
    }
  }

  @Test
  void twoMappingsOfOneFileAreOneWord(@TempDir Path folder) throws Exception {
    try (Arena arena = Arena.ofShared();
        FileChannel file = FileChannel.open(folder.resolve("memory"), StandardOpenOption.CREATE, StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      MemorySegment here = file.map(FileChannel.MapMode.READ_WRITE, 0, 4096, arena);
      MemorySegment there = file.map(FileChannel.MapMode.READ_WRITE, 0, 4096, arena);
      assertThat(here.address()).isNotEqualTo(there.address());
      Futex sleeper = new Futex(here, 128);
      Futex waker = new Futex(there, 128);
      CompletableFuture<Futex.Outcome> outcome = new CompletableFuture<>();
      Thread thread = Thread.ofPlatform().daemon().name("sleeper").start(() -> outcome.complete(sleeper.await(0, 15 * SECOND)));

      while (waker.wake(1) == 0) {
        Thread.onSpinWait();
      }

      assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Futex.Outcome.WOKEN);
      thread.join();
    }
  }

  @Test
  void twoThreadsTakeTurnsWithoutLosingAWakeUp() throws Exception {
    int turns = 20_000;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(64, 64);
      Thread other = Thread.ofPlatform().daemon().name("other").start(() -> play(memory, 1, turns));
      play(memory, 0, turns);
      other.join();
      assertThat((int) INT.getVolatile(memory, 0L)).isEqualTo(2 * turns);
    }
  }

  /** Adds one whenever the word's lowest bit is {@code mine}. */
  private static void play(MemorySegment memory, int mine, int turns) {
    Futex futex = new Futex(memory, 0);
    for (int turn = 0; turn < turns; turn++) {
      int seen = (int) INT.getVolatile(memory, 0L);
      while ((seen & 1) != mine) {
        assertThat(futex.await(seen, 10 * SECOND)).isNotEqualTo(Futex.Outcome.TIMED_OUT);
        seen = (int) INT.getVolatile(memory, 0L);
      }
      INT.setVolatile(memory, 0L, seen + 1);
      futex.wake(1);
    }
  }

  @Test
  void aWordOnNoBoundaryIsRefused() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(64, 64);
      assertThatThrownBy(() -> new Futex(memory, 2)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("offset=2");
      assertThatThrownBy(() -> new Futex(memory, 64)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThatThrownBy(() -> new Futex(MemorySegment.ofArray(new int[4]), 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void otherSystemsAreNamed() {
    assertThat(Libc.machine("Linux", "amd64")).isEqualTo(Libc.Machine.X86_64);
    assertThat(Libc.machine("Linux", "aarch64")).isEqualTo(Libc.Machine.AARCH64);
    assertThatThrownBy(() -> Libc.machine("Mac OS X", "aarch64")).isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("system=Mac OS X processor=aarch64; allowed: Linux on x86_64 or aarch64");
    assertThatThrownBy(() -> Libc.machine("Linux", "riscv64")).isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("riscv64");
  }

  @Test
  void aFailureNamesCallNumberAndText() {
    assertThat(Libc.failed("futex(FUTEX_WAIT)", 22)).hasMessage("futex(FUTEX_WAIT): errno=22 (Invalid argument)");
  }
}
