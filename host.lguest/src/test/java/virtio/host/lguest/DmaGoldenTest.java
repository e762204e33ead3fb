package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.config.lguest.LguestConfig;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeRegisters;

/** {@code struct lguest_dma} and the two hypercalls, typed from Linux 2.6.23 and not made by the code under test. */
@Timeout(60)
class DmaGoldenTest {
  private static final long PAGE = 16L << 20;
  private static final long TO_HOST = PAGE;
  private static final long TO_GUEST = PAGE + 4;
  /** Where a guest of 2007 has its structures and its buffers. */
  private static final long STRUCTURES = 0x80_0000;
  private static final long BUFFERS = 0x90_0000;
  private static final int BIND_DMA = 12;
  private static final int SEND_DMA = 13;

  private final BothEnds ends = new BothEnds();
  private final MemorySegment physical = ends.memory.segment();
  private Slot slot;
  private BusDevice device;
  private Channel host;
  private Arena arena;
  private MemorySegment message;

  @BeforeEach
  void plug() {
    slot = ends.host.plug("channel0", Map.of());
    new LguestConfig().expose(new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET)).queue(0, 4), slot);
    slot.announce();
    device = ends.find(slot);
    host = slot.channel();
    arena = Arena.ofShared();
    message = arena.allocate(65536);
  }

  @AfterEach
  void unplug() {
    slot.close();
    ends.close();
    arena.close();
  }

  private void type(long at, String hex) {
    MemorySegment.copy(HexFormat.of().parseHex(hex.replaceAll("\\s", "")), 0, physical, ValueLayout.JAVA_BYTE, at,
        hex.replaceAll("\\s", "").length() / 2);
  }

  private String hex(long at, int bytes) {
    return HexFormat.of().withUpperCase().formatHex(physical.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE));
  }

  private long hypercall(long number, long... arguments) {
    return ends.guest.hypercall(number, arguments);
  }

  private long read() {
    return host.transfer(message, 0, 65536, Direction.READ);
  }

  /** Two sections: 5 bytes at the end of a page, 3 at the start of another. */
  private static final String TWO_SECTIONS = """
      00000000
      FB0F9000 00309000 00000000 00000000  00000000 00000000 00000000 00000000
      00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
      0500 0300 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000
      """;

  @Test
  @Shows("F57")
  void theHostReadsWhatAGuestOf2007Sends() {
    type(STRUCTURES, TWO_SECTIONS);
    type(BUFFERS + 0xFFB, "68656C6C6F");
    type(BUFFERS + 0x3000, "212121");
    assertThat(read()).isZero();
    assertThat(hypercall(SEND_DMA, TO_HOST, STRUCTURES, 0)).isZero();
    assertThat(hex(STRUCTURES, 4)).as("used_len: not taken").isEqualTo("00000000");
    assertThat(read()).isEqualTo(8);
    assertThat(message.asSlice(0, 8).toArray(ValueLayout.JAVA_BYTE)).isEqualTo("hello!!!".getBytes(StandardCharsets.US_ASCII));
    assertThat(hex(STRUCTURES, 4)).as("used_len").isEqualTo("08000000");
    assertThat(read()).isZero();
    type(STRUCTURES, "00000000");
    hypercall(SEND_DMA, TO_HOST, STRUCTURES, 0);
    assertThat(read()).isEqualTo(8);
  }

  @Test
  void theHostFillsWhatAGuestOf2007HasBoundInTheArraysOrder() {
    AtomicInteger raised = new AtomicInteger();
    try (Registration handler = ends.guest.interrupt(9).register(raised::incrementAndGet)) {
      type(STRUCTURES, TWO_SECTIONS);
      type(STRUCTURES + 100, TWO_SECTIONS.replace("FB0F9000 00309000", "00509000 00609000"));
      assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 2 << 8 | 9)).isEqualTo(1);
      assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 2 << 8 | 9)).as("bound already").isZero();
      for (int i = 0; i < 8; i++) {
        message.set(ValueLayout.JAVA_BYTE, i, (byte) (0xA0 + i));
      }
      assertThat(host.transfer(message, 0, 6, Direction.WRITE)).isEqualTo(6);
      assertThat(hex(STRUCTURES, 4) + hex(STRUCTURES + 100, 4)).isEqualTo("06000000" + "00000000");
      assertThat(hex(BUFFERS + 0xFFB, 5) + hex(BUFFERS + 0x3000, 3)).isEqualTo("A0A1A2A3A4" + "A50000");
      assertThat(Await.that(Duration.ofSeconds(10), () -> raised.get() > 0)).isTrue();
      assertThat(host.transfer(message, 0, 8, Direction.WRITE)).isEqualTo(8);
      assertThat(hex(STRUCTURES + 100, 4) + hex(BUFFERS + 0x5000, 5) + hex(BUFFERS + 0x6000, 3)).isEqualTo("08000000A0A1A2A3A4A5A6A7");
      assertThat(host.transfer(message, 0, 1, Direction.WRITE)).as("both are filled").isZero();
      type(STRUCTURES, "00000000");
      assertThat(host.transfer(message, 0, 1, Direction.WRITE)).isEqualTo(1);
      assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 0)).isEqualTo(1);
      assertThat(host.transfer(message, 0, 1, Direction.WRITE)).as("let go").isZero();
      assertThat(hex(STRUCTURES, 4)).isEqualTo("01000000");
    }
  }

  @Test
  @Shows("F57")
  void theDriversEndIsToTheByteWhatAHostOf2007Reads() {
    try (Registration claim = device.claim()) {
      int before = ends.guest.regions();
      Channel driver = device.channel();
      assertThat(ends.guest.regions()).as("nothing is taken before it is used").isEqualTo(before);
      for (int i = 0; i < 4099; i++) {
        message.set(ValueLayout.JAVA_BYTE, i, (byte) i);
      }
      assertThat(driver.transfer(message, 0, 4099, Direction.WRITE)).isEqualTo(4099);
      assertThat(driver.transfer(message, 0, 3, Direction.WRITE)).isEqualTo(3);
      // Sixteen structures to be filled, of sixteen pages each, the buffers after them; then four to be read, with sixteen buffers before.
      long structures = 0x1000;
      long buffers = 0x2000;
      assertThat(hex(structures, 100)).isEqualTo("""
          00000000
          00200000 00300000 00400000 00500000  00600000 00700000 00800000 00900000
          00A00000 00B00000 00C00000 00D00000  00E00000 00F00000 00000100 00100100
          0010 0010 0010 0010  0010 0010 0010 0010  0010 0010 0010 0010  0010 0010 0010 0010
          """.replaceAll("\\s", ""));
      assertThat(hex(structures + 1600, 200)).isEqualTo("""
          00000000
          00201000 00301000 00000000 00000000  00000000 00000000 00000000 00000000
          00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
          0010 0300 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000
          00000000
          00201100 00000000 00000000 00000000  00000000 00000000 00000000 00000000
          00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
          0300 0000 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000  0000 0000 0000 0000
          """.replaceAll("\\s", ""));
      assertThat(hex(buffers + 16 * 65536 + 4094, 5)).isEqualTo("FEFF000102");
      assertThat(hex(structures + 1800, 4)).as("not sent").isEqualTo("01000000");
      assertThat(Await.that(Duration.ofSeconds(10), () -> read() == 4099)).isTrue();
      assertThat(hex(structures + 1600, 4)).isEqualTo("03100000");
      assertThat(ends.guest.regions()).isEqualTo(before + 2);
    }
    assertThat(ends.guest.regions()).as("given back with the claim").isZero();
  }

  @Test
  void aMessageIsNeverCutShortAndAnAddressNeverFollowed() {
    type(STRUCTURES, TWO_SECTIONS);
    hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 1 << 8 | 9);
    assertThat(host.transfer(message, 0, 9, Direction.WRITE)).as("there is room for 8").isZero();
    assertThat(host.transfer(message, 0, 1, Direction.WRITE)).as("until bound anew").isZero();
    assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 1 << 8 | 9)).isEqualTo(1);
    assertThat(host.transfer(message, 0, 1, Direction.WRITE)).isEqualTo(1);
    for (String section : new String[] {"00000000", "F80F0000", "FC0F9000", "00000001", "FFFFFFFF", "F8FFFFFF"}) {
      hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 0);
      type(STRUCTURES, TWO_SECTIONS.replace("FB0F9000", section));
      assertThat(hypercall(SEND_DMA, TO_HOST, STRUCTURES, 0)).isZero();
      assertThat(read()).as(section).isZero();
      assertThat(hypercall(SEND_DMA, TO_HOST, STRUCTURES, 0)).as("refused until bound anew").isEqualTo(Hypercalls.REFUSED);
    }
    hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 0);
    type(STRUCTURES, TWO_SECTIONS.replace("0500 0300", "0000 0300"));
    hypercall(SEND_DMA, TO_HOST, STRUCTURES, 0);
    assertThat(read()).as("no message is empty").isZero();
    assertThat(hex(STRUCTURES, 4)).isEqualTo("00000000");
  }

  @Test
  void whatNamesNoDeviceOrNoMemoryIsRefused() {
    assertThat(hypercall(SEND_DMA, TO_GUEST, STRUCTURES, 0)).as("the other direction").isEqualTo(Hypercalls.REFUSED);
    assertThat(hypercall(SEND_DMA, TO_HOST + 8, STRUCTURES, 0)).as("no such device").isEqualTo(Hypercalls.REFUSED);
    assertThat(hypercall(BIND_DMA, TO_HOST, STRUCTURES, 1 << 8 | 9)).isZero();
    for (long array : new long[] {0, 2, STRUCTURES + 2, PAGE - 96, PAGE, 0xFFFF_FFFCL}) {
      assertThat(hypercall(SEND_DMA, TO_HOST, array, 0)).as("" + array).isEqualTo(Hypercalls.REFUSED);
      assertThat(hypercall(BIND_DMA, TO_GUEST, array, 1 << 8 | 9)).isZero();
    }
    assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 1 << 8 | 31)).as("the page's line").isZero();
    assertThat(hypercall(BIND_DMA, TO_GUEST, STRUCTURES, 9)).as("none").isZero();
    assertThat(hypercall(65, PAGE + 0xFFF)).isZero();
    assertThat(hypercall(65, PAGE)).isBetween(1L, 30L);
  }
}
