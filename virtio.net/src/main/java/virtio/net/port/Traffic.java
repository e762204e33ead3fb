package virtio.net.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Failure;
import virtio.bus.Registration;
import virtio.bus.spec.VirtioNet;
import virtio.net.Card;
import virtio.net.Frame;
import virtio.net.NetPort;
import virtio.net.NetworkCounters;
import virtio.net.NetworkDevice.Receiver;
import virtio.net.NetworkInformation;
import virtio.net.Sent;

/**
 * Frames on their way between users and the card of this moment. Nothing is kept here: what there is no room for, users are told. Sending
 * takes no lock of ours; of those who receive one at a time does, and one that comes meanwhile leaves a note.
 */
final class Traffic implements NetPort {
  private static final Logger LOG = System.getLogger("virtio.net");

  private final CardEvents events;
  private final ReentrantLock taking = new ReentrantLock();
  private final LongAdder bounced = new LongAdder();
  private final LongAdder bouncedBytes = new LongAdder();
  private final AtomicReference<Reception> reception = new AtomicReference<>();
  private volatile Card serving;
  private volatile NetworkInformation information;
  private volatile boolean again;
  /** A receiver began on the stack of another one. */
  private volatile boolean handedOn;
  private Card current;
  private NetworkCounters former = NetworkCounters.NONE;

  Traffic(CardEvents events) {
    this.events = events;
  }

  /** The card that frames go to; null while there is none. */
  Card serving() {
    return serving;
  }

  /** Of the card that serves, or served last; null before the first. */
  NetworkInformation information() {
    Card now = serving;
    return now == null ? information : now.information();
  }

  Frame frame() {
    Card now = serving;
    return now == null ? null : now.frame();
  }

  Sent send(Frame frame) {
    Card now = serving;
    Sent how = now == null ? Sent.NO_DEVICE : add(now, frame);
    if (how == Sent.ACCEPTED) {
      now.kick();
    }
    return how;
  }

  int send(Frame[] frames, int from, int count) {
    Card now = serving;
    int taken = 0;
    try {
      while (now != null && taken < count && add(now, frames[from + taken]) == Sent.ACCEPTED) {
        taken++;
      }
    } finally {   // one that was not the caller's is an error; those before it are sent all the same
      if (taken > 0) {
        now.kick();
      }
    }
    return taken;
  }

  Sent send(MemorySegment memory, long offset, int bytes) {
    Card now = serving;
    Sent how = now == null ? Sent.NO_DEVICE : refusal(now.information(), bytes);
    if (how == null) {
      how = copy(now, memory, offset, bytes, null);
    }
    if (how == Sent.ACCEPTED) {
      now.kick();
    }
    return how;
  }

  /** @return null: nothing speaks against it */
  private static Sent refusal(NetworkInformation information, int bytes) {
    if (!information.linkUp()) {
      return Sent.LINK_DOWN;
    }
    return bytes < VirtioNet.ETHERNET || bytes > information.longestFrame() ? Sent.BAD_LENGTH : null;
  }

  private Sent add(Card now, Frame frame) {
    Sent refusal = refusal(now.information(), frame.length());
    if (refusal != null) {
      return refusal;
    }
    if (frame.checksumWanted() && !frame.checksumInside()) {
      return Sent.BAD_LENGTH;
    }
    frame.take();
    boolean own = frame.card() == now && now.sends(frame);   // else it came from a card, or is a former one's
    Sent how = !own ? copy(now, frame.memory(), 0, frame.length(), frame) : now.send(frame) ? Sent.ACCEPTED : noRoom(now);
    if (how != Sent.ACCEPTED || !own) {
      frame.hand();
    }
    if (how == Sent.ACCEPTED && !own) {
      frame.release();
    }
    return how;
  }

  private Sent noRoom(Card now) {
    return serving == now ? Sent.FULL : Sent.NO_DEVICE;
  }

  /** @param like what is said of checksums; null: nothing */
  private Sent copy(Card now, MemorySegment memory, long offset, int bytes, Frame like) {
    Frame copy = now.frame();
    if (copy == null) {
      return noRoom(now);
    }
    copy.take();
    boolean sent = false;
    try {
      copy.put(memory, offset, bytes);
      if (like != null && like.checksumWanted()) {
        copy.checksum(like.checksumStart(), like.checksumOffset());
      }
      sent = now.send(copy);
    } finally {
      if (!sent) {   // also where the memory was not the caller's, or too short
        now.release(copy);
      }
    }
    if (!sent) {
      return noRoom(now);
    }
    bounced.increment();
    bouncedBytes.add(bytes);
    return Sent.ACCEPTED;
  }

