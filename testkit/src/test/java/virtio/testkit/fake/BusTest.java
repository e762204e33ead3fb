package virtio.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Chain;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.core.VirtioBus;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The bus between fakes: what it does to a device, step by step, and what it does when the device misbehaves. */
class BusTest {
  private static final DeviceId BLOCK = new DeviceId(2, DeviceId.VENDOR_QUMRANET);
  private static final int EVENT_IDX = FeatureBits.VIRTIO_F_EVENT_IDX;
  private static final int VERSION_1 = FeatureBits.VIRTIO_F_VERSION_1;
  private static final int ACCESS_PLATFORM = FeatureBits.VIRTIO_F_ACCESS_PLATFORM;

  private final VirtioBus bus = new VirtioBus();
  private final FakeTransport transport = new FakeTransport();
  private final FakeMemory memory = new FakeMemory(false);
  private final FakeRing ring = new FakeRing(EVENT_IDX, ACCESS_PLATFORM);
  private final FakeDriver driver = new FakeDriver(new VirtioDriver.Entry(new DeviceId(2, DeviceId.ANY), "any block device"));
  private final FakeRegisters registers = new FakeRegisters(BLOCK);
  private final FakeBusDevice device = new FakeBusDevice("f0", registers, memory);

  @AfterEach
  void stop() {
    bus.close();
  }

  private Combination parts(Transport on) {
    return new Combination(driver, on, ring, FakeRegisters.handler(), Map.of("virtio.glue", "block.fake.fake.fake"));
  }

  private Bus.Attachment attach(AttachmentSettings settings) {
    return bus.attach(parts(transport), settings, new Object());
  }

  private Bus.Attachment attach() {
    return attach(AttachmentSettings.of("disk0"));
  }

