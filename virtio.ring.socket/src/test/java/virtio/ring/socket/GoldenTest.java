package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Shows;

/** Bytes on the wire, typed from the description of SQ1. */
class GoldenTest {
  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  @Test
  void everyFieldOfTheHeaderHasItsPlace() {
    Frame frame = new Frame().begin(FrameType.ADD, 0x0201);
    frame.flags = 1;
    frame.sequence = 0x0403;
    frame.slot = 0x0605;
    frame.generation = 0x0807;
    frame.length = 3;
    frame.arg0 = 0x0C0B0A09;
    frame.arg1 = 0x100F0E0D;
    frame.credit = 0x14131211;
    frame.session = 0x18171615;
    MemorySegment memory = MemorySegment.ofArray(new byte[48]).fill((byte) 0xFF);
    frame.write(memory, 0);
    assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(hex("5351 10 01 0102 0304 0506 0708 03000000 090A0B0C 0D0E0F10 11121314"
        + "15161718" + "FFFFFF 0000000000 FFFFFFFFFFFFFFFF"));
    Frame read = new Frame();
    read.read(memory, 0);
    assertThat(read).hasToString("ADD queue 513 #1027 slot 1541.2055 3 bytes MORE"
        + " arg0=202050057 arg1=269422093 credit=336794129 session 0x18171615");
  }

  @Test
  void everyTypeHasItsNumber() {
    assertThat(FrameType.values()).extracting(FrameType::code)
        .containsExactly(0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1E,
        0x1F, 0x7E, 0x7F, 0x80);
    for (FrameType type : FrameType.values()) {
      assertThat(FrameType.of(type.code())).isSameAs(type);
    }
    assertThat(FrameType.of(0)).isNull();
  }

  /** One block write of 4 KiB, the answer; one read, the answer: on slot 5. */
  @Test
  @Shows({"F18", "F21"})
  void theExampleByteForByte() {
    DriverRig rig = DriverRig.block();
    String session = "2A000000";
    assertThat(rig.helloSent)
        .isEqualTo(hex("5351 01 00 FFFF 0000 00000000 04000000 01000000 01000000 00000000" + session + "00200000 00000000"));
    for (int slot = 0; slot < 5; slot++) {
      rig.add("before", 0, 1);
    }
    rig.channel.device().read();
    for (long at = 0; at < 4112; at++) {
      rig.memory.segment().set(ValueLayout.JAVA_BYTE, at, (byte) (at * 31));
    }
    Chain write = new Chain(3).readable(rig.memory, 0, 16).readable(rig.memory, 16, 4096).writable(rig.memory, 8192, 1);
    assertThat(rig.queue.add(write, "write")).isEqualTo(Added.OK);
    rig.queue.sync();
    byte[] sent = rig.channel.device().read();
    assertThat(sent).hasSize(4144);
    assertThat(Arrays.copyOf(sent, 32))
        .isEqualTo(hex("5351 10 00 0000 0700 05000100 10100000 10100000 01000000 00000000" + session));
    for (int at = 0; at < 4112; at++) {
      assertThat(sent[32 + at]).isEqualTo((byte) (at * 31));
    }
    rig.channel.device().write(hex("5351 12 00 0000 0200 05000100 01000000 01000000 00000000 00000002" + session + "00 00000000000000"));
    rig.memory.segment().set(ValueLayout.JAVA_BYTE, 8192, (byte) 0xFF);
    assertThat(rig.queue.get()).isEqualTo("write");
    assertThat(rig.queue.written()).isEqualTo(1);
    assertThat(rig.memory.segment().get(ValueLayout.JAVA_BYTE, 8192)).isZero();

    Chain read = new Chain(3).readable(rig.memory, 0, 16).writable(rig.memory, 4096, 4096).writable(rig.memory, 8192, 1);
    assertThat(rig.queue.add(read, "read")).isEqualTo(Added.OK);
    rig.queue.sync();
    sent = rig.channel.device().read();
    assertThat(sent).hasSize(48);
    assertThat(Arrays.copyOf(sent, 32)).as("the same slot, one generation on")
        .isEqualTo(hex("5351 10 00 0000 0800 05000200 10000000 10000000 01100000 00000000" + session));
    byte[] answer = new byte[4136];
    byte[] header = hex("5351 12 00 0000 0300 05000200 01100000 01100000 00000000 00000002" + session);
    System.arraycopy(header, 0, answer, 0, 32);
    Arrays.fill(answer, 32, 32 + 4096, (byte) 0x77);
    rig.channel.device().write(answer);
    assertThat(rig.queue.get()).isEqualTo("read");
    assertThat(rig.queue.written()).isEqualTo(4097);
    assertThat(rig.memory.segment().get(ValueLayout.JAVA_BYTE, 8191)).isEqualTo((byte) 0x77);
    assertThat(rig.queue.broken()).isNull();
  }
}
