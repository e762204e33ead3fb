package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.DeviceStatus.ACKNOWLEDGE;
import static virtio.bus.spec.DeviceStatus.DRIVER;
import static virtio.bus.spec.DeviceStatus.FEATURES_OK;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.Face;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.bus.Slot;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.core.VirtioBus;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.Clause;
import virtio.testkit.EchoDriver;
import virtio.testkit.EchoModel;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.WindowConfig;

/** The bus's device side, with the split ring between: models, faces, and what a driver sees of them. */
class ServedModelTest {
  private final VirtioBus bus = new VirtioBus();
  private final FakeMachine machine = new FakeMachine("m0");
  private final RingFormat ring = new SplitRing();
  private final ConfigHandler config = new WindowConfig();
  private final EchoModel model = new EchoModel();
  private final EchoDriver.Port port = new EchoDriver.Port();

  @BeforeEach
  void wire() {
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bus.bindConfig(config, Map.of("virtio.config", "window"));
  }

  @AfterEach
  void end() {
    bus.close();
    machine.close();
  }

  private Bus.Serving serve(String... faces) {
    return bus.serve("echo0", model, List.of(faces).stream().map(Face::of).toList(), machine);
  }

  private Combination parts(VirtioDriver<EchoDriver.Port> driver) {
    return new Combination(driver, machine, ring, config, Map.of("virtio.glue", "echo.fake.split.window"));
  }

  private Bus.Attachment attach(String owner, VirtioDriver<EchoDriver.Port> driver, EchoDriver.Port to) {
    return bus.attach(parts(driver), AttachmentSettings.of(owner), to);
  }

  private Bus.Attachment bound(String owner, EchoDriver.Port to) {
    Bus.Attachment attachment = attach(owner, new EchoDriver(), to);
    assertThat(Await.that(Duration.ofSeconds(10), attachment::bound)).as(attachment.state()).isTrue();
    return attachment;
  }

  private static void eventually(String what, BooleanSupplier condition) {
    assertThat(Await.that(Duration.ofSeconds(10), condition)).as(what).isTrue();
  }

  private static void answers(EchoDriver.Port port) throws InterruptedException {
    assertThat(port.echo().ask(new byte[] {1, 2, 3}, Duration.ofSeconds(10))).containsExactly(~1, ~2, ~3);
  }

  @Test
  @Shows({"F39", "F60"})
  void aDeviceAndADriverThatNoBrickKnowsMeet() throws InterruptedException {
    serve("fake.split.window");
    Bus.Attachment attachment = bound("port0", port);
    for (int i = 0; i < 100; i++) {
      answers(port);
    }
    assertThat(bus.served()).hasSize(1);
    assertThat(bus.served().getFirst().statuses()).as("the host's log").containsExactly(0, 1, 3, 11, 15);
    assertThat(bus.served().getFirst().queues().getFirst().counters().published()).isEqualTo(100);
    attachment.close();
    assertThat(bus.served().getFirst().statuses()).endsWith(0);
    assertThat(machine.memory().live()).isZero();
  }

  @Test
  void oneModelServesOneDriverAtATime() throws InterruptedException {
    bus.bindConfig(new WindowConfig(), Map.of("virtio.config", "other"));
    Bus.Serving serving = serve("fake.split.window", "fake.split.other");
    eventually("two faces", () -> bus.devices().size() == 2);
    Bus.Attachment first = bound("port0", port);
    EchoDriver.Port otherPort = new EchoDriver.Port();
    Bus.Attachment second = attach("port1", new EchoDriver(), otherPort);
    eventually(second.state(), () -> second.state().contains("FEATURES_OK refused"));
    answers(port);
    second.close();
    first.close();
    bound("port1", otherPort);
    answers(otherPort);
    assertThat(serving.state()).containsExactly("fake.split.window: shown on m0/0", "fake.split.other: shown on m0/1");
  }

