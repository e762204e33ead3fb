package virtio.shell;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import virtio.net.NetworkDevice;

/** Two cards on one wire: frames of every size go both ways at once, and are compared. */
final class CardExercise implements Exercise {
  private static final String ONE = ".a";
  private static final String OTHER = ".b";
  private static final int LONGEST = 1514;
  private static final int DEPTH = 16;
  private static final long SPAN = TimeUnit.MILLISECONDS.toNanos(300);

  private final boolean sabotage;
  private final Progress progress;

  CardExercise(boolean sabotage, Progress progress) {
    this.sabotage = sabotage;
    this.progress = progress;
  }

  @Override
  public Outcome on(Mount mount) throws IOException {
    if (mount.parts().real()) {
      mount.machine(Map.of("device", new String[] {card(0), card(1)},
          "netdev", new String[] {"hubport,id=wire0,hubid=0", "hubport,id=wire1,hubid=0"}));
    } else {
      mount.machine(Map.of());
      mount.device(ONE, Map.of("switch", mount.name()));
      mount.device(OTHER, Map.of("switch", mount.name()));
    }
    mount.port(ONE, Map.of());
    mount.port(OTHER, Map.of());
    NetworkDevice one = mount.await(NetworkDevice.class, ONE, left -> progress.say("waiting for the first card: " + left + " s left"));
    NetworkDevice other = mount.await(NetworkDevice.class, OTHER, left -> progress.say("waiting for the second card: " + left + " s left"));
    return compared(one, other);
  }

  private static String card(int number) {
    return "virtio-net-pci,id=card" + number + ",netdev=wire" + number + ",disable-legacy=on,romfile=";
  }

  private Outcome compared(NetworkDevice one, NetworkDevice other) throws IOException {
    Lane there = new Lane(one, other, DEPTH, sabotage);
    Lane back = new Lane(other, one, DEPTH, false);
    int frames = 0;
    for (int bytes = Lane.HEADER; bytes <= LONGEST; bytes++, frames++) {
      there.await(there.room(), back);
      there.send(bytes);
      back.await(back.room(), there);
      back.send(bytes);
      progress.say("frames of %d bytes, of %d".formatted(bytes, LONGEST));
    }
    there.await(DEPTH, back);
    back.await(DEPTH, there);
    progress.say("measuring");
    return Outcome.ok("%d frames of %d to %d bytes equal each way, SHA-256 %s and %s: %d bytes at depth %d: %.0f frames/s".formatted(frames,
        Lane.HEADER, LONGEST, there.sum().substring(0, 12), back.sum().substring(0, 12), LONGEST, DEPTH, perSecond(there, back)));
  }

  private static double perSecond(Lane there, Lane back) throws IOException {
    long begin = System.nanoTime();
    long frames = 0;
    for (; System.nanoTime() - begin < SPAN; frames++) {
      there.await(there.room(), back);
      there.send(LONGEST);
    }
    there.await(DEPTH, back);
    return frames * 1e9 / (System.nanoTime() - begin);
  }

  /** Nothing: all it makes is the mount's. */
  @Override
  public void close() {}
}