  private static void await(String what, BooleanSupplier done) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(end);
      LockSupport.parkNanos(100_000);
    }
  }

  private Bus.Attachment bound() {
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("a bound device: " + attachment.state(), attachment::bound);
    return attachment;
  }

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
  @Trap("T14")
  @Clause("Device Configuration Space")
  void readsFieldsOfOneGeneration() {
    registers.has(VirtioBlk.CAPACITY, 0x1_0000_0001L).has(VirtioBlk.BLK_SIZE, 512);
    driver.knows(Features.of(VirtioBlk.VIRTIO_BLK_F_BLK_SIZE));
    registers.offers(Features.of(VERSION_1, VirtioBlk.VIRTIO_BLK_F_BLK_SIZE));
    bound();
    int[] reads = {0};
    registers.onRead(() -> {
      if (++reads[0] == 2) {   // between the two fields of the first try
        registers.slip(VirtioBlk.CAPACITY, 2);
        registers.slip(VirtioBlk.BLK_SIZE, 4096);
      }
    });
    assertThat(driver.device().read(VirtioBlk.CAPACITY, VirtioBlk.BLK_SIZE)).containsExactly(2, 4096);
  }

  @Test
  @Trap("T14")
  void aConfigurationThatNeverSettlesIsAnError() {
    bound();
    registers.neverSettles();
    assertThatThrownBy(() -> driver.device().read(VirtioBlk.CAPACITY)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not settle");
  }

  @Test
  void aFieldWithoutItsFeatureReadsZero() {
    registers.has(VirtioBlk.BLK_SIZE, 512);
    bound();
    assertThat(driver.device().read(VirtioBlk.BLK_SIZE)).isZero();
    assertThatThrownBy(() -> driver.device().write(VirtioBlk.WRITEBACK, 1)).hasMessageContaining("writeback");
  }

  @Test
  @Trap("T15")
  @Shows("F30")
  void changesBeforeDriverOkAreToldOnceAfterIt() {
    driver.probes(found -> {
      registers.tell();
      registers.change(VirtioBlk.CAPACITY, 7);
      registers.tell();
      assertThat(driver.events()).containsExactly("probe");
      found.ready();
    });
    bound();
    await("the change", () -> driver.events().contains("changed"));
    registers.tell();
    await("another", () -> driver.events().size() == 3);
    assertThat(driver.events()).containsExactly("probe", "changed", "changed");
  }

  @Test
  @Trap("T16")
  @Shows("F16")
  @Clause("Device Initialization")
  void noDoorbellBeforeDriverOkAndOneRightAfter() {
    driver.probes(found -> {
      Virtqueue queue = found.queue(0, null);
      DmaMemory region = found.allocate(4096, 4096);
      Chain chain = new Chain(1).writable(region, 0, 64);
      for (int i = 0; i < 8; i++) {
        assertThat(queue.add(chain, "b" + i)).isEqualTo(Virtqueue.Added.OK);
        queue.sync();
      }
      assertThat(registers.rung()).isEmpty();
      found.ready();
    });
    bound();
    assertThat(registers.rung()).containsExactly("0 at 15");
  }

  @Test
  @Trap("T17")
  @Clause("Device Reset")
  void waitsForALateReset() {
    Bus.Attachment attachment = bound();
    registers.confirmsResetAfter(Duration.ofMillis(200).toNanos());
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove true");
    assertThat(memory.quarantined()).isZero();
    assertThat(memory.live()).isZero();
  }

  @Test
  @Trap("T17")
  @Clause("Device Cleanup")
  void memoryOfAnUnconfirmedResetIsSetAside() {
    driver.probes(found -> {
      found.queue(0, null);
      found.allocate(8192, 4096);
      found.ready();
    });
    transport.plug(device);
    Bus.Attachment attachment = attach(AttachmentSettings.of("disk0").withResetDeadline(Duration.ofMillis(50)));
    await("bound", attachment::bound);
    registers.neverConfirmsReset(true);
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove false");
    assertThat(memory.quarantined()).isEqualTo(4096 + 8192);
    Bus.Attachment again = attach(AttachmentSettings.of("disk0").withResetDeadline(Duration.ofMillis(50)));
    await("a refusal", () -> again.state().contains("reset not confirmed within 50 ms"));
    registers.neverConfirmsReset(false);
    again.close();
    Bus.Attachment healed = attach();
    await("bound", healed::bound);
    assertThat(memory.quarantined()).as("never reused").isEqualTo(4096 + 8192);
    assertThat(healed.report().properties()).as("shown").containsEntry("quarantined", 4096L + 8192L);
  }

  @Test
  @Trap("T18")
  void aDeviceThatReadsAllOnesIsGoneOnce() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    Bus.Attachment attachment = bound();
    registers.vanish();
    for (int i = 0; i < 100; i++) {
      registers.tell();
    }
    await("the news", () -> driver.events().contains("failed DEVICE_GONE"));
    transport.pull(device);
    await("the end", () -> !attachment.bound());
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_GONE", "remove false");
    assertThat(memory.live()).isZero();
    assertThat(memory.quarantined()).isEqualTo(4096);
  }

  @Test
  @Shows("F11")
  void aDeviceThatIsAskedForStaysUntilItsPortHasLetItGo() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    AtomicInteger asked = new AtomicInteger();
    transport.plug(device);
    Bus.Attachment attachment = bus.attach(parts(transport), AttachmentSettings.of("disk0"), new Object(), asked::incrementAndGet);
    await("a bound device: " + attachment.state(), attachment::bound);
    transport.ask(device);
    await("the news", () -> asked.get() == 1);
    assertThat(attachment.bound()).isTrue();
    assertThat(registers.status()).isEqualTo(15);
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove true");
    assertThat(device.claimed()).isFalse();
    assertThat(memory.quarantined()).isZero();
  }

  @Test
  @Shows("F11")
  void aPortIsAskedForADeviceThatIsAskedForWhileItIsBeingAttached() {
    AtomicInteger asked = new AtomicInteger();
    transport.plug(device);
    Transport hasty = listener -> {
      Registration watch = transport.watch(listener);
      await("a bound device", () -> registers.status() == 15);
      transport.ask(device);
      await("an answer", () -> asked.get() == 1 || driver.events().contains("remove true"));
      return watch;
    };
    Bus.Attachment attachment = bus.attach(parts(hasty), AttachmentSettings.of("disk0"), new Object(), asked::incrementAndGet);
    assertThat(asked).hasValue(1);
    attachment.close();
    assertThat(driver.events()).as("it was not taken away").containsExactly("probe", "remove true");
  }

  @Test
  @Shows("F11")
  void aDeviceThatIsAskedForWhileNobodyListensIsLetGoAtOnceAndNotTakenAgain() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    Bus.Attachment attachment = bound();
    transport.ask(device);
    await("the end", () -> !attachment.bound());
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_GONE", "remove true");
    await("the reason", () -> attachment.state().contains("being taken out"));
    transport.pull(device);
    transport.plug(device);
    await("another", attachment::bound);
  }

  @Test
  void needsResetAndViolationsAreToldOnce() {
    driver.probes(found -> {
      found.queue(0, queue -> true);
      found.ready();
    });
    bound();
    registers.needsReset();
    await("the news", () -> driver.events().contains("failed DEVICE_NEEDS_RESET"));
    ring.made().getFirst().breakBy(Violation.USED_LEN);
    registers.tell();
    bus.close();
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_NEEDS_RESET", "remove true");
  }

  @Test
  void aCallbackThatThrowsFailsItsDeviceAlone() {
    driver.probes(found -> {
      found.queue(0, new Queue.Callback() {
        @Override
        public boolean ready(Queue queue) {
          throw new IllegalStateException("on purpose, in a test");
        }
      });
      found.ready();
    });
    bound();
    registers.interrupt(0);
    await("the news", () -> driver.events().contains("failed RING_BROKEN"));
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
  void memoryThatUsersHoldOutlivesTheBinding() {
    DmaMemory[] held = new DmaMemory[1];
    VirtioDevice[] given = new VirtioDevice[1];
    driver.probes(found -> {
      found.ready();
      held[0] = found.allocate(4096, 4096);
      given[0] = found;
    });
    Bus.Attachment attachment = bound();
    attachment.close();
    assertThat(memory.live()).isEqualTo(1);
    given[0].free(held[0]);
    assertThat(memory.live()).isZero();
    assertThat(given[0].allocate(4096, 4096)).isNull();
    assertThatThrownBy(() -> given[0].read(VirtioBlk.CAPACITY)).isInstanceOf(IllegalStateException.class).hasMessageContaining("let go");
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
