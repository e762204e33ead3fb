package virtio.host.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory that nobody else may enter, for the files and sockets that a QEMU is started with. Once both sides have opened them their names
 * are not needed: it is gone before the machine is offered, so nothing is left behind however either ends.
 */
final class PrivateDirectory implements AutoCloseable {
  private static final Path MEMORY = Path.of("/dev/shm");
  /** Says whose it is, where several JVMs have machines. */
  static final String PREFIX = "virtio-qemu-" + ProcessHandle.current().pid() + "-";

  private final Path path;

  private PrivateDirectory(Path path) {
    this.path = path;
  }

  /** @param bytes how much will be put there; in memory, where there is that much */
  static PrivateDirectory create(long bytes) throws IOException {
    boolean memory = Files.isDirectory(MEMORY) && Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() / 2 > bytes;
    Path parent = memory ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    return new PrivateDirectory(Files.createTempDirectory(parent, PREFIX,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
  }

  Path file(String name) {
    return path.resolve(name);
  }

  @Override
  public void close() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(path)) {
      files = list.toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.delete(path);
  }
}
