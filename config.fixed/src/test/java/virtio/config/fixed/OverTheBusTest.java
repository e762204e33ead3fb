package virtio.config.fixed;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.BusDevice;
import virtio.bus.Combination;
import virtio.bus.DeviceConfig;
import virtio.bus.Face;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.bus.Transport;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;
import virtio.bus.Window;
import virtio.bus.core.VirtioBus;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.EchoDriver;
import virtio.testkit.EchoModel;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMachine;

/**
 * The whole of it: the bus makes the configuration queue over the split ring, on both sides; the driver's side writes no byte of the 256.
 */
class OverTheBusTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  /** What the host mirrors there: the status, and the count of resets. */
  private static final int MIRROR = 74;
  private static final int MIRROR_END = 80;

  private final FakeMachine machine = new FakeMachine("m0");
  private final VirtioBus bus = new VirtioBus();
  private final RingFormat ring = new SplitRing();
  private final FixedConfig config = new FixedConfig();
  private final EchoModel model = new EchoModel();

  private void serve() {
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bus.bindConfig(config, Map.of("virtio.config", "fixed"));
    bus.serve("echo0", model, List.of(Face.of("fake.split.fixed")), machine);
  }

  @AfterEach
  void end() {
    bus.close();
    machine.close();
  }

  private Bus.Attachment bound(EchoDriver.Port port) {
    Combination parts = new Combination(new EchoDriver(), machine, ring, config, Map.of("virtio.glue", "echo.fake.split.fixed"));
    Bus.Attachment attachment = bus.attach(parts, AttachmentSettings.of("port0"), port);
    eventually(attachment::bound, attachment);
    return attachment;
  }

  private static void eventually(BooleanSupplier condition, Bus.Attachment attachment) {
    assertThat(Await.that(PATIENCE, condition)).as(attachment.state()).isTrue();
  }

  private BusDevice device() {
    BusDevice[] found = new BusDevice[1];
    try (Registration watch = machine.watch(new Transport.Listener() {
      @Override
      public void appeared(BusDevice device) {
        found[0] = device;
      }

      @Override
      public void disappeared(BusDevice device) {
      }
    })) {
      assertThat(Await.that(PATIENCE, () -> found[0] != null)).as("" + watch).isTrue();
      return found[0];
    }
  }

  private String bytes() {
    Window window = device().window("entry");
    byte[] all = new byte[Bytes256.SIZE];
    for (int i = 0; i < all.length; i++) {
      all[i] = i >= MIRROR && i < MIRROR_END ? 0 : (byte) window.read(i, 1);
    }
    return HexFormat.of().formatHex(all);
  }

  @Test
  @Shows({"F24", "F25", "F26", "F28", "F39"})
  void driversComeAndGoAndTheBytesStayAsTheyWere() throws InterruptedException {
    serve();
    String before = bytes();
    long free = machine.memory().live();
    for (int time = 0; time < 3; time++) {
      EchoDriver.Port port = new EchoDriver.Port();
      Bus.Attachment attachment = bound(port);
      for (int i = 0; i < 50; i++) {
        assertThat(port.echo().ask(new byte[] {1, 2, 3}, PATIENCE)).containsExactly(~1, ~2, ~3);
      }
      assertThat(bytes()).as("time " + time).isEqualTo(before);
      assertThat(bus.served().getFirst().statuses()).containsExactly(0, 1, 3, 11, 15);
      attachment.close();
      assertThat(attachment.state()).isEqualTo("closed, reset confirmed");
      assertThat(bytes()).as("time " + time).isEqualTo(before);
      assertThat(machine.memory().live()).isEqualTo(free);
    }
    assertThat(machine.memory().quarantined()).isZero();
  }

  @Test
  @Shows("F30")
  void changesReachTheDriver() {
    serve();
    EchoDriver.Port port = new EchoDriver.Port();
    Bus.Attachment attachment = bound(port);
    model.change(7);
    eventually(() -> port.events().contains("changed 7"), attachment);
  }

  /** A driver that gives up says so, by the queue too. */
  @Test
  @Shows("F39")
  void whoGivesUpSaysSo() {
    serve();
    VirtioDriver<EchoDriver.Port> unwilling = new VirtioDriver<>() {
      @Override
      public List<Entry> table() {
        return new EchoDriver().table();
      }

      @Override
      public Features features() {
        return Features.NONE;
      }

      @Override
      public Class<EchoDriver.Port> port() {
        return EchoDriver.Port.class;
      }

      @Override
      public Attached probe(VirtioDevice device, Entry entry, EchoDriver.Port port) {
        throw new IllegalStateException("not this one");
      }
    };
    Bus.Attachment attachment = bus.attach(new Combination(unwilling, machine, ring, config, Map.of("virtio.glue", "no")),
        AttachmentSettings.of("port0"), new EchoDriver.Port());
    eventually(() -> attachment.state().contains("not this one"), attachment);
    assertThat(bus.served().getFirst().statuses()).endsWith(11, 128, 0, 128);
    assertThat(machine.memory().quarantined()).isZero();
  }

  /** A driver that leaves its configuration queue as a heap of rubbish, and no word: the next one begins from nothing. */
  @Test
  @Shows("F28")
  void aPredecessorsQueueDoesNotMatter() throws InterruptedException {
    serve();
    BusDevice found = device();
    for (int time = 0; time < 3; time++) {
      DeviceConfig left = config.open(found);
      left.status(0);
      assertThat(Await.that(PATIENCE, () -> left.status() == 0)).isTrue();
      RingFormat.Rings<Virtqueue> rings = ring.driver(found, Runnable::run);
      rings.queue(RingFormat.Rings.CONFIGURATION, left.configurationQueue(), left.given(RingFormat.Rings.CONFIGURATION),
          left.doorbell(RingFormat.Rings.CONFIGURATION), null);
      long at = left.given(RingFormat.Rings.CONFIGURATION).descriptors();
      var region = machine.memory().adopt(at, Bytes256.SIZE);
      region.segment().asSlice(at - region.address(), Bytes256.SIZE).fill((byte) 0xA5);
      left.doorbell(RingFormat.Rings.CONFIGURATION).raise(0);
      left.close();
      assertThat(region.segment().get(ValueLayout.JAVA_BYTE, at - region.address())).isEqualTo((byte) 0xA5);
    }
    EchoDriver.Port port = new EchoDriver.Port();
    bound(port);
    assertThat(port.echo().ask(new byte[] {9}, PATIENCE)).containsExactly(~9);
  }
}
