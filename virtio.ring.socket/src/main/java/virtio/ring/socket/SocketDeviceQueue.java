package virtio.ring.socket;

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
  private final Slots slots;
  private final Pump pump;
  private final Standing standing;
  private boolean live;

  SocketDeviceQueue(int index, int size, Slots slots, Pump pump, Standing standing, Callback callback) {
    super(index, size, callback);
    this.slots = slots;
    this.pump = pump;
    this.standing = standing;
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
      standing.fault(Violation.CHAIN_TOO_LONG);
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
    if (standing.isFaulty()) {
      tellFault();
      return false;
    }
    return well;
  }

  void tellFault() {
    Violation cause = standing.untold();
    if (cause != null) {
      fail(cause);
    }
  }

  @Override
  protected void opened() {
    live = true;
  }

  @Override
  protected int ask() {
    int from = slots.ready.position();
    standing.ask(true);
    return from;
  }

  @Override
  protected void mute() {
    standing.ask(false);
  }

  @Override
  protected boolean pending(int from) {
    return slots.ready.end() != from && !slots.isWanting(from);
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
