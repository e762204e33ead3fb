package virtio.ring.socket;

import java.lang.invoke.VarHandle;
import virtio.bus.Chain;
import virtio.bus.Queue;
import virtio.bus.Violation;

/**
 * The driver's half of one queue on the wire. It chooses the slots, steps their generations, keeps to the credit, sends the readable
 * bytes of one buffer after the other in the order of {@code add}, and puts what comes where it belongs. The pump's.
 */
final class DriverEnd extends QueueEnd {
  private static final int FREE = 0;
  private static final int OUT = 1;
  /** DETACH is sent; what comes of it is thrown away. */
  private static final int CANCELLED = 2;
  /** The same, and it has been used: nothing of it comes any more but DETACHED. */
  private static final int CANCELLED_USED = 3;
  private static final long UNSIGNED = 0xFFFF_FFFFL;

  private final Buffers buffers;
  private SocketVirtqueue queue;
  private boolean asked;
  private boolean open;
  private boolean live;
  private boolean stopped;

  private int slots;
  private int[] state = {};
  private int[] generation = {};
  /** The buffer that has the slot; -1 when it was taken back. */
  private int[] buffer = {};
  private long[] writable = {};
  /** Up to where written bytes have come. */
  private long[] received = {};
  private int[] free = {};
  private int freeCount;

  /** The slot whose readable bytes are being sent; -1 for none. */
  private int current = -1;
  private long sent;
  /** Readable bytes that may be sent, and that were, since the queue was opened; both wrap. */
  private int credit;
  private int spent;
  private int cancelsSeen;

  DriverEnd(int index, Buffers buffers) {
    super(index);
    this.buffers = buffers;
  }

  void queue(SocketVirtqueue half) {
    queue = half;
  }

  @Override
  Queue queue() {
    return queue;
  }

  /** DRIVER_OK. */
  void live() {
    live = true;
  }

  void stop() {
    stopped = true;
  }

  boolean isStopped() {
    return stopped;
  }

  boolean isOpen() {
    return open;
  }

  /** Whether there is something to send. */
  boolean wantsSession() {
    return !buffers.outgoing.isEmpty();
  }

  /** Without a session nobody need be told of what was taken back. */
  void settle() {
    int cancels = buffers.cancelled();
    if (cancels != cancelsSeen) {
      cancelsSeen = cancels;
      for (int at = 0; at < buffers.size(); at++) {
        if (buffers.isCancelled(at)) {
          buffers.giveBack(at);
        }
      }
    }
  }

  /** Of the configuration queue: it is open with the session. */
  void openUnasked() {
    asked = true;
    open(Math.min(Frame.CONFIGURATION_SLOTS, buffers.size()), Frame.CONFIGURATION_LARGEST, Frame.CONFIGURATION_LARGEST);
  }

  private void open(int given, int largest, int firstCredit) {
    slots = given;
    state = new int[given];
    generation = new int[given];
    buffer = new int[given];
    writable = new long[given];
    received = new long[given];
    free = new int[given];
    for (freeCount = 0; freeCount < given; freeCount++) {
      free[freeCount] = given - 1 - freeCount;
    }
    current = -1;
    credit = firstCredit;
    spent = 0;
    queue.largestReadable(largest);
    open = true;
  }

  @Override
  boolean produce(FrameWriter writer) {
    if (!asked) {
      asked = true;
      writer.begin(FrameType.OPEN, index()).arg0 = buffers.size();
      writer.end();
      return true;
    }
    if (!open) {
      return false;
    }
    return detach(writer) || live && (current < 0 ? add(writer) : data(writer));
  }

  /** Tells of a buffer that its owner has taken back. */
  private boolean detach(FrameWriter writer) {
    int cancels = buffers.cancelled();
    if (cancels == cancelsSeen) {
      return false;
    }
    for (int at = 0; at < buffers.size(); at++) {
      if (buffers.isCancelled(at) && detach(at, writer)) {
        return true;
      }
    }
    cancelsSeen = cancels;
    return false;
  }

  /** @return false when the device does not know of it any more */
  private boolean detach(int taken, FrameWriter writer) {
    int slot = buffers.slot(taken);
    buffers.giveBack(taken);
    if (slot < 0) {
      return false;
    }
    buffer[slot] = -1;
    state[slot] = CANCELLED;
    if (current == slot) {
      current = -1;
    }
    compose(writer, FrameType.DETACH, slot);
    writer.end();
    return true;
  }

  private Frame compose(FrameWriter writer, FrameType type, int slot) {
    Frame frame = writer.begin(type, index());
    frame.slot = slot;
    frame.generation = generation[slot];
    return frame;
  }

  private boolean add(FrameWriter writer) {
    while (freeCount > 0 && !buffers.outgoing.isEmpty()) {
      int next = buffers.outgoing.poll();
      if (buffers.begin(next)) {
        add(next, writer);
        return true;
      }
      buffers.giveBack(next);
    }
    return false;
  }

