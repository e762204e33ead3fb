package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.bus.DeviceId;
import virtio.bus.Notifier;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.config.lguest.LguestConfig;
import virtio.config.lguest.LguestLayout;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeRegisters;
import virtio.transport.lguest.LguestTransport;

/** Channels whose holders, guests and devices come and go. */
@Timeout(60)
class ChannelLifeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST = 65536;

  private final BothEnds ends = new BothEnds();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment message = arena.allocate(MOST);

  @AfterEach
  void end() {
    ends.close();
    arena.close();
  }

  private Slot plug(String name) {
    Slot slot = ends.host.plug(name, Map.of());
    new LguestConfig().expose(new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET)).queue(0, 4), slot);
    slot.announce();
    return slot;
  }

  private void carries(Channel from, Channel to, byte value) {
    message.set(ValueLayout.JAVA_BYTE, 0, value);
    assertThat(from.transfer(message, 0, 1, Direction.WRITE)).isEqualTo(1);
    message.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
    assertThat(Await.that(PATIENCE, () -> to.transfer(message, 0, MOST, Direction.READ) == 1)).isTrue();
    assertThat(message.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(value);
  }

  @Test
  void eachHolderHasAChannelOfItsOwn() {
    try (Slot slot = plug("channel0")) {
      BusDevice device = ends.find(slot);
      Channel before = null;
      for (int i = 1; i <= 5; i++) {
        try (Registration claim = device.claim()) {
          Channel driver = device.channel();
          assertThat(driver).isNotSameAs(before);
          carries(driver, slot.channel(), (byte) i);
          carries(slot.channel(), driver, (byte) -i);
          // Left behind in both directions: the next one is not to meet it.
          driver.transfer(message, 0, 7, Direction.WRITE);
          slot.channel().transfer(message, 0, 9, Direction.WRITE);
          before = driver;
        }
        assertThat(before.transfer(message, 0, MOST, Direction.READ)).isEqualTo(Channel.GONE);
        assertThat(before.transfer(message, 0, 1, Direction.WRITE)).isEqualTo(Channel.GONE);
        assertThat(slot.channel().transfer(message, 0, MOST, Direction.READ)).isZero();
        assertThat(slot.channel().transfer(message, 0, 1, Direction.WRITE)).isZero();
        assertThat(ends.guest.regions()).isZero();
      }
    }
  }

  @Test
  void twoDevicesDoNotHearEachOther() {
    try (Slot first = plug("channel0"); Slot second = plug("channel1");
        Registration one = ends.find(first).claim(); Registration two = ends.find(second).claim()) {
      Channel left = ends.find(first).channel();
      Channel right = ends.find(second).channel();
      carries(left, first.channel(), (byte) 1);
      carries(right, second.channel(), (byte) 2);
      left.transfer(message, 0, 5, Direction.WRITE);
      assertThat(second.channel().transfer(message, 0, MOST, Direction.READ)).isZero();
      carries(second.channel(), right, (byte) 3);
      assertThat(left.transfer(message, 0, MOST, Direction.READ)).isZero();
    }
  }

  /** The channel ends, as where memory or an interrupt is missing, and keeps nothing. */
  @Test
  void whereNotifiersAreOutThereIsNoChannel() {
    List<Notifier> all = new ArrayList<>();
    for (int count = 0; count < ControlPage.SLOTS; count++) {
      all.add(ends.guest.notifier(17, 4096));
    }
    try (Slot slot = plug("channel0")) {
      BusDevice device = ends.find(slot);
      try (Registration claim = device.claim()) {
        Channel driver = device.channel();
        assertThat(driver.transfer(message, 0, 1, Direction.WRITE)).isEqualTo(Channel.GONE);
        assertThat(driver.transfer(message, 0, MOST, Direction.READ)).isEqualTo(Channel.GONE);
        assertThat(ends.guest.regions()).isZero();
      }
      all.forEach(Notifier::close);
      try (Registration claim = device.claim()) {
        carries(device.channel(), slot.channel(), (byte) 1);
      }
    }
  }

  /** A guest that dies lets go of nothing; the one that comes after it binds anew. */
  @Test
  void aNewGuestFindsTheChannelFree() throws IOException {
    Slot slot = plug("channel0");
    BusDevice device = ends.find(slot);
    Registration claim = device.claim();
    carries(device.channel(), slot.channel(), (byte) 1);
    ends.guest.close();
    LguestTransport transport = new LguestTransport();
    BusDevice[] found = new BusDevice[1];
    GuestMachine next = GuestMachine.attach("m0", ends.memory, BothEnds.TUNING, () -> { });
    try (Registration watch = transport.watch(new Transport.Listener() {
      @Override
      public void appeared(BusDevice appeared) {
        found[0] = appeared;
      }

      @Override
      public void disappeared(BusDevice gone) {}
    })) {
      transport.bindLayout(new LguestLayout(), Map.of("virtio.layout", "lguest"));
      transport.bindMachine(next);
      assertThat(Await.that(PATIENCE, () -> found[0] != null)).isTrue();
      try (Registration held = found[0].claim()) {
        carries(found[0].channel(), slot.channel(), (byte) 2);
        carries(slot.channel(), found[0].channel(), (byte) 3);
      }
    } finally {
      claim.close();
      transport.stop();
      next.close();
      slot.close();
    }
  }

  /** Once it is compiled, and so is the system call that wakes the other side. */
  @Test
  @Shows({"F03", "F23"})
  void aTransferAllocatesNothing() {
    com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Slot slot = plug("channel0"); Registration claim = ends.find(slot).claim()) {
      Channel driver = ends.find(slot).channel();
      Channel device = slot.channel();
      carries(driver, device, (byte) 1);
      long least = Long.MAX_VALUE;
      for (int run = 0; run < 100 && least > 0; run++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 20_000; i++) {
          driver.transfer(message, 0, 512, Direction.WRITE);
          device.transfer(message, 0, MOST, Direction.READ);
          device.transfer(message, 0, 512, Direction.WRITE);
          driver.transfer(message, 0, MOST, Direction.READ);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).as("bytes in 80000 transfers").isZero();
    }
  }
}
