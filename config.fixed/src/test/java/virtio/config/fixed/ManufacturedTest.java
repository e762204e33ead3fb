package virtio.config.fixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.spec.VirtioPipe;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeBusDevice;

/** 256 bytes that somebody on our own side wrote into a configuration: a pipe that is nothing but its channel. */
class ManufacturedTest {
  private static final String HOST = "56465831 5634 F41A" + "0000000001000000" + "00".repeat(8) + "00".repeat(104 - 8);
  private static final String WHOLE = HOST + "00".repeat(8);
  private static final String DRIVER = "0700000000000000" + "00".repeat(120);

  private final FixedConfig handler = new FixedConfig();

  private static FakeBusDevice device(String host, String driver) {
    return new FakeBusDevice("made").word("fixed/host", host).word("fixed/driver", driver);
  }

  @Test
  @Shows({"F10", "F36", "F39"})
  void twoWordsAreADevice() {
    FakeBusDevice device = device(WHOLE, DRIVER);
    assertThat(handler.lacks(device)).isNull();
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(0x3456, 0x1AF4));
    DeviceConfig config = handler.open(device);
    assertThat(config.configurationQueue()).isZero();
    config.status(0);
    config.status(3);
    config.accept(Features.of(32));
    config.status(11);
    assertThat(config.status()).as("status stays with us").isEqualTo(11);
    assertThat(config.offered()).isEqualTo(Features.of(32));
    assertThat(config.read(VirtioPipe.IDENTITY)).isEqualTo(7);
    assertThat(config.generation()).isZero();
    assertThat(config.queueSize(0)).isZero();
    assertThatThrownBy(() -> config.write(VirtioPipe.HOLD, 1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("read-only");
    assertThatThrownBy(() -> config.accept(Features.of(1))).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> config.enable(0, 8, RingAreas.NONE)).isInstanceOf(IllegalArgumentException.class);
    config.status(0);
    assertThat(config.status()).isZero();
    config.close();
  }

  @Test
  void wordsThatAreNoBytesAreNobody() {
    for (FakeBusDevice device : new FakeBusDevice[] {device(WHOLE + "00", DRIVER), device(WHOLE, ""),
        device(WHOLE, DRIVER.replaceFirst("07", "xx")), device(WHOLE.replaceFirst("56", "57"), DRIVER)}) {
      assertThat(handler.identify(device)).isNull();
      assertThatThrownBy(() -> handler.open(device)).isInstanceOf(IllegalStateException.class).hasMessageContaining("256 bytes");
    }
    assertThat(handler.lacks(new FakeBusDevice("bare"))).contains("words 'fixed/host' and 'fixed/driver'");
    String asking = WHOLE.replaceAll("\\s", "");
    FakeBusDevice nobodyAnswers = device(asking.substring(0, 56) + "04" + asking.substring(58), DRIVER);
    assertThatThrownBy(() -> handler.open(nobodyAnswers)).isInstanceOf(IllegalStateException.class).hasMessageContaining("manufactured");
  }
}
