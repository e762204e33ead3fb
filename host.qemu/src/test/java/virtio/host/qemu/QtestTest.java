package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.testkit.Await;

/** Against a peer that the test plays. */
@Timeout(30)
class QtestTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final List<String> heard = new CopyOnWriteArrayList<>();

  @TempDir
  private Path folder;
  private SocketChannel peer;
  private BufferedReader lines;
  private Qtest qtest;

  @BeforeEach
  void connect() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      peer = SocketChannel.open(address);
      lines = new BufferedReader(Channels.newReader(peer, StandardCharsets.US_ASCII));
      qtest = new Qtest("test-qtest", server.accept(), TimeUnit.SECONDS.toNanos(10), new Qtest.Listener() {
        @Override
        public void level(int line, boolean up) {
          heard.add(line + (up ? " up" : " down"));
        }

        @Override
        public void lost(String reason) {
          heard.add(reason);
        }
      });
    }
    qtest.start();
  }

  @AfterEach
  void disconnect() throws IOException {
    qtest.close();
    peer.close();
    assertThat(Await.that(PATIENCE, () -> Thread.getAllStackTraces().keySet().stream().noneMatch(one -> one.getName().equals("test-qtest"))))
        .isTrue();
  }

  private CompletableFuture<Long> later(String command) {
    return CompletableFuture.supplyAsync(() -> qtest.call(command), Thread.ofPlatform().daemon()::start);
  }

  private void say(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      peer.write(bytes);
    }
  }

  @Test
  void repliesGoToTheirCommandsInOrder() throws Exception {
    qtest.post("a");
    CompletableFuture<Long> first = later("b");
    assertThat(lines.readLine()).isEqualTo("a");
    assertThat(lines.readLine()).isEqualTo("b");
    qtest.post("c");
    CompletableFuture<Long> second = later("d");
    assertThat(lines.readLine()).isEqualTo("c");
    assertThat(lines.readLine()).isEqualTo("d");
    say("OK\nIRQ raise 3\nO");
    say("K 0x1");
    assertThat(Await.that(PATIENCE, () -> heard.contains("3 up"))).isTrue();
    assertThat(first).isNotDone();
    say("1\nIRQ lower 3\nOK\nOK 0x22\n");
    assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo(0x11);
    assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo(0x22);
    assertThat(heard).containsExactly("3 up", "3 down");
  }

  /** Both sides would wait for ever if a doorbell waited for its reply, or for room in the socket. */
  @Test
  @Timeout(10)
  void aPeerThatDoesNotReadHoldsNobodyUp() throws Exception {
    int count = 20_000;
    IntStream.range(0, count).forEach(number -> qtest.post("writew 0x1 " + number));
    for (int number = 0; number < count; number++) {
      assertThat(lines.readLine()).isEqualTo("writew 0x1 " + number);
    }
    CompletableFuture<Long> last = later("last");
    say("OK\n".repeat(count));
    assertThat(lines.readLine()).isEqualTo("last");
    say("OK 0x7\n");
    assertThat(last.get(5, TimeUnit.SECONDS)).isEqualTo(7);
  }

  @Test
  void whatIsSeenWhileQemuIsBusyCounts() throws Exception {
    CompletableFuture<String> looked = new CompletableFuture<>();
    Thread looker = Thread.ofPlatform().daemon().start(() -> looked.complete(look("seen")));
    assertThat(lines.readLine()).isEqualTo("a");
    assertThat(lines.readLine()).isEqualTo("b");
    assertThat(lines.readLine()).isEqualTo("long");
    say("OK\n");
    assertThat(looked).isNotDone();
    say("OK\n");
    assertThat(Await.that(PATIENCE, () -> heard.contains("seen") && looker.getState() == Thread.State.WAITING)).isTrue();
    say("OK\n");
    assertThat(looked.get(5, TimeUnit.SECONDS)).isEqualTo("seen");
  }

  @Test
  void whatIsSeenAfterwardsDoesNotCount() throws Exception {
    CompletableFuture<String> looked = CompletableFuture.supplyAsync(() -> look("late"), Thread.ofPlatform().daemon()::start);
    for (int line = 0; line < 3; line++) {
      lines.readLine();
    }
    synchronized (heard) {   // the look cannot end yet
      say("OK\nOK\nOK\n");
      assertThat(qtestAnswers("after")).isTrue();
    }
    assertThat(looked.get(5, TimeUnit.SECONDS)).isNull();
  }

  private String look(String name) {
    try {
      return qtest.callAndLook(List.of("a", "b"), "long", () -> {
        synchronized (heard) {
          heard.add(name);
          return name;
        }
      });
    } catch (IOException none) {
      throw new UncheckedIOException(none);
    }
  }

  /** Whether what was said so far has been heard. */
  private boolean qtestAnswers(String command) throws Exception {
    CompletableFuture<Long> answer = later(command);
    assertThat(lines.readLine()).isEqualTo(command);
    say("OK 0x1\n");
    return answer.get(5, TimeUnit.SECONDS) == 1;
  }

  @Test
  void anInterruptedCallerKeepsItsInterruptAndTheConnection() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread caller = Thread.ofPlatform().start(() -> {
      Thread.currentThread().interrupt();
      long value = qtest.call("a");
      interrupted.complete(value == 5 && Thread.currentThread().isInterrupted());
    });
    assertThat(lines.readLine()).isEqualTo("a");
    say("OK 0x5\n");
    assertThat(interrupted.get(5, TimeUnit.SECONDS)).isTrue();
    caller.join();
    assertThat(heard).isEmpty();
  }

  @Test
  void aPeerThatEndsAnswersEveryoneWithGone() throws Exception {
    CompletableFuture<Long> waiting = later("a");
    assertThat(lines.readLine()).isEqualTo("a");
    peer.close();
    assertThat(waiting.get(5, TimeUnit.SECONDS)).isEqualTo(Qtest.GONE);
    assertThat(qtest.call("b")).isEqualTo(Qtest.GONE);
    qtest.post("c");
    assertThat(Await.that(PATIENCE, () -> heard.equals(List.of("the connection has ended")))).isTrue();
  }

  @Test
  void aPeerThatIsSilentTooLongHasGone() throws Exception {
    qtest.deadline(TimeUnit.MILLISECONDS.toNanos(50));
    qtest.post("a");
    assertThat(Await.that(PATIENCE, () -> heard.contains("'a' has had no answer for 50 ms"))).isTrue();
    assertThat(qtest.call("b")).isEqualTo(Qtest.GONE);
  }

  @Test
  void aPeerThatSpeaksOtherwiseHasGone() throws Exception {
    say("hello\n");
    assertThat(Await.that(PATIENCE, () -> heard.size() == 1)).isTrue();
    assertThat(heard.getFirst()).startsWith("qtest='hello'");
  }

  @Test
  void anAnswerToNothingIsNoAnswer() throws Exception {
    say("OK\n");
    assertThat(Await.that(PATIENCE, () -> heard.contains("an answer to nothing"))).isTrue();
  }
}
