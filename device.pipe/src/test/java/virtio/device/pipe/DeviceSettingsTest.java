package virtio.device.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.Face;
import virtio.bus.model.ModelProperties;

/** A pipe's configuration: what is taken, and what is said about the rest. */
class DeviceSettingsTest {
  private static Map<String, Object> with(Object... more) {
    Map<String, Object> properties = new HashMap<>(Map.of("name", "pipe0", "link", "a", "faces", "lguest.split.tlv, lguest.socket.tlv"));
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    return properties;
  }

  @Test
  void takesWhatIsGood() {
    DeviceSettings settings = DeviceSettings.of(with("queue.size", "64", "faces", new String[] {"lguest.split.tlv"}));
    assertThat(settings.queueSize()).isEqualTo(64);
    assertThat(settings.link()).isEqualTo("a");
    assertThat(settings.socket()).isNull();
    assertThat(settings.faces()).containsExactly(Face.of("lguest.split.tlv"));
    assertThat(DeviceSettings.of(with()).faces()).hasSize(2);
    assertThat(ModelProperties.name(Map.of("service.pid", "virtio.device.pipe~p7"))).isEqualTo("p7");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "queue.size | 3 | queue.size=3 (a power of two, 2 to 1024)",
      "queue.size | 2048 | queue.size=2048 (",
      "queue.size | x | queue.size=x (",
      "faces | lguest.split.tlv,lguest | faces=lguest (transport.ring.config, as in ",
      "faces | '' | faces= (at least one",
      "link | '' | socket= (either socket or link",
      "socket | /x/pipe | socket=/x/pipe (either socket or link",
      "name | '' | name= (the device's name)"
  })
  void namesWhatIsBad(String property, String value, String message) {
    assertThatThrownBy(() -> DeviceSettings.of(with(property, value))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aLinkHasTwoEnds() {
    LinkEnd one = LinkEnd.join("l");
    LinkEnd other = LinkEnd.join("l");
    assertThat(one.toDriver()).isSameAs(other.fromDriver());
    assertThat(one.fromDriver()).isSameAs(other.toDriver());
    assertThatThrownBy(() -> LinkEnd.join("l")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("link=l");
    one.close();
    LinkEnd again = LinkEnd.join("l");
    assertThat(again.fromDriver()).as("the link is the same as long as one end is there").isSameAs(other.toDriver());
    again.close();
    other.close();
  }
}
