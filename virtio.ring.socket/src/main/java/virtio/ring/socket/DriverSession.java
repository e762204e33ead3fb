package virtio.ring.socket;

import java.util.Arrays;
import java.util.concurrent.Executor;
import virtio.bus.Channel;
import virtio.bus.RingFormat;
import virtio.bus.Violation;

/**
 * The driver's half of all that goes over one channel. It says HELLO when something wants a session, opens queues, and says RESET; it first
 * has the device confirm that it has done with the sessions which ended without a confirmation, on whatever channel. Only then queues are
 * opened; the configuration queue alone works meanwhile, as it may be what stops the device.
 */
final class DriverSession extends Session {
  private final Sessions sessions;
  /** HELLO was sent, RESET was not. */
  private boolean begun;
  private boolean greeted;
  private boolean stopping;
  /** Sessions whose RESET_OK is awaited; {@link #unasked} of them, the last ones, are still to be asked for. */
  private int[] awaited;
  private int unasked;
  private volatile boolean settled;
  private volatile boolean confirmed = true;

  DriverSession(Channel channel, Sizes sizes, Sessions sessions, Executor dispatcher, String name) {
    super(channel, sizes, dispatcher, true, name);
    this.sessions = sessions;
    awaited = sessions.unconfirmed();
    unasked = awaited.length;
  }

  @Override
  void open() {
    sessions.add(this);
    super.open();
  }

  @Override
  boolean produceOwn() {
    if (unasked > 0) {
      writer.begin(FrameType.RESET, Frame.SESSION).session = awaited[awaited.length - unasked];
      unasked--;
      writer.end();
      return true;
    }
    if (begun || !wantsSession()) {
      return false;
    }
    begun = true;
    greeted = false;
    maxFrame(mostFrame);
    begin(sessions.next());
    Frame frame = writer.begin(FrameType.HELLO, Frame.SESSION);
    frame.arg0 = Frame.VERSION;
    frame.arg1 = ends().length;
    frame.length = 4;
    Frame.word(writer.memory(), writer.payload(), mostFrame);
    writer.end();
    return true;
  }

  /** Queues want to be opened; the configuration queue wants it at first, and later when it has something to send. */
  private boolean wantsSession() {
    for (QueueEnd end : ends()) {
      if (end.isConfiguration() ? number == 0 || ((DriverEnd) end).wantsSession() : !stopping) {
        return true;
      }
    }
    return false;
  }

  @Override
  boolean isEstablished() {
    return !over && greeted;
  }

  @Override
  boolean mayProduce(QueueEnd end) {
    return !over && greeted && (end.isConfiguration() || !stopping && awaited.length == 0);
  }

  @Override
  boolean mayReceive(QueueEnd end) {
    return greeted && !((DriverEnd) end).isStopped();
  }

  @Override
  Violation unknown(Frame frame) {
    return greeted && end(frame.queue) != null ? null : Violation.BAD_QUEUE;
  }

  /** Of a session before this one there may be leftovers until the device has answered. */
  @Override
  Violation stranger(Frame frame) {
    return !over && greeted ? Violation.BAD_SESSION : null;
  }

  @Override
  Violation takeOwn(Frame frame, FrameReader from) {
    if (frame.type == FrameType.RESET_OK) {
      resetOk(frame.session);
      return null;
    }
    if (over || frame.session != number) {
      return null;
    }
    int most = Frame.word(from.memory(), from.payload());
    if (greeted || frame.arg0 != Frame.VERSION || most < Frame.SHORTEST_MOST || most > mostFrame) {
      return Violation.BAD_HELLO;
    }
    greeted = true;
    maxFrame(most);
    if (configuration() != null) {
      configuration().openUnasked();
    }
    return null;
  }

  private DriverEnd configuration() {
    return (DriverEnd) end(RingFormat.Rings.CONFIGURATION);
  }

  private void resetOk(int session) {
    for (int i = 0; i < awaited.length - unasked; i++) {
      if (awaited[i] == session) {
        int[] rest = Arrays.copyOf(awaited, awaited.length - 1);
        System.arraycopy(awaited, i + 1, rest, i, rest.length - i);
        awaited = rest;
      }
    }
  }

  @Override
  void added(QueueEnd end) {
    if (gone()) {
      end.broken(Violation.CHANNEL_GONE);
    } else if (greeted && !over && end.isConfiguration()) {
      configuration().openUnasked();
    }
  }

  @Override
  void looked() {
    confirmed = awaited.length == 0 && (!begun || stopping);
    boolean all = greeted && !over;
    for (QueueEnd end : ends()) {
      all &= ((DriverEnd) end).isOpen();
      if (over && !begun) {
        ((DriverEnd) end).settle();
      }
    }
    settled = all;
  }

  // On the control thread.

  /** Everything is open. */
  boolean settled() {
    pump.run();
    return settled;
  }

  /** DRIVER_OK. */
  void live() {
    pump.exclusively(() -> {
      for (QueueEnd end : ends()) {
        ((DriverEnd) end).live();
      }
    });
  }

  /** Ends the session, but for the configuration queue, which may begin another. @return whether the device has confirmed it */
  boolean reset() {
    pump.exclusively(() -> {
      if (!stopping) {
        stopping = true;
        abandon();
      }
    });
    return confirmed && !gone();
  }

  private void abandon() {
    if (begun) {
      awaited = Arrays.copyOf(awaited, awaited.length + 1);
      awaited[awaited.length - 1] = number;
      unasked++;
      begun = false;
      confirmed = false;
      cut();
    }
  }

  /** From here on no memory of the queues is touched, confirmed or not. */
  void stop(boolean byAll) {
    pump.exclusively(() -> {
      stopping = true;
      for (QueueEnd end : ends()) {
        if (!end.isConfiguration()) {
          ((DriverEnd) end).stop();
        }
      }
      if (!byAll) {
        remember();
      }
    });
  }

  private void remember() {
    for (int session : awaited) {
      sessions.unconfirmed(session);
    }
    if (begun) {
      sessions.unconfirmed(number);
    }
  }

  /** What the configuration queue has begun is ended as well as can be, without waiting. */
  @Override
  void close() {
    pump.exclusively(() -> {
      stopping = true;
      abandon();
    });
    sessions.remove(this);
    super.close();
  }

  @Override
  void release() {}
}
