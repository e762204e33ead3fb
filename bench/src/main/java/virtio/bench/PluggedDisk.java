package virtio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;
import virtio.block.BlockDevice;
import virtio.block.port.ConfiguredPort;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.bus.Queue;
import virtio.bus.RingFormat;
import virtio.bus.Transport;
import virtio.bus.core.VirtioBus;
import virtio.config.lguest.LguestConfig;
import virtio.config.lguest.LguestLayout;
import virtio.config.pci.PciConfig;
import virtio.device.block.ServedImage;
import virtio.driver.block.BlockDriver;
import virtio.ring.socket.SocketRing;
import virtio.ring.split.SplitRing;
import virtio.transport.lguest.LguestTransport;
import virtio.transport.pci.PciTransport;

/** A disk with everything below it, plugged together by hand as a container would do it. */
final class PluggedDisk implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long LOOK_MILLIS = 5;
  private static final String MACHINE = "m0";

  private final Services services = new Services();
  private final VirtioBus bus = new VirtioBus();
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final String combination;
  private final RingFormat ring;
  private ConfiguredPort port;

  private PluggedDisk(String combination, RingFormat ring) {
    this.combination = combination;
    this.ring = ring;
    parts.push(bus::close);
  }

  /**
   * QEMU's own device over its back end that reads zeroes from nowhere, in a process of its own.
   *
   * @param ioeventfd whether there is an event counter behind its doorbell, or the socket alone
   */
  static PluggedDisk qemu(long bytes, boolean ioeventfd) throws IOException {
    PluggedDisk disk = new PluggedDisk("block.pci.split.pci" + (ioeventfd ? "" : ", socket"), new SplitRing());
    PciTransport transport = new PciTransport();
    disk.parts.push(transport::stop);
    disk.services.follow(Machine.class, transport::bindMachine, transport::unbindMachine);
    virtio.host.qemu.ConfiguredMachine machine = new virtio.host.qemu.ConfiguredMachine(disk.context(), Map.of("name", MACHINE,
        "blockdev", List.of("driver=null-co,node-name=d0,read-zeroes=on,size=" + bytes),
        "device", List.of("virtio-blk-pci,drive=d0,disable-legacy=on,ioeventfd=" + (ioeventfd ? "on" : "off"))));
    disk.parts.push(machine::stop);
    return disk.attach(transport, new PciConfig());
  }

  /** Our own device over an image, on a machine in this JVM, over the split ring. */
  static PluggedDisk split(Path image) throws IOException {
    return lguest(image, "split", new SplitRing());
  }

  /** The same over the socket ring. */
  static PluggedDisk socket(Path image) throws IOException {
    return lguest(image, "socket", new SocketRing());
  }

  private static PluggedDisk lguest(Path image, String name, RingFormat ring) throws IOException {
    PluggedDisk disk = new PluggedDisk("block.lguest." + name + ".lguest", ring);
    LguestTransport transport = new LguestTransport();
    disk.parts.push(transport::stop);
    transport.bindLayout(new LguestLayout(), Map.of("virtio.layout", "lguest"));
    disk.services.follow(Machine.class, transport::bindMachine, transport::unbindMachine);
    virtio.host.lguest.ConfiguredMachine machine =
        new virtio.host.lguest.ConfiguredMachine(disk.context(), Map.of("name", MACHINE, "memory", "64M", "layout", "lguest"));
    disk.parts.push(machine::stop);
    disk.bus.bindRing(ring, Map.of("virtio.ring", name));
    LguestConfig config = new LguestConfig();
    disk.bus.bindConfig(config, Map.of("virtio.config", "lguest"));
    await("machine", () -> disk.services.get(Host.class) != null);
    ServedImage served = new ServedImage(disk.bus, disk.services.get(Host.class),
        Map.of("name", "disk0", "image", image.toString(), "readonly", "true", "faces", "lguest." + name + ".lguest"));
    disk.parts.push(served::close);
    return disk.attach(transport, config);
  }

  private BundleContext context() {
    return services.context();
  }

  private PluggedDisk attach(Transport transport, ConfigHandler config) throws IOException {
    String name = combination.split("\\.")[1];
    bus.bindTransport(transport, Map.of("virtio.transport", name));
    port = new ConfiguredPort(context(), bus, Map.of("service.pid", "virtio.block~disk0", "name", "disk0",
        "glue.target", "(virtio.glue=" + combination + ")"));
    parts.push(port::deactivate);
    port.bindGlue(new Combination(new BlockDriver(), transport, ring, config, Map.of("virtio.glue", combination)));
    try {
      await("disk", () -> services.get(BlockDevice.class) != null);
    } catch (IOException late) {
      String state = port.state();
      close();
      throw new IOException(combination + ": " + state, late);
    }
    return this;
  }

  private static void await(String what, BooleanSupplier condition) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("no " + what + " after " + PATIENCE);
      }
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", interrupted);
      }
    }
  }

  String combination() {
    return combination;
  }

  BlockDevice disk() {
    return services.get(BlockDevice.class);
  }

  /** How many of its machine's doorbells are rung by an event counter of QEMU's. */
  int eventfds() {
    return (int) services.get(Machine.class).properties().getOrDefault("eventfds", 0);
  }

  /** Of the driver's end of the request queue; exact while nothing is in flight. */
  Queue.Counters counters() {
    return port.device().queues().getFirst().counters();
  }

  /** Each part before those that it stands on. */
  @Override
  public void close() throws IOException {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception failed) {
        throw new IOException(combination, failed);
      }
    }
  }
}
