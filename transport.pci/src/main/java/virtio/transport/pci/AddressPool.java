package virtio.transport.pci;

import java.util.Map;
import java.util.TreeMap;

/** A range of bus addresses, handed out in naturally aligned pieces and taken back. On the transport's thread. */
final class AddressPool {
  /** Free stretches by their first address, none of which touches another. */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  /** @param size bytes; 0 for a pool that has nothing */
  AddressPool(long base, long size) {
    if (size > 0) {
      free.put(base, size);
    }
  }

  /**
   * @param alignment a power of two
   * @return -1 when there is no such room
   */
  long take(long size, long alignment) {
    for (Map.Entry<Long, Long> stretch : free.entrySet()) {
      long address = stretch.getKey() + alignment - 1 & -alignment;
      long end = stretch.getKey() + stretch.getValue();
      if (address >= stretch.getKey() && size <= end - address) {
        long start = stretch.getKey();
        free.remove(start);
        add(start, address - start);
        add(address + size, end - address - size);
        return address;
      }
    }
    return -1;
  }

  /** Of {@link #take}. */
  void give(long address, long size) {
    long start = address;
    long length = size;
    Map.Entry<Long, Long> before = free.lowerEntry(address);
    if (before != null && before.getKey() + before.getValue() == address) {
      start = before.getKey();
      length += before.getValue();
    }
    Long after = free.remove(address + size);
    free.put(start, after == null ? length : length + after);
  }

  private void add(long start, long length) {
    if (length > 0) {
      free.put(start, length);
    }
  }
}
