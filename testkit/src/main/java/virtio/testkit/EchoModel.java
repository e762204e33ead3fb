package virtio.testkit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;

/**
 * A device that is in no list: it gives back the complement of what it is sent. With {@link EchoDriver} it shows that a new device needs no
 * brick to know it.
 */
public final class EchoModel implements DeviceModel {
  /** No number of the specification's; fits a byte, as lguest's page wants it. */
  public static final DeviceId ID = new DeviceId(0xF0, DeviceId.VENDOR_QUMRANET);
  /** How often it was asked, in this life of the device. */
  public static final Field COUNT = new Field("count", 0, 4, 0x41, Field.ALWAYS);
  /** A first byte at which the model fails. */
  public static final byte POISON = 0x66;

  private final Chain chain = new Chain(64);
  private final MemorySegment bytes = Arena.ofAuto().allocate(1 << 16);
  private volatile long count;
  private volatile Runnable changed = () -> { };

  /** A field changes; silently: nobody is told. */
  public void slip(long value) {
    count = value;
  }

  /** A field changes, and the driver is told. */
  public void change(long value) {
    count = value;
    changed.run();
  }

  @Override
  public DeviceId id() {
    return ID;
  }

  @Override
  public Features offered() {
    return Features.NONE;
  }

  @Override
  public List<Field> fields() {
    return List.of(COUNT);
  }

  @Override
  public int[] queueSizes() {
    return new int[] {16};
  }

  @Override
  public long read(Field field) {
    return count;
  }

  @Override
  public void write(Field field, long value) {}

  @Override
  public void start(Features accepted, DeviceQueue[] queues, Runnable tell) {
    changed = tell;
  }

  @Override
  public boolean available(DeviceQueue queue) {
    while (queue.take(chain)) {
      long sent = chain.read(0, bytes, 0, bytes.byteSize());
      if (sent > 0 && bytes.get(ValueLayout.JAVA_BYTE, 0) == POISON) {
        throw new IllegalStateException("poisoned, as a test wanted it");
      }
      for (long i = 0; i < sent; i++) {
        bytes.set(ValueLayout.JAVA_BYTE, i, (byte) ~bytes.get(ValueLayout.JAVA_BYTE, i));
      }
      chain.write(0, bytes, 0, sent);
      queue.push(chain);
    }
    queue.sync();
    return true;
  }

  @Override
  public void stop() {
    changed = () -> { };
  }
}
