package virtio.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.testkit.Clause;

/** A frame by itself: whose it is, how long, and its checksum; and the addresses in it. */
class FrameTest {
  private final List<Object> released = new ArrayList<>();
  private final Card card = (Card) Proxy.newProxyInstance(Card.class.getClassLoader(), new Class<?>[] {Card.class},
      (self, method, arguments) -> {
        if (method.getName().equals("release")) {
          released.add(arguments[0]);
        }
        return method.getName().equals("name") ? "a card" : null;
      });
  private final Frame frame = new Frame(card, 3, MemorySegment.ofArray(new byte[100]));

  @Test
  void aFrameIsItsUsersUntilItIsTakenOrReleased() {
    assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class)
        .hasMessage("frame=3 of a card (was sent or released before)");
    frame.hand().release();
    assertThat(released).containsExactly(frame);
    assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class);
    frame.hand().take();
    assertThatThrownBy(frame::take).isInstanceOf(IllegalStateException.class);
    assertThat(released).hasSize(1);
    assertThat(frame.card()).isSameAs(card);
    assertThat(frame.id()).isEqualTo(3);
  }

  @Test
  void itsLengthIsInItsMemory() {
    assertThat(frame.length(100).length()).isEqualTo(100);
    assertThatThrownBy(() -> frame.length(101)).isInstanceOf(IllegalArgumentException.class).hasMessage("length=101 (0 to 100)");
    assertThatThrownBy(() -> frame.length(-1)).isInstanceOf(IllegalArgumentException.class).hasMessage("length=-1 (0 to 100)");
    assertThat(frame.length()).isEqualTo(100);
  }

  @Test
  void whatIsPutInComesOut() {
    byte[] bytes = new byte[80];
    new Random(1).nextBytes(bytes);
    frame.checksum(1, 2).put(MemorySegment.ofArray(bytes), 10, 60);
    assertThat(frame.checksumWanted()).as("put forgets it").isFalse();
    byte[] back = new byte[80];
    assertThat(frame.get(MemorySegment.ofArray(back), 10)).isEqualTo(60);
    for (int i = 10; i < 70; i++) {
      assertThat(back[i]).isEqualTo(bytes[i]);
    }
    assertThatThrownBy(() -> frame.get(MemorySegment.ofArray(new byte[59]), 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  @Clause("Packet Transmission")
  void aChecksumIsMadeWhereItWasWanted() {
    byte[] bytes = new byte[60];
    new Random(2).nextBytes(bytes);
    frame.put(MemorySegment.ofArray(bytes), 0, 60).checksum(20, 6);
    int seed = Short.toUnsignedInt(frame.memory().get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 26));
    assertThat(frame.completeChecksum()).isTrue();
    assertThat(frame.checksumWanted()).isFalse();
    assertThat((sum(20, 60) + seed) % 0xFFFF).as("with the seed that stood there, all ones").isZero();
  }

  private int sum(int start, int end) {
    int sum = 0;
    for (int at = start; at < end; at += 2) {
      sum += (frame.memory().get(ValueLayout.JAVA_BYTE, at) & 0xFF) << 8
          | (at + 1 < end ? frame.memory().get(ValueLayout.JAVA_BYTE, at + 1) & 0xFF : 0);
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void anyLengthIsSummedAsOneByteAfterTheOther(int length) {
    byte[] bytes = new byte[20 + length];
    new Random(length).nextBytes(bytes);
    bytes[10] = 0;
    bytes[11] = 0;
    frame.put(MemorySegment.ofArray(bytes), 0, bytes.length).checksum(9, 1).completeChecksum();
    int sum = 0;
    for (int i = 9; i < bytes.length; i++) {
      sum += (i - 9) % 2 == 0 ? (bytes[i] & 0xFF) << 8 : bytes[i] & 0xFF;
    }
    sum = (sum & 0xFFFF) + (sum >>> 16);
    sum = ~((sum & 0xFFFF) + (sum >>> 16)) & 0xFFFF;
    int made = (frame.memory().get(ValueLayout.JAVA_BYTE, 10) & 0xFF) << 8 | frame.memory().get(ValueLayout.JAVA_BYTE, 11) & 0xFF;
    assertThat(made).isEqualTo(sum == 0 ? 0xFFFF : sum);
  }

  @Test
  void aSumOfNothingIsNotSpelledNone() {
    byte[] ones = new byte[60];
    Arrays.fill(ones, 20, 60, (byte) 0xFF);
    frame.put(MemorySegment.ofArray(ones), 0, 60).checksum(20, 0).completeChecksum();
    assertThat(frame.memory().get(ValueLayout.JAVA_SHORT_UNALIGNED, 20)).isEqualTo((short) 0xFFFF);
  }

  @Test
  void aChecksumOutsideIsLeftAlone() {
    frame.length(60);
    assertThat(frame.checksum(50, 9).completeChecksum()).isFalse();
    assertThat(frame.checksum(-1, 9).checksumInside()).isFalse();
    assertThat(frame.checksum(Integer.MAX_VALUE, Integer.MAX_VALUE).checksumInside()).isFalse();
    assertThat(frame.checksum(50, 8).checksumInside()).isTrue();
    assertThat(frame.memory().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(frame.checksumValid(true).checksumWanted()).isFalse();
    assertThat(frame.checksumValid()).isTrue();
    assertThat(frame.checksum(0, 0).checksumValid()).isFalse();
  }

  @Test
  void anAddressIsSixBytesTheFirstTheLowest() {
    MacAddress address = MacAddress.of("02:00:00:00:00:fE");
    assertThat(address.value()).isEqualTo(0xFE0000000002L);
    assertThat(address.octet(0)).isEqualTo(2);
    assertThat(address.octet(5)).isEqualTo(0xFE);
    assertThat(address).hasToString("02:00:00:00:00:fe");
    assertThat(address.group()).isFalse();
    assertThat(MacAddress.of("ff:ff:ff:ff:ff:ff").group()).isTrue();
    assertThatThrownBy(() -> MacAddress.of("2:0:0:0:0:1")).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mac=2:0:0:0:0:1 (six bytes, as in 02:00:00:00:00:01)");
    assertThatThrownBy(() -> new MacAddress(1L << 48)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value=0x1000000000000 (48 bits)");
    for (int i = 0; i < 100; i++) {
      MacAddress random = MacAddress.random();
      assertThat(random.group()).isFalse();
      assertThat(random.octet(0) & 2).isEqualTo(2);
    }
  }
}
