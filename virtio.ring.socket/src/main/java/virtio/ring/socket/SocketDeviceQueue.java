package virtio.ring.socket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Violation;

/**
 * The device's half of a queue over a channel, as the model sees it; what goes over the wire is {@link DeviceEnd}'s. A buffer has at most
 * one readable part and one writable one, in memory of this half's own; of the writable one only what was written goes back.
 *
 * <p>Progress: every operation is bounded, {@link #take} and {@link #sync} by what one thread moves at a time.
 */
final class SocketDeviceQueue extends DeviceQueue {
  private static final VarHandle TOLD;

  static {
    try {
      TOLD = MethodHandles.lookup().findVarHandle(SocketDeviceQueue.class, "told", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Slots slots;
  private final Pump pump;
  private volatile boolean asked = true;
  private volatile Violation fault;
  private volatile boolean told;
  private boolean live;

  SocketDeviceQueue(int index, int size, Slots slots, Pump pump, Callback callback) {
    super(index, size, callback);
    this.slots = slots;
    this.pump = pump;
  }

  @Override
  public boolean take(Chain chain) {
    assert enter();
    chain.clear();
    boolean any = isSound() && live && next(chain);
    assert leave();
    return any;
  }

  private boolean next(Chain chain) {
    int passed = slots.passed();
    int slot = slots.take();
    if (slot < 0) {
      pump.run();
      passed = slots.passed();
      slot = isSound() ? slots.take() : -1;
    }
    if (slots.passed() != passed) {
      pump.run();   // those that were taken back are answered now: the driver may have no slot but theirs
    }
    if (slot < 0) {
      return false;
    }
    taken++;
    if (!slots.fill(slot, chain)) {
      chain.clear();
      fault(Violation.CHAIN_TOO_LONG);
      tellFault();
      return false;
    }
    return true;
  }

  @Override
  public void push(Chain chain) {
    int slot = chain.id();
    if (!slots.isOwners(slot)) {
      throw new IllegalArgumentException("queue=" + index() + " chain=" + slot + " not taken");
    }
    assert enter();
    slots.push(slot, chain);
    assert leave();
  }

  /** Also of a queue that is not well: a reset waits for the buffers that were taken. */
  @Override
  public void sync() {
    assert enter();
    if (slots.used.unpublished() != 0) {
      published += slots.used.publish();
      pump.run();
    }
    assert leave();
  }

  private boolean isSound() {
    if (fault != null) {
      tellFault();
      return false;
    }
    return well;
  }

  /** The session met a violation. */
  void fault(Violation cause) {
    if (fault == null) {
      fault = cause;
    }
  }

  void tellFault() {
    if (!told && TOLD.compareAndSet(this, false, true)) {
      fail(fault);
    }
  }

  /** Whether it wants to be called; looked at after what it is called for has been published, and a full fence. */
  boolean isAsked() {
    return asked;
  }

  @Override
  protected void opened() {
    live = true;
  }

  @Override
  protected int ask() {
    int from = slots.ready.position();
    asked = true;
    return from;
  }

  @Override
  protected void mute() {
    asked = false;
  }

  @Override
  protected boolean pending(int from) {
    return slots.ready.end() != from && !slots.isWanting();
  }

  /** DRIVER_OK. */
  void begin() {
    start();
  }

  /** The reset is over. */
  void end(boolean confirmed) {
    stop(confirmed);
  }
}
