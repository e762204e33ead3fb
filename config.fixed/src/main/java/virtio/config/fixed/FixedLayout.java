package virtio.config.fixed;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.PageLayout;
import virtio.bus.Window;

/** Walks a page of 256-byte entries. A first byte of 0 ends it. */
@Component(name = "virtio.config.fixed.layout", property = "virtio.layout=fixed")
public final class FixedLayout implements PageLayout {
  /** Without state. */
  @Activate
  public FixedLayout() {
  }

  @Override
  public List<Entry> walk(Window page) {
    List<Entry> entries = new ArrayList<>();
    for (int offset = 0; offset + Bytes256.SIZE <= page.size(); offset += Bytes256.SIZE) {
      int first = (int) page.read(offset, 1);
      if (first == 0) {
        break;
      }
      entries.add(new Entry(offset, Bytes256.SIZE, first));
    }
    return entries;
  }
}