  @Test
  @Shows("F12")
  void aFaceGoesAndComesWithItsBricks() throws InterruptedException {
    Bus.Serving serving = serve("fake.split.window", "fake.socket.window", "pci.split.window");
    Bus.Attachment attachment = bound("port0", port);
    assertThat(serving.state()).containsExactly("fake.split.window: shown on m0/0", "fake.socket.window: waiting for ring socket",
        "pci.split.window: host m0 offers fake, not pci");
    attachment.close();
    bus.unbindRing(ring);
    eventually("no device", () -> bus.devices().isEmpty());
    eventually("its state", () -> serving.state().getFirst().equals("fake.split.window: waiting for ring split"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bound("port0", port);
    answers(port);
  }

  @Test
  void driversLeaveBeforeTheirDeviceDoes() throws InterruptedException {
    serve("fake.split.window");
    Bus.Attachment attachment = bound("port0", port);
    CountDownLatch closing = new CountDownLatch(1);
    Thread leaving = Thread.ofPlatform().start(() -> {
      closing.countDown();
      attachment.close();
    });
    assertThat(closing.await(10, TimeUnit.SECONDS)).isTrue();
    bus.unbindRing(ring);
    leaving.join(Duration.ofSeconds(10));
    eventually("no device", () -> bus.devices().isEmpty());
    assertThat(port.events()).as("no failure: an orderly end").containsExactly("up", "down");
    assertThat(machine.memory().quarantined()).isZero();
    assertThat(machine.memory().live()).isZero();
  }

  /** What a test does when the model has stopped and its place is still there. */
  private static final class LastMoment extends WindowConfig {
    private final Consumer<DeviceConfig> last;

    LastMoment(Consumer<DeviceConfig> last) {
      this.last = last;
    }

    @Override
    public Registration expose(DeviceConfig device, Slot slot) {
      Registration exposed = super.expose(device, slot);
      return () -> {
        last.accept(device);
        exposed.close();
      };
    }
  }

  @Test
  void whoComesWhileAFaceIsTakenAwayDoesNotKeepTheModelBusy() throws InterruptedException {
    AtomicInteger seen = new AtomicInteger(-1);
    ConfigHandler late = new LastMoment(device -> {
      device.accept(device.offered());
      List.of(ACKNOWLEDGE, ACKNOWLEDGE | DRIVER, ACKNOWLEDGE | DRIVER | FEATURES_OK).forEach(device::status);
      seen.set(device.status());
    });
    bus.bindConfig(late, Map.of("virtio.config", "late"));
    bus.serve("echo0", model, List.of(Face.of("fake.split.late"), Face.of("fake.split.window")), machine);
    eventually("two faces", () -> bus.devices().size() == 2);
    bus.unbindConfig(late);
    eventually("one face", () -> bus.devices().size() == 1);
    assertThat(seen).as("FEATURES_OK does not stand").hasValue(ACKNOWLEDGE | DRIVER);
    bound("port0", port);
    answers(port);
  }

  @Test
  @Shows("F11")
  void aDeviceThatIsPulledIsToldAsGone() {
    Bus.Serving serving = serve("fake.split.window");
    Bus.Attachment attachment = bound("port0", port);
    serving.close();
    eventually("the news", () -> port.events().contains("down"));
    assertThat(port.events()).containsExactly("up", "failed DEVICE_GONE", "down");
    eventually("its unbinding", () -> !attachment.bound());
    assertThat(machine.memory().quarantined()).as("it was let go of before it went").isZero();
    assertThat(machine.memory().live()).isZero();
    serve("fake.split.window");
    eventually("another", attachment::bound);
  }

  /** With a port that does that when it is asked for its device. */
  private Bus.Attachment bound(Runnable asked) {
    Bus.Attachment attachment = bus.attach(parts(new EchoDriver()), AttachmentSettings.of("port0"), port, asked);
    eventually(attachment.state(), attachment::bound);
    return attachment;
  }

  @Test
  @Shows("F11")
  void aDeviceWhoseModelIsWithdrawnWorksUntilItsPortHasLetItGo() throws Exception {
    Bus.Serving serving = serve("fake.split.window");
    CountDownLatch asked = new CountDownLatch(1);
    Bus.Attachment attachment = bound(asked::countDown);
    CompletableFuture<byte[]> last = CompletableFuture.supplyAsync(() -> {
      try (attachment) {
        return asked.await(10, TimeUnit.SECONDS) ? port.echo().ask(new byte[] {1, 2, 3}, Duration.ofSeconds(10)) : null;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    serving.close();
    assertThat(last.get(10, TimeUnit.SECONDS)).as("a last answer").containsExactly(~1, ~2, ~3);
    assertThat(port.events()).as("no failure: an orderly end").containsExactly("up", "down");
    assertThat(machine.memory().quarantined()).isZero();
    assertThat(machine.memory().live()).isZero();
  }

  @Test
  @Shows("F11")
  void aPortThatDoesNotLetGoOfAWithdrawnDeviceLosesIt() {
    Bus.Serving serving = serve("fake.split.window");
    Bus.Attachment attachment = bound(() -> { });
    serving.close();
    assertThat(port.events()).containsExactly("up", "failed DEVICE_GONE", "down");
    assertThat(attachment.bound()).isFalse();
    assertThat(machine.memory().quarantined()).as("it was let go of before it went").isZero();
    assertThat(machine.memory().live()).isZero();
    serve("fake.split.window");
    eventually("another", attachment::bound);
  }

  @Test
  void nobodyGetsADeviceThatIsBeingTakenAway() throws InterruptedException {
    EchoDriver.Port next = new EchoDriver.Port();
    AtomicReference<Bus.Attachment> waiting = new AtomicReference<>();
    List<String> seen = new CopyOnWriteArrayList<>();
    bus.bindConfig(new LastMoment(device -> {
      Await.that(Duration.ofSeconds(10), () -> !waiting.get().state().contains("held by"));
      seen.add(waiting.get().state());
    }), Map.of("virtio.config", "watched"));
    Bus.Serving serving = serve("fake.split.watched");
    Bus.Attachment first = bound("port0", port);
    Bus.Attachment second = attach("port1", new EchoDriver(), next);
    waiting.set(second);
    eventually(second.state(), () -> second.state().contains("held by port0"));
    serving.close();
    assertThat(seen).hasSize(1).allMatch(state -> state.endsWith("(fake m0/0: being taken out)"));
    assertThat(next.events()).isEmpty();
    first.close();
    serve("fake.split.window");
    eventually("its turn", second::bound);
    answers(next);
  }

  /** Changes a field within probe, as nobody is told of. */
  private record Slipping(EchoDriver to, EchoModel model) implements VirtioDriver<EchoDriver.Port> {
    @Override
    public List<Entry> table() {
      return to.table();
    }

    @Override
    public Features features() {
      return to.features();
    }

    @Override
    public Class<EchoDriver.Port> port() {
      return to.port();
    }

    @Override
    public Attached probe(VirtioDevice device, Entry entry, EchoDriver.Port port) {
      model.slip(7);
      return to.probe(device, entry, port);
    }
  }

  @Test
  @Trap("T15")
  @Shows("F30")
  @Clause("Device Configuration Space")
  void aChangeNobodyToldOfBeforeDriverOkIsToldAfterIt() {
    serve("fake.split.window");
    Bus.Attachment attachment = attach("port0", new Slipping(new EchoDriver(), model), port);
    eventually(attachment.state(), attachment::bound);
    eventually("the change", () -> port.events().contains("changed 7"));
    model.change(8);
    eventually("the next", () -> port.events().contains("changed 8"));
    assertThat(port.events()).containsExactly("up", "changed 7", "changed 8");
  }

  @Test
  @Trap("T08")
  @Clause("Device Status Field")
  void aModelThatFailsNeedsAResetAndIsHealedByIt() throws InterruptedException {
    serve("fake.split.window");
    Bus.Attachment attachment = bound("port0", port);
    assertThat(port.echo().ask(new byte[] {EchoModel.POISON}, Duration.ofMillis(50))).isNull();
    eventually("the news", () -> port.events().contains("failed DEVICE_NEEDS_RESET"));
    attachment.close();
    Bus.Attachment again = bound("port0", port);
    answers(port);
    again.close();
    assertThat(machine.memory().live()).isZero();
    assertThat(machine.memory().quarantined()).isZero();
  }
}
