package virtio.shell;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.pipe.PipeDevice;

/** A pipe whose other end is a socket: bytes of every value go both ways at once, and are compared. */
final class PipeExercise implements Exercise {
  private static final int BYTES = 1 << 20;
  private static final int SERIAL_BYTES = 1 << 10;
  private static final int VALUES = 256;
  private static final String FUNCTION = "pci/0/function/0000:00:04.0/fixed/";
  private static final int HALF = 128;
  /** {@code config.fixed}'s half of the host: a pipe, type 0x3456 of vendor 0x1AF4, that offers VERSION_1 and has no queue. */
  private static final String HOST = "56465831" + "5634F41A" + "0000000001000000" + "00".repeat(HALF - 16);
  private static final int LISTENS_SECONDS = 15;
  private static final long LOOK_AGAIN = TimeUnit.MICROSECONDS.toNanos(50);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final Path folder;
  private final boolean sabotage;
  private final Progress progress;
  private Path socket;

  PipeExercise(Path folder, boolean sabotage, Progress progress) {
    this.folder = folder;
    this.sabotage = sabotage;
    this.progress = progress;
  }

  @Override
  public Outcome on(Mount mount) throws IOException {
    socket = folder.resolve("pipe");
    boolean serial = mount.parts().real();
    mount.machine(serial ? Map.of("chardev", "socket,id=line,server=on,wait=off,path=" + socket, "device",
        "pci-serial,chardev=line,addr=04.0", "firmware", new String[] {FUNCTION + "host=" + HOST, FUNCTION + "driver=" + "00".repeat(HALF)}) : Map.of());
    if (!serial) {
      mount.device("", Map.of("socket", socket.toString()));
    }
    mount.port("", Map.of("raw", serial));
    PipeDevice pipe = mount.await(PipeDevice.class, "", left -> progress.say("waiting for the pipe: " + left + " s left"));
    try (SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      if (!Wait.until(LISTENS_SECONDS, () -> connected(peer), left -> { })) {
        return Outcome.failed("nobody listens at " + socket);
      }
      if (serial) {
        greet(pipe, peer);
      }
      peer.configureBlocking(false);
      return compared(pipe, peer, serial ? SERIAL_BYTES : BYTES);
    }
  }

  /** A line without anybody at its end drops what it is sent: so that end begins. */
  private static void greet(PipeDevice pipe, SocketChannel peer) throws IOException {
    peer.write(ByteBuffer.wrap(new byte[] {1}));
    long end = System.nanoTime() + PATIENCE;
    while (pipe.tryRead(MemorySegment.ofArray(new byte[1]), 0, 1) == 0) {
      pause(end, pipe.name() + ": nothing came from the other end");
    }
  }

  private boolean connected(SocketChannel peer) {
    try {
      return peer.isConnected() || peer.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;   // not yet there; who waits says so in the end
    }
  }

  private Outcome compared(PipeDevice pipe, SocketChannel peer, int bytes) throws IOException {
    byte[] there = content(bytes);
    byte[] back = content(bytes);
    byte[] cameThere = new byte[bytes];
    byte[] cameBack = new byte[bytes];
    byte[] spoilt = there.clone();
    spoilt[bytes / 2] = (byte) (sabotage ? ~spoilt[bytes / 2] : spoilt[bytes / 2]);
    long begin = System.nanoTime();
    cross(pipe, peer, MemorySegment.ofArray(spoilt), ByteBuffer.wrap(cameThere), ByteBuffer.wrap(back), MemorySegment.ofArray(cameBack));
    double seconds = (System.nanoTime() - begin) / 1e9;
    for (byte[][] way : new byte[][][] {{there, cameThere}, {back, cameBack}}) {
      int differs = Arrays.mismatch(way[0], way[1]);
      if (differs >= 0) {
        return Outcome.failed("byte " + differs + " of " + bytes + ": sent " + way[0][differs] + ", came " + way[1][differs]
            + (way[0] == there ? " through the pipe" : " from the other end"));
      }
    }
    return Outcome.ok("%d KiB of all byte values equal each way, SHA-256 %s and %s: %.0f KiB/s each way".formatted(bytes >> 10,
        sum(cameThere), sum(cameBack), bytes / seconds / (1 << 10)));
  }

  /** Each value once, in order; then whatever comes. */
  private static byte[] content(int bytes) {
    byte[] content = new byte[bytes];
    new SplittableRandom().nextBytes(content);
    for (int i = 0; i < VALUES; i++) {
      content[i] = (byte) i;
    }
    return content;
  }

  /** Both ways at once, until all has arrived. */
  private void cross(PipeDevice pipe, SocketChannel peer, MemorySegment there, ByteBuffer cameThere, ByteBuffer back, MemorySegment cameBack)
      throws IOException {
    long all = there.byteSize();
    long written = 0;
    long read = 0;
    long end = System.nanoTime() + PATIENCE;
    while (cameThere.hasRemaining() || read < all) {
      long before = written + read + back.position() + cameThere.position();
      written += written == all ? 0 : pipe.tryWrite(there, written, all - written);
      peer.write(back);
      if (peer.read(cameThere) < 0) {
        throw new IOException("the other end closed after " + cameThere.position() + " bytes");
      }
      long count = read == all ? 0 : pipe.tryRead(cameBack, read, all - read);
      if (count == PipeDevice.END) {
        throw new IOException(pipe.name() + ": ended after " + read + " bytes");
      }
      read += count;
      if (written + read + back.position() + cameThere.position() == before) {
        pause(end, pipe.name() + ": " + cameThere.position() + " and " + read + " of " + all + " bytes arrived");
      }
      progress.say("%d and %d of %d bytes".formatted(cameThere.position(), read, all));
    }
  }

  private static void pause(long end, String why) throws IOException {
    if (System.nanoTime() - end > 0) {
      throw new IOException(why + " within " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE) + " s");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    LockSupport.parkNanos(LOOK_AGAIN);
  }

  private static String sum(byte[] bytes) {
    return HexFormat.of().formatHex(Content.sha256().digest(bytes)).substring(0, 12);
  }

  @Override
  public void close() throws IOException {
    if (socket != null) {
      Files.deleteIfExists(socket);
    }
  }
}
