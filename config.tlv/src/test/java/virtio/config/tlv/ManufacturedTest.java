package virtio.config.tlv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeBusDevice;

/** "... or manufactured by the kernel itself": no host has ever seen this stream. */
class ManufacturedTest {
  private static final String DISK = """
      02 40 00
      02 08  40 00 FF FF 00 00 00 00
      40 10  40 00 00 00 01 00 00 00  00 00 00 00 00 00 00 00
      41 08  00 00 02 00 00 00 00 00
      47 04  00 10 00 00
      7F 02  AB CD
      30 08  02 00 00 00 34 12 00 00
      33 04  00 00 00 00
      """;
  private final TlvConfig handler = new TlvConfig();
  private final FakeBusDevice device = new FakeBusDevice("made").word("tlv", DISK);

  @Test
  @Shows({"F36", "F39"})
  void aStreamOfOurOwnMakingIsADevice() {
    assertThat(handler.lacks(device)).isNull();
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(2, 0x1234));
    for (int time = 0; time < 2; time++) {
      DeviceConfig config = handler.open(device);
      config.status(0);
      assertThat(config.status()).isZero();
      config.status(1);
      config.status(3);
      assertThat(config.offered()).isEqualTo(Features.of(VirtioBlk.VIRTIO_BLK_F_BLK_SIZE, 32));
      config.accept(config.offered());
      config.status(11);
      assertThat(config.status()).isEqualTo(11);
      assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(0x20000);
      assertThat(config.read(VirtioBlk.BLK_SIZE)).isEqualTo(4096);
      assertThat(config.generation()).isZero();
      assertThat(config.queueSize(0)).isEqualTo(64);
      assertThat(config.given(0)).isEqualTo(RingAreas.NONE);
      config.enable(0, 64, RingAreas.NONE);
      config.status(15);
      config.status(0);
      assertThat(config.status()).as("confirmed at once: nobody has to stop").isZero();
      config.close();
    }
  }
}
