package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.DeviceConfig;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Transport;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.config.lguest.LguestConfig;
import virtio.config.lguest.LguestLayout;
import virtio.testkit.Await;
import virtio.testkit.OtherProcess;
import virtio.testkit.Shows;
import virtio.transport.lguest.LguestTransport;

/** The host lives in another JVM; all that the two share is a file. */
@Timeout(120)
class TwoProcessesTest implements Transport.Listener {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir
  Path folder;

  private final LguestTransport transport = new LguestTransport();
  private final CountDownLatch lost = new CountDownLatch(1);
  private OtherProcess host;
  private Path file;
  private MachineMemory memory;
  private GuestMachine guest;
  private Registration watch;
  private volatile BusDevice found;

  @BeforeEach
  void startTheOther() throws IOException {
    file = folder.resolve("m0");
    host = new OtherProcess(folder, HostProcess.class, file.toString());
    memory = MachineMemory.attach(file);
    guest = GuestMachine.attach("m0", memory, BothEnds.TUNING, lost::countDown);
    transport.bindLayout(new LguestLayout(), Map.of("virtio.layout", "lguest"));
    transport.bindMachine(guest);
    watch = transport.watch(this);
    assertThat(Await.that(PATIENCE, () -> found != null)).as("a device").isTrue();
  }

  @AfterEach
  void endTheOther() throws Exception {
    try {
      transport.stop();
      if (watch != null) {
        watch.close();
      }
      if (guest != null) {
        guest.close();
        memory.close();
      }
    } finally {
      host.close();
    }
  }

  @Override
  public void appeared(BusDevice device) {
    found = device;
  }

  @Override
  public void disappeared(BusDevice device) {
    found = null;
  }

  @Test
  @Shows("F33")
  void aDeviceIsFoundBroughtUpChangedAndUnplugged() throws Exception {
    AtomicInteger used = new AtomicInteger();
    AtomicInteger changes = new AtomicInteger();
    Registration claim = found.claim();
    DeviceConfig config = new LguestConfig().open(found);
    config.listener(new DeviceConfig.Listener() {
      @Override
      public void queue(int index) {
        used.incrementAndGet();
      }

      @Override
      public void changed() {
        changes.incrementAndGet();
      }
    });
    bringUp(config);
    assertThat(host.tell("statuses")).endsWith("1, 3, 11, 15]");
    assertThat(host.tell("accepted")).isEqualTo("true " + config.given(0));
    assertThat(config.given(0)).isNotEqualTo(RingAreas.NONE);

    for (int i = 0; i < 2000; i++) {
      int before = used.get();
      config.doorbell(i & 1).raise(0);
      assertThat(Await.that(PATIENCE, () -> used.get() > before)).as("interrupt after doorbell " + i).isTrue();
    }

    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(1000);
    host.tell("grow");
    assertThat(Await.that(PATIENCE, () -> changes.get() > 0)).isTrue();
    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(2000);
    int before = changes.get();
    host.tell("fail");
    assertThat(Await.that(PATIENCE, () -> changes.get() > before)).isTrue();
    assertThat(config.status()).isEqualTo(15 | 64);
    config.status(0);
    assertThat(Await.that(PATIENCE, () -> config.status() == 0)).isTrue();

    host.tell("unplug");
    assertThat(Await.that(PATIENCE, () -> found == null)).isTrue();
    assertThat(config.status()).isEqualTo(0xFF);
    config.close();
    claim.close();
    assertThat(Await.that(PATIENCE, () -> guest.window(memory.devicePage(), 8).read(0, 8) == 0)).as("the entry's room is given back")
        .isTrue();
  }

  @Test
  void aHostThatIsKilledHasGone() throws Exception {
    BusDevice device = found;
    DeviceConfig config = new LguestConfig().open(device);
    bringUp(config);
    host.close();
    assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(config.status()).isEqualTo(0xFF);
    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(-1);
    assertThat(guest.hypercall(17, new long[] {memory.devicePage()})).isEqualTo(Channel.GONE);
    config.doorbell(0).raise(0);
    config.status(0);
    config.close();
  }

  @Test
  void aHostThatEndsSaysSo() throws Exception {
    assertThat(host.end()).as(() -> host.errors()).isZero();
    assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aHostOfTheSameFileIsRefusedWhileThisOneLives() throws Exception {
    assertThatThrownBy(() -> MachineMemory.create(file, 16L << 20, Layout.LGUEST)).isInstanceOf(IOException.class)
        .hasMessageContaining("another host has it");
    host.close();
    try (MachineMemory next = MachineMemory.create(file, 8L << 20, Layout.TLV)) {
      assertThat(next.devicePage()).isEqualTo(8L << 20);
      assertThat(memory.devicePage()).isEqualTo(16L << 20);
    }
  }

  @Test
  void aFileThatIsNoMachineIsRefused() throws IOException {
    Path other = folder.resolve("other");
    Files.write(other, new byte[100]);
    assertThatThrownBy(() -> MachineMemory.attach(other)).isInstanceOf(IOException.class).hasMessageContaining("size=100");
    Files.write(other, new byte[(4 << 20) + 4096 + (8 << 20)]);
    assertThatThrownBy(() -> MachineMemory.attach(other)).isInstanceOf(IOException.class).hasMessageContaining("magic=0x00000000");
  }

  private static void bringUp(DeviceConfig config) {
    config.status(0);
    config.status(1);
    config.status(3);
    config.accept(Features.of(FeatureBits.VIRTIO_F_VERSION_1, 100));
    config.status(11);
    assertThat(config.status()).isEqualTo(11);
    config.enable(0, 64, config.given(0));
    config.enable(1, 16, config.given(1));
    config.status(15);
    assertThat(config.status()).isEqualTo(15);
  }
}
