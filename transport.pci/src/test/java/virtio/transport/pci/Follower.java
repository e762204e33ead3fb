package virtio.transport.pci;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.BusDevice;
import virtio.bus.Transport;
import virtio.testkit.Await;

/** Records what a transport tells, and waits for it. */
final class Follower implements Transport.Listener {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  final List<BusDevice> came = new CopyOnWriteArrayList<>();
  final List<BusDevice> asked = new CopyOnWriteArrayList<>();
  final List<BusDevice> left = new CopyOnWriteArrayList<>();

  @Override
  public void appeared(BusDevice device) {
    came.add(device);
  }

  @Override
  public void leaving(BusDevice device) {
    asked.add(device);
  }

  @Override
  public void disappeared(BusDevice device) {
    left.add(device);
  }

  BusDevice device(String name) {
    if (!Await.that(PATIENCE, () -> came.stream().anyMatch(one -> one.name().equals(name)))) {
      throw new AssertionError(name + " is not among " + came.stream().map(BusDevice::name).toList());
    }
    return came.stream().filter(one -> one.name().equals(name)).toList().getLast();
  }

  boolean hasLeft(BusDevice device) {
    return Await.that(PATIENCE, () -> left.contains(device));
  }
}
