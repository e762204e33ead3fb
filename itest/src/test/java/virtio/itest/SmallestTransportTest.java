package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Failure;
import virtio.bus.core.VirtioBus;
import virtio.config.fixed.FixedConfig;
import virtio.driver.pipe.PipeDriver;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;
import virtio.ring.socket.SocketRing;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.TransferTransport;

/** A bus that can do nothing but {@code transfer}, and a driver that knows nothing of it. */
@Timeout(60)
class SmallestTransportTest implements PipePort {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  /** A pipe, type 0x3456, that offers VERSION_1 and has no queues. */
  private static final String HOST_HALF = "56465831" + "5634" + "F41A" + "0000000001000000" + "00".repeat(112);
  private static final String DRIVER_HALF = "00".repeat(128);

  @TempDir
  Path folder;

  private final VirtioBus bus = new VirtioBus();
  private TransferTransport transport;
  private SocketChannel peer;
  private Bus.Attachment attachment;
  private volatile Pipe pipe;
  private volatile boolean down;

  @BeforeEach
  void bind() throws IOException {
    transport = new TransferTransport();
    bus.bindTransport(transport, Map.of("virtio.transport", "transfer"));
    attachment = bus.attach(new Combination(new PipeDriver(), transport, new SocketRing(), new FixedConfig(),
        Map.of("virtio.glue", "pipe.transfer.socket.fixed")), AttachmentSettings.of("pipe0"), this);
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("wire"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address)) {
      peer = SocketChannel.open(address);
      transport.plug("wire0", server.accept(), Map.of("fixed/host", HOST_HALF, "fixed/driver", DRIVER_HALF));
    }
    assertThat(Await.that(PATIENCE, () -> pipe != null)).as(() -> attachment.state()).isTrue();
  }

  @AfterEach
  void end() throws IOException {
    attachment.close();
    bus.close();
    transport.close();
    peer.close();
  }

  private static byte[] all() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  @Test
  @Shows({"F10", "F54"})
  void aDriverWorksOverABusThatOnlyTransfers() throws IOException {
    assertThat(Files.readAllLines(Reactor.root("testkit", "src", "main", "java", "virtio", "testkit", "TransferTransport.java")))
        .hasSizeLessThan(200);
    assertThat(attachment.report().name()).isEqualTo("wire0");
    MemorySegment sent = MemorySegment.ofArray(all());
    long[] written = new long[1];
    assertThat(Await.that(PATIENCE, () -> (written[0] += pipe.write(sent, written[0], 256 - written[0])) == 256)).isTrue();
    ByteBuffer arrived = ByteBuffer.allocate(256);
    while (arrived.hasRemaining()) {
      assertThat(peer.read(arrived)).isPositive();
    }
    assertThat(arrived.array()).isEqualTo(all());
    ByteBuffer back = ByteBuffer.wrap(all());
    while (back.hasRemaining()) {
      peer.write(back);
    }
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    byte[] into = new byte[100];
    assertThat(Await.that(PATIENCE, () -> {
      received.write(into, 0, (int) pipe.read(MemorySegment.ofArray(into), 0, into.length));
      return received.size() == 256;
    })).isTrue();
    assertThat(received.toByteArray()).isEqualTo(all());
  }

  @Test
  @Shows({"F11", "F54"})
  void aPeerThatClosesTakesItsDeviceAway() throws IOException {
    peer.close();
    Pipe bound = pipe;
    assertThat(Await.that(PATIENCE, () -> bound.read(MemorySegment.ofArray(new byte[1]), 0, 1) == Pipe.GONE)).isTrue();
    assertThat(Await.that(PATIENCE, () -> bus.devices().isEmpty() || down)).as(() -> attachment.state()).isTrue();
    attachment.close();
    assertThat(down).isTrue();
  }

  @Override
  public boolean raw() {
    return true;
  }

  @Override
  public void up(Pipe bound) {
    bound.begin();
    pipe = bound;
  }

  @Override
  public void moved(Pipe bound) {}

  @Override
  public void failed(Pipe bound, Failure cause) {}

  @Override
  public void left(Pipe bound, MemorySegment bytes) {}

  @Override
  public void down(Pipe bound, long received, long taken, long lost) {
    down = true;
  }
}
