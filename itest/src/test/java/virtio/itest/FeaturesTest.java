package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The page of features says what the tests say: the build makes it, and whoever forgets to commit it is told. */
class FeaturesTest {
  private static final int ROWS = 61;
  private static final int TRAPS = 30;

  private final FeatureTable table = FeatureTable.of(lines("features.tsv"));
  private final TestCatalog tests = TestCatalog.scan();

  @Test
  void thePageIsUpToDate() throws IOException {
    Path page = Reactor.root("docs", "features.md");
    String fresh = table.page(tests);
    String committed = Files.exists(page) ? Files.readString(page) : "";
    if (!committed.equals(fresh)) {
      Files.createDirectories(page.getParent());
      Files.writeString(page, fresh);
    }
    assertThat(committed.equals(fresh)).as("docs/features.md says what the tests show (if not, it has just been made anew: commit it)")
        .isTrue();
  }

  @Test
  void everyRowIsThereAndNoTestShowsAnother() {
    assertThat(table.ids()).containsExactlyElementsOf(IntStream.rangeClosed(1, ROWS).mapToObj("F%02d"::formatted).toList());
    assertThat(tests.by("Shows").keySet()).isSubsetOf(table.ids());
  }

  @Test
  void trapsAreOfTheThirty() {
    assertThat(tests.by("Trap").keySet())
        .isSubsetOf(new TreeSet<>(IntStream.rangeClosed(1, TRAPS).mapToObj("T%02d"::formatted).toList()));
  }

  private static List<String> lines(String resource) {
    try (InputStream in = FeaturesTest.class.getResourceAsStream("/" + resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
