package virtio.net.port;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.Failure;
import virtio.net.Card;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetPort;
import virtio.net.NetworkCounters;
import virtio.net.NetworkInformation;
import virtio.net.NetworkInformation.Abilities;
import virtio.net.NetworkInformation.Duplex;
import virtio.net.ReceiveMode;
import virtio.testkit.fake.FakeBus;

/** A card that a test plays: it has four frames to send, each out until {@link #complete}; what it gives is told as a driver tells it. */
final class FakeCard implements Card, FakeBus.Bound<NetPort> {
  static final int FRAMES = 4;
  private static final Abilities ALL = new Abilities(true, true, true, true, true, true, true, true);

  final List<String> commands = new CopyOnWriteArrayList<>();
  private final String name;
  private final Frame[] frames = new Frame[FRAMES];
  private final Deque<Frame> free = new ArrayDeque<>();
  private final Deque<Frame> out = new ArrayDeque<>();
  private final Deque<Frame> coming = new ArrayDeque<>();
  private final List<String> sent = new ArrayList<>();
  private final Deque<Frame> back = new ArrayDeque<>();
  private volatile NetworkInformation information =
      new NetworkInformation(MacAddress.of("02:00:00:00:00:01"), false, 1500, true, false, -1, Duplex.UNKNOWN, 1, ALL);
  private volatile Answer answer = Answer.OK;
  private volatile NetPort port;
  private boolean confirms = true;
  private boolean quiet;
  private boolean up;
  private boolean listening;
  private boolean on = true;
  private boolean wanted;
  private int kicks;
  private int refills;
  private long bytes;
  private long received;
  private long lost;
  private long nanos;

  FakeCard(String name) {
    this.name = name;
    for (int id = 0; id < FRAMES; id++) {
      frames[id] = new Frame(this, id, MemorySegment.ofArray(new byte[9018]));
      free.add(frames[id]);
    }
  }

  FakeCard mac(String address) {
    information = new NetworkInformation(MacAddress.of(address), false, information.mtu(), information.linkUp(), information.announce(),
        information.speed(), information.duplex(), information.maxPairs(), information.abilities());
    return this;
  }

  /** One that says no address: the driver has made that up. */
  FakeCard chosen(String address) {
    information = new NetworkInformation(MacAddress.of(address), true, information.mtu(), information.linkUp(), information.announce(),
        information.speed(), information.duplex(), information.maxPairs(), information.abilities());
    return this;
  }

  FakeCard says(int mtu, boolean link, boolean announce) {
    information = new NetworkInformation(information.mac(), information.chosen(), mtu, link, announce, information.speed(),
        information.duplex(), information.maxPairs(), information.abilities());
    return this;
  }

  FakeCard pairs(int most) {
    information = new NetworkInformation(information.mac(), information.chosen(), information.mtu(), information.linkUp(),
        information.announce(), information.speed(), information.duplex(), most, information.abilities());
    return this;
  }

  /** What it makes of each command from here on. */
  FakeCard answers(Answer to) {
    answer = to;
    return this;
  }

  FakeCard neverStops() {
    confirms = false;
    return this;
  }

  /** Keeps no record, so that what is measured is the port alone; a frame that came comes again when it is given back. */
  FakeCard quiet() {
    quiet = true;
    return this;
  }

  /** The driver has read its configuration anew. */
  void changed() {
    port.changed(this);
  }

  void fail(Failure.Kind kind) {
    port.failed(this, new Failure(kind, "test"));
  }

  /** What was sent, in order; of each frame its bytes, and what it says of checksums. */
  synchronized List<String> sent() {
    return List.copyOf(sent);
  }

  static String text(byte[] frame) {
    return Arrays.toString(frame);
  }

  synchronized int kicks() {
    return kicks;
  }

  synchronized int refills() {
    return refills;
  }

  /** Frames that came, and whose users have given them back. */
  synchronized List<Frame> back() {
    return List.copyOf(back);
  }

  /** Frames to send that are nobody's. */
  synchronized int free() {
    return free.size();
  }

