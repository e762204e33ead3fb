package virtio.config.tlv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.bus.PageLayout;
import virtio.bus.Window;
import virtio.testkit.fake.PlainBus;

class TlvLayoutTest {
  private final TlvLayout layout = new TlvLayout();

  private static Window page(String hex) {
    return PlainBus.of(hex).device().window("entry");
  }

  @Test
  void walksPackedEntriesToTypeZero() {
    assertThat(layout.walk(page("02 03 00 41 01 07   FF 02 00 11 22   04 00 00   00 00 00 00 00 00 00")))
        .containsExactly(new PageLayout.Entry(0, 6, 2), new PageLayout.Entry(6, 5, 0xFF), new PageLayout.Entry(11, 3, 4));
  }

  @Test
  void anEmptyPageHasNone() {
    assertThat(layout.walk(page("00 00 00 00 00 00"))).isEmpty();
    assertThat(layout.walk(page("01 00"))).isEmpty();
  }

  @Test
  void anEntryThatPassesThePagesEndIsTheEnd() {
    assertThat(layout.walk(page("01 01 00 AA 02 02 00 BB"))).containsExactly(new PageLayout.Entry(0, 4, 1));
  }

  @Test
  void aPageWithoutAnEndEnds() {
    assertThat(layout.walk(page("01 00 00 ".repeat(1365) + "01"))).hasSize(1365);
    assertThat(layout.walk(page("FF ".repeat(4096)))).hasSize(15).contains(new PageLayout.Entry(0, 258, 0xFF));
  }
}
