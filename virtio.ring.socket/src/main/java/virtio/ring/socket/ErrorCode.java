package virtio.ring.socket;

import virtio.bus.Violation;

/** How an ERROR frame spells a violation: its place here, from 1 on; 0 for one that is none of these. */
final class ErrorCode {
  private static final Violation[] CODES = {null, Violation.BAD_FRAME, Violation.BAD_TYPE, Violation.BAD_FLAGS, Violation.BAD_LENGTH,
      Violation.BAD_SESSION, Violation.BAD_SEQUENCE, Violation.BAD_QUEUE, Violation.BAD_SLOT, Violation.BAD_GENERATION,
      Violation.BAD_OFFSET, Violation.BAD_CREDIT, Violation.CREDIT_EXCEEDED, Violation.USED_LEN, Violation.BAD_HELLO,
      Violation.CHAIN_TOO_LONG};

  private ErrorCode() {}

  static int of(Violation violation) {
    for (int code = 1; code < CODES.length; code++) {
      if (CODES[code] == violation) {
        return code;
      }
    }
    return 0;
  }
}
