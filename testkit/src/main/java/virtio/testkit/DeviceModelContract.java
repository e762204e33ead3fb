package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.spec.FeatureBits;
import virtio.testkit.fake.FakeDeviceQueue;
import virtio.testkit.fake.FakeMemory;

/**
 * What every device model must do, whatever it is: say what it is, survive any driver, give each buffer back exactly once, and stop. A
 * model's test extends this.
 */
public abstract class DeviceModelContract {
  private static final int ROUNDS = 2_000;

  private final FakeMemory memory = new FakeMemory(false);

  /** The model under test: the same one in a test. */
  protected abstract DeviceModel model();

  private FakeDeviceQueue[] start(DeviceModel model) {
    int[] sizes = model.queueSizes();
    FakeDeviceQueue[] queues = new FakeDeviceQueue[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      queues[i] = new FakeDeviceQueue(i, sizes[i]);
    }
    model.slot(Runnable::run);
    model.start(model.offered().with(FeatureBits.VIRTIO_F_VERSION_1), queues, () -> { });
    return queues;
  }

  @Test
  @Shows("F31")
  void saysWhatItIs() {
    DeviceModel model = model();
    assertThat(model.id().type()).isPositive();
    assertThat(model.offered().and(Features.range(FeatureBits.RESERVED_FIRST, FeatureBits.RESERVED_LAST))).isEqualTo(Features.NONE);
    assertThat(model.queueSizes()).isNotEmpty();
    for (int size : model.queueSizes()) {
      assertThat(Integer.bitCount(size)).as("size " + size + " is a power of two").isEqualTo(1);
    }
    int end = 0;
    for (Field field : model.fields()) {
      assertThat(field.offset()).as(field.name()).isGreaterThanOrEqualTo(end);
      end = field.offset() + field.size();
      long value = model.read(field);
      assertThat(field.size() == 8 || value >>> 8 * field.size() == 0).as(field.name() + " fits its size").isTrue();
    }
    assertThat(model.fields()).extracting(Field::tlv).doesNotHaveDuplicates();
  }

  @Test
  void startsAndStopsAsOftenAsItIsAsked() {
    DeviceModel model = model();
    for (int i = 0; i < 10; i++) {
      FakeDeviceQueue[] queues = start(model);
      for (FakeDeviceQueue queue : queues) {
        model.available(queue);
      }
      model.stop();
    }
  }

  @Test
  @Trap("T08")
  void givesBackEveryBufferOnceWhateverIsInIt() {
    DeviceModel model = model();
    FakeDeviceQueue[] queues = start(model);
    Random random = new Random(20070920);
    DmaMemory region = memory.allocate(1 << 16, 4096);
    for (FakeDeviceQueue queue : queues) {
      List<Integer> offered = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        for (int at = 0; at < 64; at += 8) {   // where a header may be: anything, small numbers more often
          region.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(16));
        }
        offered.add(queue.offer(anyChain(random, region)));
        model.available(queue);
      }
      queue.restart();
      model.available(queue);
      List<Integer> back = new ArrayList<>(queue.used());
      assertThat(back).doesNotHaveDuplicates();
      int left = queue.waiting() + queue.outstanding();
      assertThat(left + back.size()).as("queue " + queue.index()).isEqualTo(offered.size());
      assertThat(keeps(queue) || left == 0).as("all of queue " + queue.index() + " came back").isTrue();
    }
    model.stop();
  }

  /** Whether buffers of that queue wait in the device for something to happen, as receive buffers do. */
  protected boolean keeps(DeviceQueue queue) {
    return false;
  }

  private static Chain anyChain(Random random, DmaMemory region) {
    Chain chain = new Chain(6);
    int readable = random.nextInt(3);
    int writable = random.nextInt(3) + (readable == 0 ? 1 : 0);
    for (int i = 0; i < readable; i++) {
      chain.readable(region, i == 0 ? 0 : random.nextInt(1 << 15), 1 + random.nextInt(i == 0 ? 32 : 4096));
    }
    for (int i = 0; i < writable; i++) {
      chain.writable(region, (1 << 15) + random.nextInt(1 << 14), 1 + random.nextInt(4096));
    }
    return chain;
  }

  @Test
  @Clause("Device Reset")
  void touchesNothingAfterItHasStopped() {
    DeviceModel model = model();
    FakeDeviceQueue[] queues = start(model);
    model.stop();
    for (FakeDeviceQueue queue : queues) {
      assertThat(queue.used()).isEmpty();
    }
    for (Field field : model.fields()) {
      model.read(field);
    }
  }
}
