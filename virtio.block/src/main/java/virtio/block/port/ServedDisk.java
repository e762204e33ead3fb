package virtio.block.port;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SeekableByteChannel;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import virtio.block.BlockCounters;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockMemory;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.DmaMemory;
import virtio.bus.Registration;

/** The disk as its users hold it: everything goes to the port's traffic. Blocking calls are a request and a wait. */
final class ServedDisk implements BlockDevice {
  /** Looking again costs less than sleeping, for a device that answers at once. */
  private static final int LOOKS = 64;
  private static final long LONGEST_SLEEP = 10_000_000;

  private final Traffic traffic;
  private final Control control;
  private final ReentrantLock edges = new ReentrantLock();

  ServedDisk(Traffic traffic, Control control) {
    this.traffic = traffic;
    this.control = control;
  }

  /** Excludes the channels' steps on sectors that are not written whole from one another. */
  ReentrantLock edges() {
    return edges;
  }

  @Override
  public String name() {
    return control.name();
  }

  @Override
  public long capacity() {
    return information().capacity();
  }

  @Override
  public DiskInformation information() {
    return traffic.information();
  }

  @Override
  public String id() {
    return control.id();
  }

  @Override
  public boolean readOnly() {
    return traffic.readOnly();
  }

  @Override
  public BlockRequest request() {
    return new PortRequest(traffic);
  }

  @Override
  public boolean submit(BlockRequest request) {
    return traffic.submit(traffic.own(request));
  }

  @Override
  public int submit(BlockRequest[] requests, int from, int count) {
    return traffic.submit(requests, from, count);
  }

  @Override
  public int poll() {
    return traffic.poll();
  }

  @Override
  public void read(long sector, MemorySegment into) throws IOException {
    if (into.byteSize() == 0) {
      return;
    }
    if (into.isAccessibleBy(PortRequest.ANOTHER)) {
      await(new PortRequest(traffic).read(sector, into));
      return;
    }
    MemorySegment reachable = MemorySegment.ofArray(new byte[Math.toIntExact(into.byteSize())]);
    await(new PortRequest(traffic).read(sector, reachable));
    into.copyFrom(reachable);
  }

  @Override
  public void write(long sector, MemorySegment from) throws IOException {
    if (from.byteSize() == 0) {
      return;
    }
    MemorySegment reachable = from;
    if (!from.isAccessibleBy(PortRequest.ANOTHER)) {
      reachable = MemorySegment.ofArray(new byte[Math.toIntExact(from.byteSize())]);
      reachable.copyFrom(from);
    }
    await(new PortRequest(traffic).write(sector, reachable));
  }

  @Override
  public void flush() throws IOException {
    await(new PortRequest(traffic).flush());
  }

  @Override
  public void discard(long sector, long sectors) throws IOException {
    await(new PortRequest(traffic).discard(sector, sectors));
  }

  @Override
  public void writeZeroes(long sector, long sectors) throws IOException {
    await(new PortRequest(traffic).writeZeroes(sector, sectors));
  }

  /** Looks itself for a while, then sleeps; and goes on looking now and then, so that it may be called from a completion too. */
  private void await(PortRequest request) throws IOException {
    request.waiter(Thread.currentThread());
    boolean interrupted = false;
    while (!traffic.submit(request)) {
      traffic.poll();
      LockSupport.parkNanos(LONGEST_SLEEP / LOOKS);
    }
    for (int looks = 0; request.outcome() == Outcome.PENDING; looks++) {
      if (traffic.poll() == 0 && looks >= LOOKS) {
        LockSupport.parkNanos(this, LONGEST_SLEEP);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (request.outcome() != Outcome.OK) {
      throw new BlockException(name(), request);
    }
  }

  @Override
  public SeekableByteChannel channel() {
    return new DiskChannel(this);
  }

  @Override
  public BlockMemory allocate(long bytes) {
    Disk disk = traffic.serving();
    DmaMemory memory = disk == null ? null : disk.allocate(bytes);
    return memory == null ? null : new PortMemory(traffic, disk, memory);
  }

  @Override
  public boolean writeback() {
    Disk disk = traffic.serving();
    return disk == null ? information().flush() : disk.writeback();
  }

  @Override
  public void writeback(boolean on) throws IOException {
    Disk disk = traffic.serving();
    if (disk == null) {
      throw new IOException(name() + ": no device now (" + control.state() + ")");
    }
    disk.writeback(on);
    control.writeback(on);
    traffic.cached(disk.information().flush() && on);
  }

  @Override
  public BlockCounters counters() {
    Disk disk = traffic.serving();
    return disk == null ? BlockCounters.NONE : disk.counters();
  }

  @Override
  public Registration listen(Listener listener) {
    return control.listeners().add(listener);
  }

  @Override
  public String toString() {
    return name() + " (" + control.state() + ")";
  }
}
