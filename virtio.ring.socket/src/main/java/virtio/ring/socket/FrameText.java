package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Recorded bytes as lines of text. Trusts nothing: what is no frame is shown as it is, up to the next eight bytes that might begin one. */
final class FrameText {
  private static final HexFormat HEX = HexFormat.of();
  /** Bytes of a payload that a line shows. */
  private static final int SHOWN = 16;
  private static final int STEP = 8;

  private FrameText() {}

  static List<String> lines(byte[] bytes) {
    MemorySegment from = MemorySegment.ofArray(bytes);
    List<String> lines = new ArrayList<>();
    Frame frame = new Frame();
    int at = 0;
    while (at < bytes.length) {
      int end = at;
      while (end < bytes.length && !begins(frame, from, end)) {
        end = Math.min(bytes.length, end + STEP);
      }
      if (end > at) {
        lines.add("%08x  no frame: %d bytes%s".formatted(at, end - at, shown(bytes, at, end - at)));
      }
      at = end;
      if (at < bytes.length) {
        frame.read(from, at);
        int here = (int) Math.min(frame.length, (long) bytes.length - at - Frame.HEADER);
        String cut = here < frame.length ? ", cut short" : "";
        lines.add("%08x  %s%s%s".formatted(at, frame, shown(bytes, at + Frame.HEADER, here), cut));
        at = (int) Math.min(bytes.length, at + Frame.HEADER + ((long) frame.length + STEP - 1 & -STEP));
      }
    }
    return lines;
  }

  private static boolean begins(Frame frame, MemorySegment from, int at) {
    if (from.byteSize() - at < Frame.HEADER) {
      return false;
    }
    frame.read(from, at);
    return frame.magic == Frame.MAGIC && frame.length >= 0;
  }

  private static String shown(byte[] bytes, int at, int length) {
    int shown = Math.min(SHOWN, length);
    return shown == 0 ? "" : ": " + HEX.formatHex(bytes, at, at + shown) + (length > shown ? "..." : "");
  }
}
