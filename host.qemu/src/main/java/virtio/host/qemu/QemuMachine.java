package virtio.host.qemu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Message;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.FirmwareWords;
import virtio.bus.machine.RegionAllocator;

/**
 * One QEMU, from its start to its end, as a machine. Registers are reached by its qtest socket, memory by a file that both map. Once it has
 * gone it never comes back; another may take its place.
 *
 * <p>Memory is unmapped when nobody has any of it any more, which may be long after QEMU's end.
 */
final class QemuMachine implements Machine, AutoCloseable {
  private static final int CELLS = 4096;
  private static final long START_NANOS = 10_000_000_000L;
  private static final long LOOK_MILLIS = 50;
  private static final long END_MILLIS = 200;

  private final Settings settings;
  private final QemuProcess process;
  private final Runnable told;
  private final AtomicReference<String> lost = new AtomicReference<>();
  private final RegionAllocator space;
  private final Interrupts interrupts;
  private final Store firmware;
  private Qtest qtest;
  private Qmp qmp;
  private EventFds doorbells;

  private QemuMachine(Settings settings, QemuProcess process, MemorySegment memory, Runnable told) {
    this.settings = settings;
    this.process = process;
    this.told = told;
    DmaMemory whole = new DmaMemory(memory, settings.board().memoryBase);
    long reserved = settings.board().reserved;
    this.space = new RegionAllocator(RegionAllocator.part(whole, reserved, whole.bytes() - reserved), whole);
    this.interrupts = new Interrupts(settings.name(), space.allocate(CELLS, CELLS));
    Map<String, String> words = new HashMap<>(settings.board().firmware);
    words.putAll(settings.firmware());
    this.firmware = new FirmwareWords(words);
  }

