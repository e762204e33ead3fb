package virtio.ring.socket;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.Channel;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.bus.Violation;

/**
 * One half of all that goes over one channel: frames in and out, their order, their faults. All state is the pump's, but for what is
 * volatile; whoever changes it from outside does so {@linkplain Pump#exclusively exclusively}.
 *
 * <p>What comes is always read, whatever holds up what goes: that is what excludes deadlock.
 */
abstract class Session {
  private final boolean toDevice;
  private final Executor dispatcher;
  private final AtomicBoolean posted = new AtomicBoolean();
  private final Runnable deliver = this::deliver;
  private final Arena arena = Arena.ofShared();
  private final FrameReader reader;
  private final Channel channel;
  private Registration ready;
  private final String name;
  final FrameTrace trace = new FrameTrace();
  final FrameWriter writer;
  final Pump pump;
  final Sizes sizes;

  /** Its queues, the configuration queue among them; replaced, never changed. */
  private volatile QueueEnd[] ends = new QueueEnd[0];
  private int turn;
  /** The session's number; 0 before the first. */
  int number;
  /** No frame of the session is sent any more, nor looked at. */
  boolean over = true;
  /** The next frame's number. */
  private int expected;
  /** Why the other half is to be told that the session is over; null: it is not. */
  private Violation complaint;
  private int complaintType;
  private volatile boolean gone;

  /**
   * @param driver whether this is the driver's half
   * @param name of the device, for a person
   */
  Session(Channel channel, Sizes sizes, Executor dispatcher, boolean driver, String name) {
    this.name = name;
    this.dispatcher = dispatcher;
    this.sizes = sizes;
    toDevice = driver;
    int message = channel.maxMessage();
    int frame = message == 0 ? sizes.maxFrame() : Math.min(sizes.maxFrame(), message);
    int batch = Math.max(2 * frame, sizes.batch());
    reader = new FrameReader(channel, arena.allocate(Math.max(batch, message), 8), frame, !driver);
    writer = new FrameWriter(channel, arena.allocate(batch, 8), frame, trace, driver);
    mostFrame = frame;
    pump = new Pump(this::move, this::later);
    this.channel = channel;
  }

  /** From here on it is told of what comes. Once, when it is whole. */
  void open() {
    ready = channel.ready(pump::run);
  }

  /** The longest frame that this half takes. */
  final int mostFrame;

  /** One round of the pump. */
  private boolean move() {
    if (gone) {
      looked();
      lookForNews();
      return false;
    }
    boolean moved = false;
    while (writer.hasRoom() && produce()) {
      moved = true;
    }
    if (!writer.isEmpty()) {
      moved |= counts(writer.flush());
    }
    if (!gone) {
      moved |= counts(reader.receive());
    }
    for (FrameReader.Found found = reader.next(); found != FrameReader.Found.NOTHING && !gone; found = reader.next()) {
      trace.note(reader.frame(), !toDevice);
      if (found == FrameReader.Found.FRAME) {
        take(reader.frame());
      } else if (isEstablished()) {
        met(reader.fault(), reader.frame());
      }
    }
    looked();
    lookForNews();
    return moved;
  }

  private boolean counts(long moved) {
    if (moved < 0) {
      lost();
    }
    return moved > 0;
  }

  private boolean produce() {
    if (complaint != null) {
      Frame frame = writer.begin(FrameType.ERROR, Frame.SESSION);
      frame.arg0 = ErrorCode.of(complaint);
      frame.arg1 = complaintType;
      complaint = null;
      writer.end();
      return true;
    }
    if (produceOwn()) {
      return true;
    }
    QueueEnd[] all = ends;
    for (int i = 0; i < all.length; i++) {
      QueueEnd next = all[(turn + i) % all.length];
      if (mayProduce(next) && next.produce(writer)) {
        turn = (turn + i + 1) % all.length;   // one frame of each in turn
        return true;
      }
    }
    return false;
  }

  private void take(Frame frame) {
    Violation wrong = null;
    if (!frame.type.counted()) {
      wrong = takeOwn(frame, reader);
    } else if (isOurs(frame)) {
      wrong = frame.sequence != expected ? Violation.BAD_SEQUENCE : null;
      expected = expected + 1 & 0xFFFF;
      if (wrong == null) {
        wrong = frame.type == FrameType.ERROR ? complained() : takeQueues(frame);
      }
    } else {
      wrong = stranger(frame);
    }
    if (wrong != null) {
      met(wrong, frame);
    }
  }

