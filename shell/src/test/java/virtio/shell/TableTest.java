package virtio.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    Table table = new Table("A", "LONG", "C").row("wide cell", 1, null).row("x", "y", "z");
    assertThat(table.toString()).isEqualTo("A          LONG  C\nwide cell  1\nx          y     z");
  }

  @Test
  void headsAloneAreEmpty() {
    assertThat(new Table("A").isEmpty()).isTrue();
    assertThat(new Table("A").row("x").isEmpty()).isFalse();
  }

  @Test
  void aRowOfAnotherWidthIsRefused() {
    Table table = new Table("A", "B");
    assertThatThrownBy(() -> table.row("x")).isInstanceOf(IllegalArgumentException.class).hasMessage("cells=1 heads=2");
  }
}
