package virtio.device.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.pipe.PipeDevice;
import virtio.pipe.PipeException;
import virtio.testkit.Await;
import virtio.testkit.Shows;

/** From one pipe's user to the other's, through every brick but the machine. */
@Timeout(120)
class WholePathTest {
  @TempDir
  private Path directory;

  private static byte[] random(int bytes, long seed) {
    byte[] random = new byte[bytes];
    new Random(seed).nextBytes(random);
    return random;
  }

  private static byte[] all() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    return all;
  }

  private static <T> FutureTask<T> start(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().start(task);
    return task;
  }

  private static FutureTask<byte[]> reading(PipeDevice pipe, int bytes) {
    return start(() -> {
      byte[] into = new byte[bytes];
      for (int at = 0; at < bytes; ) {
        long count = pipe.read(MemorySegment.ofArray(into), at, bytes - at);
        if (count <= 0) {
          throw new AssertionError("count=" + count + " at " + at);
        }
        at += (int) count;
      }
      return into;
    });
  }

  private static FutureTask<Void> writing(PipeDevice pipe, byte[] bytes) {
    return start(() -> {
      Random random = new Random(bytes.length);
      for (int at = 0; at < bytes.length; ) {
        int step = Math.min(bytes.length - at, 1 + random.nextInt(20_000));
        pipe.write(MemorySegment.ofArray(bytes), at, step);
        at += step;
      }
      return null;
    });
  }

  private static Rig linked() {
    return new Rig().serve("a", "link", "l").serve("b", "link", "l").attach("p", "m0/0").attach("q", "m0/1");
  }

  @Test
  @Shows({"F41", "F42"})
  void allByteValuesGoBothWays() throws Exception {
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      p.write(MemorySegment.ofArray(all()));
      assertThat(reading(q, 256).get(20, TimeUnit.SECONDS)).isEqualTo(all());
      q.write(MemorySegment.ofArray(all()));
      assertThat(reading(p, 256).get(20, TimeUnit.SECONDS)).isEqualTo(all());
      p.flush();
      assertThat(p.counters().written()).isEqualTo(256);
      assertThat(p.counters().taken()).isEqualTo(256);
      assertThat(p.counters().read()).isEqualTo(256);
      assertThat(p.tryRead(MemorySegment.ofArray(new byte[1]), 0, 1)).isZero();
      assertThat(rig.port("p").kind()).isEqualTo("pipe");
      assertThat(rig.port("p").state()).isEqualTo("online on fake m0/0");
    }
  }

  @Test
  void muchGoesBothWaysAtTheSameTimeInOrder() throws Exception {
    byte[] one = random(3_000_001, 1);
    byte[] other = random(2_000_003, 2);
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      List<FutureTask<Void>> writers = List.of(writing(p, one), writing(q, other));
      FutureTask<byte[]> here = reading(p, other.length);
      FutureTask<byte[]> there = reading(q, one.length);
      assertThat(there.get(60, TimeUnit.SECONDS)).isEqualTo(one);
      assertThat(here.get(60, TimeUnit.SECONDS)).isEqualTo(other);
      for (FutureTask<Void> writer : writers) {
        writer.get(20, TimeUnit.SECONDS);
      }
    }
  }

  /** Writes until nothing moves any more. @return bytes written */
  private static int fill(PipeDevice pipe, MemorySegment from, Semaphore ready) throws Exception {
    pipe.listen(new PipeDevice.Listener() {
      @Override
      public void ready() {
        ready.release();
      }
    });
    int written = 0;
    long count;
    do {
      ready.drainPermits();
      count = pipe.tryWrite(from, written, from.byteSize() - written);
      written += (int) count;
    } while (count > 0 || ready.tryAcquire(2, TimeUnit.SECONDS));
    return written;
  }

  @Test
  void aWriterWaitsForWhoReadsAndALookOnlyLooks() throws Exception {
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      byte[] bytes = random(1 << 20, 3);
      MemorySegment from = MemorySegment.ofArray(bytes);
      Semaphore ready = new Semaphore(0);
      int written = fill(p, from, ready);
      assertThat(written).as("what the pipe holds").isLessThan(bytes.length).isGreaterThan(1 << 16);
      assertThat(reading(rig.pipe("q"), written).get(20, TimeUnit.SECONDS)).isEqualTo(Arrays.copyOf(bytes, written));
      assertThat(ready.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(p.tryWrite(from, 0, 1)).isEqualTo(1);
    }
  }

  @Test
  void whatIsReadAndWrittenInAnExchangeArrives() throws Exception {
    byte[] one = random(1_500_000, 4);
    byte[] other = random(1_500_000, 5);
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      List<String> told = new CopyOnWriteArrayList<>();
      p.listen(new PipeDevice.Listener() {
        @Override
        public void held(String why) {
          told.add("held");
        }

        @Override
        public void resumed() {
          told.add("resumed");
        }

        @Override
        public void lost(String why) {
          told.add("lost " + why);
        }
      });
      writing(p, one);
      writing(q, other);
      FutureTask<byte[]> here = reading(p, other.length);
      FutureTask<byte[]> there = reading(q, one.length);
      int exchanges = 0;
      while (!here.isDone() || !there.isDone()) {
        rig.exchange(exchanges++ % 2 == 0 ? "p" : "q");
      }
      assertThat(there.get(60, TimeUnit.SECONDS)).isEqualTo(one);
      assertThat(here.get(60, TimeUnit.SECONDS)).isEqualTo(other);
      assertThat(rig.find("p")).isSameAs(p);
      assertThat(rig.find("q")).isSameAs(q);
      assertThat(told).startsWith("held", "resumed").doesNotContain("lost");
    }
  }

  @Test
  void aPipeThatCannotBeDrainedEndsAndAnotherBegins() throws Exception {
    try (Rig rig = new Rig().serve("a", "socket", directory.resolve("s").toString()).attach("p", "m0/0", "drain", "50")) {
      PipeDevice p = rig.pipe("p");
      byte[] bytes = random(1 << 17, 6);
      MemorySegment from = MemorySegment.ofArray(bytes);
      long written = 0;
      while (written < ByteRing.BYTES + 4096) {   // nobody is there to take it: some of it waits in the ring
        written += p.tryWrite(from, 0, 4096);
      }
      rig.exchange("p");
      assertThat(Await.that(Rig.LIMIT, () -> rig.find("p") != null && rig.find("p") != p)).isTrue();
      assertThatThrownBy(() -> p.tryWrite(from, 0, 1)).isInstanceOf(PipeException.class).hasMessageContaining("bytes were lost");
      assertThatThrownBy(() -> p.read(MemorySegment.ofArray(new byte[1]))).isInstanceOf(PipeException.class);
      ByteBuffer buffer = ByteBuffer.allocate(8).position(3);
      assertThatThrownBy(() -> p.read(buffer)).isInstanceOf(PipeException.class);
      assertThatThrownBy(() -> p.write(buffer)).isInstanceOf(PipeException.class);
      assertThat(buffer.position()).as("F41: an error moves nothing").isEqualTo(3);
    }
  }

  @Test
  void bothEndsOfALinkMayLoseTheirRingAtOnceWhileThePipeHoldsWhatIsUnderWay() throws Exception {
    byte[] one = random(ByteRing.BYTES, 8);
    byte[] other = random(ByteRing.BYTES, 9);
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      p.write(MemorySegment.ofArray(one));
      q.write(MemorySegment.ofArray(other));
      rig.exchangeAll();
      assertThat(reading(q, one.length).get(20, TimeUnit.SECONDS)).isEqualTo(one);
      assertThat(reading(p, other.length).get(20, TimeUnit.SECONDS)).isEqualTo(other);
      assertThat(rig.find("p")).isSameAs(p);
      assertThat(rig.find("q")).isSameAs(q);
    }
  }

  @Test
  void bothEndsOfALinkCannotBeDrainedAtOnceOfMoreThanThat() throws Exception {
    byte[] bytes = random(1 << 20, 10);
    try (Rig rig = new Rig().serve("a", "link", "l").serve("b", "link", "l").attach("p", "m0/0", "drain", "50").attach("q", "m0/1")) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      MemorySegment from = MemorySegment.ofArray(bytes);
      assertThat((long) fill(p, from, new Semaphore(0))).as("nobody reads").isGreaterThan(p.counters().taken());
      assertThat((long) fill(q, from, new Semaphore(0))).as("nobody reads").isGreaterThan(q.counters().taken());
      rig.exchangeAll();
      assertThat(Await.that(Rig.LIMIT, () -> rig.find("p") != null && rig.find("p") != p)).isTrue();
      assertThatThrownBy(() -> p.tryWrite(from, 0, 1)).isInstanceOf(PipeException.class)
          .hasMessageContaining("bytes were lost: 0 that fake m0/0 had given");
      assertThat(Await.that(Rig.LIMIT, () -> q.counters().written() == q.counters().taken())).as("the new pipe has room").isTrue();
      assertThat(rig.pipe("q")).as("who could wait longer").isSameAs(q);
    }
  }

  @Test
  @Shows("F42")
  void theServiceGoesWithTheDevice() throws Exception {
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      PipeDevice q = rig.pipe("q");
      q.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
      q.flush();
      byte[] first = new byte[1];
      assertThat(p.read(MemorySegment.ofArray(first))).isEqualTo(1);
      FutureTask<Long> waiting = start(() -> {
        long count = 0;
        for (long last = p.read(MemorySegment.ofArray(new byte[8])); last > 0; last = p.read(MemorySegment.ofArray(new byte[8]))) {
          count += last;
        }
        return count;
      });
      rig.device("a").close();
      assertThat(Await.that(Rig.LIMIT, () -> rig.find("p") == null)).isTrue();
      assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(PipeException.class);
      assertThat(rig.find("q")).isSameAs(q);
    }
  }

  @Test
  void overASocketToAStranger() throws Exception {
    Path path = directory.resolve("s");
    try (Rig rig = new Rig().serve("a", "socket", path.toString()).attach("p", "m0/0")) {
      PipeDevice p = rig.pipe("p");
      byte[] bytes = random(500_000, 7);
      try (SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
        FutureTask<byte[]> there = start(() -> Channels.newInputStream(peer).readNBytes(bytes.length));
        p.write(MemorySegment.ofArray(bytes));
        assertThat(there.get(20, TimeUnit.SECONDS)).isEqualTo(bytes);
        FutureTask<byte[]> here = reading(p, bytes.length);
        Channels.newOutputStream(peer).write(bytes);
        assertThat(here.get(20, TimeUnit.SECONDS)).isEqualTo(bytes);
      }
    }
  }

  @Test
  void aChannelThatIsClosedLeavesThePipe() throws Exception {
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      ByteChannel channel = p.channel();
      FutureTask<Integer> waiting = start(() -> channel.read(ByteBuffer.allocate(10)));
      assertThat(channel.write(ByteBuffer.wrap(new byte[] {9}))).isEqualTo(1);
      channel.close();
      assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS)).cause().isInstanceOfAny(AsynchronousCloseException.class,
          IOException.class);
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
      assertThat(reading(rig.pipe("q"), 1).get(20, TimeUnit.SECONDS)).containsExactly(9);
      p.write(MemorySegment.ofArray(new byte[] {8}));
      assertThat(reading(rig.pipe("q"), 1).get(20, TimeUnit.SECONDS)).containsExactly(8);
    }
  }

  @Test
  void anInterruptedReaderLeavesThePipeAsItWas() throws Exception {
    try (Rig rig = linked()) {
      PipeDevice p = rig.pipe("p");
      FutureTask<Long> waiting = new FutureTask<>(() -> p.read(MemorySegment.ofArray(new byte[1])));
      Thread reader = Thread.ofPlatform().daemon().start(waiting);
      assertThat(Await.that(Rig.LIMIT, () -> reader.getState() == Thread.State.WAITING)).isTrue();
      reader.interrupt();
      assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedIOException.class);
      rig.pipe("q").write(MemorySegment.ofArray(new byte[] {5}));
      assertThat(reading(p, 1).get(20, TimeUnit.SECONDS)).containsExactly(5);
    }
  }

  @Test
  void aBadPropertyIsSaidAndNothingIsServed() throws Exception {
    try (Rig rig = new Rig().serve("a", "link", "l", "queue.size", "3")) {
      assertThat(rig.device("a").state()).isEqualTo("virtio.device.pipe a: queue.size=3 (a power of two, 2 to 1024)");
      rig.device("a").modified(Map.of("name", "a", "link", "l", "faces", "fake.split.window"));
      assertThat(rig.device("a").state()).isEmpty();
    }
  }

  @Test
  void aPlaceWhereNoSocketCanBeLeavesWhatIsServed() throws Exception {
    Path good = directory.resolve("good");
    Path bad = directory.resolve("none").resolve("bad");
    Path other = directory.resolve("other");
    try (Rig rig = new Rig().serve("a", "socket", good.toString()).attach("p", "m0/0")) {
      PipeDevice p = rig.pipe("p");
      rig.device("a").modified(Map.of("name", "a", "socket", bad.toString(), "faces", "fake.split.window"));
      assertThat(rig.device("a").state()).startsWith("virtio.device.pipe a: socket=" + bad);
      try (SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(good))) {
        peer.write(ByteBuffer.wrap(new byte[] {7}));
        byte[] came = new byte[1];
        assertThat(p.read(MemorySegment.ofArray(came), 0, 1)).isEqualTo(1);
        assertThat(came[0]).isEqualTo((byte) 7);
      }
      rig.device("a").modified(Map.of("name", "a", "socket", other.toString(), "faces", "fake.split.window"));
      assertThat(rig.device("a").state()).isEmpty();
      assertThat(good).doesNotExist();
      SocketChannel.open(UnixDomainSocketAddress.of(other)).close();
    }
  }
}
