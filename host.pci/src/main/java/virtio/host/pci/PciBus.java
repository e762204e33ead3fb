package virtio.host.pci;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;
import virtio.bus.machine.MemoryWindow;

/** What lies between the machine's two sides: one bus of functions, and who answers at which address. Any thread. */
final class PciBus {
  /** Device 0 is nobody's: it is where a host bridge is. */
  private static final int FIRST = 1;
  private static final int DEVICES = 32;
  private static final int DEVICE_SHIFT = 15;
  private static final int SPACE = 4096;

  private final MachineMemory memory;
  private final Crossing crossing;
  private final AtomicReferenceArray<Function> functions = new AtomicReferenceArray<>(DEVICES);
  private final boolean[] taken = new boolean[DEVICES];
  private int last = DEVICES - 1;
  private volatile boolean gone;

  PciBus(MachineMemory memory, Crossing crossing) {
    this.memory = memory;
    this.crossing = crossing;
  }

  /** A device number, the one that was free longest; -1 where none is. */
  synchronized int take() {
    for (int i = 0; i < DEVICES; i++) {
      last = (last + 1) % DEVICES;
      if (last >= FIRST && !taken[last]) {
        taken[last] = true;
        return last;
      }
    }
    return -1;
  }

  /** The function is there. */
  void plug(int device, Function function) {
    functions.set(device, function);
  }

  /** It is there no more. */
  synchronized void pull(int device) {
    functions.set(device, null);
    taken[device] = false;
  }

  /** The machine goes: nothing answers any more. */
  void close() {
    gone = true;
  }

  boolean gone() {
    return gone;
  }

  /** Registers or memory at that address, whatever is there when they are touched. */
  Window window(long physical, long size) {
    MemorySegment plain = memory.at(physical, size);
    return plain == null ? new Addresses(physical, size) : new MemoryWindow(plain, this::gone);
  }

  /** The region at that address; null where none is. */
  private Function.Decoded region(long address) {
    for (int device = FIRST; device < DEVICES; device++) {
      Function function = functions.get(device);
      if (function != null) {
        List<Function.Decoded> regions = function.decoded();
        for (int i = 0; i < regions.size(); i++) {
          Function.Decoded region = regions.get(i);
          if (region.holds(address)) {
            return region;
          }
        }
      }
    }
    return null;
  }

  /** The function whose configuration space that is; null where none is. */
  private Function function(long address) {
    int at = (int) (address - AddressMap.CONFIG);
    boolean first = (at & (1 << DEVICE_SHIFT) - 1) < SPACE;
    return first ? functions.get(at >>> DEVICE_SHIFT) : null;
  }

  private static boolean config(long address) {
    return address >= AddressMap.CONFIG && address < AddressMap.CONFIG + AddressMap.CONFIG_BYTES;
  }

  /** A stretch of addresses. */
  private final class Addresses implements Window {
    private final long base;
    private final long size;

    Addresses(long base, long size) {
      this.base = base;
      this.size = size;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public long read(long offset, int width) {
      check(offset, width);
      long address = base + offset;
      if (gone) {
        return AllOnes.of(width);
      }
      if (config(address)) {
        Function function = function(address);
        return function == null ? AllOnes.of(width) : function.read((int) address & SPACE - 1, width);
      }
      Function.Decoded region = region(address);
      return region == null ? AllOnes.of(width) : read(region, address - region.address(), width);
    }

    private long read(Function.Decoded region, long at, int width) {
      Region.Part part = region.region().at(at, width);
      if (part == null) {
        return 0;
      }
      long offset = at - part.offset();
      boolean here = !part.crosses() && crossing.idle();
      return here ? part.registers().read(offset, width) : crossing.read(part.registers(), offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      write(offset, width, value, false);
    }

    @Override
    public void post(long offset, int width, long value) {
      write(offset, width, value, true);
    }

    private void write(long offset, int width, long value, boolean posted) {
      check(offset, width);
      long address = base + offset;
      if (gone) {
        return;
      }
      if (config(address)) {
        Function function = function(address);
        if (function != null) {
          function.write((int) address & SPACE - 1, width, value);
        }
        return;
      }
      Function.Decoded region = region(address);
      if (region != null) {
        write(region, address - region.address(), width, value, posted);
      }
    }

    /** What is posted comes before what is read or written later, whoever serves either. */
    private void write(Function.Decoded region, long at, int width, long value, boolean posted) {
      Region.Part part = region.region().at(at, width);
      if (part == null) {
        return;
      }
      long offset = at - part.offset();
      if (!part.crosses() && crossing.idle()) {
        part.registers().write(offset, width, value);
      } else if (posted) {
        crossing.post(part.registers(), offset, width, value);
      } else {
        crossing.write(part.registers(), offset, width, value);
      }
    }

    private void check(long offset, int width) {
      if (width != 1 && width != 2 && width != 4 && width != 8 || offset < 0 || offset > size - width) {
        throw new IndexOutOfBoundsException("offset=" + offset + " width=" + width + "; allowed: widths 1, 2, 4 and 8, inside " + size);
      }
    }
  }
}
