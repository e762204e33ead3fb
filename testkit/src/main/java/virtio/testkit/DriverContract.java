package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.VirtioDriver;
import virtio.bus.core.VirtioBus;
import virtio.bus.spec.FeatureBits;
import virtio.testkit.fake.FakeBusDevice;
import virtio.testkit.fake.FakeMemory;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.FakeRing;
import virtio.testkit.fake.FakeTransport;

/**
 * What every driver must do, whatever its device is for: bind by the eight steps, leave nothing behind, and say what it lacks. A driver's
 * test extends this; the device is scripted, the ring a {@link FakeRing}.
 */
public abstract class DriverContract {
  private final VirtioBus bus = new VirtioBus();
  private final FakeTransport transport = new FakeTransport();
  private final FakeMemory memory = new FakeMemory(false);
  private final FakeRing ring = new FakeRing(FeatureBits.VIRTIO_F_EVENT_IDX);

  /** The driver under test. */
  protected abstract VirtioDriver<?> driver();

  /** A port it can serve. */
  protected abstract Object port();

  /** A device it binds: id, features, fields and queues in order. */
  protected abstract FakeRegisters device();

  /** The same without the queues it cannot do without. */
  protected abstract FakeRegisters deviceWithoutQueues();

  /** How long to wait for what must come. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  @AfterEach
  void stopBus() {
    bus.close();
  }

  private Bus.Attachment attach(Duration resetDeadline) {
    return bus.attach(new Combination(driver(), transport, ring, FakeRegisters.handler(), Map.of("virtio.glue", "x.fake.fake.fake")),
        AttachmentSettings.of("port0").withResetDeadline(resetDeadline), port());
  }

  private Bus.Attachment attach() {
    return attach(Duration.ofSeconds(1));
  }

  private Bus.Attachment bind(FakeRegisters registers) {
    transport.plug(new FakeBusDevice("f0", registers, memory));
    Bus.Attachment attachment = attach();
    assertThat(Await.that(patience(), attachment::bound)).as(attachment.state()).isTrue();
    return attachment;
  }

  @Test
  void declaresOnlyWhatIsItsOwn() {
    VirtioDriver<?> driver = driver();
    assertThat(driver.table()).isNotEmpty();
    assertThat(driver.table()).anyMatch(entry -> entry.id().covers(device().id()));
    Features reserved = Features.range(FeatureBits.RESERVED_FIRST, FeatureBits.RESERVED_LAST);
    assertThat(driver.features().and(reserved)).isEqualTo(Features.NONE);
    for (int[] pair : driver.requires()) {
      assertThat(driver.features().has(pair[0])).as("bit " + pair[0] + ", which requires " + pair[1]).isTrue();
    }
    assertThat(driver.port().isInstance(port())).isTrue();
  }

  @Test
  @Shows("F39")
  @Clause("Device Initialization")
  void bindsByTheBookAndRingsNothingBeforeDriverOk() {
    FakeRegisters registers = device();
    bind(registers);
    assertThat(registers.statuses()).containsExactly(0, 1, 3, 11, 15);
    assertThat(registers.rung()).allMatch(ring -> ring.endsWith(" at 15"));
    assertThat(registers.enabled()).isNotEmpty();
    assertThat(registers.offered().holds(registers.accepted())).isTrue();
  }

  @Test
  @Clause("Feature Bits")
  void doesWithoutEveryOptionalFeature() {
    FakeRegisters registers = device().offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    bind(registers);
    assertThat(registers.accepted()).isEqualTo(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
  }

  @Test
  @Trap("T30")
  @Clause("Device Cleanup")
  void leavesNothingBehind() {
    FakeRegisters registers = device();
    transport.plug(new FakeBusDevice("f0", registers, memory));
    for (int i = 0; i < 20; i++) {
      Bus.Attachment attachment = attach();
      assertThat(Await.that(patience(), attachment::bound)).as(attachment.state()).isTrue();
      attachment.close();
      assertThat(memory.live()).as("regions after binding " + i).isZero();
    }
    assertThat(memory.quarantined()).isZero();
    assertThat(ring.made()).allMatch(queue -> queue.state() == Queue.State.STOPPED);
    assertThat(ring.made()).allMatch(queue -> queue.outstanding() == 0, "every token was taken back");
  }

  @Test
  @Trap("T17")
  void anUnconfirmedResetIsBoundedAndSetsMemoryAside() {
    FakeRegisters registers = device();
    transport.plug(new FakeBusDevice("f0", registers, memory));
    Bus.Attachment attachment = attach(Duration.ofMillis(30));
    assertThat(Await.that(patience(), attachment::bound)).as(attachment.state()).isTrue();
    registers.neverConfirmsReset(true);
    attachment.close();
    assertThat(attachment.state()).contains("not confirmed");
    assertThat(memory.live()).isZero();
    assertThat(memory.quarantined()).isPositive();
    assertThat(ring.made()).allMatch(queue -> queue.outstanding() == 0, "every token was taken back");
  }

  @Test
  void refusesADeviceWithoutItsQueues() {
    FakeRegisters registers = deviceWithoutQueues();
    transport.plug(new FakeBusDevice("f0", registers, memory));
    Bus.Attachment attachment = attach();
    assertThat(Await.that(patience(), () -> attachment.state().contains("failed"))).as(attachment.state()).isTrue();
    assertThat(registers.statuses()).contains(128);
    assertThat(memory.live()).isZero();
  }

  @Test
  void refusesWhenMemoryHasRunOut() {
    memory.room(4096);   // a ring's page and nothing else
    FakeRegisters registers = device();
    transport.plug(new FakeBusDevice("f0", registers, memory));
    Bus.Attachment attachment = attach();
    assertThat(Await.that(patience(), () -> attachment.state().contains("failed"))).as(attachment.state()).isTrue();
    assertThat(attachment.state()).containsIgnoringCase("memory");
    assertThat(memory.live()).isZero();
  }

  @Test
  void takesSpuriousInterruptsAndChanges() {
    FakeRegisters registers = device();
    Bus.Attachment attachment = bind(registers);
    for (int i = 0; i < 1000; i++) {
      registers.interrupt(0);
      registers.tell();
    }
    assertThat(attachment.bound()).isTrue();
    attachment.close();
    assertThat(memory.live()).isZero();
  }

  /** A vendor nobody knows, of the driver's own type. */
  @Test
  @Shows("F10")
  void bindsOnlyWhatItsTableCovers() {
    DeviceId other = new DeviceId(0x7001, 0x1234);
    transport.plug(new FakeBusDevice("f0", new FakeRegisters(other), memory));
    Bus.Attachment attachment = attach();
    FakeRegisters registers = device();
    transport.plug(new FakeBusDevice("f1", registers, memory));
    assertThat(Await.that(patience(), attachment::bound)).as(attachment.state()).isTrue();
    assertThat(attachment.report().name()).isEqualTo("f1");
  }
}
