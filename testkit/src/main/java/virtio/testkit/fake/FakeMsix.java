package virtio.testkit.fake;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/** An MSI-X table with its pending bits, and the capability that tells of them. */
final class FakeMsix implements Window {
  private static final int ENTRY = 16;
  private static final int CONTROL = 12;
  private static final int ENABLE = 0x8000;
  private static final int MASKED = 0x4000;

  private final FakePci machine;
  private final FakePciFunction function;
  private final int count;
  private final int capability;
  private final ByteBuffer table;
  private final boolean[] pending;

  FakeMsix(FakePci machine, FakePciFunction function, int count) {
    this.machine = machine;
    this.function = function;
    this.count = count;
    pending = new boolean[count];
    table = ByteBuffer.allocate(Math.max(4096, count * ENTRY)).order(ByteOrder.LITTLE_ENDIAN);
    for (int vector = 0; vector < count; vector++) {
      table.putInt(vector * ENTRY + CONTROL, 1);
    }
    capability = function.capability(Pci.CAP_MSIX, (byte) (count - 1), (byte) (count - 1 >>> 8), (byte) 1, (byte) 0, (byte) 0, (byte) 0,
        (byte) 1, (byte) 0, (byte) 0, (byte) 0);
    function.writable(capability + 2, 2, ENABLE | MASKED);
  }

  int count() {
    return count;
  }

  boolean enabled() {
    return (function.peek(capability + 2, 2) & ENABLE) != 0;
  }

  /** Sends the vector's message, or keeps it until it is not masked any more. */
  synchronized void send(int vector) {
    if ((table.getInt(vector * ENTRY + CONTROL) & 1) != 0 || (function.peek(capability + 2, 2) & MASKED) != 0) {
      pending[vector] = true;
      return;
    }
    pending[vector] = false;
    machine.send(table.getLong(vector * ENTRY), table.getInt(vector * ENTRY + 8));
  }

  @Override
  public long size() {
    return table.capacity();
  }

  @Override
  public synchronized long read(long offset, int width) {
    return width == 4 ? table.getInt((int) offset) & 0xFFFF_FFFFL : FakePci.ones(width);
  }

  @Override
  public synchronized void write(long offset, int width, long value) {
    table.putInt((int) offset, (int) value);
    int vector = (int) offset / ENTRY;
    if (vector < count && offset % ENTRY == CONTROL && pending[vector]) {
      send(vector);
    }
  }
}
