package virtio.bus.spec;

/**
 * Device ids.
 *
 * <p>Spec: virtio 1.4, "Device Types"
 */
public final class DeviceTypes {
  public static final int NETWORK_CARD = 1;
  public static final int BLOCK_DEVICE = 2;
  public static final int CONSOLE = 3;
  public static final int ENTROPY_SOURCE = 4;
  /** Arnd's {@code virt_pipe}; no number of the specification's. */
  public static final int PIPE = 0x3456;

  private DeviceTypes() {}

  /** For a person: {@code "block device"}. */
  public static String name(int type) {
    return switch (type) {
      case NETWORK_CARD -> "network card";
      case BLOCK_DEVICE -> "block device";
      case CONSOLE -> "console";
      case ENTROPY_SOURCE -> "entropy source";
      case PIPE -> "pipe";
      default -> "type " + type;
    };
  }
}
