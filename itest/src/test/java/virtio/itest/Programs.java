package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Other people's programs that judge what ours have done. */
final class Programs {
  private Programs() {}

  /**
   * Where it is; also where system administrators' programs lie, which is not on everybody's path. Skips the test, and says so, where it is
   * not installed.
   *
   * @param pack Debian's package that has it
   */
  static Path require(String name, String pack) {
    return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst().orElseGet(() -> {
          String reason = "skipped: " + name + " not found (package " + pack + ")";
          System.out.println(reason);
          return abort(reason);
        });
  }

  /** Runs it to its end, which must be a good one. @return what it said */
  static String run(Path program, Object... arguments) throws IOException, InterruptedException {
    List<String> command = Stream.concat(Stream.of(program), Stream.of(arguments)).map(Object::toString).toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command + ": " + said).isZero();
    return said;
  }
}
