package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.DmaMemory;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;
import virtio.testkit.Clause;
import virtio.testkit.Shows;

/** What a driver finds when it reads and writes configuration space and regions by itself, without a transport. */
@Timeout(60)
class FunctionTest {
  private static final long CONFIG = AddressMap.CONFIG + (1 << 15);
  private static final long PLACE = 0xD000_0000L;

  private PciHost host;
  private Slot slot;

  /** Registers that note who touched them. */
  private static final class Noted implements Window {
    final Map<Long, Long> written = new ConcurrentHashMap<>();
    final AtomicReference<Thread> on = new AtomicReference<>();
    final List<String> reads = new ArrayList<>();

    @Override
    public long size() {
      return 20;
    }

    @Override
    public long read(long offset, int width) {
      on.set(Thread.currentThread());
      reads.add(offset + "/" + width);
      return written.getOrDefault(offset, 0x60L + offset);
    }

    @Override
    public void write(long offset, int width, long value) {
      on.set(Thread.currentThread());
      written.put(offset, value);
    }
  }

  @BeforeEach
  void start() throws Exception {
    host = PciHost.start(new Settings("p0", 4L << 20, 20_000));
    slot = host.plug("device", Map.of());
  }

  @AfterEach
  void stop() {
    slot.close();
    host.close();
  }

  private Window config() {
    return host.machine().window(CONFIG, 4096);
  }

  /** Sizes a region, and puts it there. */
  private long place(int bar, long at) {
    config().write(Pci.BAR0 + 4 * bar, 4, 0xFFFF_FFFFL);
    long size = -(config().read(Pci.BAR0 + 4 * bar, 4) & ~15L) & 0xFFFF_FFFFL;
    config().write(Pci.BAR0 + 4 * bar, 4, at);
    config().write(Pci.COMMAND, 2, Pci.COMMAND_MEMORY | Pci.COMMAND_MASTER);
    return size;
  }

