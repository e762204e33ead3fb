package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.osgi.service.cm.Configuration;
import virtio.net.NetworkDevice;
import virtio.net.Sent;

/** Two cards on one switch. */
final class CardsInUse implements InUse {
  private static final int SHORTEST = 14;
  private static final int LONGEST = 1514;
  private static final int STEP = 25;
  private static final int MAC = 6;
  private static final int ETHER_TYPE = 2 * MAC;

  private final Combination parts;
  private final Rig rig;
  private final String machine;
  private Configuration first;
  private Configuration port;

  CardsInUse(Combination parts, Rig rig, String machine) {
    this.parts = parts;
    this.rig = rig;
    this.machine = machine;
  }

  @Override
  public void up() throws IOException {
    if (parts.real()) {
      rig.qemu(machine, Map.of("device", new String[] {card(0), card(1)},
          "arguments", new String[] {"-netdev", "hubport,id=wire0,hubid=0", "-netdev", "hubport,id=wire1,hubid=0"}));
    } else {
      rig.machine(machine, parts);
      first = rig.device(machine + "-a", machine, parts, Map.of("switch", machine));
      rig.device(machine + "-b", machine, parts, Map.of("switch", machine));
    }
    port = rig.port(ports().getFirst(), parts);
    rig.port(ports().getLast(), parts);
  }

  private static String card(int number) {
    return "virtio-net-pci,id=card" + number + ",netdev=wire" + number + ",disable-legacy=on,romfile=";
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
    return parts.real() ? port : first;
  }

  @Override
  public void exchange(long seed) {
    NetworkDevice one = rig.card(ports().getFirst());
    NetworkDevice other = rig.card(ports().getLast());
    Random random = new Random(seed);
    for (int length = SHORTEST; length <= LONGEST; length += STEP) {
      carry(one, other, length, random);
      carry(other, one, length, random);
    }
  }

  /** One frame, compared. Others may be on the wire; frames may be lost while somebody comes up, so it is sent again. */
  private static void carry(NetworkDevice from, NetworkDevice to, int length, Random random) {
    byte[] sent = new byte[length];
    random.nextBytes(sent);
    for (int i = 0; i < MAC; i++) {
      sent[i] = (byte) to.mac().octet(i);
      sent[MAC + i] = (byte) from.mac().octet(i);
    }
    sent[ETHER_TYPE] = (byte) 0x88;
    sent[ETHER_TYPE + 1] = (byte) 0xB5;
    byte[] came = new byte[LONGEST + 100];
    Sent[] how = {null};
    long[] again = {0};
    Await.until(() -> {
      if (how[0] != Sent.ACCEPTED || System.nanoTime() - again[0] > 0) {
        how[0] = from.send(sent);
        again[0] = System.nanoTime() + 1_000_000_000L;
      }
      int got = to.receive(MemorySegment.ofArray(came));
      return got >= 0 && Arrays.equals(came, 0, Math.min(got, length), sent, 0, length) && got >= length;
    }, () -> "a frame of " + length + " bytes from " + from.name() + " (" + how[0] + ") to " + to.name() + " did not arrive");
  }

  /** Nothing is kept behind a card; that whatever came was a frame shows in the counters. */
  @Override
  public void check() {
    for (String name : ports()) {
      assertThat(rig.card(name).counters().malformed()).as(name + ": malformed").isZero();
      assertThat(rig.card(name).counters().received()).as(name + ": received").isPositive();
    }
  }
}
