package virtio.transport.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import virtio.bus.Window;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;
import virtio.testkit.fake.FakePciFunction;

class NamedWindowsTest {
  private final FakePciFunction function = new FakePciFunction(Pci.VIRTIO_VENDOR, NamedWindow.DEVICE);
  private final Window[] regions = {null, null, new Memory(4096), null, null, null};

  private NamedWindows windows() {
    return NamedWindows.of(new Window() {
      @Override
      public long size() {
        return 4096;
      }

      @Override
      public long read(long offset, int width) {
        return function.configRead((int) offset, width);
      }

      @Override
      public void write(long offset, int width, long value) {
        function.configWrite((int) offset, width, value);
      }
    }, regions);
  }

  private void add(NamedWindow window) {
    byte[] bytes = window.bytes();
    function.capability(Pci.CAP_VENDOR, Arrays.copyOfRange(bytes, 2, bytes.length));
  }

  @Test
  void theFirstOfANameIsWhereItSays() {
    add(new NamedWindow("mmio", 2, 0x100, 0x40, 7));
    add(new NamedWindow("mmio", 2, 0x200, 0x40, 8));
    add(new NamedWindow("doorbell", 2, 0x800, 8, NamedWindow.NO_VECTOR));
    Window mmio = windows().window("mmio");
    assertThat(mmio.size()).isEqualTo(0x40);
    mmio.write(4, 4, 0xCAFE);
    assertThat(regions[2].read(0x104, 4)).isEqualTo(0xCAFE);
    assertThat(windows().vector("mmio")).isEqualTo(7);
    assertThat(windows().vector("doorbell")).isEqualTo(NamedWindow.NO_VECTOR);
    assertThat(windows().window("other")).isNull();
    assertThatThrownBy(() -> mmio.read(0x3E, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> mmio.write(-4, 4, 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void whatMakesNoSenseIsNoWindow() {
    add(new NamedWindow("behind", 2, 0xFC1, 0x40, 0));
    add(new NamedWindow("nowhere", 3, 0, 0x40, 0));
    add(new NamedWindow("empty", 2, 0, 0, 0));
    add(new NamedWindow("wraps", 2, 0xFFFF_FFFFL, 0xFFFF_FFFFL, 0));
    byte[] bytes = new NamedWindow("bar", 2, 0, 8, 0).bytes();
    bytes[4] = 6;
    function.capability(Pci.CAP_VENDOR, Arrays.copyOfRange(bytes, 2, bytes.length));
    bytes = new NamedWindow("kind", 2, 0, 8, 0).bytes();
    bytes[3] = 1;
    function.capability(Pci.CAP_VENDOR, Arrays.copyOfRange(bytes, 2, bytes.length));
    NamedWindows windows = windows();
    for (String name : new String[] {"behind", "nowhere", "empty", "wraps", "bar", "kind"}) {
      assertThat(windows.window(name)).as(name).isNull();
    }
  }

  @Test
  void aWindowIsTwentyFourBytesOfCapability() {
    assertThat(new NamedWindow("channel", 2, 0x1_0203L, 0x1C, 0x0405).bytes()).containsExactly(
        0, 0, 24, 0x4E, 2, 0, 5, 4, 3, 2, 1, 0, 0x1C, 0, 0, 0, 'c', 'h', 'a', 'n', 'n', 'e', 'l', 0);
    assertThatThrownBy(() -> new NamedWindow("no spaces", 0, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("window=no spaces");
  }
}
