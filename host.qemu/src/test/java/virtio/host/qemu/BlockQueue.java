package virtio.host.qemu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import virtio.bus.DmaMemory;
import virtio.bus.Signal;
import virtio.bus.Window;
import virtio.testkit.Await;

/** A queue of QEMU's virtio-blk-pci, driven by hand: one request at a time, always the same, and nobody is interrupted. */
final class BlockQueue {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INDEX = SHORT.varHandle();
  private static final int SIZE = 8;
  private static final int AVAILABLE = 0x100;
  private static final int USED = 0x200;
  private static final int HEADER = 0x300;
  private static final int STATUS_BYTE = 0x320;
  private static final int DATA = 0x400;
  private static final int SECTOR = 512;
  private static final int NOTIFICATIONS = 0x3000;
  private static final int STATUS = 20;

  private final MemorySegment memory;
  private final Window registers;
  private final int number;
  private Signal doorbell;
  private int served;

  BlockQueue(Qemu qemu, long registers, int number) {
    this.registers = qemu.machine.window(registers, 0x4000);
    this.number = number;
    DmaMemory region = qemu.machine.space(0).allocate(4096, 4096);
    this.memory = region.segment();
    long base = region.address();
    memory.fill((byte) 0);
    descriptor(0, base + HEADER, 16, 1, 1);
    descriptor(1, base + DATA, SECTOR, 3, 2);
    descriptor(2, base + STATUS_BYTE, 1, 2, 0);
    memory.set(SHORT, AVAILABLE, (short) 1);   // no interrupts
    this.registers.write(22, 2, number);
    this.registers.write(24, 2, SIZE);
    for (int area = 0; area < 3; area++) {
      long address = base + (area == 0 ? 0 : area == 1 ? AVAILABLE : USED);
      this.registers.write(32 + 8L * area, 4, address & 0xFFFF_FFFFL);
      this.registers.write(36 + 8L * area, 4, address >>> 32);
    }
    this.registers.write(28, 2, 1);
    doorbell = doorbell();
  }

  private void descriptor(int place, long address, int length, int flags, int next) {
    memory.set(LONG, 16L * place, address);
    memory.set(INT, 16L * place + 8, length);
    memory.set(SHORT, 16L * place + 12, (short) flags);
    memory.set(SHORT, 16L * place + 14, (short) next);
  }

  /** As a driver gets it when it brings the device up. */
  Signal doorbell() {
    return registers.doorbell(NOTIFICATIONS + 4L * number, 2, number);
  }

  /** The device begins: to FEATURES_OK before its queues are made, to DRIVER_OK after. */
  static void begin(Qemu qemu, long registers, int status) {
    Window window = qemu.machine.window(registers, 0x4000);
    if (status == 11) {
      window.write(STATUS, 1, 0);
      window.write(STATUS, 1, 3);
      window.write(8, 4, 1);
      window.write(12, 4, 1);
    }
    window.write(STATUS, 1, status);
    if (window.read(STATUS, 1) != status) {
      throw new IllegalStateException("status=" + window.read(STATUS, 1) + " (" + status + ")");
    }
  }

  /** Reads the first sector; false when that is not done by then. */
  boolean read(Duration patience) {
    memory.set(ValueLayout.JAVA_BYTE, STATUS_BYTE, (byte) -1);
    int index = served + 1;
    INDEX.setVolatile(memory, AVAILABLE + 2L, (short) index);
    doorbell.raise(index);
    boolean done = Await.that(patience, () -> (short) INDEX.getVolatile(memory, USED + 2L) == (short) index);
    served = index;
    return done && memory.get(ValueLayout.JAVA_BYTE, STATUS_BYTE) == 0;
  }
}
