package stranger.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * What both halves share: le16 published, le16 used, le16 driver's and le16 device's wish not to be told, then le16 which to use[n], then
 * {le32 which, le32 written}[n], then {le64 table, le32 readable parts, le32 writable parts}[n]. A table is {le64 address, le64 length}[n].
 */
final class Page {
  private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final int HEAD = 8;

  private final MemorySegment memory;
  private final int size;

  Page(MemorySegment memory, int size) {
    this.memory = memory;
    this.size = size;
  }

  static long bytes(int size) {
    return slots(size) + 16L * size;
  }

  static long tableBytes(int size) {
    return 16L * size;
  }

  private static long used(int size) {
    return HEAD + 2L * size + 7 & -8;
  }

  private static long slots(int size) {
    return used(size) + 8L * size;
  }

  int size() {
    return size;
  }

  /** Of the four words at the head. */
  int headAcquire(int word) {
    return Short.toUnsignedInt((short) SHORT.getAcquire(memory, 2L * word));
  }

  void headRelease(int word, int value) {
    SHORT.setRelease(memory, 2L * word, (short) value);
  }

  int order(int position) {
    return Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, HEAD + 2L * (position & size - 1)));
  }

  void order(int position, int slot) {
    memory.set(ValueLayout.JAVA_SHORT, HEAD + 2L * (position & size - 1), (short) slot);
  }

  int used(int position, int word) {
    return memory.get(ValueLayout.JAVA_INT, used(size) + 8L * (position & size - 1) + 4L * word);
  }

  void used(int position, int slot, int written) {
    memory.set(ValueLayout.JAVA_INT, used(size) + 8L * (position & size - 1), slot);
    memory.set(ValueLayout.JAVA_INT, used(size) + 8L * (position & size - 1) + 4, written);
  }

  long table(int slot) {
    return memory.get(ValueLayout.JAVA_LONG, slots(size) + 16L * slot);
  }

  int parts(int slot, boolean writable) {
    return memory.get(ValueLayout.JAVA_INT, slots(size) + 16L * slot + (writable ? 12 : 8));
  }

  void slot(int slot, long table, int readable, int writable) {
    memory.set(ValueLayout.JAVA_LONG, slots(size) + 16L * slot, table);
    memory.set(ValueLayout.JAVA_INT, slots(size) + 16L * slot + 8, readable);
    memory.set(ValueLayout.JAVA_INT, slots(size) + 16L * slot + 12, writable);
  }
}
