package virtio.itest;

import java.io.IOException;
import java.util.List;
import org.osgi.service.cm.Configuration;

/**
 * What a test of a combination needs to know of its kind of device: how one is set up as a user would, and what it is to use it. One class
 * per kind, found by the combination's driver, so that a further combination needs no line of test code. Inside the framework; one thread.
 */
interface InUse {
  /** @param machine a name that nobody else uses; the ports' names begin with it */
  static InUse of(Combination parts, Rig rig, String machine) {
    return switch (parts.driver()) {
      case "block" -> new DiskInUse(parts, rig, machine);
      case "net" -> new CardsInUse(parts, rig, machine);
      case "pipe" -> parts.raw() ? new SerialInUse(parts, rig, machine) : new PipesInUse(parts, rig, machine);
      default -> throw new AssertionError(parts.driver() + ": no " + InUse.class.getSimpleName() + " for this kind of device");
    };
  }

  /** Configures a machine, what is on it, and ports; need not wait. */
  void up() throws IOException;

  /** All of them, once {@link #up}; at least one. */
  List<String> ports();

  /** The configuration of the first port. */
  Configuration port();

  /** What the first device is configured by: a device of ours, or, where that is QEMU's own, the port; null where there is no queue. */
  Configuration sizes();

  /** Waits until users are served, moves data both ways, compares; what was stored the time before must still be there. */
  void exchange(long seed) throws IOException;

  /** What {@link #exchange} left is where it belongs, seen from behind the device. */
  void check() throws IOException;
}
