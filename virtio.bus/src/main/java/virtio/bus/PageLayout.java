package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Walks a page of packed device entries, for a transport that finds its devices in one (lguest's device page) and must not know what an
 * entry means. A config handler brick registers it with the property {@code virtio.layout}, its name; a machine has one layout.
 */
@ConsumerType
public interface PageLayout {
  /**
   * The entries, in the page's order. Trusts nothing: stops at the first that passes the page's end.
   *
   * @param page the page as plain memory; read only
   */
  List<Entry> walk(Window page);

  /**
   * One entry.
   *
   * @param offset of its first byte in the page
   * @param length bytes
   * @param type its type as the page spells it, not 0
   */
  record Entry(int offset, int length, int type) {}
}
