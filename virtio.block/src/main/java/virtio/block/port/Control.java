package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.block.BlockPort;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Failure;
import virtio.bus.spec.VirtioBlk;

/**
 * A port's one thread. Everybody else only records what is wanted and what has happened; this thread makes it so: attaches, admits a disk, takes one
 * out, resets, gives up. So nothing here ever runs on Config Admin's or the bus's thread, and nothing runs twice at once.
 *
 * <p>The steps are those of an exchange: hold, drain, flush, stop, bind, compare, restore, replay, release. A fault enters at "stop".
 */
final class Control implements Traffic.Events, Runnable {
  /** Who shows the disk to users. On the control thread. */
  interface Publisher {
    /** Users are served over that combination; again, when it has changed. */
    void online(String combination);

    /** They are not any more. */
    void offline();
  }

  private static final Logger LOG = System.getLogger("virtio.block");
  private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long FLUSH_AT_LEAST = TimeUnit.MILLISECONDS.toNanos(500);

  private final Bus bus;
  private final Traffic traffic = new Traffic(this);
  private final Listeners listeners = new Listeners();
  private final Publisher publisher;
  private final FaultWindow faults = new FaultWindow();
  private final WaitLog waits = new WaitLog();
  private final Thread thread;

  // What is wanted and what has happened; guarded by this.
  private Combination wanted;
  private String target = "";
  private Settings settings;
  private String misconfigured;
  private boolean stopping;
  private Disk present;
  private Failure failure;
  private boolean fresh;
  private boolean work;
  private Combination bound;

  // The control thread's own.
  private Settings boundSettings;
  private Disk disk;
  private boolean published;
  private long capacity;
  private long heldSince;
  private long attachedAt;
  private String instance;

  // Written by the control thread, read by anybody.
  private volatile Bus.Attachment attachment;
  private volatile Identity promise;
  private volatile String trouble = "";
  private volatile String online = "";
  private volatile Boolean writeback;

  Control(Bus bus, Publisher publisher, String name) {
    this.bus = bus;
    this.publisher = publisher;
    this.thread = Thread.ofPlatform().name("virtio.block " + name).daemon().unstarted(this);
  }

  void start() {
    thread.start();
  }

  BlockPort port() {
    return traffic;
  }

  Traffic traffic() {
    return traffic;
  }

  Listeners listeners() {
    return listeners;
  }

  /** A configuration came. @param bad what is wrong with it, or null; what was good before stays in force then */
  synchronized void configure(String asked, Settings good, String bad) {
    target = asked;
    misconfigured = bad;
    if (good != null) {
      settings = good;
      traffic.settings(good.readOnly(), good.deadline().toNanos());
    }
    fresh = true;
    wake();
  }

  synchronized void want(Combination combination) {
    wanted = combination;
    fresh = true;
    wake();
  }

  /** It is wanted no more. Returns when it is out, or after {@code nanos}. @return whether it is out */
  synchronized boolean release(Combination combination, long nanos) {
    if (wanted == combination) {
      wanted = null;
      wake();
    }
    long end = System.nanoTime() + nanos;
    while (bound == combination && thread.isAlive()) {
      if (!sleep(end - System.nanoTime())) {
        return false;
      }
    }
    return true;
  }

