package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;
import virtio.net.Card.Answer;
import virtio.net.MacAddress;

/**
 * The control queue: one command at a time, whose caller waits, looking for the answer himself. After one that was not answered before its
 * deadline there are no more: the buffer is the device's until it is reset. Any thread.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Control Virtqueue"
 */
final class Commands {
  /** Addresses in both tables together. */
  static final int MOST_ADDRESSES = 512;
  private static final int BYTES = 4096;
  private static final int HEAD = 2;
  private static final int ACK = BYTES - 1;
  /** No answer of the specification's. */
  private static final byte NOT_WRITTEN = (byte) 0xFF;
  private static final long NAP = 200_000;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final VirtioDevice device;
  private final Virtqueue queue;
  private final DmaMemory memory;
  private final MemorySegment bytes;
  private final Chain chain = new Chain(2);
  /** Held from a command to its answer. */
  private final ReentrantLock turn = new ReentrantLock();
  /** Held for an operation of the queue. */
  private final ReentrantLock operation = new ReentrantLock();
  private volatile boolean down;
  private volatile Thread waiter;
  private volatile String unanswered;

  Commands(VirtioDevice device, Virtqueue queue) {
    this.device = device;
    this.queue = queue;
    this.memory = device.allocate(BYTES, BYTES);
    if (memory == null) {
      throw new IllegalStateException("no memory for commands on " + device.name());
    }
    this.bytes = memory.segment();
  }

  Answer mode(int command, boolean on, long nanos) {
    turn.lock();
    try {
      bytes.set(BYTE, HEAD, (byte) (on ? 1 : 0));
      return perform(VIRTIO_NET_CTRL_RX, command, 1, nanos);
    } finally {
      turn.unlock();
    }
  }

  Answer macTable(List<MacAddress> unicast, List<MacAddress> multicast, long nanos) {
    turn.lock();
    try {
      int end = table(HEAD, unicast);
      end = table(end, multicast);
      return perform(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, end - HEAD, nanos);
    } finally {
      turn.unlock();
    }
  }

  private int table(int at, List<MacAddress> addresses) {
    bytes.set(LE32, at, addresses.size());
    int next = at + 4;
    for (MacAddress address : addresses) {
      next = put(next, address);
    }
    return next;
  }

  private int put(int at, MacAddress address) {
    for (int i = 0; i < 6; i++) {
      bytes.set(BYTE, at + i, (byte) address.octet(i));
    }
    return at + 6;
  }

  Answer mac(MacAddress address, long nanos) {
    turn.lock();
    try {
      int end = put(HEAD, address);
      return perform(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, end - HEAD, nanos);
    } finally {
      turn.unlock();
    }
  }

  Answer vlan(int id, boolean on, long nanos) {
    turn.lock();
    try {
      bytes.set(LE16, HEAD, (short) id);
      return perform(VIRTIO_NET_CTRL_VLAN, on ? VIRTIO_NET_CTRL_VLAN_ADD : VIRTIO_NET_CTRL_VLAN_DEL, 2, nanos);
    } finally {
      turn.unlock();
    }
  }

  Answer announced(long nanos) {
    turn.lock();
    try {
      return perform(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK, 0, nanos);
    } finally {
      turn.unlock();
    }
  }

  private Answer perform(int type, int command, int data, long nanos) {
    if (down || unanswered != null) {
      return down ? Answer.DOWN : Answer.SILENT;
    }
    bytes.set(BYTE, 0, (byte) type);
    bytes.set(BYTE, 1, (byte) command);
    bytes.set(BYTE, ACK, NOT_WRITTEN);
    waiter = Thread.currentThread();
    try {
      if (!give(HEAD + data)) {
        return Answer.DOWN;
      }
      long end = System.nanoTime() + nanos;
      while (!answered()) {
        if (down) {
          return Answer.DOWN;
        }
        long left = end - System.nanoTime();
        if (left <= 0) {
          unanswered = "control queue silent: class " + type + " command " + command;
          return Answer.SILENT;
        }
        LockSupport.parkNanos(this, Math.min(NAP, left));
      }
    } finally {
      waiter = null;
    }
    return bytes.get(BYTE, ACK) == VIRTIO_NET_OK ? Answer.OK : Answer.REFUSED;
  }

  private boolean give(int length) {
    operation.lock();
    try {
      if (down) {
        return false;
      }
      chain.clear().readable(memory, 0, length).writable(memory, ACK, 1);
      if (queue.add(chain, this) != Virtqueue.Added.OK) {
        return false;
      }
      queue.sync();
      return true;
    } finally {
      operation.unlock();
    }
  }

  private boolean answered() {
    operation.lock();
    try {
      return !down && queue.get() != null;
    } finally {
      operation.unlock();
    }
  }

  /** Null, or which command was never answered, for a person. */
  String unanswered() {
    return unanswered;
  }

  /** The device has interrupted. */
  void used() {
    Thread now = waiter;
    if (now != null) {
      LockSupport.unpark(now);
    }
  }

  /** No operation of the queue begins from here on. */
  void stop() {
    operation.lock();
    try {
      down = true;
    } finally {
      operation.unlock();
    }
    used();
  }

  /** The device is stopped, and nobody fills in a command any more. */
  void detach() {
    turn.lock();
    try {
      queue.detach(this);
      device.free(memory);
    } finally {
      turn.unlock();
    }
  }
}
