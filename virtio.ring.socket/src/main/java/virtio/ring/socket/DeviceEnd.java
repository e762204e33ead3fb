package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import virtio.bus.Queue;
import virtio.bus.Violation;

/**
 * The device's half of one queue on the wire. It checks every slot, generation, offset and credit; lets a buffer be taken when all of its
 * readable bytes are here, in the order of {@code add}; sends what was written, in the order of {@code push}. The pump's.
 */
final class DeviceEnd extends QueueEnd {
  private final Sizes sizes;
  private final Slots slots;
  private final int largest;
  private SocketDeviceQueue queue;
  private boolean openedOwed;
  private boolean open;
  private boolean closing;
  private volatile boolean stopped;

  private int given;
  private final int[] generation;
  /** It has been used in this session: there is a generation to speak of. */
  private final boolean[] known;
  /** Of this generation a DETACH has come. */
  private final boolean[] detached;
  private final Arrivals arrivals;
  /** Slots whose DETACHED is owed, and what it says. */
  private final int[] owed;
  private final int[] owedWord;
  private int owedCount;
  private int passedSeen;

  /** The slot that is being sent; -1 for none. */
  private int sending = -1;
  private long sent;
  private boolean inTail;

  DeviceEnd(int index, int size, Sizes sizes, Slots slots) {
    super(index);
    this.sizes = sizes;
    this.slots = slots;
    largest = isConfiguration() ? Frame.CONFIGURATION_LARGEST : sizes.largest();
    generation = new int[size];
    known = new boolean[size];
    detached = new boolean[size];
    arrivals = new Arrivals(slots, sizes.held());
    owed = new int[size];
    owedWord = new int[size];
  }

  void queue(SocketDeviceQueue half) {
    queue = half;
  }

  @Override
  Queue queue() {
    return queue;
  }

  /** Frees its memory; nobody takes buffers of it any more. */
  void free() {
    slots.close();
  }

  void stop() {
    stopped = true;
    cut();
  }

  /** Between OPEN and CLOSED. */
  boolean isOpen() {
    return open;
  }

  /** DRIVER_OK: what came before is told of now. */
  void live() {
    if (!slots.ready.isEmpty()) {
      due();
    }
  }

  boolean isStopped() {
    return stopped;
  }

