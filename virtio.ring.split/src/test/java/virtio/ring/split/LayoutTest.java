package virtio.ring.split;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.PathElement.sequenceElement;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemoryLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.testkit.Clause;

/** The structures against tables typed from the specification. */
@Clause({"Virtqueues", "The Virtqueue Descriptor Table", "The Virtqueue Available Ring", "The Virtqueue Used Ring"})
class LayoutTest {
  @ParameterizedTest
  @CsvSource({"addr,0,8", "len,8,4", "flags,12,2", "next,14,2"})
  void descriptor(String field, long offset, long bytes) {
    check(VirtqDesc.LAYOUT, field, offset, bytes);
    assertThat(VirtqDesc.LAYOUT.byteSize()).isEqualTo(16);
    assertThat(VirtqDesc.bytes(256)).isEqualTo(4096);
    assertThat(VirtqDesc.at(3)).isEqualTo(48);
    assertThat(VirtqDesc.ALIGNMENT).isEqualTo(16);
  }

  @ParameterizedTest
  @CsvSource({"id,0,4", "len,4,4"})
  void usedElement(String field, long offset, long bytes) {
    check(VirtqUsed.ELEM, field, offset, bytes);
    assertThat(VirtqUsed.ELEM.byteSize()).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 256, 32768})
  void availableRing(int size) {
    MemoryLayout layout = VirtqAvail.layout(size);
    check(layout, "flags", 0, 2);
    check(layout, "idx", 2, 2);
    check(layout, "ring", 4, 2L * size);
    check(layout, "used_event", 4 + 2L * size, 2);
    assertThat(layout.byteOffset(groupElement("ring"), sequenceElement(size - 1))).isEqualTo(4 + 2L * (size - 1));
    assertThat(VirtqAvail.bytes(size)).isEqualTo(6 + 2L * size);
    assertThat(VirtqAvail.usedEventAt(size)).isEqualTo(4 + 2L * size);
    assertThat(VirtqAvail.ALIGNMENT).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 256, 32768})
  void usedRing(int size) {
    MemoryLayout layout = VirtqUsed.layout(size);
    check(layout, "flags", 0, 2);
    check(layout, "idx", 2, 2);
    check(layout, "ring", 4, 8L * size);
    check(layout, "avail_event", 4 + 8L * size, 2);
    assertThat(layout.byteOffset(groupElement("ring"), sequenceElement(size - 1))).isEqualTo(4 + 8L * (size - 1));
    assertThat(VirtqUsed.bytes(size)).isEqualTo(6 + 8L * size);
    assertThat(VirtqUsed.availEventAt(size)).isEqualTo(4 + 8L * size);
    assertThat(VirtqUsed.ALIGNMENT).isEqualTo(4);
  }

  private static void check(MemoryLayout layout, String field, long offset, long bytes) {
    assertThat(layout.byteOffset(groupElement(field))).as("%s offset", field).isEqualTo(offset);
    assertThat(layout.select(groupElement(field)).byteSize()).as("%s size", field).isEqualTo(bytes);
  }
}
