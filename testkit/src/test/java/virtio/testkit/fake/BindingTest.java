package virtio.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDriver;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Clause;
import virtio.testkit.Shows;

/** The bus between fakes: who is bound to what, and step by step how. */
class BindingTest extends BusRig {
  @Test
  @Shows({"F07", "F39"})
  @Clause("Device Initialization")
  void walksTheStatusAndProbesAtFeaturesOk() {
    List<Integer> atProbe = new ArrayList<>();
    List<Integer> enabledAtProbe = new ArrayList<>();
    driver.probes(found -> {
      atProbe.add(registers.status());
      enabledAtProbe.addAll(registers.enabled());
      found.queue(0, null);
      found.ready();
    });
    Bus.Attachment attachment = bound();
    assertThat(registers.statuses()).containsExactly(0, 1, 3, 11, 15);
    assertThat(atProbe).containsExactly(11);
    assertThat(enabledAtProbe).isEmpty();
    assertThat(registers.enabled()).containsExactly(0);
    assertThat(attachment.report().statuses()).containsExactly(0, 1, 3, 11, 15);
    assertThat(driver.events()).containsExactly("probe");
  }

  @Test
  @Shows("F06")
  void givesTheMatchingEntrysData() {
    Object exact = new Object();
    FakeDriver two = new FakeDriver(new VirtioDriver.Entry(new DeviceId(2, 0x1234), new Object()), new VirtioDriver.Entry(BLOCK, exact));
    transport.plug(device);
    Bus.Attachment attachment = bus.attach(new Combination(two, transport, ring, FakeRegisters.handler(), Map.of()),
        AttachmentSettings.of("disk0"), new Object());
    await("bound", attachment::bound);
    assertThat(two.data()).isSameAs(exact);
  }

  @Test
  @Shows({"F05", "F10"})
  void anIdHasAVendorToo() {
    FakeDriver specific = new FakeDriver(new VirtioDriver.Entry(new DeviceId(2, 0x1234), null));
    transport.plug(device);
    Bus.Attachment waits = bus.attach(new Combination(specific, transport, ring, FakeRegisters.handler(), Map.of()),
        AttachmentSettings.of("disk1"), new Object());
    Bus.Attachment binds = attach();
    await("bound", binds::bound);
    assertThat(waits.bound()).isFalse();
    assertThat(waits.state()).startsWith("waiting for an idle block device");
    transport.plug(new FakeBusDevice("f1", new FakeRegisters(new DeviceId(2, 0x1234)), memory));
    await("bound to the other vendor's", waits::bound);
    FakeDriver empty = new FakeDriver();
    transport.plug(new FakeBusDevice("f2", new FakeRegisters(BLOCK), memory));
    Bus.Attachment never = bus.attach(new Combination(empty, transport, ring, FakeRegisters.handler(), Map.of()),
        AttachmentSettings.of("disk2"), new Object());
    await("a look at f2: " + never.state(), () -> never.state().contains("id table is empty"));
    assertThat(never.bound()).isFalse();
  }

  @Test
  @Clause("Feature Bits")
  void acceptsWhatEveryoneCanDo() {
    driver.knows(Features.of(VirtioBlk.VIRTIO_BLK_F_RO, VirtioBlk.VIRTIO_BLK_F_FLUSH, VirtioBlk.VIRTIO_BLK_F_CONFIG_WCE),
        new int[] {VirtioBlk.VIRTIO_BLK_F_CONFIG_WCE, VirtioBlk.VIRTIO_BLK_F_FLUSH});
    registers.offers(Features.of(VERSION_1, EVENT_IDX, FeatureBits.VIRTIO_F_RING_PACKED, VirtioBlk.VIRTIO_BLK_F_FLUSH,
        VirtioBlk.VIRTIO_BLK_F_CONFIG_WCE, VirtioBlk.VIRTIO_BLK_F_MQ));
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("bound", attachment::bound);
    assertThat(registers.accepted())
        .isEqualTo(Features.of(VERSION_1, EVENT_IDX, VirtioBlk.VIRTIO_BLK_F_FLUSH, VirtioBlk.VIRTIO_BLK_F_CONFIG_WCE));
    attachment.close();
    Bus.Attachment masked = attach(AttachmentSettings.of("disk0").withMask(Features.ALL.without(VirtioBlk.VIRTIO_BLK_F_FLUSH)));
    await("bound", masked::bound);
    assertThat(registers.accepted()).as("what FLUSH was required for goes with it").isEqualTo(Features.of(VERSION_1, EVENT_IDX));
  }

