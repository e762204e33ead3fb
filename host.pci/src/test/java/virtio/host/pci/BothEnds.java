package virtio.host.pci;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.testkit.Await;
import virtio.transport.pci.PciTransport;

/** A machine with both its ends and a transport on it, as a container would put them together. */
final class BothEnds implements AutoCloseable, Transport.Listener {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  final PciHost host;
  final PciTransport transport = new PciTransport();
  final Map<String, BusDevice> present = new ConcurrentHashMap<>();
  private final Map<BusDevice, Registration> claims = new ConcurrentHashMap<>();
  private final Registration watch;

  BothEnds() {
    try {
      host = PciHost.start(new Settings("p0", 16L << 20, 20_000));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    transport.bindMachine(host.machine());
    watch = transport.watch(this);
  }

  @Override
  public void appeared(BusDevice device) {
    present.put(device.name(), device);
  }

  @Override
  public void disappeared(BusDevice device) {
    present.remove(device.name(), device);
  }

  /** The driver's end of an announced slot. */
  BusDevice find(Slot slot) {
    if (!Await.that(PATIENCE, () -> present.containsKey(slot.name()))) {
      throw new AssertionError("slot=" + slot.name() + ": not found among " + present.keySet());
    }
    return present.get(slot.name());
  }

  /** The same, claimed: it may write to memory, until the end. */
  BusDevice held(Slot slot) {
    BusDevice device = find(slot);
    claims.computeIfAbsent(device, BusDevice::claim);
    return device;
  }

  @Override
  public void close() {
    claims.values().forEach(Registration::close);
    transport.stop();
    watch.close();
    host.close();
  }
}
