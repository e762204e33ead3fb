package virtio.bus.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import virtio.bus.Bus;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceModel;
import virtio.bus.Face;
import virtio.bus.Host;
import virtio.bus.Registration;
import virtio.bus.RingFormat;

/** A model and its faces on one host. Faces come and go with the bricks they are made of, on the bus's control thread. */
final class ServedModel implements Bus.Serving {
  private static final System.Logger LOG = System.getLogger("virtio.bus");
  private static final Duration CLOSES = Duration.ofSeconds(12);

  private final VirtioBus bus;
  private final String name;
  private final DeviceModel model;
  private final Host host;
  private final ModelTurn turn = new ModelTurn();
  private final Map<Face, ShownFace> faces = new LinkedHashMap<>();
  private final Map<Face, String> states = new LinkedHashMap<>();
  private boolean closed;

  ServedModel(VirtioBus bus, String name, DeviceModel model, List<Face> wanted, Host host) {
    this.bus = bus;
    this.name = name;
    this.model = model;
    this.host = host;
    wanted.forEach(face -> faces.put(face, null));
    wanted.forEach(face -> states.put(face, "waiting"));
  }

  /** Shows what can be shown now; withdraws what was made of bricks that are no more. */
  void refresh() {
    if (closed) {
      return;
    }
    for (Map.Entry<Face, ShownFace> entry : faces.entrySet()) {
      Face face = entry.getKey();
      RingFormat ring = bus.ring(face.ring());
      ConfigHandler config = bus.config(face.config());
      if (entry.getValue() != null && !entry.getValue().uses(ring, config)) {
        withdraw(entry);
      }
      if (entry.getValue() == null) {
        show(entry, ring, config);
      }
    }
  }

  private void show(Map.Entry<Face, ShownFace> entry, RingFormat ring, ConfigHandler config) {
    Face face = entry.getKey();
    String state;
    if (!face.transport().equals(host.transport())) {
      state = "host " + host.name() + " offers " + host.transport() + ", not " + face.transport();
    } else if (ring == null) {
      state = "waiting for ring " + face.ring();
    } else if (config == null) {
      state = "waiting for config handler " + face.config();
    } else {
      try {
        ShownFace shown = ShownFace.plug(name, model, turn, ring, config, host);
        entry.setValue(shown);
        state = "shown on " + shown.slotName();
      } catch (RuntimeException e) {   // a brick's or the host's refusal: the other faces go on
        state = "failed: " + e.getMessage();
        LOG.log(System.Logger.Level.WARNING, name + ": face " + face + ": " + state);
      }
    }
    synchronized (states) {
      states.put(face, state);
    }
  }

  private void withdraw(Map.Entry<Face, ShownFace> entry) {
    ShownFace shown = entry.getValue();
    bus.awaitUnused(shown.ring(), shown.config());
    takeAway(shown);
    entry.setValue(null);
    synchronized (states) {
      states.put(entry.getKey(), "withdrawn");
    }
  }

  private void takeAway(ShownFace shown) {
    try (Registration retired = bus.retire(host.transport(), shown.slotName())) {
      shown.close();
    }
  }

  List<Bus.DeviceReport> reports() {
    List<Bus.DeviceReport> reports = new ArrayList<>();
    for (Map.Entry<Face, ShownFace> entry : faces.entrySet()) {
      if (entry.getValue() != null) {
        reports.add(entry.getValue().report(host.name(), entry.getKey().toString(), name, stateOf(entry.getKey())));
      }
    }
    return reports;
  }

  private String stateOf(Face face) {
    synchronized (states) {
      return states.get(face);
    }
  }

  @Override
  public List<String> state() {
    synchronized (states) {
      return states.entrySet().stream().map(entry -> entry.getKey() + ": " + entry.getValue()).toList();
    }
  }

  @Override
  public void close() {
    bus.control(CLOSES, this::end);
  }

  /** On the control thread. */
  void end() {
    if (closed) {
      return;
    }
    closed = true;
    for (Map.Entry<Face, ShownFace> entry : faces.entrySet()) {
      if (entry.getValue() != null) {
        takeAway(entry.getValue());
        entry.setValue(null);
      }
    }
    bus.ended(this);
  }
}
