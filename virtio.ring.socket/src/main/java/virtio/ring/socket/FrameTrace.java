package virtio.ring.socket;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** The headers of the last frames of one session half, both ways: noted by the pump, read by anyone, who may see one half overwritten. */
final class FrameTrace {
  private static final int FRAMES = 64;
  private static final int WORDS = 5;

  private final AtomicLongArray words = new AtomicLongArray(FRAMES * WORDS);
  private volatile long noted;

  void note(Frame frame, boolean toDevice) {
    long count = noted;
    int at = (int) (count % FRAMES) * WORDS;
    words.setPlain(at, pair(frame.code | frame.flags << 8 | (toDevice ? 1 << 16 : 0), frame.queue | frame.sequence << 16));
    words.setPlain(at + 1, pair(frame.slot | frame.generation << 16, frame.length));
    words.setPlain(at + 2, pair(frame.arg0, frame.arg1));
    words.setPlain(at + 3, pair(frame.credit, frame.session));
    words.setRelease(at + 4, count);
    noted = count + 1;
  }

  private static long pair(int low, int high) {
    return low & 0xFFFF_FFFFL | (long) high << 32;
  }

  /** How many there have been. */
  long count() {
    return noted;
  }

  /** The last ones in words, the oldest first. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    long end = noted;
    Frame frame = new Frame();
    for (long count = Math.max(0, end - FRAMES); count < end; count++) {
      int at = (int) (count % FRAMES) * WORDS;
      if (words.getAcquire(at + 4) != count) {
        continue;   // overwritten meanwhile
      }
      long first = words.get(at);
      frame.code = (int) first & 0xFF;
      frame.type = FrameType.of(frame.code);
      frame.flags = (int) first >> 8 & 0xFF;
      frame.queue = (int) (first >> 32) & 0xFFFF;
      frame.sequence = (int) (first >>> 48);
      long second = words.get(at + 1);
      frame.slot = (int) second & 0xFFFF;
      frame.generation = (int) second >>> 16;
      frame.length = (int) (second >> 32);
      frame.arg0 = (int) words.get(at + 2);
      frame.arg1 = (int) (words.get(at + 2) >> 32);
      frame.credit = (int) words.get(at + 3);
      frame.session = (int) (words.get(at + 3) >> 32);
      lines.add(count + (((int) first >> 16 & 1) != 0 ? " -> " : " <- ") + frame);
    }
    return lines;
  }
}
