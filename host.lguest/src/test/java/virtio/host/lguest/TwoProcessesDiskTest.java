package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.block.BlockDevice;
import virtio.block.port.ConfiguredPort;
import virtio.bus.Combination;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.config.lguest.LguestConfig;
import virtio.config.lguest.LguestLayout;
import virtio.driver.block.BlockDriver;
import virtio.ring.socket.SocketRing;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.OtherProcess;
import virtio.testkit.RegisteredServices;
import virtio.testkit.Shows;
import virtio.transport.lguest.LguestTransport;

/** A whole disk, port and driver here, device and image in another JVM: nothing is shared but the machine's memory. */
@Timeout(180)
class TwoProcessesDiskTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CHUNK = 1 << 20;
  private static final int CHUNKS = 24;

  @TempDir
  Path folder;

  private final RegisteredServices services = new RegisteredServices();
  private final VirtioBus bus = new VirtioBus();
  private final LguestTransport transport = new LguestTransport();
  private final CountDownLatch lost = new CountDownLatch(1);
  private Path image;
  private OtherProcess host;
  private MachineMemory memory;
  private GuestMachine guest;
  private ConfiguredPort port;

  private static RingFormat ring(String name) {
    return name.equals("split") ? new SplitRing() : new SocketRing();
  }

  private void plugTogether(String ring) throws IOException {
    String glue = "block.lguest." + ring + ".lguest";
    image = folder.resolve("disk0.img");
    host = new OtherProcess(folder, DiskHostProcess.class, folder.resolve("m0").toString(), image.toString(), CHUNKS + "M", ring);
    memory = MachineMemory.attach(folder.resolve("m0"));
    guest = GuestMachine.attach("m0", memory, BothEnds.TUNING, () -> {
      transport.unbindMachine(guest);
      lost.countDown();
    });
    transport.bindLayout(new LguestLayout(), Map.of("virtio.layout", "lguest"));
    transport.bindMachine(guest);
    bus.bindTransport(transport, Map.of("virtio.transport", "lguest"));
    port = new ConfiguredPort(services.context(), bus,
        Map.of("service.pid", "virtio.block~disk0", "glue.target", "(virtio.glue=" + glue + ")"));
    port.bindGlue(new Combination(new BlockDriver(), transport, ring(ring), new LguestConfig(),
        Map.of("virtio.glue", glue)));
    assertThat(Await.that(PATIENCE, () -> services.has(BlockDevice.class))).as(() -> port.state() + "; " + host.errors()).isTrue();
  }

  @AfterEach
  void takeApart() throws InterruptedException {
    try {
      port.deactivate();
      bus.close();
      transport.stop();
      assertThat(guest.awaitRegions(PATIENCE.toNanos())).as("all memory is given back").isTrue();
      guest.close();
      memory.close();
    } finally {
      host.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"split", "socket"})
  @Shows({"F03", "F33", "F57"})
  void whatIsWrittenHereStandsInTheImageThere(String ring) throws Exception {
    plugTogether(ring);
    BlockDevice disk = services.service(BlockDevice.class);
    assertThat(disk.id()).isEqualTo("another-process");
    assertThat(disk.capacity()).isEqualTo((long) CHUNKS * CHUNK / 512);
    MessageDigest sent = MessageDigest.getInstance("SHA-256");
    MessageDigest read = MessageDigest.getInstance("SHA-256");
    Random random = new Random(7);
    byte[] bytes = new byte[CHUNK];
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      random.nextBytes(bytes);
      sent.update(bytes);
      disk.write((long) chunk * CHUNK / 512, bytes);
    }
    disk.flush();
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      disk.read((long) chunk * CHUNK / 512, bytes);
      read.update(bytes);
    }
    String expected = HexFormat.of().formatHex(sent.digest());
    assertThat(HexFormat.of().formatHex(read.digest())).isEqualTo(expected);
    port.deactivate();
    assertThat(host.end()).as(() -> host.errors()).isZero();
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(image)))).isEqualTo(expected);
    assertThat(guest.space(0).quarantined()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"split", "socket"})
  void aHostThatIsKilledTakesTheDiskWithIt(String ring) throws Exception {
    plugTogether(ring);
    BlockDevice disk = services.service(BlockDevice.class);
    byte[] sector = new byte[512];
    disk.write(0, sector);
    host.close();
    assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Await.that(PATIENCE, () -> !port.online())).as(() -> port.state()).isTrue();
    assertThatThrownBy(() -> disk.read(0, sector)).isInstanceOf(IOException.class);
    assertThat(Await.that(PATIENCE, () -> guest.space(0).quarantined() > 0)).as("memory set aside").isTrue();
  }
}
