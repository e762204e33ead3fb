package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.spec.FeatureBits;

/** A driver's half without a ring: a test plays the device, by {@link Half#use} and {@link Half#breakBy}. Takes a page of memory per queue. */
public final class FakeRing implements RingFormat {
  private final List<Half> made = new ArrayList<>();
  private final Features features;
  private boolean settles = true;

  public FakeRing(int... bits) {
    features = Features.of(bits).with(FeatureBits.VIRTIO_F_VERSION_1);
  }

  public FakeRing neverSettles() {
    settles = false;
    return this;
  }

  /** Each queue that was ever made, in order. */
  public List<Half> made() {
    return List.copyOf(made);
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public String lacks(Link link) {
    return link.memory() == null ? "shared memory" : null;
  }

  @Override
  public Rings<DeviceQueue> device(Link link, Executor dispatcher) {
    throw new UnsupportedOperationException("a fake ring has no device's half");
  }

  @Override
  public Rings<Virtqueue> driver(Link link, Executor dispatcher) {
    return new FakeRings(link);
  }

  private final class FakeRings implements Rings<Virtqueue> {
    private final Link link;
    private final List<Half> halves = new ArrayList<>();
    private final List<DmaMemory> pages = new ArrayList<>();
    private boolean confirmed = true;

    FakeRings(Link link) {
      this.link = link;
    }

    @Override
    public void accept(Features accepted) {}

    @Override
    public Virtqueue queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback) {
      DmaMemory page = link.memory().allocate(4096, 4096);
      if (page == null) {
        return null;
      }
      pages.add(page);
      Half half = new Half(index, size, signal, callback);
      halves.add(half);
      made.add(half);
      return half;
    }

    @Override
    public RingAreas areas(int index) {
      return RingAreas.NONE;
    }

    @Override
    public boolean settled() {
      return settles;
    }

    @Override
    public void start() {
      halves.forEach(Half::begin);
    }

    @Override
    public boolean reset() {
      return true;
    }

    @Override
    public void stop(boolean reset) {
      confirmed = reset;
      halves.forEach(half -> half.end(reset));
    }

    @Override
    public void close() {
      pages.forEach(confirmed ? link.memory()::free : link.memory()::quarantine);
      pages.clear();
    }
  }

  /** The queue. */
  public static final class Half extends Virtqueue {
    private final Signal doorbell;
    private final Set<Object> pending = new LinkedHashSet<>();
    private final Set<Object> out = new LinkedHashSet<>();
    private final Deque<Object> used = new ArrayDeque<>();
    private boolean live;
    private boolean unrung;

    Half(int index, int size, Signal doorbell, Callback callback) {
      super(index, size, callback);
      this.doorbell = doorbell;
    }

    /** The device uses a buffer. */
    public synchronized void use(Object token) {
      if (!out.remove(token)) {
        throw new IllegalArgumentException("token=" + token + " is not out");
      }
      used.add(token);
    }

    /** Buffers that are neither back nor taken back. */
    public synchronized int outstanding() {
      return pending.size() + out.size() + used.size();
    }

    /** The device breaks a rule. */
    public synchronized void breakBy(Violation violation) {
      fail(violation);
    }

    void begin() {
      start();
    }

    void end(boolean confirmed) {
      stop(confirmed);
    }

    @Override
    public synchronized Added add(Chain chain, Object token) {
      if (!well) {
        return refused();
      }
      if (pending.size() + out.size() + used.size() == size()) {
        return Added.FULL;
      }
      pending.add(token);
      return Added.OK;
    }

    @Override
    public synchronized void sync() {
      if (!well || pending.isEmpty()) {
        return;
      }
      published += pending.size();
      out.addAll(pending);
      pending.clear();
      unrung = true;
      ring();
    }

    private void ring() {
      if (live && unrung) {
        unrung = false;
        raised++;
        doorbell.raise(0);
      }
    }

    @Override
    public synchronized Object get() {
      Object token = well ? used.poll() : null;
      taken += token == null ? 0 : 1;
      return token;
    }

    @Override
    public long written() {
      return 0;
    }

    @Override
    public synchronized boolean detach(Object token) {
      boolean over = state() == State.STOPPED || state() == State.QUARANTINED;
      return (well || over) && pending.remove(token) || over && (out.remove(token) || used.remove(token));
    }

    @Override
    protected synchronized void opened() {
      live = true;
      ring();
    }

    @Override
    protected int ask() {
      return 0;
    }

    @Override
    protected void mute() {}

    @Override
    protected synchronized boolean pending(int from) {
      return !used.isEmpty();
    }
  }
}
