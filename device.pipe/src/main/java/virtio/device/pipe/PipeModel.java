package virtio.device.pipe;

import static virtio.bus.spec.VirtioPipe.*;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.spec.DeviceTypes;

/**
 * The pipe: moves bytes between its queues and two {@link ByteRing}s, which outlive its drivers. Queues are touched on the slot's thread
 * alone; whoever fills or empties a ring says so by {@link #news}. A queue's callbacks are on only while its buffers are what is waited
 * for.
 */
final class PipeModel implements DeviceModel {
  private final ByteRing toDriver;
  private final ByteRing fromDriver;
  private final Runnable moved;
  private final int queueSize;
  private final long identity;
  private final Chain chain;
  private final Chain transmitting;
  private final AtomicBoolean queued = new AtomicBoolean();
  private final Runnable pump = this::pump;
  private final Runnable hold = this::hold;
  private volatile Executor slot;

  // The slot's thread's own.
  private DeviceQueue receive;
  private DeviceQueue transmit;
  private Runnable changed;
  /** Of the chain that is being transmitted, the bytes that have gone; -1: there is none. */
  private long at = -1;
  private long sent;
  private long taken;

  private volatile long shownSent;
  private volatile long shownTaken;
  private volatile boolean held;

  /** @param moved told when bytes were put into {@code fromDriver}, or taken out of {@code toDriver}; must not block */
  PipeModel(ByteRing toDriver, ByteRing fromDriver, Runnable moved, int queueSize) {
    this.toDriver = toDriver;
    this.fromDriver = fromDriver;
    this.moved = moved;
    this.queueSize = queueSize;
    this.chain = new Chain(queueSize);
    this.transmitting = new Chain(queueSize);
    this.identity = ThreadLocalRandom.current().nextLong() | 1;
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.PIPE, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features offered() {
    return Features.NONE;
  }

  @Override
  public List<Field> fields() {
    return FIELDS;
  }

  @Override
  public int[] queueSizes() {
    return new int[] {queueSize, queueSize};
  }

  @Override
  public long read(Field field) {
    if (field.equals(IDENTITY)) {
      return identity;
    } else if (field.equals(SENT)) {
      return shownSent;
    } else if (field.equals(TAKEN)) {
      return shownTaken;
    }
    return field.equals(HOLD) && held ? 1 : 0;
  }

  @Override
  public void write(Field field, long value) {
    Executor thread = slot;
    if (field.equals(HOLD) && value == 1 && thread != null) {
      thread.execute(hold);
    }
  }

  @Override
  public void slot(Executor thread) {
    queued.set(false);   // what was given to the former one is dropped
    slot = thread;
  }

  @Override
  public void start(Features accepted, DeviceQueue[] queues, Runnable fieldsChanged) {
    receive = queues[RECEIVEQ];
    transmit = queues[TRANSMITQ];
    changed = fieldsChanged;
  }

  @Override
  public void stop() {
    slot = null;
    receive = null;
    transmit = null;
    changed = null;
    at = -1;
    chain.clear();
    transmitting.clear();
    held = false;
    show();
  }

  private void hold() {
    if (changed != null && !held) {
      show();
      held = true;   // after the numbers: who reads it has them
      changed.run();
    }
  }

  private void show() {
    shownSent = sent;
    shownTaken = taken;
  }

  /** A ring was filled or emptied at its other end. Any thread. */
  void news() {
    Executor thread = slot;
    if (thread != null && queued.compareAndSet(false, true)) {
      thread.execute(pump);
    }
  }

  private void pump() {
    queued.set(false);   // before the look: what comes after it comes again
    receive();
    transmit();
  }

  @Override
  public boolean available(DeviceQueue queue) {
    if (queue == receive) {
      receive();
    } else {
      transmit();
    }
    return false;   // callbacks are on again already, if buffers are what is missing
  }

  private void receive() {
    DeviceQueue queue = receive;
    boolean any = false;
    boolean back = false;
    while (queue != null && !held && !toDriver.empty()) {
      if (queue.take(chain)) {
        long bytes = toDriver.take(chain);
        sent += bytes;
        any |= bytes > 0;
        queue.push(chain);
        back = true;
      } else if (queue.restart() || queue.broken() != null) {
        break;
      }
    }
    if (back) {
      queue.sync();
    }
    if (any) {
      moved.run();
    }
  }

  private void transmit() {
    DeviceQueue queue = transmit;
    boolean any = false;
    boolean back = false;
    while (queue != null && !fromDriver.full()) {
      if (at >= 0 || queue.take(transmitting)) {
        at = Math.max(at, 0);
        long bytes = fromDriver.put(transmitting, at);
        taken += bytes;
        at += bytes;
        any |= bytes > 0;
        if (at == transmitting.readableBytes()) {
          at = -1;
          queue.push(transmitting);
          back = true;
        }
      } else if (queue.restart() || queue.broken() != null) {
        break;
      }
    }
    if (back) {
      queue.sync();
    }
    if (any) {
      moved.run();
    }
  }
}
