package virtio.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the user asked for.
 *
 * @param mode what to do
 * @param glue the combination's name, if one was given, or follows from the machine
 * @param image the disk image, absolute and readable, if one was given
 * @param write whether the given image may be written
 * @param tap the tap that the card's switch is joined to, if one was given
 * @param command the line to hand to the shell; empty in mode {@link Mode#SHELL}
 */
record Options(Mode mode, Optional<String> glue, Optional<Path> image, boolean write, Optional<String> tap, String command) {
  /** The machines that can be asked for, and the combination for each. */
  private static final Map<String, String> MACHINES = Map.of("lguest", "block.lguest.split.lguest", "qemu", "block.pci.split.pci");

  /** What to do with the container. */
  enum Mode {
    /** Bring up a disk and open the shell. */
    SHELL,
    /** Try combinations, print a line for each. */
    CHECK,
    /** Run one command. */
    EXEC
  }

  /**
   * Reads the command line.
   *
   * @param arguments the words after {@code ./virtio}
   * @return what they ask for
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  static Options parse(String... arguments) {
    Deque<String> words = new ArrayDeque<>(List.of(arguments));
    Mode mode = mode(words);
    List<String> check = new ArrayList<>();
    List<String> plain = new ArrayList<>();
    String glue = null;
    String machine = null;
    Path image = null;
    boolean write = false;
    String tap = null;
    while (!words.isEmpty()) {
      String word = words.pop();
      switch (word) {
        case "--glue" -> glue = value(word, words);
        case "--machine" -> machine = machine(value(word, words));
        case "--image" -> image = image(value(word, words));
        case "--write" -> write = true;
        case "--tap" -> tap = value(word, words);
        case "--all", "--sabotage" -> check.add(word);
        default -> plain.add(plain(word));
      }
    }
    refuse(mode != Mode.CHECK && !check.isEmpty(), () -> check.getFirst() + " belongs to: virtio check");
    refuse(mode == Mode.CHECK && write, () -> "--write does not go with check, which only reads your image");
    refuse(write && image == null, () -> "--write needs --image FILE");
    glue = fitting(machine, glue, check.contains("--all"));
    String kind = glue == null ? Parts.BLOCK : new Parts(glue).driver();
    refuse(image != null && !kind.equals(Parts.BLOCK), () -> "--image belongs to a disk (--glue block...)");
    refuse(tap != null && (mode == Mode.CHECK || !kind.equals(Parts.NET)), () -> "--tap belongs to a card (--glue net...)");
    refuse(mode == Mode.EXEC && plain.size() != 1, () -> "exec takes one command, in quotes");
    refuse(mode != Mode.EXEC && !plain.isEmpty(), () -> "unknown argument '" + plain.getFirst() + "'");
    String command = switch (mode) {
      case SHELL -> "";
      case EXEC -> plain.getFirst();
      case CHECK -> checkCommand(glue, image, check);
    };
    return new Options(mode, Optional.ofNullable(glue), Optional.ofNullable(image), write, Optional.ofNullable(tap), command);
  }

  private static Mode mode(Deque<String> words) {
    Mode mode = switch (words.peek()) {
      case "check" -> Mode.CHECK;
      case "exec" -> Mode.EXEC;
      case null, default -> Mode.SHELL;
    };
    if (mode != Mode.SHELL) {
      words.pop();
    }
    return mode;
  }

  private static String machine(String name) {
    refuse(!MACHINES.containsKey(name), () -> "--machine " + name + ": no such machine; there are lguest, qemu");
    return name;
  }

  /** Returns the combination that the machine and the glue ask for together, either of which may be null; null for the default one. */
  private static String fitting(String machine, String glue, boolean all) {
    refuse(all && glue != null, () -> "--all and --glue exclude each other");
    refuse(all && machine != null, () -> "--all and --machine exclude each other");
    refuse(machine != null && glue != null && !new Parts(glue).machine().equals(machine), () -> "--glue " + glue + " is not for --machine " + machine);
    return machine == null || glue != null ? glue : MACHINES.get(machine);
  }

  private static String value(String option, Deque<String> words) {
    refuse(words.isEmpty() || words.peek().startsWith("--"), () -> option + " needs a value");
    return words.pop();
  }

  private static Path image(String name) {
    Path image = Path.of(name).toAbsolutePath().normalize();
    refuse(!Files.exists(image), () -> "--image " + name + ": no such file");
    refuse(!Files.isRegularFile(image), () -> "--image " + name + ": not a regular file");
    refuse(!Files.isReadable(image), () -> "--image " + name + ": not readable");
    return image;
  }

  private static String plain(String word) {
    refuse(word.startsWith("-"), () -> "unknown option " + word);
    return word;
  }

  private static String checkCommand(String glue, Path image, List<String> flags) {
    List<String> words = new ArrayList<>(List.of("virtio:check"));
    if (glue != null) {
      words.addAll(List.of("--glue", glue));
    }
    if (image != null) {
      words.addAll(List.of("--image", image.toString()));
    }
    words.addAll(flags);
    return words.stream().map(Options::quoted).collect(Collectors.joining(" "));
  }

  /** Gogo takes what stands in single quotes as it is; a quote itself stands outside of them, escaped. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./:-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static void refuse(boolean wrong, Supplier<String> why) {
    if (wrong) {
      throw new IllegalArgumentException(why.get());
    }
  }
}
