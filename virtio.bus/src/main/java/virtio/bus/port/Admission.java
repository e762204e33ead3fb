package virtio.bus.port;

/**
 * What became of a device that has come to a port.
 *
 * @param why for a person; empty where it went well
 */
public record Admission(Kind kind, String why) {
  /** It serves. */
  public static final Admission SERVING = new Admission(Kind.SERVING, "");
  /** It went down meanwhile. */
  public static final Admission GONE = new Admission(Kind.GONE, "");

  /** What there is. */
  public enum Kind {
    SERVING, GONE,
    /** It is another than was promised: left alone until something changes. */
    REFUSED,
    /** What was promised cannot be kept, and need not be waited for: users lose it, and this one begins anew. */
    ANEW,
    /** It does not answer: to be reset. */
    SILENT
  }

  public static Admission refused(String why) {
    return new Admission(Kind.REFUSED, why);
  }

  public static Admission anew(String why) {
    return new Admission(Kind.ANEW, why);
  }

  public static Admission silent(String why) {
    return new Admission(Kind.SILENT, why);
  }
}
