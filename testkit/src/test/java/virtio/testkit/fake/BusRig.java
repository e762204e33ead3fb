package virtio.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.DeviceId;
import virtio.bus.Transport;
import virtio.bus.VirtioDriver;
import virtio.bus.core.VirtioBus;
import virtio.bus.spec.FeatureBits;

/** The bus between fakes: one block device, which is plugged when a test wants it. */
abstract class BusRig {
  static final DeviceId BLOCK = new DeviceId(2, DeviceId.VENDOR_QUMRANET);
  static final int EVENT_IDX = FeatureBits.VIRTIO_F_EVENT_IDX;
  static final int VERSION_1 = FeatureBits.VIRTIO_F_VERSION_1;
  static final int ACCESS_PLATFORM = FeatureBits.VIRTIO_F_ACCESS_PLATFORM;

  final VirtioBus bus = new VirtioBus();
  final FakeTransport transport = new FakeTransport();
  final FakeMemory memory = new FakeMemory(false);
  final FakeRing ring = new FakeRing(EVENT_IDX, ACCESS_PLATFORM);
  final FakeDriver driver = new FakeDriver(new VirtioDriver.Entry(new DeviceId(2, DeviceId.ANY), "any block device"));
  final FakeRegisters registers = new FakeRegisters(BLOCK);
  final FakeBusDevice device = new FakeBusDevice("f0", registers, memory);

  @AfterEach
  void stop() {
    bus.close();
  }

  final Combination parts(Transport on) {
    return new Combination(driver, on, ring, FakeRegisters.handler(), Map.of("virtio.glue", "block.fake.fake.fake"));
  }

  final Bus.Attachment attach(AttachmentSettings settings) {
    return bus.attach(parts(transport), settings, new Object());
  }

  final Bus.Attachment attach() {
    return attach(AttachmentSettings.of("disk0"));
  }

  static void await(String what, BooleanSupplier done) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(end);
      LockSupport.parkNanos(100_000);
    }
  }

  final Bus.Attachment bound() {
    transport.plug(device);
    Bus.Attachment attachment = attach();
    await("a bound device: " + attachment.state(), attachment::bound);
    return attachment;
  }
}
