package virtio.bus.port;

import java.util.concurrent.TimeUnit;
import virtio.bus.Combination;
import virtio.bus.Failure;

/**
 * What is wanted of a port and what has happened to it: written by any thread, never waited for, looked at by the port's own. One monitor;
 * nothing is called under it.
 *
 * @param <D> the driver's end of a bound device
 */
final class Wishes<D> {
  private Combination wanted;
  private Combination bound;
  private String target = "";
  private PortSettings settings;
  private String misconfigured;
  private boolean stopping;
  private D present;
  private Failure failure;
  private boolean fresh;
  private boolean leaving;
  private boolean work;
  private boolean ended;

  /**
   * All of it at one moment.
   *
   * @param wanted the combination; null for none, and when the port is to end
   * @param leaving what is attached is to let its device go
   * @param fresh somebody has configured or bound anew since the last look: what was tried in vain is worth another try
   */
  record Look<D>(Combination wanted, PortSettings settings, D present, Failure failure, boolean stopping, boolean leaving, boolean fresh) {}

  synchronized Look<D> look() {
    Look<D> look = new Look<>(stopping ? null : wanted, settings, present, failure, stopping, leaving, fresh);
    fresh = false;
    return look;
  }

  /** Waits for something new, for so long at most. */
  synchronized void await(long nanos) {
    if (!work) {
      sleep(nanos);
    }
    work = false;
  }

  synchronized void wake() {
    work = true;
    notifyAll();
  }

  /** A configuration came. @param good null when it is bad: what was good before stays in force. @param bad what is wrong, or null */
  synchronized void configure(String asked, PortSettings good, String bad) {
    target = asked;
    misconfigured = bad;
    settings = good == null ? settings : good;
    fresh = true;
    wake();
  }

  synchronized void want(Combination combination) {
    wanted = combination;
    fresh = true;
    wake();
  }

  /** It is wanted no more. Returns when it is out, or the time is over. @return whether it is out */
  synchronized boolean release(Combination combination, long nanos) {
    if (wanted == combination) {
      wanted = null;
      wake();
    }
    long end = System.nanoTime() + nanos;
    while (bound == combination && !ended) {
      if (!sleep(end - System.nanoTime())) {
        return false;
      }
    }
    return true;
  }

  synchronized void stop() {
    stopping = true;
    wake();
  }

  /** The port's thread ends: nobody need wait for it. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  synchronized void up(D arrived) {
    present = arrived;   // a failure of the one before stays to be seen to
    wake();
  }

  synchronized void failed(D of, Failure cause) {
    if (of == present && failure == null) {
      failure = cause;
      wake();
    }
  }

  /** Somebody wants to take the device out. */
  synchronized void leave() {
    leaving = bound != null;
    wake();
  }

  synchronized void down(D of) {
    if (of == present) {
      present = null;
      wake();
    }
  }

  /** The device that has come; null while there is none, or it has failed. */
  synchronized D present() {
    return failure == null ? present : null;
  }

  /** Whether that device is no more to be counted on. */
  synchronized boolean lost(D device) {
    return present != device || failure != null;
  }

  /** What is attached; null: nothing any more, and what its device did is history. */
  synchronized void bound(Combination combination) {
    bound = combination;
    if (combination == null) {
      leaving = false;
      present = null;
      failure = null;
    }
    notifyAll();
  }

  synchronized Combination bound() {
    return bound;
  }

  synchronized Combination wanted() {
    return wanted;
  }

  synchronized PortSettings settings() {
    return settings;
  }

  /** What was asked for, for messages. */
  synchronized String target() {
    return target;
  }

  /** Null, or what is wrong with the last configuration. */
  synchronized String misconfigured() {
    return misconfigured;
  }

  /** Under the monitor. @return false when there was no time left */
  private boolean sleep(long nanos) {
    if (nanos <= 0) {
      return false;
    }
    try {
      TimeUnit.NANOSECONDS.timedWait(this, nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
