package virtio.testkit.fake;

import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;

/** A model that loses every fifth buffer. */
public final class BrokenModel implements DeviceModel {
  private final Chain chain = new Chain(8);
  private int served;

  @Override
  public DeviceId id() {
    return new DeviceId(2, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features offered() {
    return Features.NONE;
  }

  @Override
  public List<Field> fields() {
    return List.of();
  }

  @Override
  public int[] queueSizes() {
    return new int[] {8};
  }

  @Override
  public long read(Field field) {
    return 0;
  }

  @Override
  public void write(Field field, long value) {}

  @Override
  public void start(Features accepted, DeviceQueue[] queues, Runnable changed) {}

  @Override
  public boolean available(DeviceQueue queue) {
    while (queue.take(chain)) {
      if (++served % 5 != 0) {
        queue.push(chain);
      }
    }
    queue.sync();
    return true;
  }

  @Override
  public void stop() {}
}
