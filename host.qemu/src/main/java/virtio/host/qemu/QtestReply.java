package virtio.host.qemu;

/**
 * A line that QEMU says on its qtest socket.
 *
 * <p>Source: QEMU 7.2, {@code softmmu/qtest.c}
 */
sealed interface QtestReply {
  /** A command was carried out. */
  record Done(long value) implements QtestReply {
  }

  /** A command was not. */
  record Refused(String reason) implements QtestReply {
  }

  /** An interrupt line that is intercepted has changed; answers nothing. */
  record Level(int line, boolean up) implements QtestReply {
  }

  /** @throws IllegalArgumentException when QEMU does not speak like that */
  static QtestReply parse(String line) {
    String[] words = line.strip().split(" ", 3);
    try {
      return switch (words[0]) {
        case "OK" -> new Done(words.length > 1 && words[1].startsWith("0x") ? Long.parseUnsignedLong(words[1].substring(2), 16) : 0);
        case "ERR", "FAIL" -> new Refused(line.strip());
        case "IRQ" -> new Level(Integer.parseInt(words[2]), up(words[1], line));
        default -> throw unknown(line);
      };
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException malformed) {
      throw unknown(line);
    }
  }

  private static boolean up(String word, String line) {
    return switch (word) {
      case "raise" -> true;
      case "lower" -> false;
      default -> throw unknown(line);
    };
  }

  private static IllegalArgumentException unknown(String line) {
    return new IllegalArgumentException("qtest='" + line + "'; allowed: OK, ERR, FAIL, IRQ raise N, IRQ lower N");
  }
}
