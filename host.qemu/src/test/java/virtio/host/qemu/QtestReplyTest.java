package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QtestReplyTest {
  @Test
  void replies() {
    assertThat(QtestReply.parse("OK")).isEqualTo(new QtestReply.Done(0));
    assertThat(QtestReply.parse("OK 0x1af4\r")).isEqualTo(new QtestReply.Done(0x1af4));
    assertThat(QtestReply.parse("OK 0xffffffffffffffff")).isEqualTo(new QtestReply.Done(-1));
    assertThat(QtestReply.parse("OK little")).isEqualTo(new QtestReply.Done(0));
    assertThat(QtestReply.parse("FAIL Unknown command 'x'")).isEqualTo(new QtestReply.Refused("FAIL Unknown command 'x'"));
    assertThat(QtestReply.parse("ERR")).isEqualTo(new QtestReply.Refused("ERR"));
    assertThat(QtestReply.parse("IRQ raise 20")).isEqualTo(new QtestReply.Level(20, true));
    assertThat(QtestReply.parse("IRQ lower 0")).isEqualTo(new QtestReply.Level(0, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ok", "OK 0xg", "OK 0x", "OK 0x10000000000000000", "IRQ", "IRQ raise", "IRQ raise x", "IRQ toggle 1", "hello"})
  void anythingElseIsRefused(String line) {
    assertThatThrownBy(() -> QtestReply.parse(line)).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("qtest='");
  }
}