  private void add(int next, FrameWriter writer) {
    int slot = free[--freeCount];
    generation[slot] = generation[slot] + 1 & 0xFFFF;
    state[slot] = OUT;
    buffer[slot] = next;
    buffers.slot(next, slot);
    Chain chain = buffers.chain(next);
    writable[slot] = chain.writableBytes();
    received[slot] = 0;
    current = slot;
    sent = 0;
    Frame frame = compose(writer, FrameType.ADD, slot);
    frame.arg0 = (int) chain.readableBytes();
    frame.arg1 = (int) chain.writableBytes();
    payload(frame, chain, writer);
    buffers.letGo(next);
    writer.end();
  }

  private boolean data(FrameWriter writer) {
    if (credit == spent) {
      return false;
    }
    int of = buffer[current];
    if (!buffers.hold(of)) {
      return detach(of, writer);
    }
    Frame frame = compose(writer, FrameType.DATA, current);
    frame.arg0 = (int) sent;
    payload(frame, buffers.chain(of), writer);
    buffers.letGo(of);
    writer.end();
    return true;
  }

  /** As much as is left, fits, and is allowed. */
  private void payload(Frame frame, Chain chain, FrameWriter writer) {
    long left = chain.readableBytes() - sent;
    int length = (int) Math.min(Math.min(left, writer.mostPayload()), credit - spent);
    chain.read(sent, writer.memory(), writer.payload(), length);
    frame.length = length;
    sent += length;
    spent += length;
    if (length == left) {
      current = -1;
    } else {
      frame.flags = Frame.MORE;
    }
  }

  @Override
  Violation receive(Frame frame, FrameReader reader) {
    if (frame.type == FrameType.OPENED) {
      return opened(frame);
    }
    if (!open || frame.type == FrameType.CLOSED) {
      return Violation.BAD_QUEUE;
    }
    int more = frame.credit - credit;
    if (more < 0 || frame.credit - spent < 0) {
      return Violation.BAD_CREDIT;
    }
    credit = frame.credit;
    if (frame.type == FrameType.CREDIT) {
      return null;
    }
    Violation wrong = slot(frame);
    if (wrong != null) {
      return wrong;
    }
    return switch (frame.type) {
      case DATA -> data(frame, frame.arg0 & UNSIGNED, reader);
      case USED -> used(frame, reader);
      default -> detached(frame);
    };
  }

  private Violation opened(Frame frame) {
    if (!asked || open || frame.arg0 < 1 || frame.arg0 > buffers.size() || frame.arg1 < 0) {
      return Violation.BAD_QUEUE;
    }
    if (frame.credit < frame.arg1) {
      return Violation.BAD_CREDIT;
    }
    open(frame.arg0, frame.arg1, frame.credit);
    return null;
  }

  private Violation slot(Frame frame) {
    if (frame.slot >= slots || state[frame.slot] == FREE) {
      return Violation.BAD_SLOT;
    }
    return frame.generation == generation[frame.slot] ? null : Violation.BAD_GENERATION;
  }

  /** Written bytes, from {@code offset} of the writable part on; for one that was taken back they go nowhere. */
  private Violation data(Frame frame, long offset, FrameReader reader) {
    int slot = frame.slot;
    if (state[slot] == CANCELLED_USED || slot == current) {
      return Violation.BAD_SLOT;
    }
    if (offset < received[slot] || frame.length > writable[slot] - offset) {
      return Violation.BAD_OFFSET;
    }
    received[slot] = offset + frame.length;
    int into = buffer[slot];
    if (into >= 0 && buffers.hold(into)) {
      buffers.chain(into).write(offset, reader.memory(), reader.payload(), frame.length);
      buffers.letGo(into);
    }
    return null;
  }

  private Violation used(Frame frame, FrameReader reader) {
    int slot = frame.slot;
    if ((frame.arg0 & UNSIGNED) > writable[slot]) {
      return Violation.USED_LEN;
    }
    Violation wrong = frame.length == 0 && slot != current && state[slot] != CANCELLED_USED ? null
        : data(frame, frame.arg1 & UNSIGNED, reader);
    if (wrong != null) {
      return wrong;
    }
    int done = buffer[slot];
    if (done < 0) {
      state[slot] = CANCELLED_USED;
    } else {
      release(slot);
      if (buffers.hold(done)) {
        buffers.slot(done, -1);
        buffers.use(done, frame.arg0 & UNSIGNED);
        VarHandle.fullFence();   // the used buffer before the look at the owner's wish; pairs with the fence in restart
        dueIfAsked();
      } else {
        buffers.giveBack(done);   // taken back, and the device not yet asked: now there is nothing to ask
      }
    }
    return null;
  }

  private Violation detached(Frame frame) {
    int slot = frame.slot;
    if (frame.type != FrameType.DETACHED || state[slot] == OUT || frame.arg0 < 0 || frame.arg0 > Frame.DETACHED_HALFWAY
        || frame.arg0 == Frame.DETACHED_USED != (state[slot] == CANCELLED_USED)) {
      return Violation.BAD_SLOT;
    }
    release(slot);
    return null;
  }

  private void release(int slot) {
    state[slot] = FREE;
    free[freeCount++] = slot;
  }

  @Override
  void cut() {
    for (int slot = 0; slot < slots; slot++) {
      if (state[slot] == OUT && buffer[slot] >= 0) {
        buffers.slot(buffer[slot], -1);
      }
    }
    slots = 0;
    current = -1;
    open = false;
    asked = false;
  }

  @Override
  void tellBroken() {
    queue.tellFault();
  }
}
