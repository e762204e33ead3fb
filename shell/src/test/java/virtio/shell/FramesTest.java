package virtio.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Bus;
import virtio.bus.Features;
import virtio.bus.FrameDecoder;

/** What {@code frames} makes of its argument. */
class FramesTest {
  private static final FrameDecoder DECODER = new FrameDecoder() {
    @Override
    public List<String> decode(byte[] bytes) {
      return List.of("decoded " + bytes.length);
    }

    @Override
    public List<Trace> traces() {
      return List.of(new Trace("m0/0", "driver's side", 7, List.of("6 -> ADD")),
          new Trace("m0/1", "driver's side", 1, List.of("0 -> HELLO")));
    }
  };

  @TempDir
  Path folder;

  private static Bus bus() {
    Bus.DeviceReport disk = new Bus.DeviceReport("lguest", "m0/0", null, "block", "disk0", "bound", List.of(), Features.NONE,
        Features.NONE, List.of(), null, Map.of());
    return (Bus) Proxy.newProxyInstance(Bus.class.getClassLoader(), new Class<?>[] {Bus.class}, (proxy, method, arguments) ->
        switch (method.getName()) {
          case "devices" -> List.of(disk);
          case "served" -> List.of();
          default -> throw new UnsupportedOperationException(method.getName());
        });
  }

  private static Frames frames() {
    return new Frames(bus(), List.of(DECODER));
  }

  @Test
  void aDeviceByEachOfItsNames() throws IOException {
    for (String name : List.of("disk0", "m0/0", "lguest m0/0")) {
      assertThat(frames().show(name)).isEqualTo("m0/0, driver's side, the last of 7 frames\n6 -> ADD");
    }
  }

  @Test
  void aFileOrDigits() throws IOException {
    Path file = Files.write(folder.resolve("recorded"), new byte[5]);
    assertThat(frames().show(file.toString())).isEqualTo("decoded 5");
    assertThat(frames().show("53 51 10")).isEqualTo("decoded 3");
    assertThat(frames().show(Files.createFile(folder.resolve("empty")).toString())).isEqualTo("no bytes");
  }

  @Test
  void anythingElseIsToldWhatThereIs() {
    assertThatThrownBy(() -> frames().show("nobody")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("frames=nobody")
        .hasMessageContaining("m0/0, m0/1");
    assertThatThrownBy(() -> frames().show("535")).hasMessageContaining("even number");
    assertThatThrownBy(() -> new Frames(bus(), List.of()).show("disk0")).hasMessageContaining("virtio.ring.socket");
  }
}
