package virtio.transport.pci;

/** The kinds of addresses that a base address register may ask for, and a bridge passes on. */
enum Space {
  /** I/O ports. */
  IO(0x1000),
  /** Memory below 4 GiB. */
  MEMORY(0x10_0000),
  /** Prefetchable memory of 64-bit addresses. */
  PREFETCHABLE(0x10_0000);

  private final long granule;

  Space(long granule) {
    this.granule = granule;
  }

  /** Smallest window of a bridge, and its alignment, bytes. */
  long granule() {
    return granule;
  }
}