  /** For those who poll. */
  Frame receive() {
    if (reception.get() != null) {
      throw new IllegalStateException("receive() (not while there is a receiver)");
    }
    taking.lock();
    try {
      Card now = serving;
      Frame frame = now == null ? null : now.receive();
      if (frame == null && now != null) {
        now.refill();
      }
      return frame;
    } finally {
      taking.unlock();
    }
  }

  int receive(MemorySegment into) {
    Frame frame = receive();
    if (frame == null) {
      return -1;
    }
    try {
      int length = frame.length();
      if (length > into.byteSize()) {
        throw new IllegalArgumentException("into=" + into.byteSize() + " bytes (a frame of " + length + " came)");
      }
      frame.completeChecksum();
      bounced.increment();
      bouncedBytes.add(length);
      return frame.get(into, 0);
    } finally {
      frame.release();
    }
  }

  Registration receive(Receiver wanted) {
    Reception begun = new Reception(wanted);
    taking.lock();
    try {
      if (!reception.compareAndSet(null, begun)) {
        throw new IllegalStateException("receiver=" + wanted + " (one at a time)");
      }
    } finally {
      taking.unlock();
    }
    if (taking.isHeldByCurrentThread()) {
      handedOn = true;   // on the former one's stack: who called that one goes on with this one
    } else {
      listen();
    }
    return begun;
  }

  /** One receiver's time. */
  private final class Reception implements Registration {
    private final Receiver receiver;

    Reception(Receiver receiver) {
      this.receiver = receiver;
    }

    void deliver(Frame frame) {
      try {
        receiver.received(frame);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a receiver failed", e);
      }
    }

    @Override
    public void close() {
      reception.compareAndSet(this, null);
      if (taking.isHeldByCurrentThread()) {
        return;   // on its own stack it is over with this call, and so is listening, unless another follows it
      }
      taking.lock();   // until nobody is in it
      try {
        Card now = serving;
        if (now != null && reception.get() == null) {
          now.listen(false);
        }
      } finally {
        taking.unlock();
      }
    }
  }

  private void listen() {
    Card now = serving;
    if (now != null && reception.get() != null) {
      now.listen(true);
    }
  }

  /** Gives the receiver what has come. @return how many */
  int poll() {
    int taken = drain();
    if (handedOn && !taking.isHeldByCurrentThread()) {
      handedOn = false;
      listen();   // the card may have looked while there was none
    }
    return taken;
  }

  private int drain() {
    if (taking.isHeldByCurrentThread()) {
      return 0;
    }
    int taken = 0;
    again = true;
    while (again && taking.tryLock()) {
      try {
        again = false;
        taken += all();
      } finally {
        taking.unlock();
      }
    }
    return taken;
  }

  private int all() {
    Card now = serving;
    int taken = 0;
    if (now == null) {
      return taken;
    }
    for (Reception to = reception.get(); to != null; to = reception.get()) {
      Frame frame = now.receive();
      if (frame == null) {
        break;
      }
      taken++;
      to.deliver(frame);
    }
    now.refill();
    return taken;
  }

  @Override
  public boolean receivable(Card card) {
    if (card == serving) {
      drain();
    }
    return reception.get() != null && card == serving;
  }

  @Override
  public void up(Card arrived) {
    events.up(arrived);
  }

  @Override
  public void changed(Card of) {
    events.wake();
  }

  @Override
  public void room(Card of) {
    if (of == serving) {
      events.room();
    }
  }

  @Override
  public void failed(Card of, Failure cause) {
    part(of);
    events.failed(of, cause);
  }

  @Override
  public void down(Card of, boolean confirmed) {
    part(of);
    retire(of);
    events.down(of);
  }

  private synchronized void retire(Card of) {
    former = former.plus(of.counters());
    current = of == current ? null : current;
  }

  /** Nothing goes out or comes in from here on. */
  void hold() {
    part(serving);
  }

  /** What it said last is remembered. */
  private void part(Card of) {
    if (of != null && of == serving) {
      information = of.information();
      serving = null;
    }
  }

  /** Frames go to that card. */
  void serve(Card admitted) {
    synchronized (this) {
      current = admitted;
    }
    information = admitted.information();
    serving = admitted;
    listen();
  }

  NetworkCounters counters() {
    NetworkCounters copies = new NetworkCounters(0, 0, 0, 0, bounced.sum(), bouncedBytes.sum(), 0, 0, 0);
    synchronized (this) {
      return copies.plus(former).plus(current == null ? NetworkCounters.NONE : current.counters());
    }
  }
}