  synchronized boolean listening() {
    return listening;
  }

  /** How long it was given for its last command. */
  synchronized long nanos() {
    return nanos;
  }

  /** The device has sent the oldest frame. */
  void complete() {
    boolean told;
    synchronized (this) {
      free.add(out.remove());
      told = wanted;
      wanted = false;
    }
    if (told) {
      port.room(this);
    }
  }

  /** Frames come, and whoever listens is told on this thread. */
  void give(byte[]... all) {
    synchronized (this) {
      for (byte[] each : all) {
        coming.add(new Frame(this, FRAMES + coming.size(), MemorySegment.ofArray(each.clone())).length(each.length));
      }
      if (!listening || !on) {
        return;
      }
      on = false;
    }
    while (port.receivable(this) && !restart()) {
      // as a queue does it
    }
  }

  private synchronized boolean restart() {
    on = coming.isEmpty();
    return on;
  }

  @Override
  public void up(NetPort to) {
    port = to;
    synchronized (this) {
      up = true;
    }
    to.up(this);
  }

  @Override
  public void remove() {
    synchronized (this) {
      if (!up) {
        return;
      }
      up = false;
      lost = out.size();
      while (!out.isEmpty()) {
        free.add(out.remove());
      }
    }
    port.down(this, confirms);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public NetworkInformation information() {
    return information;
  }

  @Override
  public synchronized Frame frame() {
    Frame frame = up ? free.poll() : null;
    wanted |= frame == null;
    return frame == null ? null : frame.plain().length(0).hand();
  }

  @Override
  public boolean sends(Frame frame) {
    return frame.id() < FRAMES && frames[frame.id()] == frame;
  }

  @Override
  public synchronized boolean send(Frame frame) {
    if (!up) {
      return false;
    }
    if (!quiet) {
      byte[] data = new byte[frame.length()];
      frame.get(MemorySegment.ofArray(data), 0);
      sent.add(text(data) + (frame.checksumWanted() ? " sum " + frame.checksumStart() + "+" + frame.checksumOffset() : ""));
    }
    bytes += frame.length();
    out.add(frame);
    return true;
  }

  @Override
  public synchronized void kick() {
    kicks++;
  }

  @Override
  public void release(Frame frame) {
    boolean told;
    synchronized (this) {
      (sends(frame) ? free : quiet ? coming : back).add(frame);
      told = wanted && up;
      wanted = false;
    }
    if (told) {
      port.room(this);
    }
  }

  @Override
  public synchronized Frame receive() {
    Frame frame = coming.poll();
    received += frame == null ? 0 : 1;
    return frame == null ? null : frame.hand();
  }

  @Override
  public synchronized void refill() {
    refills++;
  }

  @Override
  public void listen(boolean wish) {
    synchronized (this) {
      listening = wish;
    }
    for (int rounds = 0; wish && listening() && !restart() && port.receivable(this); rounds++) {
      if (rounds == 1000) {
        throw new AssertionError("told 1000 times of what nobody takes");
      }
    }
  }

  private Answer command(String what, long given) {
    commands.add(what);
    synchronized (this) {
      nanos = given;
    }
    return answer;
  }

  @Override
  public Answer mode(ReceiveMode mode, boolean wish, long given) {
    return command(mode + "=" + wish, given);
  }

  @Override
  public Answer macTable(List<MacAddress> unicast, List<MacAddress> multicast, long given) {
    return command("table " + unicast + multicast, given);
  }

  @Override
  public Answer vlan(int id, boolean wish, long given) {
    return command("vlan " + id + "=" + wish, given);
  }

  @Override
  public Answer mac(MacAddress address, long given) {
    return command("mac=" + address, given);
  }

  @Override
  public Answer pairs(int pairs, long given) {
    return command("pairs=" + pairs, given);
  }

  @Override
  public Answer announced(long given) {
    information = information.withoutAnnounce();
    return command("announced", given);
  }

  @Override
  public synchronized NetworkCounters counters() {
    return new NetworkCounters(sent.size(), bytes, received, 0, 0, 0, lost, 0, 0);
  }
}
