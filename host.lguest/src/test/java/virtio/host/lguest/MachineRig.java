package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Both ends of a machine in this process. */
abstract class MachineRig {
  static final long MEMORY = 8L << 20;
  static final long RING = MEMORY + 3 * 4096;
  static final long SECOND = 1_000_000_000L;
  /** Sleeps so long that a wake-up that gets lost is a test that fails. */
  static final Tuning TUNING = new Tuning(256, 50 * SECOND, 50 * SECOND);

  MachineMemory memory;
  LguestHost host;
  GuestMachine guest;
  final AtomicInteger lost = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    memory = MachineMemory.create(MEMORY, Layout.LGUEST);
    host = LguestHost.start("m0", memory, TUNING);
    guest = GuestMachine.attach("m0", memory, TUNING, lost::incrementAndGet);
  }

  @AfterEach
  void stop() {
    guest.close();
    host.close();
    memory.close();
    List<String> left = Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("lguest-m0"))
        .toList();
    assertThat(left).isEmpty();
  }

  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + 20 * SECOND;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
