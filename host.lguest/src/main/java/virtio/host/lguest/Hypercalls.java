package virtio.host.lguest;

/** Numbers of hypercalls, and what a refused one returns. */
final class Hypercalls {
  /**
   * Structures to be filled, and the interrupt that says so: a key; the address of the first {@code struct lguest_dma}; their number, shifted
   * by 8, and the line, 0 to let go. Returns {@link #BOUND}, or 0. Ours: letting go also takes back what was sent and not read.
   *
   * <p>Source: Linux 2.6.23, {@code include/asm-i386/lguest_hcall.h}, {@code include/linux/lguest_bus.h}
   */
  static final int LHCALL_BIND_DMA = 12;
  /**
   * Structures to be read: a key; the address of the first; ours: their number, 0 for one. They are read in the array's order, and round
   * again; one whose {@code used_len} is 0 is to be read. It may always be called only to say "look".
   *
   * <p>Source: as {@link #LHCALL_BIND_DMA}
   */
  static final int LHCALL_SEND_DMA = 13;
  /** Ours: which line to bind with, for the device whose entry lies at that address; 0 when there is none. */
  static final int CHANNEL_LINE = 65;
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

  static final long BOUND = 1;
  static final long DONE = 0;
  /** No such hypercall: {@code -ENOSYS}. */
  static final long UNKNOWN = -38;
  /** No such address: {@code -EINVAL}. */
  static final long REFUSED = -22;

  private Hypercalls() {
  }
}
