package virtio.transport.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.testkit.ChannelContract;
import virtio.testkit.ChannelPair;
import virtio.testkit.Shows;

/** The contract of channels over a serial port: the left end is ours. */
@Timeout(120)
class SerialChannelTest extends ChannelContract {
  private final FakeUart uart = new FakeUart();
  private final SerialChannel ours = SerialChannel.of("p0/0000:00:04.0", uart, uart);

  @Override
  protected ChannelPair connect() {
    Channel wire = uart.wire();
    return new ChannelPair() {
      @Override
      public Channel left() {
        return ours;
      }

      @Override
      public Channel right() {
        return wire;
      }

      /** A serial line does not tell who is at its end. */
      @Override
      public boolean leftGoes() {
        return false;
      }

      @Override
      public boolean rightGoes() {
        uart.vanish();
        ours.leave();
        return true;
      }

      @Override
      public void close() {
        uart.close();
      }
    };
  }

  @Test
  @Shows("F46")
  void whereNothingIsThereIsNoByte() {
    MemorySegment memory = MemorySegment.ofArray(new byte[16]);
    assertThat(ours.transfer(memory, 0, 16, Direction.READ)).isZero();
    assertThat(uart.emptyReads()).isZero();
    assertThat(uart.enabled()).as("the one interrupt that somebody waits for").isEqualTo(1);
    ours.reset();
    assertThat(uart.enabled()).isZero();
  }

  @Test
  void anOverrunIsTheEnd() {
    MemorySegment memory = MemorySegment.ofArray(new byte[16]);
    uart.wire().transfer(memory, 0, 16, Direction.WRITE);
    uart.overrun();
    assertThat(ours.transfer(memory, 0, 16, Direction.READ)).isEqualTo(Channel.GONE);
    assertThat(ours.transfer(memory, 0, 16, Direction.READ)).isEqualTo(Channel.GONE);
    assertThat(ours.transfer(memory, 0, 16, Direction.WRITE)).isEqualTo(Channel.GONE);
  }
}
