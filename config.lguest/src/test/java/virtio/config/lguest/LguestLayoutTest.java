package virtio.config.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.bus.PageLayout;
import virtio.bus.Window;
import virtio.testkit.fake.PlainBus;

class LguestLayoutTest {
  private final LguestLayout layout = new LguestLayout();

  private static Window page(String hex) {
    return PlainBus.of(hex).device().window("entry");
  }

  @Test
  void walksPackedEntriesToTypeZero() {
    assertThat(layout.walk(page("""
        02 01 01 08 00   80 00 01 00 01 40 00 00   40   00   00 00 02 00 00 00 00 00
        FF 00 00 02 00   11 22
        01 02 08 00 07   80 00 02 00 02 40 00 00   80 00 03 00 04 40 00 00   00 00 00 00 00 00 00 00   00 00 00 00 00 00 00 00
        04 00 00 00 00
        00 00 00 00 00 00 00
        """))).containsExactly(new PageLayout.Entry(0, 23, 2), new PageLayout.Entry(23, 7, 0xFF), new PageLayout.Entry(30, 37, 1),
        new PageLayout.Entry(67, 5, 4));
  }

  @Test
  void anEmptyPageHasNone() {
    assertThat(layout.walk(page("00 00 00 00 00 00"))).isEmpty();
    assertThat(layout.walk(page("01 00 00"))).isEmpty();
  }

  @Test
  void anEntryThatPassesThePagesEndIsTheEnd() {
    assertThat(layout.walk(page("01 00 00 01 00 AA 02 00 00 02 00 BB"))).containsExactly(new PageLayout.Entry(0, 6, 1));
    assertThat(layout.walk(page("02 FF FF FF 00" + " 00".repeat(2804)))).isEmpty();
  }

  @Test
  void aPageWithoutAnEndEnds() {
    assertThat(layout.walk(page("01 00 00 00 00 ".repeat(819) + "01"))).hasSize(819);
    assertThat(layout.walk(page("FF ".repeat(4096)))).hasSize(1).containsExactly(new PageLayout.Entry(0, 5 + 8 * 255 + 3 * 255, 0xFF));
  }
}
