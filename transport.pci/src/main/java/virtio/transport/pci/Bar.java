package virtio.transport.pci;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * A base address register and the region behind it.
 *
 * <p>Source: PCI Local Bus Specification 3.0, "Base Addresses"
 *
 * @param index of the (first) register, 0 to 5
 * @param io I/O ports, not memory
 * @param wide takes 64 bits, and the next register for their upper half
 * @param size bytes, a power of two
 * @param address where it lies; 0 before it has a place
 */
record Bar(int index, boolean io, boolean wide, boolean prefetchable, long size, long address) {
  private static final long ALL_ONES = 0xFFFF_FFFFL;
  private static final int IO = 1;
  private static final int TYPE_MASK = 6;
  private static final int TYPE_64 = 4;
  private static final int PREFETCHABLE = 8;
  private static final long IO_ADDRESS = ~3L;
  private static final long MEMORY_ADDRESS = ~15L;

  Bar at(long place) {
    return new Bar(index, io, wide, prefetchable, size, place);
  }

  private int register() {
    return Pci.BAR0 + 4 * index;
  }

  /** Writes the address. Decoding must be off. */
  void program(Window config) {
    config.write(register(), 4, address & ALL_ONES);
    if (wide) {
      config.write(register() + 4, 4, address >>> 32);
    }
  }

  /** Finds the regions of a function by what its registers keep of all ones. Decoding must be off; the registers are 0 afterwards. */
  static List<Bar> sizes(Window config) {
    List<Bar> bars = new ArrayList<>();
    for (int index = 0; index < Pci.BARS; index++) {
      Bar bar = size(config, index);
      if (bar != null) {
        bars.add(bar);
        index += bar.wide() ? 1 : 0;
      }
    }
    return bars;
  }

  /** @return null where there is no region, or none that makes sense */
  private static Bar size(Window config, int index) {
    int register = Pci.BAR0 + 4 * index;
    long kept = keeps(config, register);
    boolean io = (kept & IO) != 0;
    boolean wide = !io && (kept & TYPE_MASK) == TYPE_64 && index < Pci.BARS - 1;
    long mask = kept & (io ? IO_ADDRESS : MEMORY_ADDRESS);
    if (wide) {
      mask |= keeps(config, register + 4) << 32;
    } else if (mask != 0) {
      // The upper half of an I/O region's address may be left out by the function.
      mask |= io && mask <= 0xFFFF ? -1L << 16 : -1L << 32;
    }
    long size = -mask;
    if (mask == 0 || size <= 0 || Long.bitCount(size) != 1) {
      return null;
    }
    return new Bar(index, io, wide, !io && (kept & PREFETCHABLE) != 0, size, 0);
  }

  private static long keeps(Window config, int register) {
    config.write(register, 4, ALL_ONES);
    long kept = config.read(register, 4);
    config.write(register, 4, 0);
    return kept;
  }
}