  @Test
  @Clause("Reserved Feature Bits")
  void acceptsWhatTheConfigHandlerBringsWhereItIsOffered() {
    driver.knows(Features.of(FeatureBits.VIRTIO_F_SR_IOV), new int[0][]);
    registers.offers(Features.of(VERSION_1, FeatureBits.VIRTIO_F_NOTIFICATION_DATA, FeatureBits.VIRTIO_F_SR_IOV));
    transport.plug(device);
    ConfigHandler handler = FakeRegisters.handler(Features.of(FeatureBits.VIRTIO_F_NOTIFICATION_DATA, FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA,
        VirtioBlk.VIRTIO_BLK_F_FLUSH));
    Bus.Attachment attachment = bus.attach(new Combination(driver, transport, ring, handler, Map.of()), AttachmentSettings.of("disk0"),
        new Object());
    await("bound", attachment::bound);
    assertThat(registers.accepted()).isEqualTo(Features.of(VERSION_1, FeatureBits.VIRTIO_F_NOTIFICATION_DATA));
  }

  @Test
  @Clause("Reserved Feature Bits")
  void refusesALegacyDeviceByThatWord() {
    registers.offers(Features.of(EVENT_IDX));
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("a refusal", () -> attachment.state().contains("legacy device"));
    assertThat(registers.statuses()).endsWith(128);
    assertThat(device.claimed()).isFalse();
  }

  @Test
  @Clause("Reserved Feature Bits")
  void translatedAddressesNeedAccessPlatform() {
    FakeMemory translated = new FakeMemory(true);
    FakeBusDevice behindAnIommu = new FakeBusDevice("f1", registers, translated);
    transport.plug(behindAnIommu);
    Bus.Attachment attachment = attach();
    await("a refusal", () -> attachment.state().contains("ACCESS_PLATFORM is not accepted"));
    assertThat(translated.live()).isZero();
    assertThat(registers.statuses()).endsWith(128);
  }

  @Test
  @Shows("F39")
  @Clause("Device Initialization")
  void featuresOkThatDoesNotStickIsReadBack() {
    registers.refusesFeatures();
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("a refusal", () -> attachment.state().contains("FEATURES_OK refused"));
    assertThat(attachment.state()).contains("VERSION_1");
    assertThat(driver.events()).isEmpty();
    assertThat(registers.statuses()).endsWith(128);
    assertThat(memory.live()).isZero();
  }

  @Test
  void whatProbeThrowsBecomesFailedAndLeavesNothing() {
    driver.probes(found -> {
      found.queue(0, null);
      assertThat(found.allocate(4096, 4096)).isNotNull();
      throw new IllegalStateException("blk_size=513 (a power of two from 512)");
    });
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("a failure", () -> attachment.state().contains("blk_size=513"));
    assertThat(memory.live()).isZero();
    assertThat(registers.statuses()).contains(128).endsWith(0, 128);
    assertThat(device.claimed()).isFalse();
  }

  @Test
  void aSecondPortWaitsAndIsServedNext() {
    Bus.Attachment first = bound();
    Bus.Attachment second = attach(AttachmentSettings.of("disk1"));
    await("its turn: " + second.state(), () -> second.state().contains("f0: held by disk0"));
    first.close();
    await("served", second::bound);
  }

  @Test
  void aFilterPicksTheDevice() {
    transport.plug(device);
    FakeBusDevice other = new FakeBusDevice("f1", new FakeRegisters(BLOCK), memory).with("machine", "m1");
    transport.plug(other);
    Bus.Attachment attachment = attach(AttachmentSettings.of("disk0").withFilter("(&(machine=m1)(type=2))"));
    await("bound", attachment::bound);
    assertThat(other.claimed()).isTrue();
    assertThat(device.claimed()).isFalse();
    assertThatThrownBy(() -> attach(AttachmentSettings.of("disk1").withFilter("(name=f0"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("device.filter=(name=f0").hasMessageContaining("an LDAP filter");
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> attach(AttachmentSettings.of("disk0").withQueueSize(3))).hasMessageContaining("queue.size=3")
        .hasMessageContaining("power of two");
    assertThatThrownBy(() -> attach(AttachmentSettings.of("disk0").withResetDeadline(Duration.ZERO)))
        .hasMessageContaining("reset.deadline=0");
    assertThat(bus.devices()).isEmpty();
  }

  @Test
  @Shows("F12")
  void oneTransportsEndLeavesTheOthersAlone() {
    FakeTransport second = new FakeTransport();
    FakeBusDevice there = new FakeBusDevice("g0", new FakeRegisters(BLOCK), memory);
    second.plug(there);
    bus.bindTransport(transport, Map.of("virtio.transport", "fake"));
    bus.bindTransport(second, Map.of("virtio.transport", "other"));
    Bus.Attachment first = bound();
    assertThat(bus.devices()).extracting(Bus.DeviceReport::bus).containsExactly("fake", "other");
    bus.unbindTransport(second);
    second.pull(there);
    assertThat(bus.devices()).extracting(Bus.DeviceReport::name).containsExactly("f0");
    assertThat(first.bound()).isTrue();
    assertThat(second.watchers()).isZero();
  }
}