  @Test
  void nothingIsThereBeforeItIsAnnouncedAndAfterItHasGone() {
    assertThat(config().read(Pci.VENDOR_ID, 4)).isEqualTo(0xFFFF_FFFFL);
    slot.announce();
    assertThat(config().read(Pci.VENDOR_ID, 4)).isEqualTo(0x10F0_1AF4L);
    assertThat(host.machine().window(CONFIG + 4096, 4096).read(0, 4)).as("its second function").isEqualTo(0xFFFF_FFFFL);
    place(1, PLACE);
    assertThat(host.machine().window(PLACE, 4096).read(12, 4)).isEqualTo(1);
    slot.close();
    assertThat(config().read(Pci.VENDOR_ID, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(host.machine().window(PLACE, 4096).read(12, 4)).isEqualTo(0xFFFF_FFFFL);
    config().write(Pci.COMMAND, 2, 7);
  }

  @Test
  void itsRegistersKeepWhatTheyMay() {
    slot.announce();
    config().write(Pci.COMMAND, 2, 0xFFFF);
    assertThat(config().read(Pci.COMMAND, 2)).isEqualTo(Pci.COMMAND_MEMORY | Pci.COMMAND_MASTER | Pci.COMMAND_INTX_DISABLE);
    config().write(Pci.VENDOR_ID, 4, 0);
    assertThat(config().read(Pci.VENDOR_ID, 2)).isEqualTo(Pci.VIRTIO_VENDOR);
    config().write(0x3C, 1, 11);
    assertThat(config().read(0x3C, 1)).isEqualTo(11);
    assertThat(config().read(0x3C, 2)).as("no pin").isEqualTo(11);
    config().write(Pci.COMMAND, 2, 0);
    config().write(Pci.BAR0, 4, 0xFFFF_FFFFL);
    assertThat(config().read(Pci.BAR0, 4)).as("no region").isZero();
    config().write(Pci.BAR0 + 8, 4, 0xFFFF_FFFFL);
    config().write(Pci.BAR0 + 12, 4, 0xFFFF_FFFFL);
    assertThat(config().read(Pci.BAR0 + 8, 4)).as("64 bits, not prefetchable").isEqualTo(0xFFFF_F004L);
    assertThat(config().read(Pci.BAR0 + 12, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(config().read(0x100, 4)).as("no extended capabilities").isZero();
  }

  @Test
  void namedWindowsSayWhereTheyAre() {
    Noted registers = new Noted();
    slot.window("mmio", registers);
    DmaMemory stream = slot.place("stream", 100);
    assertThat(stream.bytes()).isEqualTo(100);
    assertThatThrownBy(() -> slot.window("mmio", registers)).isInstanceOf(IllegalStateException.class).hasMessageContaining("window=mmio");
    assertThatThrownBy(() -> slot.window("much too long", registers)).isInstanceOf(IllegalArgumentException.class);
    assertThat(slot.place("large", 1L << 40)).isNull();
    assertThat(slot.channel()).isNotNull().isSameAs(slot.channel());
    slot.announce();
    assertThatThrownBy(() -> slot.window("late", registers)).isInstanceOf(IllegalStateException.class).hasMessageContaining("announced");
    List<NamedWindow> found = Pci.capabilities(config()).stream().map(at -> NamedWindow.read(config(), at)).filter(w -> w != null).toList();
    assertThat(found).extracting(NamedWindow::name).containsExactly("mmio", "stream", "channel", "doorbell");
    assertThat(found).extracting(NamedWindow::bar).containsExactly(2, 4, 2, 2);
    assertThat(found).extracting(NamedWindow::length).containsExactly(20L, 100L, 28L, 8L);
    assertThat(found.get(2).place()).isZero();
    assertThat(slot.line().place()).isEqualTo(1);
  }

  @Test
  @Shows("F23")
  void registersAreServedOnTheHostsThreadAndMemoryWhereItIsTouched() {
    Noted registers = new Noted();
    slot.window("bar0", registers);
    slot.announce();
    assertThat(place(0, PLACE)).isEqualTo(4096);
    Window region = host.machine().window(PLACE, 4096);
    assertThat(region.read(8, 4)).isEqualTo(0x68);
    assertThat(registers.on.get().getName()).isEqualTo("pci-p0-registers");
    for (int i = 0; i < 1000; i++) {
      region.post(4, 4, i);
      assertThat(region.read(4, 4)).as("a post before a read").isEqualTo(i);
    }
    assertThat(region.read(20, 4)).as("behind them").isZero();
    config().write(Pci.COMMAND, 2, 0);
    assertThat(region.read(8, 4)).as("not decoded").isEqualTo(0xFFFF_FFFFL);
  }

  @Test
  void manyWritersAreServedInTheirOrder() throws InterruptedException {
    long[] last = new long[4];
    int[] disorder = new int[1];
    slot.window("bar0", new Window() {
      @Override
      public long size() {
        return 4096;
      }

      @Override
      public long read(long offset, int width) {
        return last[(int) offset / 8];
      }

      @Override
      public void write(long offset, int width, long value) {
        disorder[0] += value == last[(int) offset / 8] + 1 ? 0 : 1;
        last[(int) offset / 8] = value;
      }
    });
    slot.announce();
    place(0, PLACE);
    Window region = host.machine().window(PLACE, 4096);
    List<Thread> writers = new ArrayList<>();
    for (int writer = 0; writer < 4; writer++) {
      int mine = writer;
      writers.add(Thread.ofPlatform().start(() -> {
        for (long value = 1; value <= 5000; value++) {
          region.post(8L * mine, 8, value);
        }
      }));
    }
    for (Thread writer : writers) {
      writer.join();
    }
    for (int writer = 0; writer < 4; writer++) {
      assertThat(region.read(8L * writer, 8)).isEqualTo(5000);
    }
    assertThat(disorder[0]).isZero();
  }

  @Test
  @Clause("Virtio Structure PCI Capabilities")
  void aConfigHandlersCapabilityIsReadAsWideAsItIs() {
    Noted registers = new Noted();
    slot.function().identity(0x1042, 0x1AF4, 2, 0x018000);
    slot.function().capability(Pci.CAP_VENDOR, registers);
    slot.window("bar4", new Noted());
    slot.announce();
    assertThat(config().read(Pci.VENDOR_ID, 4)).isEqualTo(0x1042_1AF4L);
    assertThat(config().read(Pci.REVISION_AND_CLASS, 4) >>> 8).isEqualTo(0x018000);
    assertThat(config().read(Pci.SUBSYSTEM_ID, 2)).isEqualTo(2);
    assertThat(config().read(Pci.INTERRUPT_PIN, 1)).isEqualTo(1);
    int at = Pci.capability(config(), Pci.CAP_VENDOR);
    assertThat(config().read(at, 4)).isEqualTo(0x6362_0000L | Pci.CAP_VENDOR);
    assertThat(config().read(at + 8, 4)).isEqualTo(0x68);
    assertThat(registers.reads).endsWith("2/1", "3/1", "8/4");
    assertThat(registers.on.get().getName()).isEqualTo("pci-p0-registers");
    config().write(at + 16, 2, 0x1234);
    assertThat(registers.written).containsExactly(Map.entry(16L, 0x1234L));
    config().write(at + 2, 1, 7);
    assertThat(registers.written).hasSize(1);
    assertThatThrownBy(() -> slot.place("stream", 64)).isInstanceOf(IllegalStateException.class);
    assertThat(slot.channel()).isNull();
  }

  @Test
  void namedWindowsAndAnIdentityAreTwoThings() {
    slot.place("stream", 64);
    assertThatThrownBy(() -> slot.function().identity(0x1042, 0x1AF4, 2, 0)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stream");
  }

  @Test
  void theBusHasThirtyOneDevices() {
    List<Slot> slots = new ArrayList<>();
    for (Slot next = host.plug("more", Map.of()); next != null; next = host.plug("more", Map.of())) {
      slots.add(next);
    }
    assertThat(slots).hasSize(30);
    slots.get(3).close();
    assertThat(host.plug("again", Map.of())).isNotNull();
  }
}
