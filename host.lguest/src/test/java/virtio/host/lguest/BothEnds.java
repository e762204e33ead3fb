package virtio.host.lguest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.BusDevice;
import virtio.bus.PageLayout;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.config.lguest.LguestLayout;
import virtio.testkit.Await;
import virtio.transport.lguest.LguestTransport;

/** A machine with both its ends and a transport on it, as a container would put them together. */
final class BothEnds implements AutoCloseable, Transport.Listener {
  static final Tuning TUNING = new Tuning(256, 100_000_000L, 20_000_000_000L);

  final MachineMemory memory;
  final LguestHost host;
  final GuestMachine guest;
  final LguestTransport transport = new LguestTransport();
  final Map<String, BusDevice> present = new ConcurrentHashMap<>();
  private final Registration watch;

  BothEnds() {
    this(Layout.LGUEST, new LguestLayout());
  }

  BothEnds(Layout layout, PageLayout walker) {
    try {
      memory = MachineMemory.create(16L << 20, layout);
      host = LguestHost.start("m0", memory, TUNING);
      guest = GuestMachine.attach("m0", memory, TUNING, () -> { });
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    transport.bindLayout(walker, Map.of("virtio.layout", layout.spelling()));
    transport.bindMachine(guest);
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
    if (!Await.that(Duration.ofSeconds(10), () -> present.containsKey(slot.name()))) {
      throw new AssertionError("slot=" + slot.name() + ": not found among " + present.keySet());
    }
    return present.get(slot.name());
  }

  @Override
  public void close() {
    transport.stop();
    watch.close();
    guest.close();
    host.close();
    memory.close();
  }
}
