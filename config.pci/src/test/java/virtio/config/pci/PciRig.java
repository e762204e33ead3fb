package virtio.config.pci;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.testkit.Await;
import virtio.testkit.fake.FakePci;
import virtio.testkit.fake.FakePciSlot;
import virtio.transport.pci.PciTransport;

/** A machine in memory, and the transport that finds what is plugged into it. */
final class PciRig implements AutoCloseable, Transport.Listener {
  final FakePci machine = new FakePci("p0");
  final PciTransport transport = new PciTransport();
  private final Map<String, BusDevice> present = new ConcurrentHashMap<>();
  private final Registration watch = transport.watch(this);
  private boolean started;

  /** A place on the root bus, whose function appears when it is announced. */
  FakePciSlot slot(int place) {
    return new FakePciSlot(machine, place);
  }

  /** What the transport makes of the function at that place. Waits for it. */
  BusDevice find(int place) {
    if (!started) {
      started = true;
      transport.bindMachine(machine);
    }
    String name = "p0/0000:00:%02x.0".formatted(place);
    if (!Await.that(Duration.ofSeconds(10), () -> present.containsKey(name))) {
      throw new AssertionError(name + " is not among " + present.keySet());
    }
    return present.get(name);
  }

  @Override
  public void appeared(BusDevice device) {
    present.put(device.name(), device);
  }

  @Override
  public void disappeared(BusDevice device) {
    present.remove(device.name(), device);
  }

  @Override
  public void close() {
    transport.stop();
    watch.close();
    machine.close();
  }
}
