package virtio.bus.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.spec.DeviceStatus;

/** The values that a device status field has had since its last driver came. Written by one thread at a time, read by any. */
final class StatusHistory {
  private final List<Integer> statuses = new CopyOnWriteArrayList<>();

  /** The history begins anew with each driver. */
  void note(int bits) {
    if (bits == DeviceStatus.ACKNOWLEDGE) {
      statuses.clear();
      statuses.add(0);
    }
    if (statuses.isEmpty() || statuses.getLast() != bits) {
      statuses.add(bits);
    }
  }

  List<Integer> all() {
    return List.copyOf(statuses);
  }
}
