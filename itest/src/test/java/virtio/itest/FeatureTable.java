package virtio.itest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/** What the project is to do, row by row, and the tests that show it: the text of {@code docs/features.md}. */
final class FeatureTable {
  private static final String NOTHING = "not shown yet";
  /** Of one class, so many methods are named. */
  private static final int METHODS = 2;

  private final Map<String, String> rows;

  private FeatureTable(Map<String, String> rows) {
    this.rows = rows;
  }

  /** @param lines id, tab, text */
  static FeatureTable of(List<String> lines) {
    Map<String, String> rows = new LinkedHashMap<>();
    for (String line : lines) {
      String[] cells = line.split("\t", -1);
      if (cells.length != 2 || rows.put(cells[0], cells[1]) != null) {
        throw new IllegalArgumentException("line=" + line + " (an id of its own, a tab, what it is)");
      }
    }
    return new FeatureTable(rows);
  }

  Collection<String> ids() {
    return rows.keySet();
  }

  /** The page, as Markdown. */
  String page(TestCatalog tests) {
    SortedMap<String, SortedSet<String>> shown = tests.by("Shows");
    List<String> lines = new ArrayList<>();
    lines.add("# Features");
    lines.add("");
    lines.add("What the project is to do, and which tests show it. "
        + "The build makes this page from annotations on the tests; do not edit it.");
    lines.add("");
    lines.add("%d of %d rows are shown.".formatted(rows.keySet().stream().filter(shown::containsKey).count(), rows.size()));
    lines.add("");
    lines.add("| row | what | shown by |");
    lines.add("|---|---|---|");
    rows.forEach((id, text) -> lines.add("| %s | %s | %s |".formatted(id, text, tests(shown.get(id)))));
    section(lines, "Traps", "Mistakes that everybody makes, and the tests that look for them.", "trap", tests.by("Trap"));
    section(lines, "Clauses", "Clauses of virtio 1.4 whose normative statements are tested.", "clause", tests.by("Clause"));
    return String.join("\n", lines) + "\n";
  }

  private static void section(List<String> lines, String title, String says, String head, SortedMap<String, SortedSet<String>> found) {
    lines.addAll(List.of("", "## " + title, "", says, "", "| " + head + " | tests |", "|---|---|"));
    found.forEach((value, by) -> lines.add("| %s | %s |".formatted(value, tests(by))));
  }

  /** One entry per class, its methods in brackets, so that a row stays readable. */
  private static String tests(SortedSet<String> tests) {
    if (tests == null) {
      return NOTHING;
    }
    Map<String, List<String>> byClass = new TreeMap<>();
    for (String test : tests) {
      int dot = test.lastIndexOf('.');
      boolean method = dot > 0 && Character.isLowerCase(test.charAt(dot + 1));
      List<String> methods = byClass.computeIfAbsent(method ? test.substring(0, dot) : test, name -> new ArrayList<>());
      if (method) {
        methods.add(test.substring(dot + 1));
      }
    }
    List<String> texts = new ArrayList<>();
    byClass.forEach((name, methods) -> texts.add("`" + name + "`" + (methods.isEmpty() ? "" : " (" + some(methods) + ")")));
    return String.join("; ", texts);
  }

  private static String some(List<String> methods) {
    int more = methods.size() - METHODS;
    return String.join(", ", methods.subList(0, Math.min(METHODS, methods.size()))) + (more > 0 ? ", and " + more + " more" : "");
  }
}
