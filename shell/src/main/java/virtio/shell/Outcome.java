package virtio.shell;

/**
 * How one combination did.
 *
 * @param detail why it was skipped or failed; its throughput where it is ok
 */
record Outcome(Kind kind, String detail) {
  /** What may happen to a combination. */
  enum Kind { OK, SKIPPED, FAILED }

  static Outcome ok(String throughput) {
    return new Outcome(Kind.OK, throughput);
  }

  static Outcome skipped(String why) {
    return new Outcome(Kind.SKIPPED, why);
  }

  static Outcome failed(String why) {
    return new Outcome(Kind.FAILED, why);
  }

  /** {@code "ok, 900 MiB/s"}, {@code "skipped: why"}, {@code "FAILED: why"}: on one line whatever the reason looks like. */
  @Override
  public String toString() {
    String line = detail.strip().replaceAll("\\s*\\R\\s*", " | ");
    return switch (kind) {
      case OK -> "ok, " + line;
      case SKIPPED -> "skipped: " + line;
      case FAILED -> "FAILED: " + line;
    };
  }
}
