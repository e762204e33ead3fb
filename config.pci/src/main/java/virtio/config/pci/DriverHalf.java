package virtio.config.pci;

import java.util.List;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.FeatureBits;

/**
 * A device as its driver's side sees it. Every register is read and written as wide as it is; 64 bits are two halves, the low one first.
 *
 * <p>Spec: virtio 1.4, "PCI Device Layout"
 */
final class DriverHalf implements DeviceConfig {
  private static final int WORDS = 4;
  private static final long LOW = 0xFFFF_FFFFL;
  private static final int LARGEST_QUEUE = 32768;

  private final BusDevice device;
  private final DeviceId id;
  private final Structures structures;
  private final Window common;
  private final Events events;
  private Features accepted = Features.NONE;

  /** @throws IllegalStateException saying why that is no device, or none for us */
  DriverHalf(BusDevice device) {
    this.device = device;
    this.structures = Structures.of(device);
    this.id = PciConfig.identity(device.window(PciConfig.CONFIG));
    if (id == null) {
      throw new IllegalStateException(device.name() + ": no virtio function");
    }
    this.common = structures.common();
    this.events = new Events(device, structures);
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public Features offered() {
    long[] words = new long[WORDS];
    for (int word = 0; word < WORDS; word++) {
      common.write(CommonCfg.DEVICE_FEATURE_SELECT, 4, word);
      words[word] = common.read(CommonCfg.DEVICE_FEATURE, 4);
    }
    return new Features(words[1] << 32 | words[0], words[3] << 32 | words[2]);
  }

  @Override
  public void accept(Features features) {
    accepted = features;
    long[] words = {features.low() & LOW, features.low() >>> 32, features.high() & LOW, features.high() >>> 32};
    for (int word = 0; word < WORDS; word++) {
      common.write(CommonCfg.DRIVER_FEATURE_SELECT, 4, word);
      common.write(CommonCfg.DRIVER_FEATURE, 4, words[word]);
    }
  }

  @Override
  public int status() {
    return (int) common.read(CommonCfg.DEVICE_STATUS, 1);
  }

  @Override
  public void status(int bits) {
    if ((bits & DeviceStatus.DRIVER_OK) != 0) {
      events.begin();
    }
    common.write(CommonCfg.DEVICE_STATUS, 1, bits);
    if (bits == 0) {
      accepted = Features.NONE;
      events.off();   // a reset has unmapped all of them
    }
  }

  @Override
  public int generation() {
    return (int) common.read(CommonCfg.CONFIG_GENERATION, 1);
  }

  @Override
  public List<Field> fields() {
    return List.of();
  }

  @Override
  public long read(Field field) {
    return field.read(fields(field), 0);
  }

  @Override
  public void write(Field field, long value) {
    field.write(fields(field), 0, value);
  }

  private Window fields(Field field) {
    Window fields = structures.device();
    if (fields == null || field.offset() + field.size() > fields.size()) {
      throw new IllegalStateException(device.name() + ": field=" + field.name() + ": its configuration ends before");
    }
    return fields;
  }

  @Override
  public int queueSize(int index) {
    if (index < 0 || index >= common.read(CommonCfg.NUM_QUEUES, 2)) {
      return 0;
    }
    select(index);
    int size = (int) common.read(CommonCfg.QUEUE_SIZE, 2);
    return size > LARGEST_QUEUE ? 0 : size;
  }

  private void select(int index) {
    common.write(CommonCfg.QUEUE_SELECT, 2, index);
  }

  /** The driver chooses. */
  @Override
  public RingAreas given(int index) {
    return RingAreas.NONE;
  }

  /** IllegalStateException: the device does not take the size, or no interrupt is to be had. */
  @Override
  public void enable(int index, int size, RingAreas areas) {
    select(index);
    common.write(CommonCfg.QUEUE_SIZE, 2, size);
    long kept = common.read(CommonCfg.QUEUE_SIZE, 2);
    if (kept != size) {
      throw new IllegalStateException(device.name() + ": queue=" + index + " size=" + size + ": the device keeps " + kept);
    }
    events.map(index);
    address(CommonCfg.QUEUE_DESC, areas.descriptors());
    address(CommonCfg.QUEUE_DRIVER, areas.available());
    address(CommonCfg.QUEUE_DEVICE, areas.used());
    common.write(CommonCfg.QUEUE_ENABLE, 2, 1);
  }

  private void address(int register, long address) {
    common.write(register, 4, address & LOW);
    common.write(register + 4L, 4, address >>> 32);
  }

  @Override
  public Signal doorbell(int index) {
    select(index);
    boolean withData = accepted.has(FeatureBits.VIRTIO_F_NOTIFICATION_DATA);
    long offset = common.read(CommonCfg.QUEUE_NOTIFY_OFF, 2) * structures.multiplier();
    int width = withData ? 4 : 2;
    if (offset > structures.doorbells().size() - width || offset % width != 0) {
      throw new IllegalStateException(device.name() + ": queue=" + index + ": its doorbell at " + offset + " lies outside the "
          + structures.doorbells().size() + " bytes for notifications, or askew");
    }
    int value = notificationValue(index);
    return withData ? new NotificationData(structures.doorbells(), offset, value) : structures.doorbells().doorbell(offset, width, value);
  }

  private int notificationValue(int index) {
    if (!accepted.has(FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA)) {
      return index;
    }
    if (common.size() < CommonCfg.QUEUE_NOTIF_CONFIG_DATA + 2) {
      throw new IllegalStateException(device.name() + ": NOTIF_CONFIG_DATA without queue_notif_config_data");
    }
    return (int) common.read(CommonCfg.QUEUE_NOTIF_CONFIG_DATA, 2);
  }

  @Override
  public void listener(Listener told) {
    events.listener(told);
  }

  @Override
  public void close() {
    listener(null);
    events.off();
  }
}
