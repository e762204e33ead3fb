package virtio.transport.pci;

import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Store;

/** What a machine's firmware says of its host bridge, in the words that the package describes. */
final class PciFirmware {
  static final String MEMORY = "pci/0/memory";
  static final String MEMORY64 = "pci/0/memory64";
  static final String IO = "pci/0/io";

  /** Before a function's address: words about it alone. */
  static final String FUNCTION = "pci/0/function/";

  private static final String CONFIG = "pci/0/config";
  private static final String INTX = "pci/0/intx";
  private static final String CHANGED = "pci/0/changed";
  private static final int PINS = 4;
  private static final int BUSES = 256;

  private final Machine machine;
  private final Store store;

  PciFirmware(Machine machine) {
    this.machine = machine;
    this.store = machine.firmware();
    if (store == null) {
      throw new IllegalArgumentException("machine=" + machine.name() + ": it has no firmware words");
    }
  }

  boolean has(String word) {
    String value = store.get(word);
    return value != null && !value.isBlank();
  }

  ConfigAccess config() {
    String[] parts = has(CONFIG) ? store.get(CONFIG).trim().split(":") : new String[] {""};
    return switch (parts[0]) {
      case "ports" -> new ConfigPorts(machine.ports(number(CONFIG, parts, 1), ConfigPorts.PORTS));
      case "ecam" -> new Ecam(machine, number(CONFIG, parts, 1), Math.clamp(number(CONFIG, parts, 2), 1, BUSES));
      default -> throw unfit(CONFIG, "ports:PORT or ecam:ADDRESS:BUSES");
    };
  }

  /** Lets that bus have the addresses of that word, if there is such a word. */
  void open(PciBus bus, Space space, String word) {
    if (has(word)) {
      String[] parts = store.get(word).trim().split(":");
      long base = number(word, parts, 0);
      // Address 0 means "nowhere" to a function.
      long skipped = base == 0 ? space.granule() : 0;
      bus.open(space, base + skipped, number(word, parts, 1) - skipped);
    }
  }

  /** Says that functions have come or gone; null where the machine does not tell. */
  Interrupt changed() {
    return has(CHANGED) ? machine.interrupt(number(CHANGED, store.get(CHANGED).trim().split(","), 0)) : null;
  }

  /** The four lines, turned by one place with each device; none where the machine does not tell. */
  PciBus.Lines lines() {
    if (!has(INTX)) {
      return (device, pin) -> null;
    }
    String[] parts = store.get(INTX).trim().split(",");
    if (parts.length != PINS) {
      throw unfit(INTX, "four interrupt numbers, of INTA to INTD of device 0");
    }
    Interrupt[] lines = new Interrupt[PINS];
    for (int pin = 0; pin < PINS; pin++) {
      lines[pin] = machine.interrupt(number(INTX, parts, pin));
    }
    return (device, pin) -> lines[(device + pin - 1) % PINS];
  }

  private long number(String word, String[] parts, int place) {
    try {
      return Long.decode(parts[place].trim());
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw unfit(word, "numbers, decimal or 0x");
    }
  }

  private IllegalArgumentException unfit(String word, String allowed) {
    return new IllegalArgumentException("machine=" + machine.name() + ": " + word + "=" + store.get(word) + " (" + allowed + ")");
  }
}
