package virtio.bus.core;

import java.util.Map;
import virtio.bus.Bus;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceModel;
import virtio.bus.Exposure;
import virtio.bus.Host;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.bus.Slot;

/** One face of a model on a slot: hosted, laid out, announced; and the way back in the opposite order. */
final class ShownFace implements Registration {
  private final RingFormat ring;
  private final ConfigHandler config;
  private final Slot slot;
  private final HostedDevice hosted;
  private final Registration exposed;

  private ShownFace(RingFormat ring, ConfigHandler config, Slot slot, HostedDevice hosted, Registration exposed) {
    this.ring = ring;
    this.config = config;
    this.slot = slot;
    this.hosted = hosted;
    this.exposed = exposed;
  }

  /** IllegalStateException when the host has no room, or lacks something. */
  static ShownFace plug(String name, DeviceModel model, ModelTurn turn, RingFormat ring, ConfigHandler config, Host host) {
    Slot slot = host.plug(name, Map.of());
    if (slot == null) {
      throw new IllegalStateException("host " + host.name() + " has no slot left");
    }
    return show(name, model, turn, ring, config, slot);
  }

  /** Takes the slot over: it is closed when showing fails. */
  static ShownFace show(String name, DeviceModel model, ModelTurn turn, RingFormat ring, ConfigHandler config, Slot slot) {
    try {
      String lack = ring.lacks(slot);
      if (lack != null) {
        throw new IllegalStateException("no " + lack + " on " + slot.name() + ", which the ring needs");
      }
      HostedDevice hosted = new HostedDevice(name, model, turn, ring, config, slot);
      Registration exposed = config.expose(hosted, slot);
      slot.announce();
      return new ShownFace(ring, config, slot, hosted, exposed);
    } catch (RuntimeException e) {
      slot.close();
      throw e;
    }
  }

  boolean uses(RingFormat otherRing, ConfigHandler otherConfig) {
    return ring == otherRing && config == otherConfig;
  }

  RingFormat ring() {
    return ring;
  }

  ConfigHandler config() {
    return config;
  }

  String slotName() {
    return slot.name();
  }

  Bus.DeviceReport report(String host, String face, String owner, String state) {
    return hosted.report(host, face, owner, state, exposed instanceof Exposure telling ? telling.understood() : null);
  }

  /** The model stops first: what is then taken from under a driver is nothing that anybody still writes. */
  @Override
  public void close() {
    hosted.close();
    exposed.close();
    slot.close();
  }
}
