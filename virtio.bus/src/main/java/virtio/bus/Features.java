package virtio.bus;

import java.util.StringJoiner;
import virtio.bus.spec.FeatureBits;

/**
 * A set of the 128 feature bits.
 *
 * <p>Spec: virtio 1.4, "Feature Bits"
 *
 * @param low bits 0 to 63
 * @param high bits 64 to 127
 */
public record Features(long low, long high) {
  /** None of them. */
  public static final Features NONE = new Features(0, 0);
  /** All of them: a mask that hides nothing. */
  public static final Features ALL = new Features(-1, -1);

  /** Exactly these; each 0 to 127. */
  public static Features of(int... bits) {
    Features features = NONE;
    for (int bit : bits) {
      features = features.with(bit);
    }
    return features;
  }

  /** All bits from {@code first} to {@code last}, both included. */
  public static Features range(int first, int last) {
    Features features = NONE;
    for (int bit = first; bit <= last; bit++) {
      features = features.with(bit);
    }
    return features;
  }

  public boolean has(int bit) {
    return ((inRange(bit) < 64 ? low : high) >>> bit & 1) != 0;
  }

  /** Whether {@code other} is a subset. */
  public boolean holds(Features other) {
    return (other.low & ~low | other.high & ~high) == 0;
  }

  public Features with(int bit) {
    return inRange(bit) < 64 ? new Features(low | 1L << bit, high) : new Features(low, high | 1L << bit);
  }

  public Features without(int bit) {
    return inRange(bit) < 64 ? new Features(low & ~(1L << bit), high) : new Features(low, high & ~(1L << bit));
  }

  public Features and(Features other) {
    return new Features(low & other.low, high & other.high);
  }

  public Features or(Features other) {
    return new Features(low | other.low, high | other.high);
  }

  public Features minus(Features other) {
    return new Features(low & ~other.low, high & ~other.high);
  }

  public boolean isEmpty() {
    return (low | high) == 0;
  }

  /** Drops each bit whose requirement is absent, until nothing changes. A pair reads {@code {bit, bit it requires}}. */
  public Features closed(int[][] requires) {
    Features features = this;
    Features before;
    do {
      before = features;
      for (int[] pair : requires) {
        if (features.has(pair[0]) && !features.has(pair[1])) {
          features = features.without(pair[0]);
        }
      }
    } while (!features.equals(before));
    return features;
  }

  /** The names, as the specification spells them, of a device of that type: {@code "VERSION_1 EVENT_IDX FLUSH"}. */
  public String names(int deviceType) {
    StringJoiner names = new StringJoiner(" ");
    for (int bit = 0; bit < 128; bit++) {
      if (has(bit)) {
        names.add(FeatureBits.name(deviceType, bit));
      }
    }
    return names.toString();
  }

  /** Hexadecimal, the high half only where it says something: {@code 0x130000200}. */
  @Override
  public String toString() {
    return high == 0 ? "0x%x".formatted(low) : "0x%x%016x".formatted(high, low);
  }

  private static int inRange(int bit) {
    if (bit < 0 || bit > 127) {
      throw new IllegalArgumentException("bit=" + bit + " (0 to 127)");
    }
    return bit;
  }
}
