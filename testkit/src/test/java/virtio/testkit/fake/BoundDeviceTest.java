package virtio.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.Registration;
import virtio.bus.Transport;
import virtio.bus.VirtioDevice;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The bus between fakes: what becomes of a device that is bound, and what the bus does when it misbehaves, or is asked for. */
class BoundDeviceTest extends BusRig {
  @Test
  @Trap("T14")
  @Clause("Device Configuration Space")
  void readsFieldsOfOneGeneration() {
    registers.has(VirtioBlk.CAPACITY, 0x1_0000_0001L).has(VirtioBlk.BLK_SIZE, 512);
    driver.knows(Features.of(VirtioBlk.VIRTIO_BLK_F_BLK_SIZE));
    registers.offers(Features.of(VERSION_1, VirtioBlk.VIRTIO_BLK_F_BLK_SIZE));
    bound();
    int[] reads = {0};
    registers.onRead(() -> {
      if (++reads[0] == 2) {   // between the two fields of the first try
        registers.slip(VirtioBlk.CAPACITY, 2);
        registers.slip(VirtioBlk.BLK_SIZE, 4096);
      }
    });
    assertThat(driver.device().read(VirtioBlk.CAPACITY, VirtioBlk.BLK_SIZE)).containsExactly(2, 4096);
  }

  @Test
  @Trap("T14")
  void aConfigurationThatNeverSettlesIsAnError() {
    bound();
    registers.neverSettles();
    assertThatThrownBy(() -> driver.device().read(VirtioBlk.CAPACITY)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not settle");
  }

  @Test
  void aFieldWithoutItsFeatureReadsZero() {
    registers.has(VirtioBlk.BLK_SIZE, 512);
    bound();
    assertThat(driver.device().read(VirtioBlk.BLK_SIZE)).isZero();
    assertThatThrownBy(() -> driver.device().write(VirtioBlk.WRITEBACK, 1)).hasMessageContaining("writeback");
  }

  @Test
  @Trap("T15")
  @Shows("F30")
  void changesBeforeDriverOkAreToldOnceAfterIt() {
    driver.probes(found -> {
      registers.tell();
      registers.change(VirtioBlk.CAPACITY, 7);
      registers.tell();
      assertThat(driver.events()).containsExactly("probe");
      found.ready();
    });
    bound();
    await("the change", () -> driver.events().contains("changed"));
    registers.tell();
    await("another", () -> driver.events().size() == 3);
    assertThat(driver.events()).containsExactly("probe", "changed", "changed");
  }

  @Test
  @Trap("T16")
  @Shows("F16")
  @Clause("Device Initialization")
  void noDoorbellBeforeDriverOkAndOneRightAfter() {
    driver.probes(found -> {
      Virtqueue queue = found.queue(0, null);
      DmaMemory region = found.allocate(4096, 4096);
      Chain chain = new Chain(1).writable(region, 0, 64);
      for (int i = 0; i < 8; i++) {
        assertThat(queue.add(chain, "b" + i)).isEqualTo(Virtqueue.Added.OK);
        queue.sync();
      }
      assertThat(registers.rung()).isEmpty();
      found.ready();
    });
    bound();
    assertThat(registers.rung()).containsExactly("0 at 15");
  }

  @Test
  @Trap("T17")
  @Clause("Device Reset")
  void waitsForALateReset() {
    Bus.Attachment attachment = bound();
    registers.confirmsResetAfter(Duration.ofMillis(200).toNanos());
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove true");
    assertThat(memory.quarantined()).isZero();
    assertThat(memory.live()).isZero();
  }

  @Test
  @Trap("T17")
  @Clause("Device Cleanup")
  void memoryOfAnUnconfirmedResetIsSetAside() {
    driver.probes(found -> {
      found.queue(0, null);
      found.allocate(8192, 4096);
      found.ready();
    });
    transport.plug(device);
    Bus.Attachment attachment = attach(AttachmentSettings.of("disk0").withResetDeadline(Duration.ofMillis(50)));
    await("bound", attachment::bound);
    registers.neverConfirmsReset(true);
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove false");
    assertThat(memory.quarantined()).isEqualTo(4096 + 8192);
    Bus.Attachment again = attach(AttachmentSettings.of("disk0").withResetDeadline(Duration.ofMillis(50)));
    await("a refusal", () -> again.state().contains("reset not confirmed within 50 ms"));
    registers.neverConfirmsReset(false);
    again.close();
    Bus.Attachment healed = attach();
    await("bound", healed::bound);
    assertThat(memory.quarantined()).as("never reused").isEqualTo(4096 + 8192);
    assertThat(healed.report().properties()).as("shown").containsEntry("quarantined", 4096L + 8192L);
  }

  @Test
  @Trap("T18")
  void aDeviceThatReadsAllOnesIsGoneOnce() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    Bus.Attachment attachment = bound();
    registers.vanish();
    for (int i = 0; i < 100; i++) {
      registers.tell();
    }
    await("the news", () -> driver.events().contains("failed DEVICE_GONE"));
    transport.pull(device);
    await("the end", () -> !attachment.bound());
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_GONE", "remove false");
    assertThat(memory.live()).isZero();
    assertThat(memory.quarantined()).isEqualTo(4096);
  }