  private boolean isOurs(Frame frame) {
    return !over && frame.session == number;
  }

  private Violation takeQueues(Frame frame) {
    QueueEnd end = end(frame.queue);
    return end == null || !mayReceive(end) ? unknown(frame) : end.receive(frame, reader);
  }

  private Violation complained() {
    end(Violation.PEER_ERROR, Frame.SESSION);
    return null;
  }

  /** The other half did wrong: the session is over, and it is told. */
  private void met(Violation wrong, Frame frame) {
    if (over) {
      return;   // nobody is listening, and nothing of it is looked at
    }
    complaint = wrong;
    complaintType = frame.code;
    end(wrong, frame.queue);
  }

  /** The channel has gone: that is no reset. */
  private void lost() {
    gone = true;
    for (QueueEnd end : ends) {
      end.broken(Violation.CHANNEL_GONE);
      end.cut();
    }
    over = true;
  }

  private void end(Violation cause, int queue) {
    over = true;
    for (QueueEnd end : ends) {
      if (!end.isConfiguration() || queue == RingFormat.Rings.CONFIGURATION) {
        end.broken(cause);
      }
      end.cut();
    }
  }

  /** The session begins, on both sides with sequence 0. */
  final void begin(int session) {
    number = session;
    over = false;
    expected = 0;
    complaint = null;
    writer.session(session);
  }

  /** No session begins: whoever asked for that one is told why. */
  final void refuse(int session, Violation cause, FrameType offending) {
    number = session;
    over = true;
    writer.session(session);
    complaint = cause;
    complaintType = offending.code();
  }

  /** What both halves take from now on. */
  final void maxFrame(int bytes) {
    reader.maxFrame(bytes);
    writer.maxFrame(bytes);
  }

  /** Nothing of the session is under way any more; its queues are as well as before. */
  final void cut() {
    over = true;
    for (QueueEnd end : ends) {
      end.cut();
    }
  }

  /** Composes a frame of the session's own, if one is owed. */
  abstract boolean produceOwn();

  /** A queue has been made. */
  abstract void added(QueueEnd end);

  /** A round is over. */
  abstract void looked();

  /** Takes a frame that begins or ends a session. */
  abstract Violation takeOwn(Frame frame, FrameReader from);

  /** Both halves have said that it begins: what is no frame now is a fault, and not the rest of what was under way before. */
  abstract boolean isEstablished();

  abstract boolean mayProduce(QueueEnd end);

  abstract boolean mayReceive(QueueEnd end);

  /** A frame of a queue that is not there, or not any more. */
  abstract Violation unknown(Frame frame);

  /** A frame of another session, or of one that is over. */
  abstract Violation stranger(Frame frame);

  // Whoever is beside the pump.

  final QueueEnd[] ends() {
    return ends;
  }

  final void ends(QueueEnd... all) {
    ends = all;
  }

  /** One more queue. */
  final void add(QueueEnd end) {
    pump.exclusively(() -> {
      QueueEnd[] more = Arrays.copyOf(ends, ends.length + 1);
      more[ends.length] = end;
      ends = more;
      added(end);
    });
  }

  /** Null for none. */
  final QueueEnd end(int index) {
    for (QueueEnd end : ends) {
      if (end.index() == index) {
        return end;
      }
    }
    return null;
  }

  final String name() {
    return name;
  }

  final boolean isDriver() {
    return toDevice;
  }

  final boolean gone() {
    return gone;
  }

  /** All that was composed has been handed to the channel. */
  final boolean isFlushed() {
    return writer.isEmpty() && complaint == null;
  }

  /** Posts a run of the dispatcher if there is anything to tell. */
  final void lookForNews() {
    for (QueueEnd end : ends) {
      if (end.hasNews()) {
        post();
        return;
      }
    }
  }

  private void post() {
    if (!posted.get() && posted.compareAndSet(false, true)) {
      later(deliver);
    }
  }

  private void later(Runnable work) {
    try {
      dispatcher.execute(work);
    } catch (RejectedExecutionException ended) {
      posted.set(false);   // who would be told has ended before the ring, and wants nothing any more
    }
  }

  private void deliver() {
    posted.set(false);
    boolean more = false;
    for (QueueEnd end : ends) {
      more |= end.deliver();
    }
    if (more) {
      post();
    }
  }

  /** Ends all: the channel is let go, and memory freed. */
  void close() {
    ready.close();
    if (pump.close()) {
      release();
      arena.close();
    }
  }

  /** Frees what else there is. Nobody is inside any more. */
  abstract void release();
}
