package virtio.host.lguest;

/** Which interrupt lines are whose: 1 to 30 for devices. */
final class Lines {
  private static final int ALL = (1 << InterruptController.CONFIGURATION_LINE) - 1 & ~1;

  private int free = ALL;

  /** The lowest free one; 0 when there is none. */
  synchronized int take() {
    int number = free == 0 ? 0 : Integer.numberOfTrailingZeros(free);
    free &= ~(1 << number);
    return number;
  }

  /** @param lines a bit each */
  synchronized void give(int lines) {
    free |= lines & ALL;
  }
}
