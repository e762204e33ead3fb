package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.testkit.Clause;

class MsixTest {
  private final List<String> sent = new ArrayList<>();
  private final Msix msix = new Msix((address, data) -> sent.add(Long.toHexString(address) + "=" + data));

  private void program(int vector) {
    msix.write(16L * vector, 4, 0x4000_0000L + 4 * vector);
    msix.write(16L * vector + 4, 4, 1);
    msix.write(16L * vector + 8, 4, vector + 1);
  }

  private void mask(int vector, int bit) {
    msix.write(16L * vector + 12, 4, bit);
  }

  @Test
  @Clause("MSI-X Vector Configuration")
  void aVectorWritesItsMessage() {
    program(3);
    mask(3, 0);
    msix.raise(3);
    assertThat(sent).as("while it is off").isEmpty();
    msix.control(true, false);
    assertThat(sent).as("what came before is forgotten").isEmpty();
    msix.raise(3);
    assertThat(sent).containsExactly("14000000c=4");
    assertThat(msix.read(48 + 4, 4)).isEqualTo(1);
    assertThat(msix.read(48, 8)).isEqualTo(0x1_4000_000CL);
  }

  @Test
  void aMaskedVectorIsPendingUntilItIsNot() {
    msix.control(true, false);
    program(0);
    program(31);
    msix.raise(0);
    msix.raise(31);
    msix.raise(31);
    assertThat(msix.read(Msix.PENDING, 4)).isEqualTo(0x8000_0001L);
    assertThat(msix.read(12, 4)).isEqualTo(1);
    mask(31, 0);
    assertThat(sent).containsExactly("14000007c=32");
    assertThat(msix.read(Msix.PENDING, 4)).isEqualTo(1);
    msix.control(true, true);
    mask(0, 0);
    assertThat(sent).hasSize(1);
    msix.control(true, false);
    assertThat(sent).containsExactly("14000007c=32", "140000000=1");
    msix.control(false, false);
    msix.raise(0);
    msix.control(true, false);
    assertThat(sent).hasSize(2);
  }

  @Test
  void otherAccessesDoNothing() {
    msix.write(0, 2, 0x1234);
    msix.write(Msix.PENDING, 4, -1);
    msix.write(600, 4, -1);
    assertThat(msix.read(0, 4)).isZero();
    assertThat(msix.read(Msix.PENDING, 4)).isZero();
    assertThat(msix.read(0, 2)).isEqualTo(0xFFFF);
    assertThat(msix.read(600, 4)).isZero();
  }
}