  /** No buffer of it is with the model, which may still be at work with those. */
  boolean isResting() {
    if (!stopped) {
      for (int slot = 0; slot < slots.size(); slot++) {
        if (slots.isTaken(slot)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether every slot is free: another session may use them. */
  boolean isClean() {
    for (int slot = 0; slot < slots.size(); slot++) {
      if (!slots.isFree(slot)) {
        return false;
      }
    }
    return true;
  }

  /** Of the configuration queue: it is open with the session. */
  void openUnasked() {
    open(Math.min(Frame.CONFIGURATION_SLOTS, slots.size()), Frame.CONFIGURATION_LARGEST);
    openedOwed = false;
  }

  private void open(int count, int window) {
    given = count;
    Arrays.fill(generation, 0);
    Arrays.fill(known, false);
    Arrays.fill(detached, false);
    arrivals.open(window);
    owedCount = 0;
    sending = -1;
    open = true;
    closing = false;
    openedOwed = true;
  }

  @Override
  boolean produce(FrameWriter writer) {
    if (openedOwed) {
      openedOwed = false;
      Frame frame = writer.begin(FrameType.OPENED, index());
      frame.arg0 = given;
      frame.arg1 = largest;
      return end(writer, frame);
    }
    if (!open) {
      return false;
    }
    return written(writer) || detached(writer) || closed(writer) || credit(writer);
  }

  private boolean end(FrameWriter writer, Frame frame) {
    frame.credit = arrivals.tell();
    writer.end();
    return true;
  }

  /** One frame of what was written to the next pushed buffer. */
  private boolean written(FrameWriter writer) {
    if (sending < 0) {
      if (slots.used.isEmpty()) {
        return false;
      }
      sending = slots.used.poll();
      inTail = slots.prefix(sending) == 0 && slots.tailEnd(sending) != 0;
      sent = inTail ? slots.tail(sending) : 0;
    }
    int slot = sending;
    long end = inTail ? slots.tailEnd(slot) : slots.prefix(slot);
    int length = (int) Math.min(end - sent, writer.mostPayload());
    boolean last = sent + length == end && (inTail || slots.tailEnd(slot) == 0);
    Frame frame = compose(writer, last ? FrameType.USED : FrameType.DATA, slot);
    frame.length = length;
    if (last) {
      frame.arg0 = (int) slots.prefix(slot);
      frame.arg1 = length == 0 ? 0 : (int) sent;
    } else {
      frame.arg0 = (int) sent;
    }
    if (length > 0) {
      MemorySegment.copy(slots.writable(slot).segment(), sent, writer.memory(), writer.payload(), length);
    }
    sent += length;
    if (last) {
      used(slot);
    } else if (sent == end) {
      inTail = true;
      sent = slots.tail(slot);
    }
    return end(writer, frame);
  }

  private void used(int slot) {
    sending = -1;
    slots.free(slot);
    arrivals.free(slot);
    if (slots.satisfies()) {
      dueIfAsked();
    }
    if (detached[slot]) {
      owe(slot, Frame.DETACHED_USED);
    }
  }

  private Frame compose(FrameWriter writer, FrameType type, int slot) {
    Frame frame = writer.begin(type, index());
    frame.slot = slot;
    frame.generation = generation[slot];
    return frame;
  }

  private void owe(int slot, int word) {
    owed[owedCount] = slot;
    owedWord[owedCount++] = word;
  }

  private boolean detached(FrameWriter writer) {
    if (slots.passed() != passedSeen) {
      sweep(true);
    }
    if (owedCount == 0) {
      return false;
    }
    Frame frame = compose(writer, FrameType.DETACHED, owed[--owedCount]);
    frame.arg0 = owedWord[owedCount];
    detached[frame.slot] = false;
    return end(writer, frame);
  }

  /** Frees what was dropped and passed. */
  private void sweep(boolean answer) {
    passedSeen = slots.passed();
    for (int slot = 0; slot < slots.size(); slot++) {
      if (slots.freePassed(slot)) {
        arrivals.free(slot);
        if (answer && detached[slot]) {
          owe(slot, Frame.DETACHED_NEW);
        }
      }
    }
  }

  private boolean closed(FrameWriter writer) {
    if (!closing || !isResting() || !slots.used.isEmpty()) {
      return false;
    }
    open = false;
    return end(writer, writer.begin(FrameType.CLOSED, index()));
  }

  /** Told only where the driver could run short: it then has less than one buffer may need. */
  private boolean credit(FrameWriter writer) {
    return arrivals.isNewsDue(largest) && end(writer, writer.begin(FrameType.CREDIT, index()));
  }

  @Override
  Violation receive(Frame frame, FrameReader reader) {
    if (frame.type == FrameType.OPEN) {
      return open(frame);
    }
    if (!open || closing) {
      return Violation.BAD_QUEUE;
    }
    if (frame.type == FrameType.CLOSE) {
      closing = true;
      halt();
      return null;
    }
    if (frame.slot >= given) {
      return Violation.BAD_SLOT;
    }
    return switch (frame.type) {
      case ADD -> add(frame, reader);
      case DATA -> frame.generation != generation[frame.slot] ? Violation.BAD_GENERATION : data(frame, reader);
      default -> detach(frame);
    };
  }

  private Violation open(Frame frame) {
    if (open || openedOwed || frame.arg0 < 1 || isConfiguration() || !isClean() || queue.broken() != null) {
      return Violation.BAD_QUEUE;
    }
    open(Math.min(frame.arg0, slots.size()), sizes.window());
    return null;
  }

  private Violation add(Frame frame, FrameReader reader) {
    int slot = frame.slot;
    if (!slots.isFree(slot) || detached[slot]) {
      return Violation.BAD_SLOT;
    }
    if (frame.generation != (generation[slot] + 1 & 0xFFFF)) {
      return Violation.BAD_GENERATION;
    }
    if (frame.arg0 < 0 || frame.arg0 > largest || frame.arg1 < 0 || frame.arg1 > largest || frame.arg0 + frame.arg1 == 0) {
      return Violation.CHAIN_TOO_LONG;
    }
    generation[slot] = frame.generation;
    known[slot] = true;
    slots.begin(slot, frame.arg0, frame.arg1);
    arrivals.begin(slot);
    return payload(frame, slot, reader);
  }

  private Violation data(Frame frame, FrameReader reader) {
    int slot = frame.slot;
    if (!arrivals.isWaiting(slot)) {
      return Violation.BAD_SLOT;
    }
    return frame.arg0 == arrivals.have(slot) ? payload(frame, slot, reader) : Violation.BAD_OFFSET;
  }

  private Violation payload(Frame frame, int slot, FrameReader reader) {
    Violation wrong = arrivals.take(frame, slot, reader);
    if (wrong == null) {
      complete();
    }
    return wrong;
  }

  private void complete() {
    if (arrivals.complete()) {
      VarHandle.fullFence();   // the buffer before the look at the owner's wish; pairs with the fence in restart
      dueIfAsked();
    }
  }

  private Violation detach(Frame frame) {
    int slot = frame.slot;
    if (frame.type != FrameType.DETACH || detached[slot] || !known[slot]) {
      return Violation.BAD_SLOT;
    }
    if (frame.generation != generation[slot]) {
      return Violation.BAD_GENERATION;
    }
    detached[slot] = true;
    if (slots.isComing(slot)) {
      arrivals.forget(slot);
      slots.free(slot);
      complete();
      owe(slot, Frame.DETACHED_NEW);
    } else if (slots.isFree(slot)) {
      owe(slot, Frame.DETACHED_USED);
    } else if (slots.drop(slot)) {
      dueIfAsked();   // its owner passes it, and then it is answered
    }
    return null;
  }

  /** Hands out no buffer any more; those that are with the model stay there. */
  private void halt() {
    arrivals.clear();
    for (int slot = 0; slot < slots.size(); slot++) {
      if (slots.isComing(slot)) {
        slots.free(slot);
      } else if (slots.drop(slot)) {
        dueIfAsked();
      }
    }
  }

  @Override
  void cut() {
    halt();
    open = false;
    openedOwed = false;
    owedCount = 0;
    if (sending >= 0) {
      slots.free(sending);
      sending = -1;
    }
    settle();
  }

  /** Without a session: frees what was pushed, and what was passed. */
  void settle() {
    while (!slots.used.isEmpty()) {
      slots.free(slots.used.poll());
    }
    sweep(false);
  }

  @Override
  void tellBroken() {
    queue.tellFault();
  }
}
