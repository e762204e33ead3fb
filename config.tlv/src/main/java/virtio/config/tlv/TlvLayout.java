package virtio.config.tlv;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.PageLayout;
import virtio.bus.Window;

/** Walks a page of entries of September 2007. Type 0 ends it, and so does an entry that would pass the page's end. */
@Component(name = "virtio.config.tlv.layout", property = "virtio.layout=tlv")
public final class TlvLayout implements PageLayout {
  /** Without state. */
  @Activate
  public TlvLayout() {
  }

  @Override
  public List<Entry> walk(Window page) {
    List<Entry> entries = new ArrayList<>();
    int offset = 0;
    while (offset + Tlv.HEADER <= page.size()) {
      int type = (int) page.read(offset + Tlv.TYPE, 1);
      int length = Tlv.HEADER + (int) page.read(offset + Tlv.CONFIG_LEN, 1);
      if (type == 0 || length > page.size() - offset) {
        break;
      }
      entries.add(new Entry(offset, length, type));
      offset += length;
    }
    return entries;
  }
}
