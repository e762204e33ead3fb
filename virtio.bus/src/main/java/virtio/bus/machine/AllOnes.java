package virtio.bus.machine;

/** What a register of something that is not there reads. */
public final class AllOnes {
  private AllOnes() {}

  /** @param width 1 to 8 bytes */
  public static long of(int width) {
    return -1L >>> 64 - 8 * width;
  }
}
