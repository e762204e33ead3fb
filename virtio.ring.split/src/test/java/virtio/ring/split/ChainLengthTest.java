package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Clause;
import virtio.testkit.RawSplitRing;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** How long a chain may be, and when it goes through an indirect table. */
class ChainLengthTest {
  @Test
  @Trap("T10")
  @Shows("F20")
  @Clause("Indirect Descriptors")
  void asLongAsTheQueueIsGoodAndOneMoreNever() {
    for (boolean indirect : new boolean[] {false, true}) {
      for (int size : new int[] {1, 2, 8, 16, 64}) {
        SplitRig rig = new SplitRig(size, indirect ? SplitRig.INDIRECT : SplitRig.PLAIN);
        assertThat(rig.pair.driver().add(rig.pair.chain(size, 1), "long")).isEqualTo(Added.TOO_LONG);
        assertThat(rig.raw.availIdx()).isZero();
        assertThat(rig.pair.driver().add(rig.pair.chain(size - 1, 1), "right")).isEqualTo(Added.OK);
        rig.pair.driver().sync();
        Chain seen = new Chain(size);
        assertThat(rig.pair.device().take(seen)).as("size=%d", size).isTrue();
        assertThat(seen.parts()).isEqualTo(size);
        assertThat(seen.writableBytes()).isEqualTo(64);
        rig.pair.device().push(seen);
        rig.pair.device().sync();
        assertThat(rig.pair.drain()).containsExactly("right");
        for (int i = 0; i < size; i++) {
          assertThat(rig.pair.add(i)).as("all descriptors came back").isEqualTo(Added.OK);
        }
        assertThat(rig.pair.add("more")).isEqualTo(Added.FULL);
      }
    }
  }

  @Test
  @Clause({"Indirect Descriptors", "Message Framing"})
  void severalPartsTakeOneDescriptorAndOnePartTakesNoTable() {
    SplitRig rig = new SplitRig(32, SplitRig.INDIRECT);
    rig.pair.driver().add(rig.pair.chain(0, 1), "one");
    rig.pair.driver().add(rig.pair.chain(1, 2), "three");
    rig.pair.driver().add(rig.pair.chain(15, 2), "seventeen");
    rig.pair.driver().sync();
    assertThat(rig.raw.descFlags(rig.raw.availRing(0))).isEqualTo(RawSplitRing.WRITE);
    int table = rig.raw.availRing(1);
    assertThat(rig.raw.descFlags(table)).as("INDIRECT alone, never with NEXT").isEqualTo(RawSplitRing.INDIRECT);
    assertThat(rig.raw.descLen(table)).isEqualTo(3 * 16);
    assertThat(rig.raw.descFlags(rig.raw.availRing(2))).as("longer than a table").isEqualTo(RawSplitRing.NEXT);
    Chain seen = new Chain(32);
    for (int parts : new int[] {1, 3, 17}) {
      assertThat(rig.pair.device().take(seen)).isTrue();
      assertThat(seen.parts()).isEqualTo(parts);
    }
  }

  @Test
  @Clause("Indirect Descriptors")
  void withoutTheFeatureNoTableIsUsed() {
    SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
    rig.pair.driver().add(rig.pair.chain(2, 2), "a");
    rig.pair.driver().sync();
    for (int i = 0; i < 4; i++) {
      assertThat(rig.raw.descFlags(i) & RawSplitRing.INDIRECT).isZero();
    }
  }

  /** Over a sparse file, which takes no room: three times 2 GiB less one byte. */
  @Test
  @Clause("The Virtqueue Descriptor Table")
  void moreThanFourGibibytesAreTooLong(@TempDir Path folder) throws IOException {
    try (Arena arena = Arena.ofShared();
        FileChannel file = FileChannel.open(folder.resolve("sparse"), StandardOpenOption.CREATE, StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      MemorySegment mapped = file.map(FileChannel.MapMode.READ_WRITE, 0, Integer.MAX_VALUE, arena);
      DmaMemory large = new DmaMemory(mapped, 1L << 40);
      SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
      Chain chain = new Chain(4).writable(large, 0, Integer.MAX_VALUE).writable(large, 0, Integer.MAX_VALUE);
      assertThat(rig.pair.driver().add(chain, "4 GiB less two bytes")).isEqualTo(Added.OK);
      assertThat(rig.pair.driver().add(chain.writable(large, 0, 1), "4 GiB less one byte")).isEqualTo(Added.OK);
      assertThat(rig.pair.driver().add(chain.writable(large, 0, 1), "4 GiB")).isEqualTo(Added.TOO_LONG);
      assertThat(rig.pair.driver().detach("4 GiB")).isFalse();
    }
  }
}
