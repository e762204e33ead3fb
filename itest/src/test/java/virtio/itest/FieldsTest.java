package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.bus.Field;
import virtio.bus.spec.VirtioBlk;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.Clause;
import virtio.testkit.Shows;

/** The tables of configuration fields that drivers and models share: part of the ABI, so typed here once more, from the specification. */
class FieldsTest {
  /** The half of the 256 bytes that is the driver's. */
  private static final int DRIVERS_HALF = 128;

  private static final String BLOCK = """
      capacity 0 8
      size_max 8 4
      seg_max 12 4
      geometry.cylinders 16 2
      geometry.heads 18 1
      geometry.sectors 19 1
      blk_size 20 4
      topology.physical_block_exp 24 1
      topology.alignment_offset 25 1
      topology.min_io_size 26 2
      topology.opt_io_size 28 4
      writeback 32 1
      num_queues 34 2
      max_discard_sectors 36 4
      max_discard_seg 40 4
      discard_sector_alignment 44 4
      max_write_zeroes_sectors 48 4
      max_write_zeroes_seg 52 4
      write_zeroes_may_unmap 56 1
      """;

  private static final String NET = """
      mac 0 6
      status 6 2
      max_virtqueue_pairs 8 2
      mtu 10 2
      speed 12 4
      duplex 16 1
      """;

  @Test
  @Shows("F31")
  @Clause("Network Device")
  void netIsAsTheSpecificationHasIt() {
    assertThat(VirtioNet.FIELDS.stream().map(field -> field.name() + " " + field.offset() + " " + field.size()))
        .containsExactlyElementsOf(NET.lines().toList());
    assertThat(VirtioNet.FIELDS.stream().map(Field::tlv)).doesNotHaveDuplicates();
    assertThat(VirtioNet.MAC.tlv()).as("as Linux 2.6.24 had it").isEqualTo(0x41);
  }

  @Test
  @Shows("F31")
  @Clause("Block Device")
  void blockIsAsTheSpecificationHasIt() {
    assertThat(VirtioBlk.FIELDS.stream().map(field -> field.name() + " " + field.offset() + " " + field.size()))
        .containsExactlyElementsOf(BLOCK.lines().toList());
    assertThat(VirtioBlk.FIELDS.stream().map(Field::tlv)).doesNotHaveDuplicates();
  }

  /** Every table that the bus exports. */
  static Stream<List<Field>> tables() {
    return BuiltBundle.of("virtio.bus").classes().keySet().stream().filter(path -> path.matches("virtio/bus/spec/\\w+\\.class"))
        .map(path -> path.substring(0, path.length() - ".class".length()).replace('/', '.')).flatMap(FieldsTest::table);
  }

  @SuppressWarnings("unchecked")
  private static Stream<List<Field>> table(String type) {
    try {
      return Stream.of((List<Field>) Class.forName(type).getField("FIELDS").get(null));
    } catch (NoSuchFieldException e) {
      return Stream.of();
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(type, e);
    }
  }

  @ParameterizedTest
  @MethodSource("tables")
  @Shows({"F27", "F31"})
  void fieldsFollowOneAnotherAndFitTheDriversHalf(List<Field> fields) {
    int end = 0;
    for (Field field : fields) {
      assertThat(field.offset()).as(field.name()).isGreaterThanOrEqualTo(end);
      end = field.offset() + field.size();
    }
    assertThat(end).isLessThanOrEqualTo(DRIVERS_HALF);
  }
}
