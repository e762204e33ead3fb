package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.testkit.Shows;

/** Who may know whom, read from the bundles as they were built. */
class ManifestTest {
  private static final int GLUE_LINES = 10;

  static List<String> bundles() {
    return Reactor.bundles();
  }

  static Stream<String> bricks() {
    return Reactor.bundles().stream().filter(folder -> !folder.equals("shell"));
  }

  @ParameterizedTest
  @MethodSource("bundles")
  @Shows({"F01", "F56"})
  void importsAndExportsAreTheDesigns(String folder) {
    assertThat(Arrows.violations(BuiltBundle.of(folder))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("bundles")
  void symbolicNameAndRootPackageFollowTheFolder(String folder) {
    BuiltBundle bundle = BuiltBundle.of(folder);
    assertThat(bundle.symbolicName()).isEqualTo(Reactor.artifact(folder));
    assertThat(bundle.contents()).allMatch(name -> (name + ".").startsWith(Reactor.artifact(folder) + "."));
  }

  @ParameterizedTest
  @MethodSource("bundles")
  @Shows({"F01", "F47", "F56"})
  void classFilesNameNoClassOfAnotherBrick(String folder) {
    assertThat(ClassScan.foreignClasses(BuiltBundle.of(folder))).isEmpty();
  }

  @Test
  void aPlantedImportIsObjectedTo(@TempDir Path folder) throws IOException {
    for (Map.Entry<String, String> planted : Map.of("driver.block", "virtio.ring.split", "glue", "virtio.bus.spec", "virtio.ring.split",
        "virtio.os.linux", "virtio.bus", "virtio.block", "config.lguest", "org.slf4j").entrySet()) {
      Path jar = jar(folder.resolve(planted.getKey() + ".jar"), planted.getKey(), "virtio.bus;version=\"[1.0,2)\"," + planted.getValue());
      assertThat(Arrows.violations(BuiltBundle.read(planted.getKey(), jar))).as(planted.toString())
          .containsExactly(Reactor.artifact(planted.getKey()) + " imports " + planted.getValue());
    }
  }

  @Test
  void aPlantedClassIsObjectedTo(@TempDir Path folder) throws IOException {
    BuiltBundle bus = BuiltBundle.of("virtio.bus");
    BuiltBundle planted = new BuiltBundle("driver.block", bus.manifest(), Map.of("virtio/driver/block/Planted.class",
        ManifestTest.class.getResourceAsStream("ManifestTest.class").readAllBytes()), Map.of());
    assertThat(ClassScan.foreignClasses(planted)).anyMatch(line -> line.endsWith("names virtio.itest.Arrows"));
    assertThat(ClassScan.restrictedCalls(new BuiltBundle("driver.block", bus.manifest(), Map.of("X.class",
        Restricted.class.getResourceAsStream("ManifestTest$Restricted.class").readAllBytes()), Map.of()), ClassScan.restricted()))
        .hasSize(1);
  }

  /** Never called: it is here to be found. */
  static final class Restricted {
    private Restricted() {}

    @SuppressWarnings("restricted")
    static Object call(Path library) {
      return new Object[] {(Runnable) () -> System.load(library.toString())};
    }
  }

  @ParameterizedTest
  @MethodSource("bundles")
  void onlyOneBundleMakesSystemCalls(String folder) {
    List<String> calls = ClassScan.restrictedCalls(BuiltBundle.of(folder), ClassScan.restricted());
    if (folder.equals("os.linux")) {
      assertThat(calls).isNotEmpty();
    } else {
      assertThat(calls).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("bricks")
  void bricksPrintNothing(String folder) {
    assertThat(ClassScan.systemStreams(BuiltBundle.of(folder))).isEmpty();
  }

  static Stream<String> contracts() {
    return Reactor.bundles().stream().filter(folder -> folder.equals("virtio.bus") || Arrows.port(folder));
  }

  @ParameterizedTest
  @MethodSource("contracts")
  @Shows("F48")
  void interruptsAndDoorbellsAreNeverIntegers(String folder) {
    assertThat(ClassScan.bareIntegers(BuiltBundle.of(folder))).isEmpty();
  }

  @Test
  @Shows("F59")
  void aCombinationIsTenLinesAndNoClass() throws IOException {
    List<BuiltBundle> combinations = BuiltBundle.of("glue").inner();
    assertThat(combinations).isNotEmpty();
    for (BuiltBundle combination : combinations) {
      String name = combination.symbolicName().substring("virtio.glue.".length());
      assertThat(effectiveLines(Reactor.root("glue", name + ".bnd"))).as(name).isLessThanOrEqualTo(GLUE_LINES);
      assertThat(combination.classes()).as(name).isEmpty();
      assertThat(Arrows.violations(combination)).isEmpty();
      assertThat(combination.packages("Import-Package")).isEqualTo(Set.of("virtio.bus"));
    }
  }

  private static long effectiveLines(Path file) throws IOException {
    return Files.readAllLines(file).stream().filter(line -> !line.isBlank() && !line.strip().startsWith("#")).count();
  }

  private static Path jar(Path file, String folder, String imports) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-SymbolicName", Reactor.artifact(folder));
    main.putValue("Import-Package", imports);
    try (OutputStream out = Files.newOutputStream(file); JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new JarEntry("empty"));
    }
    return file;
  }
}
