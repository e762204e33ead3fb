package virtio.bus.core;

import virtio.bus.DeviceConfig;
import virtio.bus.Features;
import virtio.bus.Field;

/**
 * A device's fields as its driver sees them: all of one generation, and none whose feature was not accepted. Any thread reads and writes;
 * {@link #open} and {@link #close} are the control thread's.
 *
 * <p>Spec: virtio 1.4, "Device Configuration Space"
 */
final class DriverFields {
  /** How often a configuration may change under a reader before that is an error. */
  private static final int GENERATION_TRIES = 64;

  private record Open(DeviceConfig config, Features accepted) {}

  private final String holder;
  private volatile Open open;

  /** @param holder for messages */
  DriverFields(String holder) {
    this.holder = holder;
  }

  /** FEATURES_OK stands. */
  void open(DeviceConfig config, Features accepted) {
    open = new Open(config, accepted);
  }

  /** The device is let go: whoever asks from here on is told so. */
  void close() {
    open = null;
  }

  long[] read(Field... fields) {
    Open from = open();
    long[] values = new long[fields.length];
    for (int i = 0; i < GENERATION_TRIES; i++) {
      int generation = from.config().generation();
      for (int f = 0; f < fields.length; f++) {
        values[f] = present(from, fields[f]) ? from.config().read(fields[f]) : 0;
      }
      if (from.config().generation() == generation) {
        return values;
      }
    }
    throw new IllegalStateException(holder + ": the configuration did not settle in " + GENERATION_TRIES + " tries");
  }

  void write(Field field, long value) {
    Open to = open();
    if (!present(to, field)) {
      throw new IllegalArgumentException("field=" + field.name() + ": its feature was not accepted");
    }
    to.config().write(field, value);
  }

  private static boolean present(Open on, Field field) {
    return field.feature() == Field.ALWAYS || on.accepted().has(field.feature());
  }

  private Open open() {
    Open now = open;
    if (now == null) {
      throw new IllegalStateException(holder + " has been let go");
    }
    return now;
  }
}
