package virtio.transport.pci;

import java.util.List;

/**
 * Room for regions or bridge windows.
 *
 * @param size bytes, a multiple of the alignment
 * @param alignment a power of two
 */
record Need(long size, long alignment) {
  static final Need NONE = new Need(0, 1);

  /** Room for all of these: without gaps, if what needs the largest alignment is placed first. */
  static Need sum(List<Need> needs) {
    long size = 0;
    long alignment = 1;
    for (Need need : needs) {
      size += need.size();
      alignment = Math.max(alignment, need.alignment());
    }
    return new Need(size + alignment - 1 & -alignment, alignment);
  }

  /** At least that many bytes, in pieces of that size. */
  Need atLeast(long bytes, long granule) {
    long coarse = Math.max(alignment, granule);
    return new Need(Math.max(size, bytes) + coarse - 1 & -coarse, coarse);
  }
}
