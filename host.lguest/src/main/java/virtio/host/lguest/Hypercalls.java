package virtio.host.lguest;

/** Numbers of hypercalls, and what a refused one returns. */
final class Hypercalls {
  /** A new guest is there: reset all devices. Returns how many are not reset yet. */
  static final int LHCALL_LGUEST_INIT = 1;
  /**
   * "Look": the argument is a ring's page address, or lies in a device's entry.
   *
   * <p>Source: Linux 2.6.24, {@code include/asm-x86/lguest_hcall.h}
   */
  static final int LHCALL_NOTIFY = 17;
  /** Ours: the guest has let go of the device whose entry, now of type 0xFF, lies at this address. Its room may be used again. */
  static final int EJECTED = 64;

  static final long DONE = 0;
  /** No such hypercall: {@code -ENOSYS}. */
  static final long UNKNOWN = -38;
  /** No such address: {@code -EINVAL}. */
  static final long REFUSED = -22;

  private Hypercalls() {
  }
}
