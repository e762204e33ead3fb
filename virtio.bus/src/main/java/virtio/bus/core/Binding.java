package virtio.bus.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Filter;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.BusDevice;
import virtio.bus.Combination;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.bus.VirtioDriver;
import virtio.bus.spec.DeviceTypes;

/** One port's hold on a device, or its wait for one. Everything happens on its control thread. */
final class Binding implements Bus.Attachment, Transport.Listener {
  private static final System.Logger LOG = System.getLogger("virtio.bus");
  /** What a close may take beside the reset's deadline. */
  private static final Duration MARGIN = Duration.ofSeconds(3);
  /** So long a port may take to let go of a device that its host takes away. */
  private static final Duration FINISHES = Duration.ofSeconds(2);
  private static final String GOING = "being taken out";

  private final VirtioBus bus;
  private final Combination parts;
  private final PartNames names;
  private final AttachmentSettings settings;
  private final Filter filter;
  private final Object port;
  private final Runnable leaving;
  private final ControlThread control;
  /** Devices present, and, for those that will not do until they come anew, why. */
  private final Map<BusDevice, String> present = new LinkedHashMap<>();
  private Registration watch;
  private boolean closed;
  private volatile BusDevice device;
  private volatile BoundDevice bound;
  /** As {@link #bound}, and already while it is being bound: a driver tells its port before probe returns. */
  private volatile BoundDevice shown;
  private volatile String state;

  /** @param leaving told when the device is asked for; null for nobody */
  Binding(VirtioBus bus, Combination parts, AttachmentSettings settings, Filter filter, Object port, Runnable leaving) {
    this.bus = bus;
    this.parts = parts;
    this.settings = settings;
    this.filter = filter;
    this.port = port;
    this.leaving = leaving;
    names = PartNames.of(parts);
    state = "waiting for " + wanted();
    control = new ControlThread("virtio-" + settings.owner() + "-bus");
  }

  /** From here on devices come. */
  void begin() {
    watch = parts.transport().watch(this);
  }

  Combination parts() {
    return parts;
  }

  String owner() {
    return settings.owner();
  }

  boolean holds(BusDevice other) {
    return other == device;
  }

  @Override
  public void appeared(BusDevice arrived) {
    control.execute(() -> {
      present.put(arrived, "");
      consider();
    });
  }

  @Override
  public void leaving(BusDevice asked) {
    control.execute(() -> {
      if (present.replace(asked, GOING) == null || asked != device) {
        return;
      }
      if (leaving != null) {
        leaving.run();
      } else {
        lose();
      }
    });
  }

  @Override
  public void disappeared(BusDevice left) {
    control.execute(() -> {
      present.remove(left);
      if (left == device) {
        lose();
      } else {
        consider();
      }
    });
  }

  /**
   * Its host is about to take a device away: the port is asked for it, and loses it if that takes too long, all while the device can still
   * confirm that it has stopped. Returns when that is done; bounded.
   */
  void retire(String transport, String name) {
    BusDevice held = device;
    if (held == null || !names.transport().equals(transport) || !held.name().equals(name)) {
      return;
    }
    leaving(held);
    if (Deadline.await(FINISHES, () -> device != held)) {
      return;
    }
    LOG.log(System.Logger.Level.WARNING, settings.owner() + ": " + transport + " " + name + ": not let go within " + FINISHES.toMillis()
        + " ms; it is taken away");
    control.call(settings.resetDeadline().plus(MARGIN), () -> {
      if (device == held) {
        lose();
      }
    });
  }

  /** What is bound goes, and its driver is told so; then another may serve. */
  private void lose() {
    bound.gone();
    letGo();
    consider();
  }

  /** Another binding has let a device go. */
  void reconsider() {
    control.execute(this::consider);
  }

