package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.osgi.service.cm.Configuration;
import virtio.pipe.PipeDevice;

/** A pipe that is QEMU's serial port, and nothing else: the test is at the other end of its line. */
final class SerialInUse implements InUse {
  private static final int VALUES = 256;
  private static final int BYTES = 1024;
  /** So many bytes within a deadline: each costs two or three accesses, and each of these a round trip to QEMU. */
  private static final int PIECE = 64;
  private static final int HALF = 128;
  private static final String FUNCTION = "pci/0/function/0000:00:04.0/fixed/";
  /** A pipe, type 0x3456 of vendor 0x1AF4, that offers VERSION_1 and has no queue. */
  private static final String HOST = "56465831 5634 F41A" + "0000000001000000" + "00".repeat(HALF - 16);

  private final Combination parts;
  private final Rig rig;
  private final String machine;
  private Configuration port;

  SerialInUse(Combination parts, Rig rig, String machine) {
    this.parts = parts;
    this.rig = rig;
    this.machine = machine;
  }

  private Path line() {
    return rig.folder().resolve(machine + ".line");
  }

  @Override
  public void up() throws IOException {
    rig.qemu(machine, Map.of("chardev", "socket,id=line,server=on,wait=off,path=" + line(), "device", "pci-serial,chardev=line,addr=04.0",
        "firmware", new String[] {FUNCTION + "host=" + HOST, FUNCTION + "driver=" + "00".repeat(HALF)}));
    port = rig.configure("virtio.pipe", Map.of("name", ports().getFirst(), "raw", "true", "glue.target",
        "(virtio.glue=" + parts.name() + ")"));
  }

  @Override
  public List<String> ports() {
    return List.of(machine + "-pipe");
  }

  @Override
  public Configuration port() {
    return port;
  }

  @Override
  public Configuration sizes() {
    return null;
  }

  /** Every byte value, and then some: what is on the line is what was written, both ways. */
  @Override
  public void exchange(long seed) throws IOException {
    PipeDevice pipe = rig.await(PipeDevice.class, ports().getFirst());
    byte[] there = content(seed);
    byte[] back = content(seed + 1);
    try (SocketChannel peer = call()) {
      peer.write(ByteBuffer.wrap(back));   // first, as a line with nobody at its end drops what it is sent
      peer.configureBlocking(false);
      assertThat(read(pipe)).as("what came from the line").isEqualTo(back);
      ByteBuffer came = ByteBuffer.allocate(BYTES);
      int[] written = {0};
      for (int end = PIECE; end <= BYTES; end += PIECE) {
        int wanted = end;
        Await.until(() -> {
          try {
            written[0] += (int) pipe.tryWrite(MemorySegment.ofArray(there), written[0], Math.min(PIECE, BYTES - written[0]));
            peer.read(came);
            return came.position() >= wanted;
          } catch (IOException e) {
            throw new AssertionError(pipe.name(), e);
          }
        }, () -> came.position() + " of " + written[0] + " bytes came out of the line");
      }
      assertThat(came.array()).as("what was on the line").isEqualTo(there);
    }
  }

  private SocketChannel call() {
    SocketChannel[] made = {null};
    Await.until(() -> {
      try {
        made[0] = SocketChannel.open(UnixDomainSocketAddress.of(line()));
        return true;
      } catch (IOException e) {
        return false;
      }
    }, () -> "nobody listens at " + line());
    return made[0];
  }

  private static byte[] read(PipeDevice pipe) {
    byte[] came = new byte[BYTES];
    int[] read = {0};
    for (int end = PIECE; end <= BYTES; end += PIECE) {
      int wanted = end;
      Await.until(() -> {
        try {
          read[0] += (int) pipe.tryRead(MemorySegment.ofArray(came), read[0], BYTES - read[0]);
          return read[0] >= wanted;
        } catch (IOException e) {
          throw new AssertionError(pipe.name(), e);
        }
      }, () -> read[0] + " of " + BYTES + " bytes came: " + Arrays.toString(Arrays.copyOf(came, 8)));
    }
    return came;
  }

  private static byte[] content(long seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < VALUES; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  /** Where nothing is there is no byte. */
  @Override
  public void check() throws IOException {
    PipeDevice pipe = rig.await(PipeDevice.class, ports().getFirst());
    assertThat(pipe.tryRead(MemorySegment.ofArray(new byte[1]), 0, 1)).isZero();
  }
}
