package virtio.bus.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtio.bus.DmaMemory;
import virtio.bus.Message;

class MessageCellsTest {
  private static final System.Logger LOG = System.getLogger("virtio.bus.machine.test");

  private final DmaMemory memory = new DmaMemory(Arena.ofAuto().allocate(64, 64), 0x4000_0000L);
  private final MessageCells cells = new MessageCells("m0", memory, LOG);

  private void send(Message message) {
    memory.segment().set(ValueLayout.JAVA_INT, message.address() - memory.address(), message.data());
  }

  @Test
  void aWriteCallsItsHandlersOnce() {
    AtomicInteger calls = new AtomicInteger();
    Message message = cells.message();
    message.register(calls::incrementAndGet);
    assertThat(cells.serve()).isFalse();
    send(message);
    assertThat(cells.pending()).isTrue();
    assertThat(cells.serve()).isTrue();
    assertThat(cells.serve()).isFalse();
    assertThat(calls).hasValue(1);
  }

  @Test
  void eachHasAPlaceOfItsOwnUntilItIsGivenBack() {
    Set<Long> addresses = new HashSet<>();
    Message first = cells.message();
    for (Message message = first; message != null; message = cells.message()) {
      assertThat(message.data()).isNotZero();
      assertThat(memory.holds(message.address(), 4)).isTrue();
      addresses.add(message.address());
    }
    assertThat(addresses).hasSize(16);
    send(first);
    first.close();
    first.close();
    Message again = cells.message();
    assertThat(again.address()).isEqualTo(first.address());
    assertThat(cells.pending()).as("what was sent to the one before").isFalse();
    assertThat(cells.message()).isNull();
  }
}
