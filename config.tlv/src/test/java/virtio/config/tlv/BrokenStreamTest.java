package virtio.config.tlv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Window;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeBusDevice;
import virtio.testkit.fake.PlainBus;

/** Streams that are not what they should be: refused by name, and nothing is read beyond where they break. */
class BrokenStreamTest {
  private static final String OURS = "30 08 02 00 00 00 F4 1A 00 00";

  private final TlvConfig handler = new TlvConfig();

  private static PlainBus entry(String stream) {
    int length = stream.replaceAll("\\s", "").length() / 2;
    return PlainBus.of("02 %02x 00".formatted(length) + stream);
  }

  @ParameterizedTest
  @Shows("F34")
  @CsvSource(delimiter = '|', value = {
      "30 08 02 00 00 00 F4 1A 00 00  41 09 00 00 00 00 00 00 00 00 | field 0x41: len=9, of which the stream has 8",
      "30 08 02 00 00 00 F4 1A 00 00  41 FF | field 0x41: len=255, of which the stream has 0",
      "C1 FF 00 | field 0x41: len=255, of which the stream has 1",
      "30 08 02 00 00 00 F4 1A 00 00  41 | offset=13: half a field at the stream's end",
      "41 08 00 00 00 00 00 00 00 00 | legacy device",
  })
  void aBrokenStreamIsRefusedByName(String stream, String why) {
    PlainBus bus = entry(stream);
    assertThatThrownBy(() -> handler.open(bus.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining(why);
    assertThat(bus.log).as("and is not touched").isEmpty();
  }

  @Test
  @Shows("F34")
  void nothingIsReadBeyondAStreamsEnd() {
    byte[] bytes = {2, 6, 0, 0x41, 1, 7, 0x42, 9, 1, 0x43, 0, 0};
    long[] furthest = new long[1];
    FieldTable table = FieldTable.of(new Window() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public long read(long offset, int width) {
        furthest[0] = Math.max(furthest[0], offset + width);
        return bytes[(int) offset];
      }

      @Override
      public void write(long offset, int width, long value) {
        throw new AssertionError("written");
      }
    });
    assertThat(table.broken()).isEqualTo("field 0x42: len=9, of which the stream has 1");
    assertThat(table.fields()).containsExactly(new FieldTable.Located(0x41, 3, 1));
    assertThat(furthest[0]).as("the length of the broken one was the last").isEqualTo(8);
  }

  @ParameterizedTest
  @Shows("F35")
  @CsvSource({"41 04 00 00 00 00, len=4", "41 01 00, len=1", "41 00, len=0", "41 09 00 00 00 00 00 00 00 00 00, len=9"})
  void aFieldOfAnotherSizeIsAnErrorNeverATruncation(String capacity, String why) {
    DeviceConfig disk = handler.open(entry(OURS + capacity).device());
    assertThatThrownBy(() -> disk.read(VirtioBlk.CAPACITY)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("field 0x41 (capacity)").hasMessageContaining(why).hasMessageContaining("wanted 8");
    assertThatThrownBy(() -> disk.write(VirtioBlk.CAPACITY, 1)).isInstanceOf(IllegalStateException.class).hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"02 07 80 00 01 00 01 40 00, virtqueue", "02 00, virtqueue"})
  void aQueueOfAnotherSizeIsAnError(String queue, String why) {
    DeviceConfig disk = handler.open(entry(OURS + queue).device());
    assertThatThrownBy(() -> disk.queueSize(0)).isInstanceOf(IllegalStateException.class).hasMessageContaining(why)
        .hasMessageContaining("wanted 8");
  }

  @Test
  void anInterruptOfAnotherSizeOrThatDoesNotExistIsAnError() {
    DeviceConfig odd = handler.open(entry(OURS + "31 01 01").device());
    assertThatThrownBy(() -> odd.status(1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("field 0x31 (interrupt): len=1");
    DeviceConfig far = handler.open(entry(OURS + "31 02 40 00").device());
    assertThatThrownBy(() -> far.status(1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("irq=64: no such interrupt");
    DeviceConfig queue = handler.open(entry(OURS + "02 08 80 00 40 00 01 40 00 00").device());
    assertThatThrownBy(() -> queue.enable(0, 128, queue.given(0))).isInstanceOf(IllegalStateException.class).hasMessageContaining("irq=64");
  }

  @Test
  @Shows("F37")
  void unknownFieldsAreSteppedOverAndStayUnmarked() {
    PlainBus bus = entry("7F 03 AA BB CC" + "00 01 99" + "41 08 01 00 00 00 00 00 00 00" + OURS + "7E 00" + "41 01 55");
    DeviceConfig disk = handler.open(bus.device());
    assertThat(disk.read(VirtioBlk.CAPACITY)).as("the first of that type").isEqualTo(1);
    assertThat(bus.hex()).isEqualTo(("022100" + "7F03AABBCC" + "000199" + "C1080100000000000000" + OURS + "7E00" + "410155")
        .replaceAll("\\s", ""));
  }

  @Test
  void whatIsNoDeviceOfOursIsNobody() {
    PlainBus removed = PlainBus.of("FF 0A 00" + OURS);
    assertThat(handler.identify(removed.device())).isNull();
    assertThatThrownBy(() -> handler.open(removed.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("type=255");
    PlainBus longer = PlainBus.of("02 0B 00" + OURS);
    assertThat(handler.identify(longer.device())).isNull();
    assertThatThrownBy(() -> handler.open(longer.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("layout");
    PlainBus legacy = PlainBus.of("02 0A 00 41 08 00 00 02 00 00 00 00 00");
    assertThat(handler.identify(legacy.device())).isEqualTo(new DeviceId(2, 0x1AF4));
    assertThat(handler.identify(PlainBus.of("FE 00 00").device())).isNull();
    assertThat(handler.identify(PlainBus.of("00 00 00").device())).isNull();
    assertThat(handler.identify(PlainBus.of("02").device())).isNull();
    FakeBusDevice text = new FakeBusDevice("m").word("tlv", "this is no hexadecimal");
    assertThat(handler.identify(text)).isNull();
    assertThatThrownBy(() -> handler.open(text)).isInstanceOf(IllegalStateException.class).hasMessageContaining("not hexadecimal");
  }

  /** Whatever the bytes are: an answer or an IllegalStateException, and always an end. */
  @Test
  void anyBytesAtAllComeToAnEnd() {
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > 1 && random.nextBoolean()) {
        bytes[1] = (byte) (bytes.length - 3);
      }
      FakeBusDevice device = new FakeBusDevice("m").word("tlv", java.util.HexFormat.of().formatHex(bytes));
      handler.identify(device);
      try {
        DeviceConfig config = handler.open(device);
        config.status(1);
        config.offered();
        config.queueSize(0);
        config.read(VirtioBlk.CAPACITY);
      } catch (IllegalStateException named) {
        assertThat(named.getMessage()).startsWith("m: ");
      }
    }
  }
}
