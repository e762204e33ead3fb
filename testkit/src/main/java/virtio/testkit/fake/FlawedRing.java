package virtio.testkit.fake;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;
import virtio.bus.Virtqueue;

/**
 * A ring between two halves in one JVM that hand each other objects, with at most one flaw: what the contract of rings is tried on. Without a
 * flaw it keeps that contract; with one, the tests that are meant for it must fail.
 *
 * <p>Unlike a real format it has state: both halves of a queue meet in it.
 */
public final class FlawedRing implements RingFormat {
  /** What is wrong with it. */
  public enum Flaw {
    /** Nothing. */
    NONE,
    /**
     * No fence between asking and looking: the wish to be told lies in the processor's store buffer until the next operation, so the other
     * half does not see it, and both sleep.
     */
    FORGETS_THE_FENCE,
    /** Says that one byte more was written than was. */
    WRONG_LENGTH,
    /** Every fourth used buffer never comes back. */
    LOSES_A_TOKEN,
    /** Clears the flag before it writes the suppression, so to say: mutes again whatever a restart in the callback asked for. */
    MUTES_LATE,
    /** Rings although DRIVER_OK is not set. */
    RINGS_EARLY,
    /** Gives a buffer back after reset although it gave it back before. */
    GIVES_BACK_TWICE
  }

  private final Flaw flaw;
  private final Map<Integer, FakeWire> wires = new HashMap<>();

  public FlawedRing(Flaw flaw) {
    this.flaw = flaw;
  }

  @Override
  public Features features() {
    return Features.of(32);
  }

  @Override
  public String lacks(Link link) {
    return null;
  }

  /** Makes the device's half of that queue do wrong: the driver's next get meets it. */
  public void breakDriver(int index) {
    wires.get(index).wrong = true;
  }

  @Override
  public Rings<Virtqueue> driver(Link link, Executor dispatcher) {
    return new Half<>(link) {
      @Override
      Virtqueue make(int index, int size, Signal signal, Queue.Callback callback) {
        FakeWire wire = new FakeWire();
        wires.put(index, wire);
        return new FlawedVirtqueue(index, size, wire, flaw, signal, callback);
      }

      @Override
      void begin(Virtqueue queue) {
        ((FlawedVirtqueue) queue).begin();
      }

      @Override
      void end(Virtqueue queue, boolean confirmed) {
        ((FlawedVirtqueue) queue).end(confirmed);
      }
    };
  }

  @Override
  public Rings<DeviceQueue> device(Link link, Executor dispatcher) {
    return new Half<>(link) {
      @Override
      DeviceQueue make(int index, int size, Signal signal, Queue.Callback callback) {
        return new FlawedDeviceQueue(index, size, wires.get(index), signal, callback);
      }

      @Override
      void begin(DeviceQueue queue) {
        ((FlawedDeviceQueue) queue).begin();
      }

      @Override
      void end(DeviceQueue queue, boolean confirmed) {
        ((FlawedDeviceQueue) queue).end(confirmed);
      }
    };
  }

  private abstract static class Half<Q extends Queue> implements Rings<Q> {
    private static final long PAGE = 4096;
    private final Link link;
    private final Map<Integer, Q> queues = new HashMap<>();
    private final Map<Integer, DmaMemory> pages = new HashMap<>();
    private Q configuration;
    private boolean confirmed;

    Half(Link link) {
      this.link = link;
    }

    abstract Q make(int index, int size, Signal signal, Queue.Callback callback);

    abstract void begin(Q queue);

    abstract void end(Q queue, boolean confirmed);

    @Override
    public void accept(Features accepted) {
      queues.clear();
    }

    @Override
    public Q queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback) {
      if (areas.equals(RingAreas.NONE)) {
        DmaMemory page = link.memory().allocate(PAGE, PAGE);
        if (page == null) {
          return null;
        }
        pages.put(index, page);
      }
      Q queue = make(index, size, signal, callback);
      if (index == CONFIGURATION) {
        configuration = queue;
        begin(queue);
      } else {
        queues.put(index, queue);
      }
      return queue;
    }

    @Override
    public RingAreas areas(int index) {
      DmaMemory page = pages.get(index);
      return page == null ? RingAreas.NONE : new RingAreas(page.address(), page.address(), page.address());
    }

    @Override
    public boolean settled() {
      return true;
    }

    @Override
    public void start() {
      queues.values().forEach(this::begin);
    }

    @Override
    public boolean reset() {
      return true;
    }

    @Override
    public void stop(boolean confirmed) {
      this.confirmed = confirmed;
      queues.values().forEach(queue -> end(queue, confirmed));
    }

    @Override
    public void close() {
      if (configuration != null) {
        end(configuration, confirmed);
      }
      pages.values().forEach(confirmed ? link.memory()::free : link.memory()::quarantine);
      pages.clear();
    }
  }
}
