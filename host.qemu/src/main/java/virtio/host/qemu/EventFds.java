package virtio.host.qemu;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Signal;
import virtio.bus.machine.Worker;
import virtio.os.linux.EventFd;
import virtio.os.linux.EventFdInfo;

/**
 * The doorbells of one QEMU, and the event counters behind them. QEMU has an eventfd for each queue that it serves (its devices' property
 * {@code ioeventfd}), adds to it when the doorbell is written, and serves the queue when it polls next. Who adds to it directly needs no
 * socket.
 *
 * <p>Nothing tells which counter is whose, so QEMU is watched: it is given a doorbell several times over and something lengthy to do, all at
 * once. While it is busy it does not poll, so one of its counters has grown by just as many. What two such looks agree on, with different
 * numbers, is the doorbell's. A counter that another thread of QEMU's polls ({@code iothread}) is hardly ever found like that: its doorbell stays
 * on the socket, and so do all where we may not have a process's descriptors.
 *
 * <p>QEMU may close a counter whenever it likes: as the device is reset, or the machine stopped. Those that ring are looked after ten times a
 * second, and twice after the last ring: one that was lost is rung again by then.
 *
 * <p>Source: QEMU 7.2, {@code softmmu/memory.c}, {@code hw/virtio/virtio-bus.c}, {@code softmmu/qtest.c}
 */
final class EventFds implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");
  private static final long LOOK_AFTER_NANOS = 100_000_000;
  private static final int ATTEMPTS = 4;
  private static final int FEWEST = 3;
  /** With the lengthy command they have to fit into what QEMU reads from its socket at once, 1024 bytes. */
  private static final int MOST = 24;
  /** No board has anything here: to write takes time, and does nothing else. */
  private static final long NOWHERE = 1L << 56;
  /** How much is written there: a look has to be over before. */
  private static final int LEAST_BYTES = 1 << 17;
  private static final int BYTES_PER_COUNTER = 1 << 13;

  private final String machine;
  private final long pid;
  private final Qtest qtest;
  private final Runnable expected;
  private final Worker worker;
  private final Random random = new Random();
  private final Map<String, Doorbell> doorbells = new ConcurrentHashMap<>();
  private final Queue<Wanting> wanting = new ConcurrentLinkedQueue<>();
  private final Map<Doorbell, EventFdInfo> found = new ConcurrentHashMap<>();
  private volatile boolean refused;

  /** In that life of its, it was posted often. */
  private record Wanting(Doorbell doorbell, int life) {}

  /** @param expected told before each ring: something is going to happen */
  EventFds(String machine, long pid, Qtest qtest, Runnable expected) {
    this.machine = machine;
    this.pid = pid;
    this.qtest = qtest;
    this.expected = expected;
    this.worker = new Worker("qemu-" + machine + "-doorbells");
    worker.start(this::round);
  }

  /** What the command does, as a doorbell for a device that begins anew. Any thread. */
  Signal doorbell(String command) {
    Doorbell doorbell = doorbells.computeIfAbsent(command, text -> new Doorbell(text, qtest::post, this::want));
    doorbell.renew();
    return position -> {
      expected.run();
      doorbell.raise(position);
    };
  }

  private void want(Doorbell doorbell) {
    if (!refused) {
      wanting.add(new Wanting(doorbell, doorbell.life()));
      worker.unpark();
    }
  }

  /** How many doorbells are rung by counters. */
  int count() {
    return (int) doorbells.values().stream().filter(doorbell -> doorbell.id() >= 0).count();
  }

  private void round() {
    if (worker.stopped()) {
      return;
    }
    Wanting next = wanting.poll();
    if (next != null) {
      if (next.doorbell.id() < 0) {
        search(next.doorbell, next.life);
      }
      return;
    }
    found.entrySet().removeIf(one -> !lookAfter(one.getKey(), one.getValue()));
    LockSupport.parkNanos(this, found.isEmpty() ? Long.MAX_VALUE : LOOK_AFTER_NANOS);
  }

  /** Whether it is still rung by that counter. */
  private boolean lookAfter(Doorbell doorbell, EventFdInfo counter) {
    if (doorbell.id() != counter.id()) {
      return false;   // renewed
    }
    if (!doorbell.takeUsed() || polled(counter)) {
      return true;
    }
    doorbell.giveUp();
    return false;
  }

  /** Whether QEMU has it still. */
  private boolean polled(EventFdInfo counter) {
    try {
      EventFdInfo now = EventFdInfo.of(pid, counter.descriptor());
      return now != null && now.id() == counter.id();
    } catch (IOException gone) {
      LOG.log(System.Logger.Level.DEBUG, machine, gone);
      return false;
    }
  }

  /** Once it is renewed its device has been reset, and is not to be rung before its driver does. */
  private void search(Doorbell doorbell, int life) {
    try {
      for (int attempt = 0; attempt < ATTEMPTS && doorbell.life() == life; attempt++) {
        EventFdInfo info = null;
        EventFd counter = null;
        doorbell.search();
        try {
          info = find(doorbell.command(), attempt);
          counter = info == null ? null : open(info);
        } finally {
          if (doorbell.searched(counter, life)) {
            found.put(doorbell, info);
          }
        }
        if (counter != null) {
          return;
        }
      }
    } catch (IOException | UnsupportedOperationException none) {
      if (qtest.lost() == null && !refused) {
        refused = true;
        LOG.log(System.Logger.Level.INFO, "machine " + machine + ": doorbells stay on the socket: " + none.getMessage());
      }
    }
    doorbell.searchedInVain(life);
  }

  private EventFd open(EventFdInfo info) throws IOException {
    EventFd counter = EventFd.of(pid, info.descriptor());
    if (counter == null || counter.id() == info.id()) {
      return counter;
    }
    counter.close();
    return null;
  }

  /** The one that grows as the command says, twice; or null. */
  private EventFdInfo find(String command, int attempt) throws IOException {
    List<EventFdInfo> candidates = EventFdInfo.all(pid).stream().filter(this::free).toList();
    int bytes = (LEAST_BYTES + BYTES_PER_COUNTER * candidates.size()) << attempt;
    int first = FEWEST + random.nextInt(MOST - FEWEST);
    EventFdInfo once = grown(candidates, command, first, bytes);
    int second = first == MOST - 1 ? FEWEST : first + 1;
    EventFdInfo again = once == null ? null : grown(candidates, command, second, bytes);
    return again != null && again.id() == once.id() ? again : null;
  }

  /** One that none of the others is rung by. */
  private boolean free(EventFdInfo counter) {
    return !counter.blocking() && doorbells.values().stream().noneMatch(other -> other.id() == counter.id());
  }

  /** The only one that counts so many while QEMU is busy after so many commands. */
  private EventFdInfo grown(List<EventFdInfo> candidates, String command, int times, int bytes) throws IOException {
    return qtest.callAndLook(Collections.nCopies(times, command),
        "memset 0x" + Long.toHexString(NOWHERE) + " 0x" + Integer.toHexString(bytes) + " 0x0", () -> only(candidates, times));
  }

  private EventFdInfo only(List<EventFdInfo> candidates, int times) throws IOException {
    EventFdInfo grown = null;
    for (EventFdInfo candidate : candidates) {
      EventFdInfo now = EventFdInfo.of(pid, candidate.descriptor());
      if (now != null && now.id() == candidate.id() && now.count() == times) {
        if (grown != null) {
          return null;
        }
        grown = now;
      }
    }
    return grown;
  }

  /** Lets all counters go; what is rung from here on is posted. */
  @Override
  public void close() {
    worker.close();
    doorbells.values().forEach(Doorbell::drop);
  }
}
