package virtio.host.lguest;

import java.util.Locale;

/** How a machine lays entries out in its device page; one machine has one layout. */
enum Layout {
  /** Later classic lguest: {@code config.lguest}. */
  LGUEST(1, 5, 3, 4),
  /** Type, length, data, of September 2007: {@code config.tlv}. */
  TLV(2, 3, 1, 2),
  /** Entries of 256 bytes, of which no length says so: {@code config.fixed}. */
  FIXED(3, 256, -1, 74);

  /** Its number in the control page. */
  final int number;
  /** Bytes before an entry's variable part, of which one byte is the length of. */
  final int header;
  /**
   * Where in the header the length of configuration lies, -1 where all entries are headers; the other lengths, where there are any, being 0, it
   * counts all that follows.
   */
  final int length;
  /** Where in the header the device status lies. */
  final int status;

  Layout(int number, int header, int length, int status) {
    this.number = number;
    this.header = header;
    this.length = length;
    this.status = status;
  }

  /** As a property spells it. */
  String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Layout of(int number) {
    for (Layout layout : values()) {
      if (layout.number == number) {
        return layout;
      }
    }
    throw new IllegalArgumentException("layout=" + number + "; allowed: 1 (lguest), 2 (tlv), 3 (fixed)");
  }
}
