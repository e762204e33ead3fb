package virtio.host.lguest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import virtio.bus.DmaMemory;
import virtio.bus.machine.RegionAllocator;
import virtio.os.linux.AnonymousMemory;

/**
 * All that host and guest of one machine share: one segment, whose offset is the guest-physical address.
 *
 * <pre>
 * page 0              {@link ControlPage}; so no memory ever has the address 0
 * page 1              guest's memory, up to
 * max_pfn             the device page
 * max_pfn + 1         the host's pages, for rings, 8 MiB
 * </pre>
 *
 * <p>Over a file, two processes share it. The host makes the file anew and holds a lock on it as long as it lives; a host that comes after
 * one that died makes another file of the same name, so an old guest never meets a new host.
 */
final class MachineMemory implements AutoCloseable {
  static final int PAGE = ControlPage.PAGE;
  static final long HOST_BYTES = 8L << 20;
  static final long SMALLEST = 4L << 20;
  static final long LARGEST = 2L << 30;

  private static final long RELEASE_NANOS = 1_000_000_000L;

  private final Arena arena;
  private final MemorySegment segment;
  private final FileChannel file;
  private final Layout layout;
  private final long devicePage;
  private RegionAllocator guestSpace;

  private MachineMemory(Arena arena, MemorySegment segment, FileChannel file, Layout layout, long devicePage) {
    this.arena = arena;
    this.segment = segment;
    this.file = file;
    this.layout = layout;
    this.devicePage = devicePage;
  }

  /** A machine of this process alone. */
  static MachineMemory create(long bytes, Layout layout) throws IOException {
    Arena arena = Arena.ofShared();
    MemorySegment segment;
    try {
      segment = AnonymousMemory.map(size(bytes), arena);
    } catch (IOException | RuntimeException failed) {
      arena.close();
      throw failed;
    }
    return format(arena, segment, null, bytes, layout);
  }

  /** A machine that a guest may attach to from another process. */
  static MachineMemory create(Path path, long bytes, Layout layout) throws IOException {
    size(bytes);
    refuseLocked(path);
    Path fresh = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
    FileChannel file = open(path, fresh, "a file in a folder that exists", StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.READ, StandardOpenOption.WRITE);
    Arena arena = Arena.ofShared();
    try {
      lock(file, path);
      MemorySegment segment = file.map(FileChannel.MapMode.READ_WRITE, 0, size(bytes), arena);
      MachineMemory memory = format(arena, segment, file, bytes, layout);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
      return memory;
    } catch (IOException | RuntimeException failed) {
      arena.close();
      file.close();
      Files.deleteIfExists(fresh);
      throw failed;
    }
  }

  /**
   * The machine that a host has made there.
   *
   * @throws IOException saying what is wrong with the file
   */
  static MachineMemory attach(Path path) throws IOException {
    FileChannel file = open(path, path, "a file that a host has made", StandardOpenOption.READ, StandardOpenOption.WRITE);
    Arena arena = Arena.ofShared();
    try {
      long bytes = file.size();
      if (bytes < size(SMALLEST) || bytes > size(LARGEST)) {
        throw new IOException("file=" + path + " size=" + bytes + ": no machine's memory");
      }
      MemorySegment segment = file.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      int magic = ControlPage.intAcquire(segment, ControlPage.MAGIC);
      int version = ControlPage.intPlain(segment, ControlPage.VERSION);
      if (magic != ControlPage.MAGIC_VALUE || version != ControlPage.VERSION_VALUE) {
        throw new IOException("file=%s magic=0x%08X version=%d; allowed: 0x%08X and %d".formatted(path, magic, version,
            ControlPage.MAGIC_VALUE, ControlPage.VERSION_VALUE));
      }
      long memory = ControlPage.longPlain(segment, ControlPage.MEMORY);
      long page = Integer.toUnsignedLong(ControlPage.intPlain(segment, ControlPage.DEVICE_PAGE));
      long pages = Integer.toUnsignedLong(ControlPage.intPlain(segment, ControlPage.HOST_PAGES));
      if (memory < SMALLEST || memory != page * PAGE || bytes != (page + 1 + pages) * PAGE) {
        throw new IOException("file=" + path + " memory=" + memory + " device page=" + page + " host's pages=" + pages
            + ": not those of a file of " + bytes + " bytes");
      }
      return new MachineMemory(arena, segment, file, Layout.of(ControlPage.intPlain(segment, ControlPage.LAYOUT)), memory);
    } catch (IOException | RuntimeException failed) {
      arena.close();
      file.close();
      throw failed;
    }
  }

