package virtio.config.lguest;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.PageLayout;
import virtio.bus.Window;

/** Walks a page of later classic entries. Type 0 ends it, and so does an entry that would pass the page's end. */
@Component(name = "virtio.config.lguest.layout", property = "virtio.layout=lguest")
public final class LguestLayout implements PageLayout {
  /** Without state. */
  @Activate
  public LguestLayout() {
  }

  @Override
  public List<Entry> walk(Window page) {
    List<Entry> entries = new ArrayList<>();
    int offset = 0;
    while (offset + DeviceEntry.HEADER <= page.size()) {
      int type = (int) page.read(offset + DeviceEntry.TYPE, 1);
      int length = DeviceEntry.at(page, offset).length();
      if (type == 0 || length > page.size() - offset) {
        break;
      }
      entries.add(new Entry(offset, length, type));
      offset += length;
    }
    return entries;
  }
}
