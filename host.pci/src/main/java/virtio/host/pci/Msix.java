package virtio.host.pci;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;

/**
 * A function's MSI-X: the table, in which the driver says what each vector writes where, and the pending bits of those that it masked. A vector
 * that is raised allocates nothing and takes no lock. Any thread.
 *
 * <p>Source: PCI Local Bus Specification 3.0, "MSI-X Capability and Table Structures"
 */
final class Msix implements Window {
  static final int VECTORS = 32;
  static final int PENDING = 0x800;

  private static final int ENTRY = 16;
  private static final int ADDRESS = 0;
  private static final int UPPER_ADDRESS = 4;
  private static final int DATA = 8;
  private static final int CONTROL = 12;
  private static final int MASKED = 1;
  private static final long LOW = 0xFFFF_FFFFL;

  private final Sender sender;
  private final int[] table = new int[VECTORS * ENTRY / Integer.BYTES];
  /** What a vector writes; null while it may not. */
  private final AtomicReferenceArray<Message> open = new AtomicReferenceArray<>(VECTORS);
  private final AtomicIntegerArray pending = new AtomicIntegerArray(VECTORS);
  private volatile boolean enabled;
  private boolean masked;

  /** Writes a message to the machine's memory. */
  interface Sender {
    void send(long address, int data);
  }

  private record Message(long address, int data) {}

  Msix(Sender sender) {
    this.sender = sender;
    for (int vector = 0; vector < VECTORS; vector++) {
      table[word(vector, CONTROL)] = MASKED;
    }
  }

  private static int word(int vector, int field) {
    return (vector * ENTRY + field) / Integer.BYTES;
  }

  boolean enabled() {
    return enabled;
  }

  /** The two bits of message control. */
  synchronized void control(boolean enable, boolean mask) {
    enabled = enable;
    masked = mask;
    for (int vector = 0; vector < VECTORS; vector++) {
      if (!enable) {
        pending.set(vector, 0);
      }
      update(vector);
    }
  }

  /** As a device raises it: a write to memory, now or when it is not masked any more; nothing while MSI-X is off. */
  void raise(int vector) {
    if (!enabled) {
      return;
    }
    Message message = open.get(vector);
    if (message == null) {
      pending.set(vector, 1);
      message = open.get(vector); // looked at again after "pending", as unmasking looks at that after it has opened: one of us sends
      if (message == null || !pending.compareAndSet(vector, 1, 0)) {
        return;
      }
    }
    sender.send(message.address, message.data);
  }

  private void update(int vector) {
    boolean closed = !enabled || masked || (table[word(vector, CONTROL)] & MASKED) != 0;
    if (closed) {
      open.set(vector, null);
      return;
    }
    Message message = new Message((long) table[word(vector, UPPER_ADDRESS)] << 32 | table[word(vector, ADDRESS)] & LOW,
        table[word(vector, DATA)]);
    open.set(vector, message);
    if (pending.compareAndSet(vector, 1, 0)) {
      sender.send(message.address, message.data);
    }
  }

  @Override
  public long size() {
    return PENDING + VECTORS / Byte.SIZE;
  }

  @Override
  public synchronized long read(long offset, int width) {
    if (width == 8 && (offset & 7) == 0) {
      return read(offset + 4, 4) << 32 | read(offset, 4);
    }
    if (width != 4 || (offset & 3) != 0) {
      return AllOnes.of(width);
    }
    if (offset == PENDING) {
      int bits = 0;
      for (int vector = 0; vector < VECTORS; vector++) {
        bits |= pending.get(vector) << vector;
      }
      return bits & LOW;
    }
    return offset < (long) table.length * Integer.BYTES ? table[(int) offset / Integer.BYTES] & LOW : 0;
  }

  @Override
  public synchronized void write(long offset, int width, long value) {
    if (width == 8 && (offset & 7) == 0) {
      write(offset, 4, value & LOW);
      write(offset + 4, 4, value >>> 32);
    } else if (width == 4 && (offset & 3) == 0 && offset < (long) table.length * Integer.BYTES) {
      table[(int) offset / Integer.BYTES] = (int) value & (offset % ENTRY == CONTROL ? MASKED : -1);
      update((int) offset / ENTRY);
    }
  }
}
