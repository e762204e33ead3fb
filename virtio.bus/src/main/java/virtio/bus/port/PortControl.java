package virtio.bus.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Failure;

/**
 * A port's one thread. Everybody else only records what is wanted and what has happened; this thread makes it so: attaches, admits a device,
 * takes one out, resets, gives up. So nothing here ever runs on Config Admin's or the bus's thread, and nothing runs twice at once.
 *
 * <p>The steps are those of an exchange: hold, drain, stop, bind, compare, restore, replay, release. A fault enters at "stop". What the
 * steps mean is the port's own: its protected methods are called on this thread alone. The public and the final protected ones are any
 * thread's.
 *
 * @param <D> the driver's end of a bound device, as it is offered to the port
 */
public abstract class PortControl<D> {
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(1);
  /** A brick that goes waits until it is out of use, but not for ever: so long a device may finish, that a reset still fits behind. */
  private static final Duration WITHDRAWN = Duration.ofSeconds(2);

  private final Bus bus;
  private final Publisher publisher;
  private final String pid;
  private final Logger log;
  private final Wishes<D> wishes = new Wishes<>();
  private final FaultWindow faults = new FaultWindow();
  private final WaitLog waits;
  private final String threadName;
  private volatile Thread thread;

  // The control thread's own.
  private PortSettings boundSettings;
  private D device;
  private boolean published;
  private long heldSince;
  private long attachedAt;
  private String instance;

  // Written by the control thread, read by anybody.
  private volatile Bus.Attachment attachment;
  private volatile String trouble = "";
  private volatile String online = "";

  /**
   * @param pid the port's, for messages: {@code "virtio.block"}
   * @param name this one's, for its thread
   */
  protected PortControl(Bus bus, Publisher publisher, String pid, String name) {
    this.bus = bus;
    this.publisher = publisher;
    this.pid = pid;
    this.log = System.getLogger(pid);
    this.waits = new WaitLog(pid);
    this.threadName = pid + " " + name;
  }

  /** What a driver is given: the upper protocol's port. */
  protected abstract Object port();

  /** That device's name, for messages. */
  protected abstract String name(D of);

  /** Users wait from here on. */
  protected abstract void hold();

  /**
   * An orderly end is near: what the device has begun it may finish.
   *
   * @param settings say how long that may take
   */
  protected abstract void drain(D from, PortSettings settings);

  /** The device is stopped, or was never there; what it still held is lost if it was not drained. */
  protected abstract void released();

  /** The device has gone by itself; its binding is still to be closed. */
  protected abstract void gone(String why);

  /** The binding is closed: if its device has gone, that is history, and another may come. */
  protected abstract void forgotten();

  /**
   * Users lose the device, what was promised to them is void.
   *
   * @param failed it had to be reset too often; otherwise there is none
   */
  protected abstract void end(boolean failed, String why);

  /** A device has come. If it keeps what was promised, what users have set is restored, and it goes to work. */
  protected abstract Admission admit(D come, PortSettings settings);

  /** After something may have changed, while {@code serving} serves. */
  protected abstract void look(D serving);

  /** Null, or what asks for a reset: a deadline that passed. */
  protected abstract String overdue(PortSettings settings);

  /** Nanoseconds until {@link #overdue} has to be asked again. */
  protected abstract long tick(PortSettings settings);

  /** Users are to be told: nothing goes on from here. */
  protected abstract void tellHeld(String why);

  /** Users are to be told: it goes on. */
  protected abstract void tellResumed();

  /** Users are to be told: the device is no more. */
  protected abstract void tellLost(String why);

  /** Whether that device is the one that was reset just now, or came to its place at once: what it keeps without power, it has kept. */
  protected final boolean continues(D come, PortSettings settings) {
    return name(come).equals(instance) && System.nanoTime() - attachedAt <= settings.resetDeadline().toNanos();
  }

  /** Whether users have been served without a break in the promise. */
  protected final boolean published() {
    return published;
  }

  /** Whether that device is no more to be counted on. */
  protected final boolean lost(D known) {
    return wishes.lost(known);
  }

  /** Begins; after the first configuration. */
  public final void start() {
    thread = Thread.ofPlatform().name(threadName).daemon().start(this::run);
  }

  /** A configuration came. @param good null when it is bad: what was good before stays in force. @param bad what is wrong with it, or null */
  public final void configure(String asked, PortSettings good, String bad) {
    wishes.configure(asked, good, bad);
  }

  public final void want(Combination combination) {
    wishes.want(combination);
  }

  /** It is wanted no more. Returns when it is out, or after {@code nanos}. @return whether it is out */
  public final boolean release(Combination combination, long nanos) {
    return wishes.release(combination, nanos);
  }

