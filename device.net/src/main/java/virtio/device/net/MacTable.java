package virtio.device.net;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which port a station was last heard on. A fixed number of entries, in groups that an address is looked for in; where a group is full the
 * entry that was silent for longest makes room. No lock and no allocation: an entry is one number, and two writers at once leave one of
 * two true answers, which the next frame corrects.
 *
 * <p>Spec: IEEE 802.1Q, "The Filtering Database": entries age out after 300 seconds.
 */
final class MacTable {
  /** Seconds after which a station that was not heard is forgotten. */
  static final int AGEING = 300;
  /** None. */
  static final int NOBODY = -1;

  private static final int WAYS = 8;
  private static final int PORT_BITS = 16;
  private static final int PORT = (1 << PORT_BITS) - 1;

  private final int groups;
  /** Address and port; 0: free. */
  private final AtomicLongArray entries;
  /** When each was last heard, seconds of the switch's clock. */
  private final AtomicIntegerArray heard;

  /** @param size entries, a power of two, at least 8 */
  MacTable(int size) {
    groups = size / WAYS;
    entries = new AtomicLongArray(size);
    heard = new AtomicIntegerArray(size);
  }

  private int group(long mac) {
    long mixed = mac * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32 & groups - 1) * WAYS;
  }

  /** A frame from that station has come in by that port. Any thread. @param port 1 to 65535 */
  void learn(long mac, int port, int now) {
    int first = group(mac);
    long entry = mac << PORT_BITS | port;
    int free = -1;
    int oldest = first;
    boolean known = false;
    for (int i = first; i < first + WAYS; i++) {
      long there = entries.get(i);
      if (there >>> PORT_BITS == mac && there != 0) {
        if (known) {
          entries.compareAndSet(i, there, 0);   // two writers at once have made two of it
        } else {
          known = true;
          if (there != entry) {
            entries.set(i, entry);
          }
          if (heard.get(i) != now) {
            heard.set(i, now);
          }
        }
      } else if (free < 0 && (there == 0 || now - heard.get(i) > AGEING)) {
        free = i;
      } else if (now - heard.get(i) > now - heard.get(oldest)) {
        oldest = i;
      }
    }
    if (!known) {
      int at = free < 0 ? oldest : free;
      heard.set(at, now);
      entries.set(at, entry);
    }
  }

  /** The port that leads to that station, or {@link #NOBODY}. Any thread. */
  int find(long mac, int now) {
    int first = group(mac);
    for (int i = first; i < first + WAYS; i++) {
      long there = entries.get(i);
      if (there >>> PORT_BITS == mac && there != 0) {
        return now - heard.get(i) > AGEING ? NOBODY : (int) there & PORT;
      }
    }
    return NOBODY;
  }

  /** Forgets whoever was heard on that port. */
  void forget(int port) {
    for (int i = 0; i < entries.length(); i++) {
      long there = entries.get(i);
      if (there != 0 && (there & PORT) == port) {
        entries.compareAndSet(i, there, 0);
      }
    }
  }

  /** Stations that are not forgotten. */
  int count(int now) {
    int count = 0;
    for (int i = 0; i < entries.length(); i++) {
      if (entries.get(i) != 0 && now - heard.get(i) <= AGEING) {
        count++;
      }
    }
    return count;
  }
}
