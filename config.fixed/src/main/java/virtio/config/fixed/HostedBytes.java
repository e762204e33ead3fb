package virtio.config.fixed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.registers.PlainBytes;
import virtio.bus.registers.Publication;

/** The 256 bytes on the host's side, which alone writes them. Nothing is read back, but as registers show them. */
final class HostedBytes implements Publication.Memory {
  private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private final MemorySegment memory;
  private final PlainBytes bytes;
  /** How many were confirmed. */
  private final AtomicInteger resets = new AtomicInteger();

  HostedBytes(MemorySegment memory) {
    this.memory = memory;
    this.bytes = new PlainBytes(memory);
  }

  void identity(int type, int vendor) {
    bytes.put(Bytes256.TYPE, 2, type);
    bytes.put(Bytes256.VENDOR, 2, vendor);
  }

  void offered(Features offered) {
    bytes.put(Bytes256.FEATURES, 8, offered.low());
    bytes.put(Bytes256.FEATURES + 8, 8, offered.high());
  }

  void asking(int size, long address, long doorbell, long reset) {
    bytes.put(Bytes256.ASKING_SIZE, 1, size);
    bytes.put(Bytes256.ASKING_ADDRESS, 8, address);
    bytes.put(Bytes256.ASKING_DOORBELL, 4, doorbell);
    bytes.put(Bytes256.RESET_DOORBELL, 4, reset);
  }

  void queues(int count, int interrupt) {
    bytes.put(Bytes256.QUEUES, 2, count);
    bytes.put(Bytes256.INTERRUPT, 2, interrupt);
  }

  void queue(int index, int size, int interrupt, long page) {
    bytes.put(Bytes256.queue(index) + Bytes256.QUEUE_SIZE, 2, size);
    bytes.put(Bytes256.queue(index) + Bytes256.QUEUE_INTERRUPT, 2, interrupt);
    bytes.put(Bytes256.queue(index) + Bytes256.QUEUE_PAGE, 4, page);
  }

  /** In one piece. */
  @Override
  public void generation(int value) {
    SHORT.setOpaque(memory, (long) Bytes256.GENERATION, (short) value);
  }

  @Override
  public void field(Field field, long value) {
    bytes.put(Bytes256.DRIVER + field.offset(), field.size(), value);
  }

  /** A reset is over: the next status goes with one more. */
  void countReset() {
    resets.incrementAndGet();
  }

  /** The count of resets last, after the status that goes with it. */
  @Override
  public void statusRelease(int status) {
    bytes.put(Bytes256.STATUS, 1, status);
    INT.setRelease(memory, (long) Bytes256.RESETS, resets.get());
  }

  /** Last of all: from here on the device is there. */
  void magicRelease() {
    INT.setRelease(memory, (long) Bytes256.MAGIC, Bytes256.MAGIC_VALUE);
  }

  long get(long at, int width) {
    long value = 0;
    for (int i = 0; i < width && at + i < Bytes256.SIZE; i++) {
      value |= bytes.get(at + i, 1) << 8 * i;
    }
    return value;
  }
}