  /** Ends the port. @return whether that was done within {@code nanos} */
  boolean stop(long nanos) {
    synchronized (this) {
      stopping = true;
      wake();
    }
    try {
      return thread.join(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void writeback(boolean on) {
    writeback = on;
  }

  synchronized String name() {
    return settings == null ? "" : settings.name();
  }

  String id() {
    Identity now = promise;
    return now == null ? "" : now.id();
  }

  Bus.DeviceReport report() {
    Bus.Attachment now = attachment;
    return now == null ? null : now.report();
  }

  boolean online() {
    return !online.isEmpty();
  }

  /** What is picked, or what was asked for. */
  synchronized String combination() {
    return wanted != null ? wanted.name() : target;
  }

  /** One line for a person. */
  synchronized String state() {
    if (settings == null) {
      return "misconfigured: " + misconfigured;
    }
    String suffix = misconfigured == null ? "" : "; misconfigured: " + misconfigured + ", the former settings stay";
    Bus.Attachment now = attachment;
    if (!trouble.isEmpty()) {
      return trouble + suffix;
    } else if (!online.isEmpty()) {
      return online + suffix;
    } else if (wanted == null) {
      return "waiting: no combination" + (target.isEmpty() ? "" : " (" + target + ")") + suffix;
    }
    return (now == null ? "waiting" : now.state()) + suffix;
  }

  @Override
  public synchronized void up(Disk arrived) {
    present = arrived;   // a failure of the one before stays to be seen to
    wake();
  }

  @Override
  public synchronized void changed(Disk of) {
    wake();
  }

  @Override
  public synchronized void failed(Disk of, Failure cause) {
    if (of == present) {
      failure = cause;
      wake();
    }
  }

  @Override
  public synchronized void down(Disk of, boolean confirmed) {
    if (of == present) {
      present = null;
      wake();
    }
  }

  @Override
  public void busy() {
    synchronized (this) {
      wake();
    }
  }

  private void wake() {
    work = true;
    notifyAll();
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

  @Override
  public void run() {
    boolean more = true;
    while (more) {
      long tick = Math.min(tick(), waits.look(online(), name(), state()));
      synchronized (this) {
        if (!work) {
          sleep(tick);
        }
        work = false;
      }
      try {
        more = step();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "virtio.block " + name() + ": unexpected, the device is taken back", e);
        letGo();
        trouble = "failed: " + e;
        giveUp(Outcome.DEVICE_FAILED, trouble);
      }
    }
  }

  /** How long nothing can happen that nobody tells: a deadline, the end of the grace time. */
  private long tick() {
    long tick = Long.MAX_VALUE;
    Settings now = settings();
    if (now != null && traffic.watching()) {
      tick = Math.clamp(now.deadline().toNanos() / 4, SHORTEST_TICK, LONGEST_TICK);
    }
    if (heldSince != 0 && now != null) {
      tick = Math.min(tick, Math.max(SHORTEST_TICK, heldSince + now.grace().toNanos() - System.nanoTime()));
    }
    return tick;
  }

  private synchronized Settings settings() {
    return settings;
  }

  private boolean step() {
    Combination want;
    Settings now;
    Failure cause;
    Disk here;
    boolean end;
    synchronized (this) {
      want = wanted;
      now = settings;
      cause = failure;
      here = present;
      if (fresh) {
        fresh = false;
        trouble = "";
        faults.clear();
      }
      end = stopping;
      if (end) {
        want = null;
      }
    }
    if (attachment != null && (want != bound || !now.binds(boundSettings))) {
      takeOut(want == null ? "combination withdrawn" : "another combination");
    } else if (cause != null) {
      fault(cause.kind() == Failure.Kind.DEVICE_GONE, cause.toString());
    } else if (disk != null && here != disk) {
      pause("the bus has taken the device back");
      disk = null;
      traffic.cacheLost();
    } else if (traffic.overdue()) {
      fault(false, "no answer within " + now.deadline().toMillis() + " ms");
    }
    if (end) {
      giveUp(Outcome.DEVICE_GONE, "the port is closed");
      return false;
    }
    if (attachment == null && want != null && now != null && trouble.isEmpty()) {
      attach(want, now);
    }
    admit(now);
    announceSize();
    if (heldSince != 0 && System.nanoTime() - heldSince > now.grace().toNanos()) {
      giveUp(Outcome.DEVICE_GONE, "no device came back within " + now.grace().toMillis() + " ms");
      wakeUp();
    }
    return true;
  }

  private synchronized void wakeUp() {
    wake();
  }

  private void attach(Combination want, Settings now) {
    synchronized (this) {
      bound = want;
    }
    boundSettings = now;
    attachedAt = System.nanoTime();
    try {
      attachment = bus.attach(want, now.attachment(), traffic);
    } catch (IllegalArgumentException | IllegalStateException e) {
      trouble = "refused: " + e.getMessage();
      LOG.log(Level.ERROR, "virtio.block " + now.name() + ": glue.target=" + target + ": " + e.getMessage());
      letGo();
    }
  }

  /** An orderly end of the binding: what the device has begun, it may finish. */
  private void takeOut(String why) {
    Settings now = settings();
    Disk old = disk;
    pause(why);
    if (old != null && !lost(old)) {
      long end = System.nanoTime() + now.drain().toNanos();
      if (traffic.drain(now.drain().toNanos()) && traffic.unstable()) {
        PortRequest flush = new PortRequest(traffic).flush();
        flush.covers = traffic.writes();
        perform(old, flush, Math.max(FLUSH_AT_LEAST, end - System.nanoTime()));
      }
    }
    letGo();
    traffic.cacheLost();   // of a cache that could not be flushed nothing is known once somebody else may have the device
  }

  /** Requests wait, and users are told. */
  private void pause(String why) {
    traffic.hold();
    if (!online.isEmpty()) {
      online = "";
      heldSince = System.nanoTime();
      listeners.tell(listener -> listener.held(why));
    }
  }

  /** The attachment is closed: the disk is reset, its requests came back, and whoever waits for that goes on. */
  private void letGo() {
    Bus.Attachment old = attachment;
    if (old != null) {
      old.close();
    }
    attachment = null;
    disk = null;
    synchronized (this) {
      bound = null;
      present = null;
      failure = null;
      notifyAll();
    }
  }

  private void fault(boolean gone, String cause) {
    LOG.log(Level.WARNING, "virtio.block " + name() + ": " + cause);
    pause(cause);
    Disk old = disk;
    if (gone) {
      traffic.close(Outcome.DEVICE_GONE, cause);
      letGo();
      traffic.forgive();
      giveUp(Outcome.DEVICE_GONE, cause);
    } else if (faults.another(System.nanoTime())) {
      letGo();
      trouble = "failed: " + cause + " (" + FaultWindow.MOST + " faults within " + FaultWindow.SECONDS + " s; a new configuration tries again)";
      LOG.log(Level.ERROR, "virtio.block " + name() + ": " + trouble);
      giveUp(Outcome.DEVICE_FAILED, cause);
    } else {
      letGo();
      instance = old == null ? instance : old.name();
    }
  }

  /** Users lose the disk, and what was promised to them ends. */
  private void giveUp(Outcome outcome, String why) {
    traffic.close(outcome, why);
    traffic.cacheLost();
    heldSince = 0;
    instance = null;
    promise = null;
    writeback = null;
    online = "";
    if (published) {
      published = false;
      listeners.tell(listener -> listener.lost(why));
      publisher.offline();
    }
  }

  /** A disk that has come, if it keeps what was promised, goes to work. */
  private void admit(Settings now) {
    Disk come;
    synchronized (this) {
      come = failure == null ? present : null;
    }
    if (come == null || come == disk || attachment == null) {
      return;
    }
    String id = id(come, now);
    if (id == null) {
      return;
    }
    Identity found = Identity.of(id, come.information());
    String differs = promise == null ? null : promise.differs(found);
    if (differs != null) {
      String refusal = "refused: another disk on " + come.name() + ": " + differs;
      if (!trouble.equals(refusal)) {
        trouble = refusal;
        LOG.log(Level.ERROR, "virtio.block " + now.name() + ": " + refusal);
      }
      return;
    }
    if (!come.name().equals(instance) || System.nanoTime() - attachedAt > now.resetDeadline().toNanos()) {
      traffic.cacheLost();
    }
    restore(come, now);
    if (!traffic.serve(come, come.information().flush() && come.writeback())) {
      return;
    }
    disk = come;
    instance = null;
    heldSince = 0;
    trouble = "";
    online = "online on " + come.name();
    boolean resumed = published;
    promise = promise == null ? found : promise;
    if (!resumed) {
      capacity = found.capacity();
    }
    published = true;
    publisher.online(combination());
    if (resumed) {
      listeners.tell(listener -> listener.resumed());
    }
  }

  private void restore(Disk come, Settings now) {
    Boolean asked = writeback;
    if (asked == null || !come.information().writebackSettable()) {
      return;
    }
    try {
      come.writeback(asked);
    } catch (UnsupportedOperationException e) {
      LOG.log(Level.WARNING, "virtio.block " + now.name() + ": " + e.getMessage());
    }
  }

  /** The id string; empty where the device has none; null when it did not answer. */
  private String id(Disk come, Settings now) {
    byte[] bytes = new byte[VirtioBlk.VIRTIO_BLK_ID_BYTES];
    PortRequest request = new PortRequest(traffic).id(MemorySegment.ofArray(bytes));
    if (!perform(come, request, now.deadline().toNanos())) {
      synchronized (this) {
        if (failure == null && present == come) {
          failure = new Failure(Failure.Kind.DEVICE_NEEDS_RESET, "GET_ID without an answer within " + now.deadline().toMillis() + " ms");
          wake();
        }
      }
      return null;
    }
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return request.outcome() == Outcome.OK ? new String(bytes, 0, length, StandardCharsets.ISO_8859_1) : "";
  }

  /** Gives the disk a request of the port's own. @return whether it was answered in time, and the disk is still there */
  private boolean perform(Disk on, PortRequest request, long nanos) {
    request.begin();
    request.waiter(Thread.currentThread());
    if (!on.start(request)) {
      return false;
    }
    on.kick();
    long end = System.nanoTime() + nanos;
    while (request.outcome() == Outcome.PENDING && end - System.nanoTime() > 0 && !lost(on)) {
      if (on.poll() == 0) {
        LockSupport.parkNanos(this, Math.min(LONGEST_TICK / 100, end - System.nanoTime()));
      }
    }
    Outcome outcome = request.outcome();
    return outcome != Outcome.PENDING && outcome != Outcome.DEVICE_GONE && outcome != Outcome.OUTCOME_UNKNOWN;
  }

  private synchronized boolean lost(Disk on) {
    return present != on || failure != null;
  }

  private void announceSize() {
    Disk now = disk;
    if (now == null || !published) {
      return;
    }
    long before = capacity;
    long after = now.information().capacity();
    if (before != after) {
      capacity = after;
      promise = promise.withCapacity(after);
      listeners.tell(listener -> listener.resized(before, after));
    }
  }
}