  /** Ends the port. @return whether that was done within {@code nanos} */
  public final boolean stop(long nanos) {
    wishes.stop();
    try {
      return thread.join(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The driver's word: a device is bound. */
  public final void up(D arrived) {
    wishes.up(arrived);
  }

  /** The driver's word: it is of no use any more. */
  public final void failed(D of, Failure cause) {
    wishes.failed(of, cause);
  }

  /** The driver's word: that was its last. */
  public final void down(D of) {
    wishes.down(of);
  }

  /** Something may have changed: another look. */
  public final void wake() {
    wishes.wake();
  }

  /** The port's, as last configured; empty before. */
  public final String name() {
    PortSettings now = wishes.settings();
    return now == null ? "" : now.name();
  }

  /** As last configured well; null before. */
  public final PortSettings settings() {
    return wishes.settings();
  }

  public final Bus.DeviceReport report() {
    Bus.Attachment now = attachment;
    return now == null ? null : now.report();
  }

  public final boolean online() {
    return !online.isEmpty();
  }

  /** What is picked, or what was asked for. */
  public final String combination() {
    Combination wanted = wishes.wanted();
    return wanted != null ? wanted.name() : wishes.target();
  }

  /** One line for a person. */
  public final String state() {
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

  private void run() {
    boolean more = true;
    while (more) {
      wishes.await(Math.min(tick(), waits.look(online(), name(), state())));
      try {
        more = step();
      } catch (RuntimeException e) {
        log.log(Level.ERROR, pid + " " + name() + ": unexpected, the device is taken back", e);
        letGo();
        trouble = "failed: " + e;
        giveUp(true, trouble);
      }
    }
    wishes.end();
  }

  /** How long nothing can happen that nobody tells: a deadline, the end of the grace time. */
  private long tick() {
    PortSettings now = wishes.settings();
    if (now == null) {
      return Long.MAX_VALUE;
    }
    long tick = tick(now);
    return heldSince == 0 ? tick : Math.min(tick, Math.max(SHORTEST_TICK, heldSince + now.grace().toNanos() - System.nanoTime()));
  }

  private boolean step() {
    Wishes.Look<D> look = wishes.look();
    Combination want = look.wanted();
    PortSettings now = look.settings();
    if (look.fresh()) {
      trouble = "";
      faults.clear();
    }
    if (attachment != null && (want != wishes.bound() || !now.binds(boundSettings))) {
      takeOut(want == null ? "combination withdrawn" : "another combination", want == null ? now.draining(WITHDRAWN) : now);
    } else if (look.leaving()) {
      String why = "its device is being taken out";
      takeOut(why, now);
      giveUp(false, why);
    } else if (look.failure() != null) {
      fault(look.failure().kind() == Failure.Kind.DEVICE_GONE, look.failure().toString());
    } else if (device != null && look.present() != device) {
      pause("the bus has taken the device back");
      device = null;
      released();
    } else {
      String late = overdue(now);
      if (late != null) {
        fault(false, late);
      }
    }
    if (look.stopping()) {
      giveUp(false, "the port is closed");
      return false;
    }
    if (attachment == null && want != null && now != null && trouble.isEmpty()) {
      attach(want, now);
    }
    admit(now);
    if (device != null && published) {
      look(device);
    }
    if (heldSince != 0 && System.nanoTime() - heldSince > now.grace().toNanos()) {
      giveUp(false, "no device came back within " + now.grace().toMillis() + " ms");
      wishes.wake();
    }
    return true;
  }

  private void attach(Combination want, PortSettings now) {
    wishes.bound(want);
    boundSettings = now;
    attachedAt = System.nanoTime();
    try {
      attachment = bus.attach(want, now.attachment(), port(), wishes::leave);
    } catch (IllegalArgumentException | IllegalStateException e) {
      trouble = "refused: " + e.getMessage();
      log.log(Level.ERROR, pid + " " + now.name() + ": glue.target=" + wishes.target() + ": " + e.getMessage());
      letGo();
    }
  }

  private void takeOut(String why, PortSettings now) {
    D old = device;
    pause(why);
    if (old != null && !wishes.lost(old)) {
      drain(old, now);
    }
    letGo();
    released();
  }

  /** Users wait, and are told. */
  private void pause(String why) {
    hold();
    if (!online.isEmpty()) {
      online = "";
      heldSince = System.nanoTime();
      tellHeld(why);
    }
  }

  /** The attachment is closed: the device is reset, what it had came back, and whoever waits for that goes on. */
  private void letGo() {
    Bus.Attachment old = attachment;
    if (old != null) {
      old.close();
    }
    attachment = null;
    device = null;
    wishes.bound(null);
    forgotten();
  }

  private void fault(boolean gone, String cause) {
    log.log(Level.WARNING, pid + " " + name() + ": " + cause);
    pause(cause);
    D old = device;
    if (gone) {
      gone(cause);
      letGo();
      giveUp(false, cause);
    } else if (faults.another(System.nanoTime())) {
      letGo();
      trouble = "failed: " + cause + " (" + FaultWindow.MOST + " faults within " + FaultWindow.SECONDS
          + " s; a new configuration tries again)";
      log.log(Level.ERROR, pid + " " + name() + ": " + trouble);
      giveUp(true, cause);
    } else {
      letGo();
      instance = old == null ? instance : name(old);
    }
  }

  private void giveUp(boolean failed, String why) {
    end(failed, why);
    heldSince = 0;
    instance = null;
    online = "";
    if (published) {
      published = false;
      tellLost(why);
      publisher.offline();
    }
  }

  private void admit(PortSettings now) {
    D come = wishes.present();
    if (come == null || come == device || attachment == null) {
      return;
    }
    Admission admission = admit(come, now);
    switch (admission.kind()) {
      case SILENT -> wishes.failed(come, new Failure(Failure.Kind.DEVICE_NEEDS_RESET, admission.why()));
      case REFUSED -> {
        String refusal = "refused: " + admission.why();
        if (!trouble.equals(refusal)) {
          trouble = refusal;
          log.log(Level.ERROR, pid + " " + now.name() + ": " + refusal);
        }
      }
      case ANEW -> {
        log.log(Level.WARNING, pid + " " + now.name() + ": " + admission.why());
        giveUp(false, admission.why());
        wishes.wake();
      }
      case SERVING -> serving(come);
      case GONE -> { }
    }
  }

  private void serving(D come) {
    device = come;
    instance = null;
    heldSince = 0;
    trouble = "";
    online = "online on " + name(come);
    boolean resumed = published;
    published = true;
    publisher.online(combination());
    if (resumed) {
      tellResumed();
    }
  }
}
