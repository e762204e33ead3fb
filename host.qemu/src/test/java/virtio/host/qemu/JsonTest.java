package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void values() {
    assertThat(Json.parse(" {\"a\" : [1, -2.5e3, true, false, null, \"\"], \"b\": {}, \"c\":[]}\r")).isEqualTo(Map.of(
        "a", Arrays.asList(1L, new BigDecimal("-2.5e3"), true, false, null, ""), "b", Map.of(), "c", List.of()));
    assertThat(Json.parse("18446744073709551615")).isEqualTo(new BigDecimal("18446744073709551615"));
    assertThat(Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"")).isEqualTo("\"\\/\b\f\n\r\té");
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Map<String, Object> value = Map.of("text", "a\"b\\c\n\u0001é", "numbers", Arrays.asList(0L, Long.MIN_VALUE + 0L, new BigDecimal("1.5"), null),
        "empty", List.of(Map.of(), List.of()), "truth", true);
    assertThat(Json.parse(Json.write(value))).usingRecursiveComparison().withComparatorForType(
        (left, right) -> new BigDecimal(left.toString()).compareTo(new BigDecimal(right.toString())), Number.class).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{", "}", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "tru", "01", "1.", "+1", "--1", ".5",
      "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"\n\"", "1 1", "nul", "[", "{\"a\":1", "'a'", "NaN"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("unexpected at character");
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
  }
}
