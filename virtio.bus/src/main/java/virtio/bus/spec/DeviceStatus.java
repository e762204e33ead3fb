package virtio.bus.spec;

import java.util.StringJoiner;

/**
 * Bits of the device status field.
 *
 * <p>Spec: virtio 1.4, "Device Status Field"
 */
public final class DeviceStatus {
  public static final int ACKNOWLEDGE = 1;
  public static final int DRIVER = 2;
  public static final int DRIVER_OK = 4;
  public static final int FEATURES_OK = 8;
  public static final int SUSPEND = 16;
  public static final int DEVICE_NEEDS_RESET = 64;
  public static final int FAILED = 128;
  /** Not a status: what every register of a device that has gone reads. To be tested before any bit. */
  public static final int GONE = 0xFF;

  private DeviceStatus() {}

  /** The names of the bits that are set: {@code "ACKNOWLEDGE DRIVER"}; {@code "RESET"} for 0. */
  public static String names(int status) {
    if (status == GONE) {
      return "GONE";
    }
    StringJoiner names = new StringJoiner(" ");
    names.setEmptyValue("RESET");
    String[] known = {"ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "SUSPEND", "0x20", "DEVICE_NEEDS_RESET", "FAILED"};
    for (int bit = 0; bit < 8; bit++) {
      if ((status >>> bit & 1) != 0) {
        names.add(known[bit]);
      }
    }
    return names.toString();
  }
}
