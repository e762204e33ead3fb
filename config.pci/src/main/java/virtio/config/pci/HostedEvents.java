package virtio.config.pci;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import virtio.bus.DeviceConfig;
import virtio.bus.PciFunction;
import virtio.bus.Slot;

/**
 * How what the device has to tell becomes interrupts: vectors as the driver has mapped them while MSI-X is on, else the ISR status and the
 * pin. Any thread; a vector is raised without a lock.
 *
 * <p>Spec: virtio 1.4, "MSI-X Vector Configuration" and "ISR status capability"
 */
final class HostedEvents implements DeviceConfig.Listener {
  private static final int ISR_QUEUE = 1;
  private static final int ISR_CONFIG = 2;

  private final PciFunction function;
  private final Slot.Line[] vectors;
  private final AtomicIntegerArray queues;
  private volatile int configuration;
  private int isr;

  /** @param vectors by number */
  HostedEvents(PciFunction function, Slot.Line[] vectors, int queues) {
    this.function = function;
    this.vectors = vectors;
    int[] unmapped = new int[queues];
    Arrays.fill(unmapped, CommonCfg.VIRTIO_MSI_NO_VECTOR);
    this.queues = new AtomicIntegerArray(unmapped);
    configuration = CommonCfg.VIRTIO_MSI_NO_VECTOR;
  }

  /** As after a reset. */
  void clear() {
    configuration = CommonCfg.VIRTIO_MSI_NO_VECTOR;
    for (int queue = 0; queue < queues.length(); queue++) {
      queues.set(queue, CommonCfg.VIRTIO_MSI_NO_VECTOR);
    }
    takeIsr();
  }

  int configuration() {
    return configuration;
  }

  void configuration(long vector) {
    configuration = keeps(vector);
  }

  int queue(int index, int none) {
    return index < queues.length() ? queues.get(index) : none;
  }

  void map(int index, long vector) {
    if (index < queues.length()) {
      queues.set(index, keeps(vector));
    }
  }

  /** What is read back: a vector that there is not is none. */
  private int keeps(long vector) {
    return vector < vectors.length ? (int) vector : CommonCfg.VIRTIO_MSI_NO_VECTOR;
  }

  @Override
  public void queue(int index) {
    if (function.messages()) {
      send(queues.get(index));
    } else {
      note(ISR_QUEUE);
    }
  }

  /** The bit says so with MSI-X too. */
  @Override
  public void changed() {
    note(ISR_CONFIG);
    if (function.messages()) {
      send(configuration);
    }
  }

  private void send(int vector) {
    if (vector != CommonCfg.VIRTIO_MSI_NO_VECTOR) {
      vectors[vector].raise(0);
    }
  }

  /** Status and pin change together: a pin that went low after the next event's bit would hide it. */
  private synchronized void note(int bit) {
    isr |= bit;
    function.pin(true);
  }

  /** Reading clears it, and the pin with it. */
  synchronized int takeIsr() {
    int status = isr;
    isr = 0;
    function.pin(false);
    return status;
  }
}