  /**
   * Starts a QEMU. The calling thread must live as long as the machine shall.
   *
   * @param told runs once when the machine has gone, on any thread; also when it is closed
   * @throws IOException saying in one line why there is none
   */
  static QemuMachine start(Settings settings, Runnable told) throws IOException {
    for (Drive drive : settings.drives()) {
      if (!Files.isReadable(drive.file())) {
        throw new IOException("drives=" + drive.file() + ": " + (Files.exists(drive.file()) ? "no permission to read" : "no such file"));
      }
    }
    try (PrivateDirectory directory = PrivateDirectory.create(settings.memory());
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(directory.file("qtest")));
      Files.write(directory.file("rom"), settings.board().rom());
      MemorySegment memory = memory(directory.file("memory"), settings.memory());
      QemuProcess process = QemuProcess.start(settings.name(), settings.binary(), CommandLine.of(settings, directory));
      QemuMachine machine = new QemuMachine(settings, process, memory, told);
      try {
        machine.connect(server, directory.file("qmp"));
        return machine;
      } catch (IOException failed) {
        String reason = process.awaitEnd(END_MILLIS) ? process.reason() : failed.getMessage();
        machine.close();
        throw new IOException(reason, failed);
      } catch (RuntimeException failed) {
        machine.close();
        throw failed;
      }
    }
  }

  /** A file of that many zeroes, mapped as long as anybody has any of it. */
  private static MemorySegment memory(Path path, long bytes) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return file.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
    }
  }

  private void connect(ServerSocketChannel server, Path monitor) throws IOException {
    String threads = "qemu-" + settings.name();
    qtest = new Qtest(threads + "-qtest", accept(server), START_NANOS, new Qtest.Listener() {
      @Override
      public void level(int line, boolean up) {
        interrupts.level(line, up);
      }

      @Override
      public void lost(String reason) {
        QemuMachine.this.lost(reason);
      }
    });
    qtest.start();
    qtest.call("readb 0x" + Long.toHexString(settings.board().memoryBase + settings.board().reserved));
    requireLife();
    qmp = new Qmp(threads + "-qmp", SocketChannel.open(UnixDomainSocketAddress.of(monitor)));
    for (String controller : controllers()) {
      qtest.call("irq_intercept_in " + controller);
    }
    requireLife();
    qtest.deadline(settings.deadlineMillis() * 1_000_000);
    interrupts.start();
    doorbells = new EventFds(settings.name(), process.pid(), qtest, interrupts::expect);
    process.serving();
    process.ended().thenRun(() -> lost("the process has ended"));
  }

  private void requireLife() throws IOException {
    if (qtest.lost() != null) {
      throw new IOException(qtest.lost());
    }
  }

  /** QEMU connects to us, as soon as it has read its command line. */
  private SocketChannel accept(ServerSocketChannel server) throws IOException {
    server.configureBlocking(false);
    long end = System.nanoTime() + START_NANOS;
    try (Selector selector = Selector.open()) {
      server.register(selector, SelectionKey.OP_ACCEPT);
      while (System.nanoTime() - end < 0) {
        selector.select(LOOK_MILLIS);
        selector.selectedKeys().clear();
        SocketChannel channel = server.accept();
        if (channel != null) {
          return channel;
        }
        if (!process.alive()) {
          throw new IOException(process.reason());
        }
      }
    }
    throw new IOException("QEMU has not connected for " + START_NANOS / 1_000_000 + " ms");
  }

  /** Where all interrupt lines end, as paths of QEMU's. */
  private List<String> controllers() throws IOException {
    if (settings.board() == Board.Q35) {
      return List.of(settings.board().interrupts);
    }
    String root = "/machine/unattached";
    List<String> found = new ArrayList<>();
    if (qmp.execute("qom-list", Map.of("path", root)) instanceof List<?> children) {
      for (Object child : children) {
        if (child instanceof Map<?, ?> member && ("child<" + settings.board().interrupts + ">").equals(member.get("type"))) {
          found.add(root + "/" + member.get("name"));
        }
      }
    }
    return found;
  }

  private void lost(String reason) {
    if (lost.compareAndSet(null, reason)) {
      qtest.close();
      told.run();
    }
  }

  /** Null while it is there. */
  String lost() {
    return lost.get();
  }

  /** Why it has gone, in one line: of a process that has ended, how. */
  String epitaph() {
    return process.awaitEnd(END_MILLIS) ? process.reason() : lost.get();
  }

  long pid() {
    return process.pid();
  }

  Qmp qmp() {
    return qmp;
  }

  Qtest qtest() {
    return qtest;
  }

  /** Waits until all memory is back that was allocated, bounded. */
  boolean awaitRegions(long nanos) throws InterruptedException {
    return space.awaitRegions(1, nanos);
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of("machine", settings.board().spelling, "memory", settings.memory(), "pid", process.pid(), "binary", settings.binary(),
        "eventfds", doorbells.count());
  }

  @Override
  public Window window(long physical, long size) {
    return window(QtestWindow.Kind.MEMORY, physical, size);
  }

  private Window window(QtestWindow.Kind kind, long base, long size) {
    return new QtestWindow(qtest, kind, base, size, interrupts::expect, doorbells::doorbell);
  }

  @Override
  public Window ports(long base, long size) {
    return settings.board().ports == 0 ? window(QtestWindow.Kind.PORTS, base, size) : window(settings.board().ports + base, size);
  }

  @Override
  public AddressSpace space(long unit) {
    if (unit != 0) {
      throw new IllegalArgumentException("unit=" + unit + "; allowed: 0");
    }
    return space;
  }

  @Override
  public Interrupt interrupt(long source) {
    if (source < 0 || source > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("source=" + source + "; allowed: 31 bits");
    }
    return interrupts.line((int) source);
  }

  @Override
  public Message message() {
    return interrupts.message();
  }

  @Override
  public Store firmware() {
    return firmware;
  }

  /** Ends QEMU, and returns when it has ended and no handler runs. */
  @Override
  public void close() {
    process.close();
    if (qtest != null) {
      lost("closed");
    }
    if (qmp != null) {
      qmp.close();
    }
    if (doorbells != null) {
      doorbells.close();
    }
    interrupts.close();
  }
}
