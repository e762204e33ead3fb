package virtio.testkit.fake;

import java.util.Collection;
import virtio.bus.DeviceConfig;

/** Writes down what it is told: {@code "queue 0"}, {@code "changed"}. */
public record FakeListener(Collection<String> told) implements DeviceConfig.Listener {
  @Override
  public void queue(int index) {
    told.add("queue " + index);
  }

  @Override
  public void changed() {
    told.add("changed");
  }
}
