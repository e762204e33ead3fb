package virtio.bus.core;

import virtio.bus.Combination;

/** The four words of a combination's name, for messages; {@code ?} where a combination has no such name. */
record PartNames(String driver, String transport, String ring, String config) {
  static PartNames of(Combination parts) {
    String[] words = parts.name().split("\\.", -1);
    return words.length == 4 ? new PartNames(words[0], words[1], words[2], words[3]) : new PartNames("?", "?", "?", "?");
  }
}
