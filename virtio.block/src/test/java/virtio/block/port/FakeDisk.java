package virtio.block.port;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import virtio.block.BlockCounters;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.testkit.fake.FakeBus;

/** A disk that a test plays: GET_ID is answered at once, all else waits for {@link #complete}. */
final class FakeDisk implements Disk, FakeBus.Bound<BlockPort> {
  private static final Long NONE = -1L;

  private final String name;
  private final List<BlockRequest> out = new ArrayList<>();
  private final List<BlockRequest> ids = new ArrayList<>();
  private final List<Long> history = new ArrayList<>();
  private BlockPort port;
  private DiskInformation information;
  private boolean writeback = true;
  private String id = "fake";
  private int kicks;
  private int room = Integer.MAX_VALUE;
  private boolean down;
  private boolean stops = true;

  FakeDisk(String name) {
    this.name = name;
    information = information(1024, 512);
  }

  static DiskInformation information(long capacity, int blockSize) {
    return new DiskInformation(capacity, blockSize, false, true, true, true, true, null, null,
        new DiskInformation.Limits(126, 1 << 20, 65536, 0xFFFF_FFFFL, 0xFFFF_FFFFL));
  }

  FakeDisk id(String value) {
    id = value;
    return this;
  }

  FakeDisk with(DiskInformation value) {
    information = value;
    return this;
  }

  synchronized FakeDisk room(int requests) {
    room = requests;
    return this;
  }

  /** Its reset is never confirmed. */
  FakeDisk neverStops() {
    stops = false;
    return this;
  }

  @Override
  public void up(BlockPort to) {
    port = to;
    to.up(this);
  }

  @Override
  public void remove() {
    List<BlockRequest> back;
    synchronized (this) {
      if (down) {
        return;
      }
      down = true;
      back = new ArrayList<>(out.reversed());   // in no order: drivers have none
      out.clear();
    }
    back.forEach(request -> port.returned(request, stops));
    port.down(this, stops);
  }

  void fail(Failure.Kind kind) {
    port.failed(this, new Failure(kind, "test"));
  }

  void resize(long capacity) {
    information = information.withCapacity(capacity);
    port.changed(this);
  }

  synchronized List<BlockRequest> out() {
    return List.copyOf(out);
  }

  /** First sectors, or -1 for what has none, in the order in which requests were started. */
  synchronized List<Long> history() {
    return List.copyOf(history);
  }

  synchronized int kicks() {
    return kicks;
  }

  void complete(BlockRequest request, Outcome outcome) {
    synchronized (this) {
      if (!out.remove(request)) {
        throw new AssertionError("request=" + request.number() + " is not out");
      }
    }
    port.completed(request, outcome);
    port.room(this);
  }

  /** Keeps no record. */
  synchronized void forget() {
    out.clear();
    history.clear();
  }

  void completeAll() {
    for (List<BlockRequest> now = out(); !now.isEmpty(); now = out()) {
      now.forEach(request -> complete(request, Outcome.OK));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DiskInformation information() {
    return information;
  }

  @Override
  public synchronized boolean start(BlockRequest request) {
    if (down || out.size() >= room) {
      return false;
    }
    if (request.operation() == Operation.GET_ID) {
      ids.add(request);
      return true;
    }
    out.add(request);
    history.add(request.operation() == Operation.FLUSH ? NONE : Long.valueOf(request.sector()));
    return true;
  }

  @Override
  public void kick() {
    List<BlockRequest> answered;
    synchronized (this) {
      kicks++;
      if (ids.isEmpty()) {
        return;
      }
      answered = List.copyOf(ids);
      ids.clear();
    }
    for (BlockRequest request : answered) {
      byte[] bytes = id.getBytes(StandardCharsets.US_ASCII);
      MemorySegment.copy(bytes, 0, request.memory(), ValueLayout.JAVA_BYTE, 0, bytes.length);
      port.completed(request, Outcome.OK);
    }
  }

  @Override
  public int poll() {
    return 0;
  }

  @Override
  public DmaMemory allocate(long bytes) {
    return new DmaMemory(Arena.ofAuto().allocate(bytes), 0);
  }

  @Override
  public void free(DmaMemory memory) {}

  @Override
  public boolean direct(MemorySegment memory) {
    return !down;
  }

  @Override
  public boolean writeback() {
    return writeback;
  }

  @Override
  public void writeback(boolean on) {
    writeback = on;
  }

  @Override
  public BlockCounters counters() {
    return BlockCounters.NONE;
  }
}
