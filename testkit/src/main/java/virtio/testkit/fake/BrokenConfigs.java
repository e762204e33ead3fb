package virtio.testkit.fake;

import java.util.HashSet;
import java.util.Set;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.Slot;

/** Config handlers with one fault each, so that the contract can show that it notices. */
public final class BrokenConfigs {
  private BrokenConfigs() {}

  /** Marks a field when it is read, hides it from then on, and forgets to clear the marks when the device is reset. */
  public static ConfigHandler keepsReadMarks() {
    return new WindowConfig() {
      @Override
      public Registration expose(DeviceConfig device, Slot slot) {
        return super.expose(new ForwardingConfig(device) {
          private final Set<Field> marked = new HashSet<>();
          private final Set<Field> now = new HashSet<>();

          @Override
          public void status(int bits) {
            if (bits == 0) {
              marked.addAll(now);
            }
            super.status(bits);
          }

          @Override
          public long read(Field field) {
            now.add(field);
            return marked.contains(field) ? 0 : super.read(field);
          }
        }, slot);
      }
    };
  }

  /** Reads its own 0 back and takes it for the device's. */
  public static ConfigHandler confirmsResetItself() {
    return new WindowConfig() {
      @Override
      public DeviceConfig open(BusDevice device) {
        return new ForwardingConfig(super.open(device)) {
          private boolean zero;

          @Override
          public void status(int bits) {
            zero = bits == 0;
            super.status(bits);
          }

          @Override
          public int status() {
            return zero ? 0 : super.status();
          }
        };
      }
    };
  }

  /** Never says that the configuration has changed. */
  public static ConfigHandler dropsChanges() {
    return new WindowConfig() {
      @Override
      public DeviceConfig open(BusDevice device) {
        return new ForwardingConfig(super.open(device)) {
          @Override
          public void listener(Listener listener) {
            super.listener(listener == null ? null : new Listener() {
              @Override
              public void queue(int index) {
                listener.queue(index);
              }

              @Override
              public void changed() {}
            });
          }
        };
      }
    };
  }

  /** Reads 64-bit features only. */
  public static ConfigHandler forgetsHighFeatures() {
    return new WindowConfig() {
      @Override
      public DeviceConfig open(BusDevice device) {
        return new ForwardingConfig(super.open(device)) {
          @Override
          public Features offered() {
            return new Features(super.offered().low(), 0);
          }
        };
      }
    };
  }
}
