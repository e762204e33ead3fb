package virtio.transport.pci;

import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * The slot below a PCI Express port: its button, its power and its lamp.
 *
 * <p>Source: PCI Express Base Specification 3.0, "PCI Express Hot-Plug Support" and "PCI Express Capability Structure"
 */
final class HotPlugSlot {
  private static final int EXPRESS_CAPABILITIES = 0x02;
  private static final int SLOT_IMPLEMENTED = 0x100;
  private static final int SLOT_CAPABILITIES = 0x14;
  private static final int HOT_PLUG_CAPABLE = 0x40;
  private static final int SLOT_CONTROL = 0x18;
  private static final int POWER_INDICATOR = 0x300;
  private static final int POWER_INDICATOR_ON = 0x100;
  private static final int POWER_INDICATOR_OFF = 0x300;
  private static final int POWER_OFF = 0x400;
  private static final int SLOT_STATUS = 0x1A;
  private static final int BUTTON_PRESSED = 0x1;
  private static final int PRESENCE_CHANGED = 0x8;
  private static final int PRESENT = 0x40;
  /** Button, power fault, latch, presence, command completed, link: each cleared by writing 1. */
  private static final int EVENTS = 0x11F;

  private final Window config;
  private final int capability;

  private HotPlugSlot(Window config, int capability) {
    this.config = config;
    this.capability = capability;
  }

  /** Null where the port has none. */
  static HotPlugSlot of(Window config, int express) {
    boolean slot = express != 0 && (config.read(express + EXPRESS_CAPABILITIES, 2) & SLOT_IMPLEMENTED) != 0
        && (config.read(express + SLOT_CAPABILITIES, 4) & HOT_PLUG_CAPABLE) != 0;
    return slot ? new HotPlugSlot(config, express) : null;
  }

  /** What somebody did to the slot since the last look; what was seen is acknowledged. */
  Event look() {
    int status = (int) config.read(capability + SLOT_STATUS, 2);
    if (status == Pci.NOTHING || (status & EVENTS) == 0) {
      return Event.NONE;
    }
    config.write(capability + SLOT_STATUS, 2, status & EVENTS);
    boolean pressed = (status & BUTTON_PRESSED) != 0;
    if ((status & PRESENT) == 0 || !pressed && (status & PRESENCE_CHANGED) == 0) {
      return Event.NONE;
    }
    return !powered() ? Event.PLUGGED : pressed ? Event.BUTTON : Event.NONE;
  }

  private boolean powered() {
    return (config.read(capability + SLOT_CONTROL, 2) & POWER_OFF) == 0;
  }

  void powerOn() {
    control(POWER_INDICATOR_ON);
  }

  /** Whoever pressed the button may take the device out now. */
  void powerOff() {
    control(POWER_INDICATOR_OFF | POWER_OFF);
  }

  private void control(int wanted) {
    int control = (int) config.read(capability + SLOT_CONTROL, 2);
    config.write(capability + SLOT_CONTROL, 2, control & ~(POWER_INDICATOR | POWER_OFF) | wanted);
  }

  /** What may have happened to a slot. */
  enum Event {
    NONE,
    /** A device was put in, and has no power. */
    PLUGGED,
    /** Somebody wants to take the device out. */
    BUTTON
  }
}
