package virtio.bus.registers;

import java.util.Arrays;
import virtio.bus.Features;

/**
 * The 128 feature bits as four words of 32, of which a selector shows one. Not thread-safe.
 *
 * <p>Spec: virtio 1.4, "Feature Bits"
 */
public final class FeatureWords {
  /** How many there are. */
  public static final int COUNT = 4;
  private static final long WORD = 0xFFFF_FFFFL;

  private final long[] words = new long[COUNT];

  /** That word of a set, 32 bits, unsigned; 0 for a word that does not exist. */
  public static long word(Features features, long select) {
    if (select < 0 || select >= COUNT) {
      return 0;
    }
    long half = select < 2 ? features.low() : features.high();
    return half >>> 32 * (select & 1) & WORD;
  }

  /** @param select 0 to 3 */
  public void word(int select, long bits) {
    words[select] = bits & WORD;
  }

  /** What the words make. */
  public Features features() {
    return new Features(words[1] << 32 | words[0], words[3] << 32 | words[2]);
  }

  /** None of them. */
  public void clear() {
    Arrays.fill(words, 0);
  }
}
