package virtio.ring.socket;

/**
 * How much of everything.
 *
 * @param maxFrame the longest frame that this half takes or makes, header included: how long one queue may hold up another
 * @param batch how many bytes at most go to the channel, or come from it, at once
 * @param largest the most readable bytes of one buffer, and, which nobody negotiates, writable ones
 * @param window how many readable bytes of one queue may be under way before the device says that it took them; at least {@code largest}
 * @param held how many readable bytes of one queue the device's half may hold or have allowed at once, buffers that are with the model
 *     among them; at least {@code window + largest}
 */
record Sizes(int maxFrame, int batch, int largest, int window, int held) {
  /** Buffers up to 16 MiB each way. */
  static final Sizes STANDARD = new Sizes(8192, 1 << 16, 16 << 20, 32 << 20, 48 << 20);

  /**
   * The most memory that the device's half takes for the buffers of one queue in one direction, whatever its driver does, bytes: what a
   * slot gets is less than twice what its buffer needs, and never less than {@link SlotMemory#LEAST}.
   */
  long mostMemory(int slots) {
    return 2L * ((long) held + largest) + (long) SlotMemory.LEAST * slots;
  }
}
