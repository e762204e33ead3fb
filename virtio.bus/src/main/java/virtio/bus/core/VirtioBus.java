package virtio.bus.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.BusDevice;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.Face;
import virtio.bus.Features;
import virtio.bus.Host;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.bus.Slot;
import virtio.bus.Transport;

/** The bus: one for all transports. Rings and config handlers it needs only for the faces of models; drivers bring their own combination. */
@Component(service = Bus.class, immediate = true)
public final class VirtioBus implements Bus {
  private static final System.Logger LOG = System.getLogger("virtio.bus");
  private static final Duration UNUSED = Duration.ofSeconds(5);
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final ControlThread control = new ControlThread("virtio-bus");
  private final Map<Transport, FoundDevices> transports = new ConcurrentHashMap<>();
  private final Bricks<RingFormat> rings = new Bricks<>();
  private final Bricks<ConfigHandler> configs = new Bricks<>();
  private final List<Binding> bindings = new CopyOnWriteArrayList<>();
  private final List<ServedModel> served = new CopyOnWriteArrayList<>();
  /** Devices that hosts of this JVM are taking away. */
  private final Set<Place> retiring = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  private record Place(String transport, String name) {}

  @Reference(name = "transport", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindTransport(Transport transport, Map<String, Object> properties) {
    transports.put(transport, new FoundDevices(String.valueOf(properties.get("virtio.transport")), transport));
  }

  public void unbindTransport(Transport transport) {
    FoundDevices found = transports.remove(transport);
    if (found != null) {
      found.close();
    }
  }

  @Reference(name = "ring", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindRing(RingFormat ring, Map<String, Object> properties) {
    rings.add(String.valueOf(properties.get("virtio.ring")), ring);
    control.execute(this::refresh);
  }

  public void unbindRing(RingFormat ring) {
    rings.remove(ring);
    control.execute(this::refresh);
  }

  @Reference(name = "config", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindConfig(ConfigHandler config, Map<String, Object> properties) {
    configs.add(String.valueOf(properties.get("virtio.config")), config);
    control.execute(this::refresh);
  }

  public void unbindConfig(ConfigHandler config) {
    configs.remove(config);
    control.execute(this::refresh);
  }

  private void refresh() {
    served.forEach(ServedModel::refresh);
  }

  RingFormat ring(String name) {
    return rings.get(name);
  }

  ConfigHandler config(String name) {
    return configs.get(name);
  }

  /** Gives drivers of this JVM that use a brick the time to leave in order before the device's side of it goes. */
  void awaitUnused(RingFormat ring, ConfigHandler config) {
    boolean ringGone = !rings.has(ring);
    boolean configGone = !configs.has(config);
    boolean unused = Deadline.await(UNUSED, () -> bindings.stream().noneMatch(binding -> binding.bound()
        && (ringGone && binding.parts().ring() == ring || configGone && binding.parts().config() == config)));
    if (!unused) {
      LOG.log(System.Logger.Level.WARNING, "a driver still uses a brick that is no more; its device is taken away");
    }
  }

  @Override
  public Attachment attach(Combination parts, AttachmentSettings settings, Object port, Runnable leaving) {
    if (!parts.driver().port().isInstance(port)) {
      throw new IllegalArgumentException("glue=" + parts.name() + ": its driver serves a " + parts.driver().port().getSimpleName()
          + ", and " + settings.owner() + " is none");
    }
    check(settings);
    Filter filter;
    try {
      filter = settings.filter().isBlank() ? null : FrameworkUtil.createFilter(settings.filter());
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException("device.filter=" + settings.filter() + " (an LDAP filter, as in (name=m0/0)): " + e.getMessage(), e);
    }
    Binding binding = new Binding(this, parts, settings, filter, port, leaving);
    bindings.add(binding);
    binding.begin();
    return binding;
  }

  private static void check(AttachmentSettings settings) {
    int size = settings.queueSize();
    if (size != 0 && (Integer.bitCount(size) != 1 || size < 2 || size > 32768)) {
      throw new IllegalArgumentException("queue.size=" + size + " (0, or a power of two from 2 to 32768)");
    }
    Duration deadline = settings.resetDeadline();
    if (deadline.compareTo(SHORTEST) < 0 || deadline.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("reset.deadline=" + deadline.toMillis() + " ms (1 to 600000)");
    }
  }

  /** The port that holds a device; null for none. */
  String ownerOf(BusDevice device) {
    return bindings.stream().filter(binding -> binding.holds(device)).map(Binding::owner).findFirst().orElse(null);
  }

  /** A host of this JVM is about to take a device away: who has it lets it go, and nobody gets it any more. Bounded. */
  Registration retire(String transport, String name) {
    Place place = new Place(transport, name);
    retiring.add(place);
    bindings.forEach(binding -> binding.retire(transport, name));
    return () -> retiring.remove(place);
  }

  boolean retires(String transport, String name) {
    return retiring.contains(new Place(transport, name));
  }

  /** A device is idle again: somebody may have waited for it. */
  void released() {
    bindings.forEach(Binding::reconsider);
  }

  void closed(Binding binding) {
    bindings.remove(binding);
  }

  @Override
  public Serving serve(String name, DeviceModel model, List<Face> faces, Host host) {
    ServedModel serving = new ServedModel(this, name, model, faces, host);
    served.add(serving);
    control.execute(serving::refresh);
    return serving;
  }

  @Override
  public Serving serve(DeviceModel model, RingFormat ring, ConfigHandler config, Slot slot) {
    ShownFace shown = ShownFace.show(slot.name(), model, new ModelTurn(), ring, config, slot);
    return new Serving() {
      @Override
      public List<String> state() {
        return List.of("shown on " + shown.slotName());
      }

      @Override
      public void close() {
        shown.close();
      }
    };
  }

  void ended(ServedModel serving) {
    served.remove(serving);
  }

  void control(Duration limit, Runnable work) {
    if (!control.call(limit, work) && !closed.get()) {
      LOG.log(System.Logger.Level.ERROR, "not done within " + limit.toSeconds() + " s");
    }
  }

  @Override
  public List<DeviceReport> devices() {
    List<DeviceReport> reports = new ArrayList<>();
    for (FoundDevices found : transports.values()) {
      for (BusDevice device : found.devices()) {
        reports.add(report(found.transport(), device));
      }
    }
    reports.sort(Comparator.comparing(DeviceReport::bus).thenComparing(DeviceReport::name));
    return reports;
  }

  private DeviceReport report(String transport, BusDevice device) {
    for (Binding binding : bindings) {
      DeviceReport bound = binding.holds(device) ? binding.report() : null;
      if (bound != null) {
        return bound;
      }
    }
    DeviceId id = configs.all().stream().map(config -> config.identify(device)).filter(known -> known != null).findFirst().orElse(null);
    return new DeviceReport(transport, device.name(), id, "", "", id == null ? "unknown: no config handler here reads it" : "idle", List.of(),
        Features.NONE, Features.NONE, List.of(), null, DeviceProperties.shown(device));
  }

  @Override
  public List<DeviceReport> served() {
    List<DeviceReport> reports = new ArrayList<>();
    control.call(UNUSED, () -> served.forEach(serving -> reports.addAll(serving.reports())));
    return List.copyOf(reports);
  }

  /** Takes every device back and stops every model. */
  @Deactivate
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    bindings.forEach(Binding::close);
    control.call(UNUSED, () -> served.forEach(ServedModel::end));
    control.end(UNUSED);
    transports.values().forEach(FoundDevices::close);
  }
}
