package virtio.testkit.fake;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Host;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Transport;
import virtio.bus.Window;

/**
 * Host and transport in one object: the smallest bus on which bricks of both sides meet. Windows are passed through by name, memory is a
 * {@link FakeMemory}, doorbells and interrupts hop to a thread of the side they are for.
 */
public final class FakeMachine implements Host, Transport, AutoCloseable {
  private static final int LINES = 4;

  private final String name;
  private final FakeTransport bus = new FakeTransport();
  private final FakeMemory memory = new FakeMemory(false);
  private final List<Place> places = new CopyOnWriteArrayList<>();
  private final ExecutorService interrupts;
  private volatile boolean placeless;
  private volatile int channelBytes;

  public FakeMachine(String name) {
    this.name = name;
    interrupts = Executors.newSingleThreadExecutor(work -> thread(work, name + "-interrupts"));
  }

  private static Thread thread(Runnable work, String name) {
    return Thread.ofPlatform().daemon().name(name).unstarted(work);
  }

  public FakeMemory memory() {
    return memory;
  }

  /** From now on slots have no places: a device shows registers or nothing. */
  public FakeMachine registersOnly() {
    placeless = true;
    return this;
  }

  /** From now on slots have a channel: a stream of that many bytes each way. */
  public FakeMachine withChannels(int bytes) {
    channelBytes = bytes;
    return this;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String transport() {
    return "fake";
  }

  @Override
  public Features features() {
    return bus.features();
  }

  @Override
  public Registration watch(Listener listener) {
    return bus.watch(listener);
  }

  @Override
  public Slot plug(String device, Map<String, Object> properties) {
    Place place = new Place(name + "/" + places.size(), device);
    places.add(place);
    return place;
  }

  /** The driver's end of a slot, announced or not. */
  public BusDevice device(Slot slot) {
    return ((Place) slot).front;
  }

  @Override
  public void close() {
    places.forEach(Place::close);
    interrupts.shutdownNow();
  }

  private static void post(Executor executor, Runnable work) {
    try {
      executor.execute(work);
    } catch (RejectedExecutionException e) {
      // its side has ended: nobody is left to hear it
    }
  }

  /** Coalesces, and calls its handlers on one thread, never two at once; a closed registration is over when close returns. */
  private static final class Source implements Interrupt {
    private final Executor executor;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final List<Runnable> handlers = new ArrayList<>();

    Source(Executor executor) {
      this.executor = executor;
    }

    void raise() {
      if (pending.compareAndSet(false, true)) {
        post(executor, this::run);
      }
    }

    private void run() {
      pending.set(false);
      synchronized (this) {
        List.copyOf(handlers).forEach(Runnable::run);
      }
    }

    @Override
    public synchronized Registration register(Runnable handler) {
      handlers.add(handler);
      return () -> {
        synchronized (this) {
          handlers.remove(handler);
        }
      };
    }
  }

  private final class Place implements Slot {
    private final String place;
    private final ExecutorService thread;
    private final Map<String, Window> windows = new ConcurrentHashMap<>();
    private final Map<Long, Source> doorbells = new ConcurrentHashMap<>();
    private final List<Source> lines = new ArrayList<>();
    private final Map<String, DmaMemory> plain = new ConcurrentHashMap<>();
    private final FakeChannel.Pair channel = channelBytes == 0 ? null : FakeChannel.stream(channelBytes, task -> post(interrupts, task));
    private final Front front = new Front(this);
    private final AtomicBoolean claimed = new AtomicBoolean();
    private int linesTaken;
    private boolean announced;
    private volatile boolean closed;

    Place(String place, String device) {
      this.place = place;
      thread = Executors.newSingleThreadExecutor(work -> FakeMachine.thread(work, FakeMachine.this.name + "-" + device));
      for (int i = 0; i < LINES; i++) {
        lines.add(new Source(interrupts));
      }
    }

    private Source doorbellAt(long argument) {
      return doorbells.computeIfAbsent(argument, key -> new Source(thread));
    }

    @Override
    public String name() {
      return place;
    }

    @Override
    public void window(String window, Window registers) {
      windows.put(window, registers);
    }

    @Override
    public synchronized DmaMemory place(String part, long bytes) {
      return placeless ? null : plain.computeIfAbsent(part, key -> memory.allocate(bytes, 8));
    }

    @Override
    public Store store() {
      return null;
    }

    @Override
    public synchronized Line line() {
      if (linesTaken == LINES) {
        return null;
      }
      int index = linesTaken++;
      return new Line() {
        @Override
        public int place() {
          return index;
        }

        @Override
        public void raise(int position) {
          lines.get(index).raise();
        }
      };
    }

    @Override
    public Registration doorbell(long argument, Runnable rung) {
      return doorbellAt(argument).register(rung);
    }

    @Override
    public Executor executor() {
      return thread;
    }

    @Override
    public synchronized void announce() {
      if (!announced && !closed) {
        announced = true;
        bus.plug(front);
      }
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      if (announced) {
        bus.pull(front);
      }
      thread.shutdown();
      plain.values().forEach(memory::free);
    }

    @Override
    public AddressSpace memory() {
      return memory;
    }

    @Override
    public Channel channel() {
      return channel == null ? null : channel.device();
    }
  }

  /** The driver's end. */
  private final class Front implements BusDevice {
    private final Place place;

    Front(Place place) {
      this.place = place;
    }

    @Override
    public String name() {
      return place.place;
    }

    @Override
    public Map<String, Object> properties() {
      return Map.of("machine", FakeMachine.this.name);
    }

    @Override
    public Window window(String window) {
      DmaMemory plain = place.plain.get(window);
      Window there = plain == null ? place.windows.get(window) : new FakePlace(plain.segment());
      return there == null ? null : new Guarded(place, there);
    }

    @Override
    public Store store() {
      return null;
    }

    @Override
    public List<Interrupt> interrupts() {
      return List.copyOf(place.lines);
    }

    @Override
    public Signal doorbell(long argument) {
      Source there = place.doorbellAt(argument);
      return position -> there.raise();
    }

    @Override
    public Registration claim() {
      if (place.closed || !place.claimed.compareAndSet(false, true)) {
        throw new IllegalStateException("device=" + place.place + (place.closed ? " has gone" : " is claimed"));
      }
      return () -> place.claimed.set(false);
    }

    @Override
    public AddressSpace memory() {
      return memory;
    }

    @Override
    public Channel channel() {
      return place.channel == null ? null : place.channel.driver();
    }
  }

  /** All ones after the device has gone. */
  private record Guarded(Place place, Window registers) implements Window {
    @Override
    public long size() {
      return registers.size();
    }

    @Override
    public long read(long offset, int width) {
      return place.closed ? -1L >>> 64 - 8 * width : registers.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      if (!place.closed) {
        registers.write(offset, width, value);
      }
    }
  }
}
