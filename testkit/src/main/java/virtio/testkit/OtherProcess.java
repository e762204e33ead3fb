package virtio.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM beside this one, that does what it is told by lines, and answers each with a line; the first it says is {@code ready}. One thread at a
 * time.
 */
public final class OtherProcess implements AutoCloseable {
  private final Process process;
  private final Path errors;
  private final BufferedReader said;
  private final Writer told;

  /**
   * @param folder takes what it writes to its error output
   * @param main has a main method, and is on this JVM's class path
   */
  public OtherProcess(Path folder, Class<?> main, String... arguments) throws IOException {
    errors = folder.resolve(main.getSimpleName() + ".errors");
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    said = process.inputReader();
    told = process.outputWriter();
    if (!"ready".equals(said.readLine())) {
      close();
      throw new IOException(main.getSimpleName() + " does not start: " + errors());
    }
  }

  /** Its answer. */
  public String tell(String line) throws IOException {
    told.write(line + "\n");
    told.flush();
    return said.readLine();
  }

  /** Ends its input, after which it ends by itself. @return its exit value */
  public int end() throws IOException, InterruptedException {
    told.close();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new IOException("it does not end: " + errors());
    }
    return process.exitValue();
  }

  /** Kills it: it can do nothing more. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What it wrote to its error output. */
  public String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException none) {
      return "nothing can be read: " + none;
    }
  }
}
