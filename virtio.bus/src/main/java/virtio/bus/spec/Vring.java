package virtio.bus.spec;

import virtio.bus.RingAreas;

/**
 * A ring of which one page number says all: descriptor table, available ring, then the used ring at the next multiple of 4096. So do
 * hosts lay rings out that give them to their guests.
 *
 * <p>Source: Linux 2.6.24, {@code vring_init} of include/linux/virtio_ring.h. Spec: virtio 1.4, "Legacy Interfaces: A Note on Virtqueue
 * Layout"
 */
public final class Vring {
  /** {@code LGUEST_VRING_ALIGN}: of the ring and of its used part. */
  public static final int ALIGN = 4096;
  /** A ring's address is its page number shifted by this. */
  public static final int PAGE_SHIFT = 12;

  private Vring() {}

  /** The three parts of a ring of that many entries at that address. */
  public static RingAreas areas(long address, int size) {
    long available = address + 16L * size;
    long used = available + 6 + 2L * size + ALIGN - 1 & -ALIGN;
    return new RingAreas(address, available, used);
  }

  /** Bytes of a ring of that many entries. */
  public static long bytes(int size) {
    return areas(0, size).used() + 6 + 8L * size;
  }
}
