package virtio.bus.core;

import java.util.Arrays;
import java.util.List;
import virtio.bus.DeviceModel;
import virtio.bus.Features;
import virtio.bus.Field;

/**
 * The fields that a device offers, and what they were when somebody last looked: a model that forgets to tell of a change still cannot give a
 * driver a mix. Any thread.
 */
final class FieldWatch {
  private final DeviceModel model;
  private final List<Field> fields;
  private long[] seen;
  private int generation;
  private boolean pending;

  FieldWatch(DeviceModel model, Features offered) {
    this.model = model;
    fields = model.fields().stream().filter(field -> field.feature() == Field.ALWAYS || offered.has(field.feature())).toList();
    seen = values();
  }

  private long[] values() {
    return fields.stream().mapToLong(model::read).toArray();
  }

  List<Field> all() {
    return fields;
  }

  /** What they are now is what a driver begins with. */
  synchronized void settle() {
    seen = values();
  }

  synchronized int generation() {
    look();
    return generation;
  }

  /** Steps the generation if any field is another than when it was last looked at. @return whether the driver is to be told of a change */
  synchronized boolean look() {
    long[] now = values();
    if (!Arrays.equals(now, seen)) {
      seen = now;
      generation++;
      pending = true;
    }
    return pending;
  }

  /** The model says that something has changed. */
  synchronized void bump() {
    if (!look()) {
      generation++;
    }
    pending = true;
  }

  /** The driver is told, or there is none. */
  synchronized void told() {
    pending = false;
  }
}
