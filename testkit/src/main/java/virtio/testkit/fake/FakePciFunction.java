package virtio.testkit.fake;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * A PCI function: configuration space that keeps of each byte the bits that may be written, and regions behind base address registers.
 * Plain memory but for those.
 */
public class FakePciFunction {
  private static final int SPACE = 4096;
  private static final int FIRST_CAPABILITY = 0x40;
  private static final int IO = 1;
  private static final int MEMORY_64 = 4;
  private static final int PREFETCHABLE = 8;

  private final ByteBuffer config = ByteBuffer.allocate(SPACE).order(ByteOrder.LITTLE_ENDIAN);
  private final byte[] writable = new byte[SPACE];
  private final Window[] behind = new Window[Pci.BARS];
  private final int[] flags = new int[Pci.BARS];
  private int nextCapability = FIRST_CAPABILITY;
  private int lastLink = Pci.CAPABILITIES;
  private volatile boolean pulled;

  public FakePciFunction(int vendor, int device) {
    put(Pci.VENDOR_ID, 2, vendor);
    put(Pci.DEVICE_ID, 2, device);
    writable(Pci.COMMAND, 2, 0x0407);
    put(Pci.INTERRUPT_PIN, 1, 1);
  }

  /** Sets a register, read-only for drivers unless said. */
  public final FakePciFunction put(int offset, int width, long value) {
    for (int i = 0; i < width; i++) {
      config.put(offset + i, (byte) (value >>> 8 * i));
    }
    return this;
  }

  /** Lets drivers write these bits of a register. */
  public final void writable(int offset, int width, long bits) {
    for (int i = 0; i < width; i++) {
      writable[offset + i] = (byte) (bits >>> 8 * i);
    }
  }

  /** A region of memory, 32 bits, as long as the registers behind it, rounded up to a power of two. */
  public final FakePciFunction memory(int index, Window registers) {
    return region(index, registers, 0);
  }

  /** The same, prefetchable, 64 bits. */
  public final FakePciFunction wideMemory(int index, Window registers) {
    return region(index, registers, MEMORY_64 | PREFETCHABLE);
  }

  /** The same of I/O ports. */
  public final FakePciFunction ports(int index, Window registers) {
    return region(index, registers, IO);
  }

  private FakePciFunction region(int index, Window registers, int kind) {
    behind[index] = registers;
    flags[index] = kind;
    long mask = -size(index);
    put(Pci.BAR0 + 4 * index, 4, kind);
    writable(Pci.BAR0 + 4 * index, 4, mask & 0xFFFF_FFF0L);
    if ((kind & MEMORY_64) != 0) {
      writable(Pci.BAR0 + 4 * index + 4, 4, mask >>> 32);
    }
    return this;
  }

  private long size(int index) {
    long least = Math.max(16, behind[index].size());
    return Long.highestOneBit(least) == least ? least : Long.highestOneBit(least) << 1;
  }

  /**
   * Adds a capability behind those there are.
   *
   * @param body what follows its id and link
   * @return where it lies
   */
  public final int capability(int id, byte... body) {
    int at = nextCapability;
    put(Pci.STATUS, 2, Pci.STATUS_CAPABILITIES);
    put(lastLink, 1, at);
    put(at, 1, id);
    for (int i = 0; i < body.length; i++) {
      put(at + 2 + i, 1, body[i]);
    }
    lastLink = at + 1;
    nextCapability = at + 2 + body.length + 3 & -4;
    return at;
  }

  /** Gone without a word: all ones from here on. */
  public void pull() {
    pulled = true;
  }

  /** Whether nothing answers. */
  public boolean pulled() {
    return pulled;
  }

  /** What stands in a register, past all traps. */
  public final long peek(int offset, int width) {
    return switch (width) {
      case 1 -> config.get(offset) & 0xFFL;
      case 2 -> config.getShort(offset) & 0xFFFFL;
      default -> config.getInt(offset) & 0xFFFF_FFFFL;
    };
  }

  /** A driver reads configuration space. */
  public long configRead(int offset, int width) {
    return pulled ? -1L >>> 64 - 8 * width : peek(offset, width);
  }

  /** A driver writes configuration space. */
  public void configWrite(int offset, int width, long value) {
    if (pulled) {
      return;
    }
    for (int i = 0; i < width; i++) {
      int at = offset + i;
      config.put(at, (byte) (config.get(at) & ~writable[at] | value >>> 8 * i & writable[at]));
    }
  }

  /** Whether it may write to memory. */
  public final boolean master() {
    return (peek(Pci.COMMAND, 2) & Pci.COMMAND_MASTER) != 0;
  }

  /** Where a region lies; 0 for nowhere. */
  public final long address(int index) {
    long low = peek(Pci.BAR0 + 4 * index, 4) & ((flags[index] & IO) != 0 ? ~3L : ~15L);
    return (flags[index] & MEMORY_64) != 0 ? peek(Pci.BAR0 + 4 * index + 4, 4) << 32 | low : low;
  }

  /** The window that decodes that address, from its begin, or null. */
  Place decode(boolean io, long address) {
    int bit = io ? Pci.COMMAND_IO : Pci.COMMAND_MEMORY;
    if (pulled || (peek(Pci.COMMAND, 2) & bit) == 0) {
      return null;
    }
    for (int index = 0; index < Pci.BARS; index++) {
      if (behind[index] != null && (flags[index] & IO) != 0 == io && address(index) != 0) {
        long offset = address - address(index);
        if (offset >= 0 && offset < behind[index].size()) {
          return new Place(behind[index], offset);
        }
      }
    }
    return null;
  }

  /** A register that was hit. */
  record Place(Window registers, long offset) {}
}
