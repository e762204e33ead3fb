package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Registration;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetworkDevice;
import virtio.net.NetworkException;
import virtio.net.ReceiveMode;
import virtio.net.Sent;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** Frames from user to user over everything that is between, and what happens to them when something of that changes. */
@Timeout(120)
class WholePathTest {
  private static final int SHORTEST = 14;
  private static final int LONGEST = 1514;

  private final PathRig rig = new PathRig();
  private final List<String> events = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    rig.close();
  }

  /** Fills a frame for that card, and sends it without a copy. */
  private static void send(NetworkDevice from, NetworkDevice to, int length, long seed) {
    Frame[] frame = {null};
    assertThat(Await.that(PathRig.LIMIT, () -> (frame[0] = from.frame()) != null)).as("a frame").isTrue();
    fill(frame[0], to.mac(), from.mac(), length, seed);
    assertThat(Await.that(PathRig.LIMIT, () -> from.send(frame[0]) == Sent.ACCEPTED)).as("length " + length).isTrue();
  }

  private static void fill(Frame frame, MacAddress to, MacAddress from, int length, long seed) {
    byte[] bytes = content(to, from, length, seed);
    frame.put(MemorySegment.ofArray(bytes), 0, length);
  }

  private static byte[] content(MacAddress to, MacAddress from, int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < 6; i++) {
      bytes[i] = (byte) to.octet(i);
      bytes[6 + i] = (byte) from.octet(i);
    }
    bytes[12] = (byte) 0x88;
    bytes[13] = (byte) 0xB5;
    return bytes;
  }

  private static Frame receive(NetworkDevice at) {
    Frame[] frame = {null};
    assertThat(Await.that(PathRig.LIMIT, () -> (frame[0] = at.receive()) != null)).as("a frame for " + at.name()).isTrue();
    return frame[0];
  }

  private static void carry(NetworkDevice from, NetworkDevice to, int length) {
    send(from, to, length, length);
    Frame came = receive(to);
    byte[] bytes = new byte[came.length()];
    came.get(MemorySegment.ofArray(bytes), 0);
    came.release();
    assertThat(bytes).isEqualTo(content(to.mac(), from.mac(), length, length));
  }

  @Test
  @Shows("F57")
  void framesOfEverySizeArriveWhole() {
    rig.up();
    for (int length = SHORTEST; length <= LONGEST; length++) {
      carry(rig.a.card(), rig.b.card(), length);
      carry(rig.b.card(), rig.a.card(), length);
    }
    int each = LONGEST - SHORTEST + 1;
    assertThat(rig.a.card().counters().sent()).isEqualTo(each);
    assertThat(rig.a.card().counters().received()).isEqualTo(each);
    assertThat(rig.a.card().counters().bounced()).as("all of them without a copy").isZero();
  }

  @Test
  void aReceiverGetsAllInOrder() {
    rig.up();
    NetworkDevice to = rig.b.card();
    List<Integer> came = new CopyOnWriteArrayList<>();
    Registration registration = to.receive(frame -> {
      came.add(frame.memory().get(ValueLayout.JAVA_INT_UNALIGNED, 14));
      frame.release();
    });
    int count = 1000;
    for (int i = 0; i < count; i++) {
      byte[] bytes = content(to.mac(), rig.a.card().mac(), 60, i);
      MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_INT_UNALIGNED, 14, i);
      int number = i;
      assertThat(Await.that(PathRig.LIMIT, () -> came.size() > number - 64 && rig.a.card().send(bytes) == Sent.ACCEPTED))
          .as("frame " + i + ", " + came.size() + " came").isTrue();
    }
    assertThat(Await.that(PathRig.LIMIT, () -> came.size() == count)).as(came.size() + " came").isTrue();
    assertThat(came).isSorted();
    assertThatThrownBy(to::receive).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> to.receive(Frame::release)).isInstanceOf(IllegalStateException.class).hasMessageContaining("one at a time");
    registration.close();
    assertThat(to.receive()).isNull();
    assertThat(rig.a.card().counters().bounced()).isEqualTo(count);
  }

  @Test
  void badLengthsAreRefusedLocally() {
    rig.up();
    NetworkDevice card = rig.a.card();
    assertThat(card.send(new byte[13])).isEqualTo(Sent.BAD_LENGTH);
    assertThat(card.send(new byte[card.information().longestFrame() + 1])).isEqualTo(Sent.BAD_LENGTH);
    Frame frame = card.frame().length(60).checksum(50, 9);
    assertThat(card.send(frame)).isEqualTo(Sent.BAD_LENGTH);
    frame.release();
    assertThat(card.counters().sent()).isZero();
  }

  @Test
  @Trap("T28")
  void aReceiverThatSleptGoesOn() {
    rig.up("queue.size", "16");
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 100; i++) {
        send(rig.a.card(), rig.b.card(), 60, i);
      }
      Frame came = receive(rig.b.card());
      for (Frame next = came; next != null; next = rig.b.card().receive()) {
        next.release();
      }
    }
    // What was on its way when the ring was dry may come late, or is lost; a new one comes in any case.
    send(rig.a.card(), rig.b.card(), 1000, 7);
    assertThat(Await.that(PathRig.LIMIT, () -> {
      Frame frame = rig.b.card().receive();
      if (frame == null) {
        return false;
      }
      int length = frame.length();
      frame.release();
      return length == 1000;
    })).isTrue();
  }

  private void listen(NetworkDevice card) {
    card.listen(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        events.add("link " + up);
      }

      @Override
      public void announce() {
        events.add("announce");
      }

      @Override
      public void held(String why) {
        events.add("held");
      }

      @Override
      public void resumed() {
        events.add("resumed");
      }

      @Override
      public void lost(String why) {
        events.add("lost");
      }
    });
  }

  private void await(String... expected) {
    assertThat(Await.that(PathRig.LIMIT, () -> events.equals(Arrays.asList(expected)))).as(events.toString()).isTrue();
  }

  @Test
  @Shows("F30")
  void theLinkIsToldBothWays() {
    rig.up();
    listen(rig.a.card());
    rig.a.change("link", "down");
    await("link false");
    assertThat(rig.a.card().linkUp()).isFalse();
    assertThat(rig.a.card().send(new byte[60])).isEqualTo(Sent.LINK_DOWN);
    rig.a.change("link", "up");
    await("link false", "link true");
    carry(rig.a.card(), rig.b.card(), 60);
  }

  @Test
  @Shows("F30")
  void anAnnouncementIsAskedForAndAcknowledged() {
    rig.up();
    listen(rig.a.card());
    rig.a.change("switch", "s1");
    await("announce");
    assertThat(Await.that(PathRig.LIMIT, () -> !rig.a.card().information().announce())).as("the device knows").isTrue();
    rig.a.change("switch", "s0");
    // What is acknowledged only now was the first: then it is asked for once more.
    assertThat(Await.that(PathRig.LIMIT, () -> events.size() >= 2 && !rig.a.card().information().announce())).as(events.toString()).isTrue();
    assertThat(events).containsOnly("announce");
  }

  @Test
  @Shows({"F28", "F29"})
  @Trap("T29")
  void settingsReachTheDevice() throws IOException {
    rig.up();
    NetworkDevice a = rig.a.card();
    NetworkDevice b = rig.b.card();
    MacAddress other = MacAddress.of("02:00:00:00:77:01");
    send(a, b, 60, 1);
    receive(b).release();

    b.mac(other);
    assertThat(b.mac()).isEqualTo(other);
    carry(a, b, 61);

    MacAddress third = MacAddress.of("02:00:00:00:77:02");
    byte[] foreign = content(third, a.mac(), 62, 1);
    b.mode(ReceiveMode.PROMISCUOUS, true);
    assertThat(a.send(foreign)).isEqualTo(Sent.ACCEPTED);
    Frame came = receive(b);
    assertThat(came.length()).isEqualTo(62);
    came.release();
    b.mode(ReceiveMode.PROMISCUOUS, false);
    assertThat(b.modes()).isEmpty();
    assertThat(a.send(foreign)).as("what is filtered out was sent").isEqualTo(Sent.ACCEPTED);
    carry(a, b, 63);

    assertThatThrownBy(() -> b.pairs(0)).isInstanceOf(IllegalArgumentException.class).hasMessage("pairs=0 (1 to 1)");
    assertThatThrownBy(() -> b.pairs(2)).isInstanceOf(IllegalArgumentException.class).hasMessage("pairs=2 (1 to 1)");
    b.pairs(1);
    assertThatThrownBy(() -> b.vlan(4096, true)).isInstanceOf(IllegalArgumentException.class).hasMessage("id=4096 (0 to 4095)");
    assertThatThrownBy(() -> b.mac(MacAddress.of("01:00:00:00:00:00"))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Shows("F05")
  void anExchangeKeepsWhatUsersHaveSet() throws IOException {
    rig.up();
    NetworkDevice a = rig.a.card();
    NetworkDevice b = rig.b.card();
    MacAddress other = MacAddress.of("02:00:00:00:77:01");
    b.mac(other);
    b.mode(ReceiveMode.PROMISCUOUS, true);
    b.vlan(7, true);
    Frame kept = a.frame();
    listen(b);
    rig.b.exchange();
    await("held", "resumed", "announce");
    assertThat(rig.b.card()).as("the same service").isSameAs(b);
    assertThat(b.mac()).isEqualTo(other);
    carry(a, b, 100);
    byte[] foreign = content(MacAddress.of("02:00:00:00:77:02"), a.mac(), 62, 1);
    a.send(foreign);
    receive(b).release();

    rig.a.exchange();
    fill(kept, b.mac(), a.mac(), 64, 3);
    assertThat(a.send(kept)).as("a former card's frame is copied").isEqualTo(Sent.ACCEPTED);
    receive(b).release();
    assertThat(a.counters().bounced()).isEqualTo(2);
    assertThatThrownBy(kept::release).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void exchangesUnderLoadLoseFramesAndNothingElse() throws InterruptedException {
    rig.up();
    NetworkDevice a = rig.a.card();
    NetworkDevice b = rig.b.card();
    Thread sender = Thread.ofPlatform().start(() -> {
      byte[] bytes = content(b.mac(), a.mac(), 200, 1);
      while (!Thread.currentThread().isInterrupted()) {
        a.send(bytes);
      }
    });
    try (Registration registration = b.receive(Frame::release)) {
      long before = 0;
      for (int i = 0; i < 5; i++) {
        long now = before;
        assertThat(Await.that(PathRig.LIMIT, () -> b.counters().received() > now)).as("round " + i).isTrue();
        (i % 2 == 0 ? rig.a : rig.b).exchange();
        before = b.counters().received();
      }
    } finally {
      sender.interrupt();
      sender.join();
    }
    carryOn(a, b);
    assertThat(a.counters().sent()).isGreaterThanOrEqualTo(b.counters().received());
    assertThat(b.counters().malformed()).isZero();
  }

  /** Late ones may still come. */
  private static void carryOn(NetworkDevice from, NetworkDevice to) {
    byte[] bytes = content(to.mac(), from.mac(), 321, 9);
    assertThat(from.send(bytes)).isIn(Sent.ACCEPTED, Sent.FULL);
    assertThat(Await.that(PathRig.LIMIT, () -> {
      Frame frame = to.receive();
      int length = frame == null ? 0 : frame.length();
      if (frame == null) {
        from.send(bytes);
      } else {
        frame.release();
      }
      return length == 321;
    })).isTrue();
  }

  @Test
  void withoutADeviceSettingsAndFramesAreRefused() {
    rig.up();
    NetworkDevice a = rig.a.card();
    listen(a);
    rig.a.device.close();
    assertThat(Await.that(PathRig.LIMIT, () -> a.send(new byte[60]) == Sent.NO_DEVICE)).isTrue();
    assertThatThrownBy(() -> a.mode(ReceiveMode.PROMISCUOUS, true)).isInstanceOf(NetworkException.class).hasMessageContaining("no device now");
    assertThat(Await.that(PathRig.LIMIT, () -> events.contains("lost"))).as(events.toString()).isTrue();
  }

  @Test
  void aFrameAllocatesNothing() {
    rig.up();
    NetworkDevice a = rig.a.card();
    NetworkDevice b = rig.b.card();
    byte[] bytes = content(b.mac(), a.mac(), 300, 1);
    MemorySegment memory = MemorySegment.ofArray(bytes);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int frames = 20_000;
    pingPong(a, b, memory, frames);
    long before = threads.getCurrentThreadAllocatedBytes();
    pingPong(a, b, memory, frames);
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / frames).as("bytes per frame").isZero();
  }

  private static void pingPong(NetworkDevice a, NetworkDevice b, MemorySegment bytes, int frames) {
    for (int i = 0; i < frames; i++) {
      Frame frame = a.frame();
      if (frame != null) {
        frame.put(bytes, 0, 300);
        if (a.send(frame) != Sent.ACCEPTED) {
          frame.release();
        }
      }
      for (Frame came = b.receive(); came != null; came = b.receive()) {
        came.release();
      }
    }
  }
}
