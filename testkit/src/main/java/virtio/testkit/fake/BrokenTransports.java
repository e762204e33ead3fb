package virtio.testkit.fake;

import java.util.HashSet;
import java.util.Set;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Transport;

/** Transports with one fault each, so that the contract can show that it notices. */
public final class BrokenTransports {
  private BrokenTransports() {}

  /** Tells of each device twice. */
  public static Transport stutters(Transport good) {
    return listener -> good.watch(new Transport.Listener() {
      @Override
      public void appeared(BusDevice device) {
        listener.appeared(device);
        listener.appeared(device);
      }

      @Override
      public void disappeared(BusDevice device) {
        listener.disappeared(device);
      }
    });
  }

  /** Goes on telling those who have left. */
  public static Transport neverForgets(Transport good) {
    Set<Registration> kept = new HashSet<>();
    return listener -> {
      kept.add(good.watch(listener));
      return () -> { };
    };
  }
}
