package virtio.config.tlv;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.DeviceId;
import virtio.bus.Window;

/**
 * The fields of an entry, by what their types and lengths said when they were read, once. Marks do not count: whether a driver before us
 * has left some is nothing that we need to know.
 *
 * @param fields in the stream's order, up to the first that is broken
 * @param broken what is wrong with the next one; null when all are whole
 */
record FieldTable(List<Located> fields, String broken) {
  /**
   * One field.
   *
   * @param type without its mark
   * @param at where in the window its type lies
   */
  record Located(int type, int at, int length) {
    int data() {
      return at + Tlv.FIELD_DATA;
    }
  }

  /** Reads types and lengths of the entry in that window, no byte beyond its end, and no data. */
  static FieldTable of(Window window) {
    List<Located> fields = new ArrayList<>();
    if (window.size() < Tlv.HEADER) {
      return new FieldTable(fields, "size=" + window.size() + ": shorter than an entry's header");
    }
    int end = Tlv.HEADER + (int) window.read(Tlv.CONFIG_LEN, 1);
    if (end > window.size()) {
      return new FieldTable(fields, "config_len=" + (end - Tlv.HEADER) + " of " + (window.size() - Tlv.HEADER));
    }
    for (int at = Tlv.HEADER; at < end; ) {
      if (end - at < Tlv.FIELD_DATA) {
        return new FieldTable(fields, "offset=" + at + ": half a field at the stream's end");
      }
      int type = (int) window.read(at, 1) & ~Tlv.MARK;
      int length = (int) window.read(at + Tlv.FIELD_LEN, 1);
      if (length > end - at - Tlv.FIELD_DATA) {
        return new FieldTable(fields,
            "field 0x%02x: len=%d, of which the stream has %d".formatted(type, length, end - at - Tlv.FIELD_DATA));
      }
      fields.add(new Located(type, at, length));
      at += Tlv.FIELD_DATA + length;
    }
    return new FieldTable(fields, null);
  }

  /** The first of that type, or null. */
  Located first(int type) {
    return nth(type, 0);
  }

  /** That one of several of a type, from 0, or null. */
  Located nth(int type, int index) {
    int left = index;
    for (Located field : fields) {
      if (field.type() == type && left-- == 0) {
        return field;
      }
    }
    return null;
  }

  /** Who lies there, and nothing is marked for it; null for nobody. An entry without our own fields is a device of the usual vendor. */
  DeviceId identity(Window window) {
    int type = window.size() < Tlv.HEADER ? 0 : (int) window.read(Tlv.TYPE, 1);
    if (type == 0 || type == Tlv.TYPE_REMOVED) {
      return null;
    }
    Located own = first(Tlv.IDENTITY);
    if (own != null && own.length() == Tlv.IDENTITY_LENGTH) {
      return new DeviceId((int) Bytes.get(window, own.data() + Tlv.IDENTITY_TYPE, 4),
          (int) Bytes.get(window, own.data() + Tlv.IDENTITY_VENDOR, 4));
    }
    return type == Tlv.TYPE_ELSEWHERE ? null : new DeviceId(type, DeviceId.VENDOR_QUMRANET);
  }
}