  private void consider() {
    if (closed || bound != null) {
      return;
    }
    List<String> why = new ArrayList<>();
    for (Map.Entry<BusDevice, String> candidate : present.entrySet()) {
      String objection = candidate.getValue();
      if (objection.isEmpty()) {
        objection = tryToBind(candidate);
        if (objection == null) {
          return;
        }
      }
      if (!objection.isBlank()) {
        why.add(names.transport() + " " + candidate.getKey().name() + ": " + objection);
      }
    }
    state = "waiting for " + wanted() + (why.isEmpty() ? "" : " (" + String.join("; ", why) + ")");
  }

  /** @return null when it is bound; else why not, blank when it is just none of ours */
  private String tryToBind(Map.Entry<BusDevice, String> candidate) {
    BusDevice found = candidate.getKey();
    String lack = parts.config().lacks(found);
    if (lack != null) {
      return "no " + lack + ", which config handler " + names.config() + " needs";
    }
    DeviceId id = parts.config().identify(found);
    if (id == null || BoundDevice.entry(parts.driver(), id) == null) {
      return " ";
    }
    if (filter != null && !filter.matches(DeviceProperties.of(found, id))) {
      return " ";
    }
    lack = parts.ring().lacks(found);
    if (lack != null) {
      return "no " + lack + ", which ring " + names.ring() + " needs";
    }
    String owner = bus.ownerOf(found);
    if (owner != null) {
      return "held by " + owner;
    }
    String name = names.transport() + " " + found.name();
    BoundDevice binding;
    try {
      binding = new BoundDevice(found, parts, settings, control, name);
    } catch (IllegalStateException e) {
      owner = bus.ownerOf(found);
      return owner != null ? "held by " + owner : "not to be had: " + e.getMessage();
    }
    device = found;
    if (bus.retires(names.transport(), found.name())) {   // asked once the device is set: who retires it says so before looking
      device = null;
      binding.unbind();
      candidate.setValue(GOING);
      return GOING;
    }
    shown = binding;
    try {
      binding.bind(port);
    } catch (RuntimeException e) {
      device = null;
      shown = null;
      String objection = "failed: " + (e.getMessage() == null ? e.toString() : e.getMessage());
      candidate.setValue(objection);
      LOG.log(System.Logger.Level.WARNING, settings.owner() + ": " + name + ": " + objection);
      bus.released();
      return objection;
    }
    bound = binding;
    state = "bound to " + name;
    return null;
  }

  private String wanted() {
    StringBuilder types = new StringBuilder();
    for (VirtioDriver.Entry entry : parts.driver().table()) {
      String type = entry.id().type() == DeviceId.ANY ? "any device" : DeviceTypes.name(entry.id().type());
      if (types.indexOf(type) < 0) {
        types.append(types.isEmpty() ? "" : " or ").append(type);
      }
    }
    return "an idle " + (types.isEmpty() ? "device (the driver's id table is empty)" : types) + " on " + names.transport()
        + (settings.filter().isEmpty() ? "" : " with " + settings.filter());
  }

  private void letGo() {
    bound = null;
    shown = null;
    device = null;
    bus.released();
  }

  @Override
  public String state() {
    return state;
  }

  @Override
  public boolean bound() {
    return bound != null;
  }

  @Override
  public Bus.DeviceReport report() {
    BoundDevice now = shown;
    return now == null ? null : now.report(names.transport(), names.driver(), state);
  }

  @Override
  public void close() {
    watch.close();
    Duration limit = settings.resetDeadline().plus(MARGIN);
    boolean done = control.call(limit, () -> {
      if (closed) {
        return;
      }
      closed = true;
      if (bound != null) {
        boolean confirmed = unbind();
        state = "closed, reset " + (confirmed ? "confirmed" : "not confirmed");
      } else {
        state = "closed";
      }
      bus.closed(this);
    });
    if (!done && !closed) {
      LOG.log(System.Logger.Level.ERROR, settings.owner() + ": not let go within " + limit.toMillis() + " ms: " + state);
    }
    control.end(MARGIN);
  }

  private boolean unbind() {
    BoundDevice last = bound;
    last.unbind();
    letGo();
    return last.confirmed();
  }
}
