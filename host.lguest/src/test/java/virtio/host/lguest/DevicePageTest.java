package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class DevicePageTest {
  private static final int ADDRESS = 0x400000;

  private final MemorySegment memory = Arena.ofAuto().allocate(4096);
  private final DevicePage page = new DevicePage(memory, ADDRESS, Layout.LGUEST);
  private final LguestSlot device = new LguestSlot(null, "disk0", null);

  @Test
  void entriesFollowOneAnother() {
    DevicePage.Room first = page.take(40, device);
    DevicePage.Room second = page.take(37, device);
    assertThat(page.memory(first).address()).isEqualTo(ADDRESS);
    assertThat(page.memory(second).address()).isEqualTo(ADDRESS + 40);
    assertThat(second.index()).isEqualTo(1);
    assertThat(page.owner(ADDRESS + 76)).isSameAs(device);
    assertThat(page.offset(ADDRESS + 76)).isEqualTo(36);
    assertThat(page.owner(ADDRESS + 77)).isNull();
    assertThat(page.owner(ADDRESS - 1)).isNull();
  }

  @Test
  void aFullPageSaysSo() {
    for (int i = 0; i < 40; i++) {
      assertThat(page.take(100, device)).isNotNull();
    }
    assertThat(page.take(97, device)).isNull();
    assertThat(page.take(96, device)).isNotNull();
    assertThatThrownBy(() -> page.take(4, device)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("bytes=4");
  }

  @Test
  void aRemovedEntryKeepsItsLengthsAndIsUsedAgainOnceLetGoOf() {
    DevicePage.Room first = laidOut(40);
    laidOut(40);
    page.remove(first);
    assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0xFF);
    assertThat(memory.get(ValueLayout.JAVA_BYTE, 3)).isEqualTo((byte) 35);
    assertThat(page.memory(page.take(40, device)).address()).isEqualTo(ADDRESS + 80);
    assertThat(page.eject(ADDRESS + 40)).isFalse();
    assertThat(page.eject(ADDRESS)).isTrue();
    DevicePage.Room again = page.take(40, device);
    assertThat(page.memory(again).address()).isEqualTo(ADDRESS);
    assertThat(again.index()).isZero();
    assertThat(page.memory(again).segment().mismatch(MemorySegment.ofArray(new byte[40]))).isEqualTo(-1);
  }

  @Test
  void theListsEndIsZeroedOnceLetGoOf() {
    DevicePage.Room first = laidOut(40);
    DevicePage.Room last = laidOut(50);
    page.remove(first);
    page.remove(last);
    assertThat(page.eject(ADDRESS)).isTrue();
    assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0xFF);
    assertThat(page.eject(ADDRESS + 40)).isTrue();
    assertThat(memory.mismatch(MemorySegment.ofArray(new byte[4096]))).isEqualTo(-1);
    assertThat(page.memory(page.take(60, device)).address()).isEqualTo(ADDRESS);
  }

  /** Rooms that nothing was laid out in, before one that was: the list must lead over them. */
  @Test
  void aRoomNeverUsedIsStillSteppedOver() {
    for (int length : new int[] {5, 6, 260, 261, 265, 266, 520, 900}) {
      memory.fill((byte) 0);
      DevicePage fresh = new DevicePage(memory, ADDRESS, Layout.LGUEST);
      DevicePage.Room unused = fresh.take(length, device);
      DevicePage.Room behind = fresh.take(40, device);
      layOut(fresh, behind);
      fresh.remove(unused);
      int at = 0;
      while (at < length) {
        assertThat(memory.get(ValueLayout.JAVA_BYTE, at)).isEqualTo((byte) 0xFF);
        at += 5 + Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at + 3));
      }
      assertThat(at).as("length=" + length).isEqualTo(length);
    }
  }

  private DevicePage.Room laidOut(int length) {
    DevicePage.Room room = page.take(length, device);
    layOut(page, room);
    return room;
  }

  private static void layOut(DevicePage page, DevicePage.Room room) {
    MemorySegment entry = page.memory(room).segment();
    entry.set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
    entry.set(ValueLayout.JAVA_BYTE, 3, (byte) (entry.byteSize() - 5));
  }
}
