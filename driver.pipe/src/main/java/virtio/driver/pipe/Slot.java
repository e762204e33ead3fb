package virtio.driver.pipe;

/** One buffer, and its token: a place in the area, fixed for life. Its side's lock guards it. */
final class Slot {
  final long place;
  /** On the ring. */
  boolean out;
  /** Bytes in it. */
  int bytes;
  /** Of these, the ones that were read. */
  int read;
  Slot next;

  Slot(long place) {
    this.place = place;
  }
}
