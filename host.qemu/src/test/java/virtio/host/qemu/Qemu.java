package virtio.host.qemu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import virtio.bus.Window;
import virtio.os.linux.EventFd;
import virtio.os.linux.SystemCallException;

/** A real QEMU under test; without one, the test is skipped, and says so. */
final class Qemu implements AutoCloseable {
  static final int VENDOR_AND_DEVICE = 0;
  static final int COMMAND = 4;
  static final int BAR1 = 0x14;
  static final int BAR4 = 0x20;
  final long registers;
  final long vectors;
  final CountDownLatch gone = new CountDownLatch(1);
  final QemuMachine machine;
  private final Window config;

  Qemu(String board, Path image, Map<String, Object> more) throws IOException {
    this(board, image, "num-queues=1", more);
  }

  /** @param options of the block device, commas between */
  Qemu(String board, Path image, String options, Map<String, Object> more) throws IOException {
    require(board);
    Map<String, Object> properties = new HashMap<>(Map.of("name", "t0", "machine", board, "deadline", "10000", "drives",
        image + ",addr=04.0" + (options.isEmpty() ? "" : "," + options)));
    properties.putAll(more);
    machine = QemuMachine.start(Settings.of(properties), gone::countDown);
    registers = board.equals("q35") ? 0xd000_0000L : 0x1000_0000L;
    vectors = registers + (1 << 20);
    config = board.equals("q35") ? machine.ports(0xcf8, 8) : machine.window(0x40_1000_0000L, 1 << 20);
  }

  static void require(String board) {
    String binary = board.equals("q35") ? "qemu-system-x86_64" : "qemu-system-aarch64";
    boolean found = Files.isExecutable(Path.of("/usr/bin", binary));
    if (!found) {
      System.out.println("skipped: " + binary + " not found");
    }
    assumeTrue(found, binary);
  }

  /** Some containers let nobody have another process's descriptors. */
  static void requireEventFds() throws IOException {
    try {
      EventFd.of(ProcessHandle.current().pid(), Integer.MAX_VALUE);
    } catch (SystemCallException refused) {
      System.out.println("skipped: " + refused.getMessage());
      assumeTrue(false, refused.getMessage());
    }
  }

  static Path image(Path directory, long bytes) throws IOException {
    Path image = directory.resolve("disk,with comma.raw");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    return directory.resolve("disk,,with comma.raw");
  }

  long read(int device, int offset, int width) {
    if (config.size() == 8) {
      select(device, offset);
      return config.read(4 + (offset & 3), width);
    }
    return config.read(((long) device << 15) + offset, width);
  }

  void write(int device, int offset, int width, long value) {
    if (config.size() == 8) {
      select(device, offset);
      config.write(4 + (offset & 3), width, value);
    } else {
      config.write(((long) device << 15) + offset, width, value);
    }
  }

  private void select(int device, int offset) {
    config.write(0, 4, 0x8000_0000L | (long) device << 11 | offset & 0xFC);
  }

  /** Gives device 4 its addresses and switches it on. */
  void open() {
    write(4, BAR1, 4, vectors);
    write(4, BAR4, 4, registers);
    write(4, BAR4 + 4, 4, 0);
    write(4, COMMAND, 2, 6);
  }

  int capability(int id) {
    int at = (int) read(4, 0x34, 1);
    while (at != 0 && read(4, at, 1) != id) {
      at = (int) read(4, at + 1, 1);
    }
    return at;
  }

  @Override
  public void close() {
    machine.close();
  }
}