  MemorySegment segment() {
    return segment;
  }

  Layout layout() {
    return layout;
  }

  /** The address of the device page, which is also the size of the guest's memory. */
  long devicePage() {
    return devicePage;
  }

  /** The address of the first of the host's pages. */
  long hostPages() {
    return devicePage + PAGE;
  }

  /** The address after the last of them. */
  long end() {
    return segment.byteSize();
  }

  /**
   * The guest's allocations, from its memory; it adopts the host's pages, where the rings lie. They outlive a guest that leaves: whoever still
   * holds some must not see them given to the next.
   */
  synchronized RegionAllocator guestSpace() {
    if (guestSpace == null) {
      DmaMemory whole = new DmaMemory(segment, 0);
      guestSpace = new RegionAllocator(RegionAllocator.part(whole, PAGE, devicePage - PAGE), hostPart(whole));
    }
    return guestSpace;
  }

  /** The host's allocations, from its own pages; it adopts everything but the control page. */
  RegionAllocator hostSpace() {
    DmaMemory whole = new DmaMemory(segment, 0);
    return new RegionAllocator(hostPart(whole), RegionAllocator.part(whole, PAGE, end() - PAGE));
  }

  private DmaMemory hostPart(DmaMemory whole) {
    return RegionAllocator.part(whole, hostPages(), end() - hostPages());
  }

  /** After everyone's threads have ended; from here on every access throws. */
  @Override
  public void close() {
    unmap();
    if (file != null) {
      try {
        file.close();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }

  /** A thread of a user's may be inside a doorbell's system call, which holds the memory for microseconds: then once more. */
  private void unmap() {
    long end = System.nanoTime() + RELEASE_NANOS;
    while (arena.scope().isAlive()) {
      try {
        arena.close();
      } catch (IllegalStateException held) {
        if (System.nanoTime() > end) {
          throw held;
        }
        Thread.onSpinWait();
      }
    }
  }

  private static long size(long bytes) {
    if (bytes < SMALLEST || bytes > LARGEST || bytes % PAGE != 0) {
      throw new IllegalArgumentException("memory=" + bytes + "; allowed: " + SMALLEST + " to " + LARGEST + ", a multiple of " + PAGE);
    }
    return bytes + PAGE + HOST_BYTES;
  }

  private static MachineMemory format(Arena arena, MemorySegment segment, FileChannel file, long bytes, Layout layout) {
    ControlPage.intPlain(segment, ControlPage.VERSION, ControlPage.VERSION_VALUE);
    ControlPage.longPlain(segment, ControlPage.MEMORY, bytes);
    ControlPage.intPlain(segment, ControlPage.DEVICE_PAGE, (int) (bytes / PAGE));
    ControlPage.intPlain(segment, ControlPage.HOST_PAGES, (int) (HOST_BYTES / PAGE));
    ControlPage.intPlain(segment, ControlPage.LAYOUT, layout.number);
    segment.asSlice(ControlPage.STATUS, ControlPage.SLOTS).fill(ControlPage.FREE);
    ControlPage.intRelease(segment, ControlPage.MAGIC, ControlPage.MAGIC_VALUE);
    return new MachineMemory(arena, segment, file, layout, bytes);
  }

  private static FileChannel open(Path path, Path opened, String allowed, OpenOption... options) throws IOException {
    try {
      return FileChannel.open(opened, options);
    } catch (NoSuchFileException missing) {
      throw new IOException("file=" + path + ": it is not there; allowed: " + allowed, missing);
    } catch (AccessDeniedException denied) {
      throw new IOException("file=" + path + ": no permission; allowed: " + allowed, denied);
    }
  }

  private static void refuseLocked(Path path) throws IOException {
    if (Files.exists(path)) {
      try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
        lock(file, path).release();
      }
    }
  }

  private static FileLock lock(FileChannel file, Path path) throws IOException {
    try {
      FileLock lock = file.tryLock();
      if (lock != null) {
        return lock;
      }
    } catch (OverlappingFileLockException held) {
      throw new IOException("file=" + path + ": another host of this process has it", held);
    }
    throw new IOException("file=" + path + ": another host has it");
  }
}
