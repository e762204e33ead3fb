package virtio.host.pci;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Window;

/** What lies behind one base address register: stretches of registers and of memory, with nothing between them. Any thread. */
final class Region {
  /** Each begins at a multiple of this. */
  private static final long GRAIN = 64;
  private static final long SMALLEST = 4096;

  private final int flags;
  private volatile List<Part> parts = List.of();

  /**
   * A stretch.
   *
   * @param crosses its registers are a config handler's, and served on the host's thread
   */
  record Part(long offset, Window registers, boolean crosses) {
    boolean holds(long at, int width) {
      return at >= offset && at - offset <= registers.size() - width;
    }
  }

  /** @param flags the low bits of its register: what kind of addresses it takes */
  Region(int flags) {
    this.flags = flags;
  }

  int flags() {
    return flags;
  }

  boolean wide() {
    return (flags & Function.BAR_64) != 0;
  }

  /** Adds one behind those there are. @return its offset */
  synchronized long add(Window registers, boolean crosses) {
    long offset = parts.isEmpty() ? 0 : parts.getLast().offset + parts.getLast().registers.size() + GRAIN - 1 & -GRAIN;
    List<Part> more = new ArrayList<>(parts);
    more.add(new Part(offset, registers, crosses));
    parts = List.copyOf(more);
    return offset;
  }

  /** Null where nothing is. */
  Part at(long offset, int width) {
    for (Part part : parts) {
      if (part.holds(offset, width)) {
        return part;
      }
    }
    return null;
  }

  /** A power of two; 0 where nothing was added. */
  long size() {
    List<Part> all = parts;
    if (all.isEmpty()) {
      return 0;
    }
    long least = Math.max(SMALLEST, all.getLast().offset + all.getLast().registers.size());
    return Long.highestOneBit(least) == least ? least : Long.highestOneBit(least) << 1;
  }
}
