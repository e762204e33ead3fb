package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Signal;
import virtio.testkit.Await;

/** What is rung in search of counters, against a peer that the test plays: it has none. */
@Timeout(30)
class SearchTest {
  private static final int OFTEN = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final CountDownLatch answers = new CountDownLatch(1);

  @TempDir
  private Path folder;
  private SocketChannel peer;
  private Qtest qtest;
  private EventFds doorbells;

  @BeforeEach
  void connect() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      peer = SocketChannel.open(address);
      qtest = new Qtest("search-qtest", server.accept(), TimeUnit.SECONDS.toNanos(20), new Qtest.Listener() {
        @Override
        public void level(int line, boolean up) { }

        @Override
        public void lost(String reason) { }
      });
    }
    qtest.start();
    Thread.ofPlatform().daemon().start(this::play);
    doorbells = new EventFds("t0", ProcessHandle.current().pid(), qtest, () -> { });
  }

  @AfterEach
  void disconnect() throws IOException {
    qtest.close();
    doorbells.close();
    peer.close();
  }

  /** Hears everything at once, and answers all of it once it may. */
  private void play() {
    try {
      BufferedReader lines = new BufferedReader(Channels.newReader(peer, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard.add(line);
        if (line.startsWith("memset")) {
          answers.await();
        }
        peer.write(ByteBuffer.wrap("OK\n".getBytes(StandardCharsets.US_ASCII)));
      }
    } catch (IOException | InterruptedException over) {
      heard.add("over");
    }
  }

  private static void often(Signal doorbell) {
    for (int time = 0; time < OFTEN; time++) {
      doorbell.raise(time);
    }
  }

  private boolean hears(String line, int more) {
    return Await.that(PATIENCE, () -> Collections.frequency(heard, line) > more);
  }

  @Test
  void aDeviceThatWasResetSinceIsNotRung() {
    Signal busy = doorbells.doorbell("busy");
    Signal reset = doorbells.doorbell("reset");
    Signal last = doorbells.doorbell("last");
    often(busy);
    assertThat(hears("busy", OFTEN)).isTrue();   // in the midst of a search, and the others wait for theirs
    often(reset);
    doorbells.doorbell("reset");
    often(last);
    answers.countDown();
    assertThat(hears("last", OFTEN)).isTrue();
    assertThat(heard).filteredOn("reset"::equals).hasSize(OFTEN);
  }
}
