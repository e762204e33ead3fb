package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import virtio.block.BlockPort;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Failure;

/**
 * A port's one thread. Everybody else only records what is wanted and what has happened; this thread makes it so: attaches, admits a disk,
 * takes one out, resets, gives up. So nothing here ever runs on Config Admin's or the bus's thread, and nothing runs twice at once.
 *
 * <p>The steps are those of an exchange: hold, drain, flush, stop, bind, compare, restore, replay, release. A fault enters at "stop".
 */
final class Control implements DiskEvents, Runnable {
  private static final Logger LOG = System.getLogger("virtio.block");
  private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long FLUSH_AT_LEAST = TimeUnit.MILLISECONDS.toNanos(500);

  private final Bus bus;
  private final Wishes wishes = new Wishes();
  private final Traffic traffic = new Traffic(this);
  private final Errand errand = new Errand(traffic, wishes::lost);
  private final Listeners listeners = new Listeners();
  private final Publisher publisher;
  private final FaultWindow faults = new FaultWindow();
  private final WaitLog waits = new WaitLog();
  private final Thread thread;

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
  void configure(String asked, Settings good, String bad) {
    if (good != null) {
      traffic.settings(good.readOnly(), good.deadline().toNanos());
    }
    wishes.configure(asked, good, bad);
  }

  void want(Combination combination) {
    wishes.want(combination);
  }

  /** It is wanted no more. Returns when it is out, or after {@code nanos}. @return whether it is out */
  boolean release(Combination combination, long nanos) {
    return wishes.release(combination, nanos);
  }

  /** Ends the port. @return whether that was done within {@code nanos} */
  boolean stop(long nanos) {
    wishes.stop();
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

  String name() {
    Settings now = wishes.settings();
    return now == null ? "" : now.name();
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
  String combination() {
    Combination wanted = wishes.wanted();
    return wanted != null ? wanted.name() : wishes.target();
  }

  /** One line for a person. */
  String state() {
    String misconfigured = wishes.misconfigured();
    if (wishes.settings() == null) {
      return "misconfigured: " + misconfigured;
    }
    String suffix = misconfigured == null ? "" : "; misconfigured: " + misconfigured + ", the former settings stay";
    Bus.Attachment now = attachment;
    if (!trouble.isEmpty()) {
      return trouble + suffix;
    } else if (!online.isEmpty()) {
      return online + suffix;
    } else if (wishes.wanted() == null) {
      return "waiting: no combination" + (wishes.target().isEmpty() ? "" : " (" + wishes.target() + ")") + suffix;
    }
    return (now == null ? "waiting" : now.state()) + suffix;
  }

  @Override
  public void up(Disk arrived) {
    wishes.up(arrived);
  }

  @Override
  public void changed(Disk of) {
    wishes.wake();
  }

  @Override
  public void failed(Disk of, Failure cause) {
    wishes.failed(of, cause);
  }

  @Override
  public void down(Disk of, boolean confirmed) {
    wishes.down(of);
  }

  @Override
  public void busy() {
    wishes.wake();
  }

  @Override
  public void run() {
    boolean more = true;
    while (more) {
      wishes.await(Math.min(tick(), waits.look(online(), name(), state())));
      try {
        more = step();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "virtio.block " + name() + ": unexpected, the device is taken back", e);
        letGo();
        trouble = "failed: " + e;
        giveUp(Outcome.DEVICE_FAILED, trouble);
      }
    }
    wishes.end();
  }

  /** How long nothing can happen that nobody tells: a deadline, the end of the grace time. */
  private long tick() {
    long tick = Long.MAX_VALUE;
    Settings now = wishes.settings();
    if (now != null && traffic.watching()) {
      tick = Math.clamp(now.deadline().toNanos() / 4, SHORTEST_TICK, LONGEST_TICK);
    }
    if (heldSince != 0 && now != null) {
      tick = Math.min(tick, Math.max(SHORTEST_TICK, heldSince + now.grace().toNanos() - System.nanoTime()));
    }
    return tick;
  }

  private boolean step() {
    Wishes.Look look = wishes.look();
    Combination want = look.wanted();
    Settings now = look.settings();
    if (look.fresh()) {
      trouble = "";
      faults.clear();
    }
    if (attachment != null && (want != wishes.bound() || !now.binds(boundSettings))) {
      takeOut(want == null ? "combination withdrawn" : "another combination");
    } else if (look.failure() != null) {
      fault(look.failure().kind() == Failure.Kind.DEVICE_GONE, look.failure().toString());
    } else if (disk != null && look.present() != disk) {
      pause("the bus has taken the device back");
      disk = null;
      traffic.cacheLost();
    } else if (traffic.overdue()) {
      fault(false, "no answer within " + now.deadline().toMillis() + " ms");
    }
    if (look.stopping()) {
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
      wishes.wake();
    }
    return true;
  }

  private void attach(Combination want, Settings now) {
    wishes.bound(want);
    boundSettings = now;
    attachedAt = System.nanoTime();
    try {
      attachment = bus.attach(want, now.attachment(), traffic);
    } catch (IllegalArgumentException | IllegalStateException e) {
      trouble = "refused: " + e.getMessage();
      LOG.log(Level.ERROR, "virtio.block " + now.name() + ": glue.target=" + wishes.target() + ": " + e.getMessage());
      letGo();
    }
  }

  /** An orderly end of the binding: what the device has begun, it may finish. */
  private void takeOut(String why) {
    Settings now = wishes.settings();
    Disk old = disk;
    pause(why);
    if (old != null && !wishes.lost(old)) {
      long end = System.nanoTime() + now.drain().toNanos();
      if (traffic.drain(now.drain().toNanos()) && traffic.unstable()) {
        errand.flush(old, Math.max(FLUSH_AT_LEAST, end - System.nanoTime()));
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
    wishes.bound(null);
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
      trouble = "failed: " + cause + " (" + FaultWindow.MOST + " faults within " + FaultWindow.SECONDS
          + " s; a new configuration tries again)";
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
    Disk come = wishes.present();
    if (come == null || come == disk || attachment == null) {
      return;
    }
    String id = errand.id(come, now.deadline().toNanos());
    if (id == null) {
      wishes.failed(come, new Failure(Failure.Kind.DEVICE_NEEDS_RESET, "GET_ID without an answer"));
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
