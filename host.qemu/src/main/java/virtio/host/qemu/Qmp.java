package virtio.host.qemu;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * QEMU's monitor: commands and answers in JSON, one a line, told apart by an id of ours. Any thread. What QEMU tells unasked is not listened
 * to.
 *
 * <p>Source: QEMU Machine Protocol, {@code docs/interop/qmp-spec.txt} of QEMU 7.2
 */
final class Qmp implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");
  private static final long ANSWER_SECONDS = 10;

  private final LineSocket socket;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, CompletableFuture<Map<?, ?>>> unanswered = new ConcurrentHashMap<>();
  private volatile boolean ended;

  Qmp(String name, SocketChannel channel) throws IOException {
    socket = new LineSocket(name, channel, new Answers());
    socket.start();
    execute("qmp_capabilities", Map.of());
  }

  /** What the command returns. */
  Object execute(String command, Map<String, ?> arguments) throws IOException {
    Map<?, ?> answer = send(arguments.isEmpty() ? Map.of("execute", command) : Map.of("execute", command, "arguments", arguments));
    if (answer.containsKey("return")) {
      return answer.get("return");
    }
    throw new IOException(command + ": " + Json.write(answer.get("error")));
  }

  /**
   * Sends a command as it is and gives the answer as it is, but for the id.
   *
   * @throws IOException when there is none in time
   */
  Map<?, ?> send(Map<?, ?> command) throws IOException {
    long id = ids.incrementAndGet();
    Map<Object, Object> sent = new LinkedHashMap<>(command);
    sent.put("id", id);
    CompletableFuture<Map<?, ?>> answer = new CompletableFuture<>();
    unanswered.put(id, answer);
    socket.send(Json.write(sent));
    if (ended) {
      fail();
    }
    try {
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException none) {
      throw new IOException("QEMU's monitor does not answer " + Json.write(command), none);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    } finally {
      unanswered.remove(id);
    }
  }

  @Override
  public void close() {
    socket.close();
  }

  private void fail() {
    unanswered.values().forEach(answer -> answer.completeExceptionally(new IOException("the connection has ended")));
  }

  private final class Answers implements LineSocket.Receiver {
    @Override
    public void line(String line) {
      try {
        Map<Object, Object> said = new LinkedHashMap<>(Json.object(line));
        if (said.remove("id") instanceof Long id && unanswered.get(id) instanceof CompletableFuture<Map<?, ?>> answer) {
          answer.complete(said);
        }
      } catch (IllegalArgumentException malformed) {
        LOG.log(System.Logger.Level.WARNING, "QEMU's monitor: " + malformed.getMessage());
      }
    }

    @Override
    public void look() {
      // Those who wait have deadlines of their own.
    }

    @Override
    public void ended() {
      ended = true;
      fail();
    }
  }
}
