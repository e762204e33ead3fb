package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.ConfigHandler;
import virtio.bus.RingFormat;
import virtio.bus.Transport;
import virtio.bus.VirtioDriver;
import virtio.testkit.Shows;

/** A ring, a config handler and a driver that nobody here knows take the places of ours, and the others do not notice. */
@ExtendWith(InFramework.class)
class StrangersIT {
  private static final int BYTES = 1 << 20;
  private static final int SECTOR = 512;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
  private Rig rig;
  private Strangers strangers;
  private Path image;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    strangers = new Strangers(Files.createDirectory(rig.folder().resolve("strangers")));
    image = rig.image("disk.img", BYTES);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
    registrations.forEach(ServiceRegistration::unregister);
  }

  private <S> S register(Class<S> type, Object service, String property, String name) {
    registrations.add(context.registerService(type, type.cast(service), new Hashtable<>(Map.of(property, name))));
    return type.cast(service);
  }

  private RingFormat strangeRing() throws Exception {
    return register(RingFormat.class, strangers.make("ring", "stranger.ring.OrderRing"), "virtio.ring", "stranger");
  }

  private ConfigHandler strangeConfig() throws Exception {
    return register(ConfigHandler.class, strangers.make("config", "stranger.config.BlockOfRegisters"), "virtio.config", "stranger");
  }

  private VirtioDriver<?> strangeDriver() throws Exception {
    return register(VirtioDriver.class, strangers.make("driver", "stranger.driver.SectorDriver"), "virtio.driver", "stranger");
  }

  private <S> S ours(Class<S> type, String property, String name) throws Exception {
    for (ServiceReference<S> reference : context.getServiceReferences(type, "(" + property + "=" + name + ")")) {
      return context.getService(reference);
    }
    throw new AssertionError("no service " + property + "=" + name);
  }

  private virtio.bus.Combination glue(String name, VirtioDriver<?> driver, RingFormat ring, ConfigHandler config) throws Exception {
    Transport transport = ours(Transport.class, "virtio.transport", "lguest");
    return new virtio.bus.Combination(driver, transport, ring, config, Map.of("virtio.glue", name));
  }

  private void serve(Combination parts) throws IOException {
    rig.configure("virtio.host.lguest", Map.of("name", "m0", "layout", "lguest"));
    rig.device("disk0", "m0", parts, image);
  }

  @Test
  @Shows({"F53", "F61"})
  void aRing() throws Exception {
    Combination parts = Combination.of("block.lguest.stranger.lguest");
    register(virtio.bus.Combination.class, glue(parts.name(), ours(VirtioDriver.class, "virtio.driver", "block"), strangeRing(),
        ours(ConfigHandler.class, "virtio.config", "lguest")), "virtio.glue", parts.name());
    aDiskWorks(parts);
  }

  @Test
  @Shows("F53")
  void aConfigHandler() throws Exception {
    Combination parts = Combination.of("block.lguest.split.stranger");
    register(virtio.bus.Combination.class, glue(parts.name(), ours(VirtioDriver.class, "virtio.driver", "block"),
        ours(RingFormat.class, "virtio.ring", "split"), strangeConfig()), "virtio.glue", parts.name());
    aDiskWorks(parts);
  }

  private void aDiskWorks(Combination parts) throws IOException {
    serve(parts);
    rig.port("disk0", parts);
    BlockDevice disk = rig.disk("disk0");
    byte[] written = new byte[BYTES];
    new Random(6).nextBytes(written);
    disk.write(0, written);
    disk.flush();
    byte[] read = new byte[BYTES];
    disk.read(0, read);
    assertThat(read).isEqualTo(written);
    assertThat(Files.readAllBytes(image)).isEqualTo(written);
  }

  @Test
  @Shows({"F06", "F60"})
  void aDriver() throws Exception {
    Combination parts = Combination.of("block.lguest.split.lguest");
    serve(parts);
    aSectorGoesThrough(glue("stranger.lguest.split.lguest", strangeDriver(), ours(RingFormat.class, "virtio.ring", "split"),
        ours(ConfigHandler.class, "virtio.config", "lguest")));
  }

  @Test
  void allThreeAtOnce() throws Exception {
    RingFormat ring = strangeRing();
    ConfigHandler config = strangeConfig();
    serve(Combination.of("block.lguest.stranger.stranger"));
    aSectorGoesThrough(glue("stranger.lguest.stranger.stranger", strangeDriver(), ring, config));
  }

  private void aSectorGoesThrough(virtio.bus.Combination parts) throws Exception {
    BlockingQueue<byte[]> port = new LinkedBlockingQueue<>();
    Bus bus = context.getService(context.getServiceReference(Bus.class));
    try (Bus.Attachment attachment = bus.attach(parts, AttachmentSettings.of("stranger"), port)) {
      byte[] read = port.poll(20, TimeUnit.SECONDS);
      assertThat(read).as(attachment.state()).hasSize(SECTOR).containsOnly((byte) "the trick".hashCode());
    }
    assertThat(Arrays.copyOfRange(Files.readAllBytes(image), SECTOR, 2 * SECTOR)).containsOnly((byte) "the trick".hashCode());
  }
}
