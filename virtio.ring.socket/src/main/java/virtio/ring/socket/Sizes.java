package virtio.ring.socket;

/**
 * How much of everything.
 *
 * @param maxFrame the longest frame that this half takes or makes, header included: how long one queue may hold up another
 * @param batch how many bytes at most go to the channel, or come from it, at once
 * @param largest the most readable bytes of one buffer, and, which nobody negotiates, writable ones
 * @param window how many readable bytes of one queue may be under way before the device says that it took them; at least {@code largest}
 */
record Sizes(int maxFrame, int batch, int largest, int window) {
  /**
   * Buffers up to 16 MiB each way. A device's half takes as much memory for a slot as the largest buffer that the slot has seen, and not
   * before it has: a driver makes it hold about what the driver itself has out.
   */
  static final Sizes STANDARD = new Sizes(8192, 1 << 16, 16 << 20, 32 << 20);
}
