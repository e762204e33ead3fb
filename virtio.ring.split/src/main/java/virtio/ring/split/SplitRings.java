package virtio.ring.split;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;

/** The split rings of one device, one half: their places, and the memory that this half allocated for them. */
abstract sealed class SplitRings<Q extends Queue> implements RingFormat.Rings<Q> permits DriverRings, DeviceRings {
  /**
   * The largest size of a split virtqueue.
   *
   * <p>Spec: virtio 1.4, "Virtqueues"
   */
  private static final int LARGEST = 32768;
  private static final long PAGE = 4096;

  final AddressSpace space;
  private Features accepted = Features.NONE;
  private final Map<Integer, Q> queues = new TreeMap<>();
  private final Map<Integer, RingAreas> areas = new TreeMap<>();
  private final List<DmaMemory> own = new ArrayList<>();
  private Q configuration;
  private RingAreas configurationAreas = RingAreas.NONE;
  /** The device has let go of this half's memory. */
  private boolean released;

  SplitRings(Link link) {
    if (link.memory() == null) {
      throw new IllegalArgumentException("memory=null: a split ring needs shared memory");
    }
    space = link.memory();
  }

  @Override
  public final void accept(Features negotiated) {
    accepted = negotiated;
    queues.clear();
    areas.clear();
  }

  @Override
  public final Q queue(int index, int size, RingAreas given, Signal signal, Queue.Callback callback) {
    if (size < 1 || size > LARGEST || Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException("size=" + size + " (a power of two up to " + LARGEST + ")");
    }
    if (queues.containsKey(index) || index == CONFIGURATION && configuration != null) {
      throw new IllegalArgumentException("queue=" + index + " exists");
    }
    int before = own.size();
    RingAreas place = given.equals(RingAreas.NONE) ? place(size) : given;
    Q queue = place == null ? null : make(index, size, index == CONFIGURATION ? Features.NONE : accepted,
        RingMemory.at(place, size, space), signal, callback);
    if (queue == null) {
      while (own.size() > before) {
        space.free(own.removeLast());   // nobody was told where it is
      }
      return null;
    }
    if (index == CONFIGURATION) {
      configuration = queue;
      configurationAreas = place;
      begin(queue);
    } else {
      queues.put(index, queue);
      areas.put(index, place);
    }
    return queue;
  }

  private RingAreas place(int size) {
    DmaMemory region = allocate(RingMemory.bytes(size), PAGE);
    return region == null ? null : RingMemory.in(region, size);
  }

  /** Memory that goes back when the rings close; null when the space has run out. */
  final DmaMemory allocate(long bytes, long alignment) {
    DmaMemory region = space.allocate(bytes, alignment);
    if (region != null) {
      own.add(region);
    }
    return region;
  }

  /** Null when memory ran out. */
  abstract Q make(int index, int size, Features accepted, RingMemory memory, Signal signal, Queue.Callback callback);

  abstract void begin(Q queue);

  abstract void end(Q queue, boolean confirmed);

  @Override
  public final RingAreas areas(int index) {
    return index == CONFIGURATION ? configurationAreas : areas.getOrDefault(index, RingAreas.NONE);
  }

  /** Always: there is nothing to settle with the other half. */
  @Override
  public final boolean settled() {
    return true;
  }

  @Override
  public final void start() {
    queues.values().forEach(this::begin);
  }

  /** Always: nothing goes on in a split ring between operations. */
  @Override
  public final boolean reset() {
    return true;
  }

  @Override
  public final void stop(boolean confirmed) {
    released = confirmed;
    for (Q queue : queues.values()) {
      end(queue, confirmed);
    }
  }

  @Override
  public final void close() {
    if (configuration != null) {
      end(configuration, released);
      configuration = null;
    }
    for (DmaMemory region : own) {
      if (released) {
        space.free(region);
      } else {
        space.quarantine(region);
      }
    }
    own.clear();
  }
}