  @Test
  @Shows("F11")
  void aDeviceThatIsAskedForStaysUntilItsPortHasLetItGo() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    AtomicInteger asked = new AtomicInteger();
    transport.plug(device);
    Bus.Attachment attachment = bus.attach(parts(transport), AttachmentSettings.of("disk0"), new Object(), asked::incrementAndGet);
    await("a bound device: " + attachment.state(), attachment::bound);
    transport.ask(device);
    await("the news", () -> asked.get() == 1);
    assertThat(attachment.bound()).isTrue();
    assertThat(registers.status()).isEqualTo(15);
    attachment.close();
    assertThat(driver.events()).containsExactly("probe", "remove true");
    assertThat(device.claimed()).isFalse();
    assertThat(memory.quarantined()).isZero();
  }

  @Test
  @Shows("F11")
  void aPortIsAskedForADeviceThatIsAskedForWhileItIsBeingAttached() {
    AtomicInteger asked = new AtomicInteger();
    transport.plug(device);
    Transport hasty = listener -> {
      Registration watch = transport.watch(listener);
      await("a bound device", () -> registers.status() == 15);
      transport.ask(device);
      await("an answer", () -> asked.get() == 1 || driver.events().contains("remove true"));
      return watch;
    };
    Bus.Attachment attachment = bus.attach(parts(hasty), AttachmentSettings.of("disk0"), new Object(), asked::incrementAndGet);
    assertThat(asked).hasValue(1);
    attachment.close();
    assertThat(driver.events()).as("it was not taken away").containsExactly("probe", "remove true");
  }

  @Test
  @Shows("F11")
  void aDeviceThatIsAskedForWhileNobodyListensIsLetGoAtOnceAndNotTakenAgain() {
    driver.probes(found -> {
      found.queue(0, null);
      found.ready();
    });
    Bus.Attachment attachment = bound();
    transport.ask(device);
    await("the end", () -> !attachment.bound());
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_GONE", "remove true");
    await("the reason", () -> attachment.state().contains("being taken out"));
    transport.pull(device);
    transport.plug(device);
    await("another", attachment::bound);
  }

  @Test
  void needsResetAndViolationsAreToldOnce() {
    driver.probes(found -> {
      found.queue(0, queue -> true);
      found.ready();
    });
    bound();
    registers.needsReset();
    await("the news", () -> driver.events().contains("failed DEVICE_NEEDS_RESET"));
    ring.made().getFirst().breakBy(Violation.USED_LEN);
    registers.tell();
    bus.close();
    assertThat(driver.events()).containsExactly("probe", "failed DEVICE_NEEDS_RESET", "remove true");
  }

  @Test
  void aCallbackThatThrowsFailsItsDeviceAlone() {
    driver.probes(found -> {
      found.queue(0, new Queue.Callback() {
        @Override
        public boolean ready(Queue queue) {
          throw new IllegalStateException("on purpose, in a test");
        }
      });
      found.ready();
    });
    bound();
    registers.interrupt(0);
    await("the news", () -> driver.events().contains("failed RING_BROKEN"));
  }

  @Test
  void memoryThatUsersHoldOutlivesTheBinding() {
    DmaMemory[] held = new DmaMemory[1];
    VirtioDevice[] given = new VirtioDevice[1];
    driver.probes(found -> {
      found.ready();
      held[0] = found.allocate(4096, 4096);
      given[0] = found;
    });
    Bus.Attachment attachment = bound();
    attachment.close();
    assertThat(memory.live()).isEqualTo(1);
    given[0].free(held[0]);
    assertThat(memory.live()).isZero();
    assertThat(given[0].allocate(4096, 4096)).isNull();
    assertThatThrownBy(() -> given[0].read(VirtioBlk.CAPACITY)).isInstanceOf(IllegalStateException.class).hasMessageContaining("let go");
  }
}
