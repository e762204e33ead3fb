package virtio.ring.socket;

/** What a frame is for, which way it goes, and what it may carry. */
enum FrameType {
  /** Begins a session: version, queues so far; the longest frame that the driver's half takes. */
  HELLO(0x01, Way.TO_DEVICE, 4, 4),
  /** The session has begun: version, queues so far; the longest frame of both. */
  HELLO_OK(0x02, Way.TO_DRIVER, 4, 4),
  /** Asks for a queue: slots wanted. */
  OPEN(0x03, Way.TO_DEVICE, 0, 0),
  /** Gives it: slots, largest readable total of one buffer; the first credit. */
  OPENED(0x04, Way.TO_DRIVER, 0, 0),
  /** A buffer: readable total, writable total; its first readable bytes. */
  ADD(0x10, Way.TO_DEVICE, 0, Integer.MAX_VALUE),
  /** More of a buffer: offset in the part of that direction. */
  DATA(0x11, Way.BOTH, 1, Integer.MAX_VALUE),
  /** A buffer is used: used length, offset of the payload; the last of its written bytes. */
  USED(0x12, Way.TO_DRIVER, 0, Integer.MAX_VALUE),
  /** Nothing but its credit field. */
  CREDIT(0x13, Way.TO_DRIVER, 0, 0),
  /** A buffer is taken back. */
  DETACH(0x14, Way.TO_DEVICE, 0, 0),
  /** What had become of it: a {@code DETACHED_} constant of {@link Frame}. */
  DETACHED(0x15, Way.TO_DRIVER, 0, 0),
  /** Stops a queue. */
  CLOSE(0x1E, Way.TO_DEVICE, 0, 0),
  /** Nothing of the queue comes any more, and its effects are finished. */
  CLOSED(0x1F, Way.TO_DRIVER, 0, 0),
  /** Stops the device. */
  RESET(0x7E, Way.TO_DEVICE, 0, 0),
  /** The device is stopped, and its effects are finished. */
  RESET_OK(0x7F, Way.TO_DRIVER, 0, 0),
  /** The session is over: why, and the type of the frame that did it. */
  ERROR(0x80, Way.BOTH, 0, 0);

  private enum Way { TO_DEVICE, TO_DRIVER, BOTH }

  private static final FrameType[] BY_CODE = new FrameType[256];

  static {
    for (FrameType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;
  private final Way way;
  private final int leastPayload;
  private final int mostPayload;

  FrameType(int code, Way way, int leastPayload, int mostPayload) {
    this.code = code;
    this.way = way;
    this.leastPayload = leastPayload;
    this.mostPayload = mostPayload;
  }

  /** Null for a code that is none. */
  static FrameType of(int code) {
    return BY_CODE[code & 0xFF];
  }

  int code() {
    return code;
  }

  boolean goes(boolean toDevice) {
    return way == Way.BOTH || toDevice == (way == Way.TO_DEVICE);
  }

  /** Whether it has a number in its session; those that begin and end sessions have none. */
  boolean counted() {
    return this != HELLO && this != HELLO_OK && this != RESET && this != RESET_OK;
  }

  /** Whether it is the session's, and not a queue's. */
  boolean ofSession() {
    return !counted() || this == ERROR;
  }

  /** Whether payload may go on in further frames, and {@link Frame#MORE} says so. */
  boolean mayHaveMore(boolean toDevice) {
    return toDevice && (this == ADD || this == DATA);
  }

  boolean carries(int payload) {
    return payload >= leastPayload && payload <= mostPayload;
  }
}
