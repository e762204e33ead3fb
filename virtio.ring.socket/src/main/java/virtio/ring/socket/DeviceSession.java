package virtio.ring.socket;

import java.util.Arrays;
import java.util.concurrent.Executor;
import virtio.bus.Channel;
import virtio.bus.RingFormat;
import virtio.bus.Violation;

/**
 * The device's half of all that goes over one channel: answers HELLO, OPEN and RESET by itself. A RESET is answered when every buffer that
 * was taken has been pushed, or the queues were stopped; also one for a session on another channel that has gone meanwhile.
 */
final class DeviceSession extends Session {
  /** More RESETs than can be meant. */
  private static final int MOST_RESETS = 32;

  private final Sessions sessions;
  /** The session that HELLO asked for, and its longest frame; 0: none, or answered. */
  private int wanted;
  private int wantedFrame;
  /** Sessions whose RESET_OK is owed. */
  private final int[] resets = new int[MOST_RESETS];
  private int resetCount;
  /** The device was stopped under this session: what still comes for its queues is late. */
  private boolean stale;
  private boolean rested = true;
  private volatile boolean quiet = true;

  DeviceSession(Channel channel, Sizes sizes, Sessions sessions, Executor dispatcher, String name) {
    super(channel, sizes, dispatcher, false, name);
    this.sessions = sessions;
  }

  @Override
  void open() {
    sessions.add(this);
    super.open();
  }

  @Override
  boolean produceOwn() {
    for (int i = 0; i < resetCount; i++) {
      if (isRested(resets[i])) {
        writer.begin(FrameType.RESET_OK, Frame.SESSION).session = resets[i];
        resets[i] = resets[--resetCount];
        writer.end();
        return true;
      }
    }
    DeviceEnd configuration = configuration();
    if (wanted == 0 || configuration != null && !configuration.isClean()) {
      return false;
    }
    begin(wanted);
    wanted = 0;
    stale = false;
    int most = Math.min(wantedFrame, mostFrame);
    maxFrame(most);
    Frame frame = writer.begin(FrameType.HELLO_OK, Frame.SESSION);
    frame.arg0 = Frame.VERSION;
    frame.arg1 = ends().length;
    frame.length = 4;
    Frame.word(writer.memory(), writer.payload(), most);
    writer.end();
    if (configuration != null) {
      configuration.openUnasked();
    }
    return true;
  }

  private DeviceEnd configuration() {
    return (DeviceEnd) end(RingFormat.Rings.CONFIGURATION);
  }

  /** Whether all that was begun under that session has come to its end. */
  private boolean isRested(int session) {
    if (!isServing() && !isResting()) {
      return false;
    }
    for (Session other : sessions.here()) {
      if (other != this && other instanceof DeviceSession old && old.gone() && old.number == session && !old.isResting()) {
        return false;
      }
    }
    return true;
  }

  /** Whether a queue is open: what is with the model belongs to the session that is under way. */
  private boolean isServing() {
    for (QueueEnd end : ends()) {
      if (!end.isConfiguration() && ((DeviceEnd) end).isOpen()) {
        return !over;
      }
    }
    return false;
  }

  /** Nothing of the driver's is with the model. */
  private boolean isResting() {
    for (QueueEnd end : ends()) {
      if (!end.isConfiguration() && !((DeviceEnd) end).isResting()) {
        return false;
      }
    }
    return true;
  }

  @Override
  Violation takeOwn(Frame frame, FrameReader from) {
    return frame.type == FrameType.HELLO ? hello(frame, Frame.word(from.memory(), from.payload())) : reset(frame.session);
  }

  /** A driver that has come anew may begin over what nobody is served by any more. */
  private Violation hello(Frame frame, int most) {
    if (!over && (frame.session == number || isServing())) {
      return Violation.BAD_HELLO;
    }
    cut();
    if (frame.arg0 != Frame.VERSION || most < Frame.SHORTEST_MOST) {
      refuse(frame.session, Violation.BAD_HELLO, frame.type);
      return null;
    }
    wanted = frame.session;
    wantedFrame = most;
    return null;
  }

  private Violation reset(int session) {
    if (session == number && !over) {
      cut();
    }
    if (session == wanted) {
      wanted = 0;
    }
    for (int i = 0; i < resetCount; i++) {
      if (resets[i] == session) {
        return null;
      }
    }
    if (resetCount == resets.length) {
      return Violation.BAD_SESSION;
    }
    resets[resetCount++] = session;
    return null;
  }

  @Override
  boolean isEstablished() {
    return !over;
  }

  @Override
  boolean mayProduce(QueueEnd end) {
    return !over && !((DeviceEnd) end).isStopped();
  }

  @Override
  boolean mayReceive(QueueEnd end) {
    return end.isConfiguration() || !stale && !((DeviceEnd) end).isStopped();
  }

  @Override
  Violation unknown(Frame frame) {
    return stale ? null : Violation.BAD_QUEUE;
  }

  @Override
  Violation stranger(Frame frame) {
    return over ? null : Violation.BAD_SESSION;
  }

  @Override
  void added(QueueEnd end) {
    if (gone()) {
      end.broken(Violation.CHANNEL_GONE);
    } else if (!over && end.isConfiguration()) {
      configuration().openUnasked();
    }
  }

  @Override
  void looked() {
    if (over) {
      for (QueueEnd end : ends()) {
        ((DeviceEnd) end).settle();
      }
    }
    quiet = resetCount == 0 && isFlushed();
    boolean restsNow = !gone() || isResting();
    if (restsNow != rested) {
      rested = restsNow;
      if (rested) {
        wakeOthers();
      }
    }
  }

  /** One of them may have been asked whether this one has come to its end. */
  private void wakeOthers() {
    for (Session other : sessions.here()) {
      if (other != this) {
        other.pump.run();
      }
    }
  }

  // On the slot's thread, or the host's.

  void live() {
    pump.exclusively(() -> {
      for (QueueEnd end : ends()) {
        ((DeviceEnd) end).live();
      }
    });
  }

  /** Whether no RESET waits for its answer, nor any frame for the channel. */
  boolean reset() {
    pump.run();
    return quiet || gone();
  }

  /** The model has let go of everything. */
  void stop() {
    pump.exclusively(() -> {
      stale |= isServing();
      for (QueueEnd end : ends()) {
        if (!end.isConfiguration()) {
          ((DeviceEnd) end).stop();
        }
      }
    });
  }

  /** Another driver: the queues that were made are forgotten, and their memory freed. */
  void forget() {
    pump.exclusively(() -> {
      QueueEnd[] all = ends();
      ends(Arrays.stream(all).filter(QueueEnd::isConfiguration).toArray(QueueEnd[]::new));
      for (QueueEnd end : all) {
        if (!end.isConfiguration()) {
          ((DeviceEnd) end).free();
        }
      }
    });
  }

  @Override
  void close() {
    sessions.remove(this);
    super.close();
  }

  @Override
  void release() {
    for (QueueEnd end : ends()) {
      ((DeviceEnd) end).free();
    }
  }
}
