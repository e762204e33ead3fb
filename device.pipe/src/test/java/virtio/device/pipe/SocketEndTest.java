package virtio.device.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.testkit.Await;
import virtio.testkit.fake.FakeMemory;

/** A socket as a pipe's other end: one peer at a time, and nothing lost between two. */
@Timeout(60)
class SocketEndTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir
  private Path directory;

  private final DmaMemory memory = new FakeMemory(false).allocate(1 << 17, 4096);

  private Path path() {
    return directory.resolve("pipe");
  }

  private SocketChannel call() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(path()));
  }

  private void send(SocketEnd end, int from, int bytes) {
    for (int i = 0; i < bytes; i++) {
      memory.segment().set(ValueLayout.JAVA_BYTE, i, (byte) (from + i));
    }
    assertThat(end.fromDriver().put(new Chain(1).readable(memory, 0, bytes), 0)).isEqualTo(bytes);
    end.moved();
  }

  private static byte[] receive(SocketChannel from, int bytes) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(bytes);
    while (into.hasRemaining() && from.read(into) >= 0) {
      continue;
    }
    assertThat(into.hasRemaining()).isFalse();
    return into.array();
  }

  @Test
  void bytesGoBothWays() throws Exception {
    SocketEnd end = SocketEnd.listen("p", path());
    end.open(() -> {});
    try (SocketChannel peer = call()) {
      send(end, 5, 3);
      assertThat(receive(peer, 3)).containsExactly(5, 6, 7);
      peer.write(ByteBuffer.wrap(new byte[] {1, 2}));
      assertThat(Await.that(PATIENCE, () -> !end.toDriver().empty())).isTrue();
      Chain chain = new Chain(1).writable(memory, 0, 100);
      assertThat(end.toDriver().take(chain)).isEqualTo(2);
    } finally {
      end.close();
    }
    assertThat(Files.exists(path())).isFalse();
  }

  @Test
  void aSecondPeerWaitsForTheFirstAndGetsWhatIsLeft() throws Exception {
    SocketEnd end = SocketEnd.listen("p", path());
    end.open(() -> {});
    SocketChannel first = call();
    try (SocketChannel second = call()) {
      send(end, 1, 2);
      assertThat(receive(first, 2)).containsExactly(1, 2);
      first.close();
      send(end, 9, 1);
      assertThat(receive(second, 1)).containsExactly(9);
    } finally {
      first.close();
      end.close();
    }
  }

  @Test
  void aPeerThatSendsMoreThanThereIsRoomForWaits() throws Exception {
    SocketEnd end = SocketEnd.listen("p", path());
    end.open(() -> {});
    try (SocketChannel peer = call()) {
      peer.configureBlocking(false);
      ByteBuffer much = ByteBuffer.allocate(1 << 24);
      long sent = 0;
      for (int last = peer.write(much); !end.toDriver().full() || last > 0; last = peer.write(much)) {
        sent += last;
      }
      assertThat(sent).isLessThan(much.capacity());
      assertThat(end.toDriver().take(new Chain(1).writable(memory, 0, 1 << 16))).isEqualTo(ByteRing.BYTES);
      end.moved();
      assertThat(Await.that(PATIENCE, end.toDriver()::full)).isTrue();
    } finally {
      end.close();
    }
  }

  @Test
  void aSocketThatNobodyListensAtIsReplaced() throws Exception {
    try (ServerSocketChannel stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      stale.bind(UnixDomainSocketAddress.of(path()));
      assertThatThrownBy(() -> SocketEnd.listen("p", path())).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("where nothing is");
    }
    SocketEnd end = SocketEnd.listen("p", path());
    end.open(() -> {});
    end.close();
    Files.writeString(path(), "precious");
    assertThatThrownBy(() -> SocketEnd.listen("p", path())).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("socket=" + path());
    assertThat(Files.readString(path())).isEqualTo("precious");
    for (Path other : List.of(fifo(), Files.createSymbolicLink(directory.resolve("link"), Path.of("/dev/null")),
        Files.createSymbolicLink(directory.resolve("nowhere"), directory.resolve("none")), directory)) {
      assertThatThrownBy(() -> SocketEnd.listen("p", other)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("where nothing is");
      assertThat(Files.exists(other, LinkOption.NOFOLLOW_LINKS)).as(other + " is still there").isTrue();
    }
    assertThatThrownBy(() -> SocketEnd.listen("p", directory.resolve("x".repeat(120)))).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SocketEnd.listen("p", directory.resolve("none/pipe"))).isInstanceOf(IllegalArgumentException.class);
  }

  private Path fifo() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).inheritIO().start().waitFor()).isZero();
    return fifo;
  }
}
