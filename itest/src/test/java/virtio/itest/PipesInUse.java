package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.osgi.service.cm.Configuration;
import virtio.pipe.PipeDevice;

/** Two pipes, each the other's end. */
final class PipesInUse implements InUse {
  private static final int VALUES = 256;
  private static final int BYTES = 200_000;

  private final Combination parts;
  private final Rig rig;
  private final String machine;
  private Configuration first;
  private Configuration port;

  PipesInUse(Combination parts, Rig rig, String machine) {
    this.parts = parts;
    this.rig = rig;
    this.machine = machine;
  }

  @Override
  public void up() throws IOException {
    rig.machine(machine, parts);
    first = rig.device(ports().getFirst(), machine, parts, Map.of("link", machine));
    rig.device(ports().getLast(), machine, parts, Map.of("link", machine));
    port = rig.port(ports().getFirst(), parts);
    rig.port(ports().getLast(), parts);
  }

  @Override
  public List<String> ports() {
    return List.of(machine + "-a", machine + "-b");
  }

  @Override
  public Configuration port() {
    return port;
  }

  @Override
  public Configuration sizes() {
    return first;
  }

  /** Every byte value, then more than a pipe holds, both ways at once; all of it compared. */
  @Override
  public void exchange(long seed) throws IOException {
    PipeDevice one = rig.await(PipeDevice.class, ports().getFirst());
    PipeDevice other = rig.await(PipeDevice.class, ports().getLast());
    PipeWay there = new PipeWay(one, other, content(seed));
    PipeWay back = new PipeWay(other, one, content(seed + 1));
    Await.until(() -> there.step() & back.step(), () -> there + "; " + back);
    there.compare();
    back.compare();
  }

  static byte[] content(long seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < VALUES; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  /** Nothing is kept behind a pipe, and nothing came that nobody sent. */
  @Override
  public void check() throws IOException {
    for (String name : ports()) {
      PipeDevice pipe = rig.await(PipeDevice.class, name);
      pipe.flush();
      assertThat(pipe.counters().taken()).as(name + ": taken").isEqualTo(pipe.counters().written());
      assertThat(pipe.tryRead(MemorySegment.ofArray(new byte[1]), 0, 1)).as(name + ": bytes that nobody sent").isZero();
    }
  }

  /** What goes from one pipe to the other. */
  private static final class PipeWay {
    private final PipeDevice from;
    private final PipeDevice to;
    private final byte[] sent;
    private final byte[] came;
    private int written;
    private int read;

    PipeWay(PipeDevice from, PipeDevice to, byte[] sent) {
      this.from = from;
      this.to = to;
      this.sent = sent;
      this.came = new byte[sent.length];
    }

    /** Whether all has come. */
    boolean step() {
      try {
        written += (int) from.tryWrite(MemorySegment.ofArray(sent), written, sent.length - written);
        read += (int) to.tryRead(MemorySegment.ofArray(came), read, came.length - read);
        return read == came.length;
      } catch (IOException e) {
        throw new AssertionError(this.toString(), e);
      }
    }

    void compare() {
      assertThat(Arrays.equals(sent, came)).as(this + ": what came is what was sent").isTrue();
    }

    @Override
    public String toString() {
      return from.name() + " to " + to.name() + ": " + written + " of " + sent.length + " bytes written, " + read + " read";
    }
  }
}
