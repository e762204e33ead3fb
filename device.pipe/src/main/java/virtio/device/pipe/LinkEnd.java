package virtio.device.pipe;

import java.util.HashMap;
import java.util.Map;
import virtio.bus.model.ModelProperties;

/**
 * One of the two ends of a link: what one pipe's driver writes, the other's reads. A link lives in this JVM as long as one of its ends is
 * open; what was not read stays for the end that comes back.
 */
final class LinkEnd implements OtherEnd {
  private static final Map<String, Link> LINKS = new HashMap<>();
  private static final Runnable NOBODY = () -> {};

  /** The two directions, and who is told at each end; null where nobody is. */
  private static final class Link {
    private final ByteRing[] into = {new ByteRing(), new ByteRing()};
    private final LinkEnd[] ends = new LinkEnd[2];
  }

  private final String name;
  private final Link link;
  private final int side;
  private volatile Runnable news = NOBODY;

  private LinkEnd(String name, Link link, int side) {
    this.name = name;
    this.link = link;
    this.side = side;
  }

  /** @throws IllegalArgumentException it has two ends already */
  static LinkEnd join(String name) {
    synchronized (LINKS) {
      Link link = LINKS.computeIfAbsent(name, any -> new Link());
      for (int side = 0; side < 2; side++) {
        if (link.ends[side] == null) {
          link.ends[side] = new LinkEnd(name, link, side);
          return link.ends[side];
        }
      }
    }
    throw ModelProperties.bad("link", name, "a link of fewer than two pipes");
  }

  @Override
  public ByteRing toDriver() {
    return link.into[side];
  }

  @Override
  public ByteRing fromDriver() {
    return link.into[1 - side];
  }

  @Override
  public void moved() {
    LinkEnd other = link.ends[1 - side];
    if (other != null) {
      other.news.run();
    }
  }

  @Override
  public void open(Runnable told) {
    news = told;
    told.run();
    moved();
  }

  @Override
  public void close() {
    news = NOBODY;
    synchronized (LINKS) {
      link.ends[side] = null;
      if (link.ends[1 - side] == null) {
        LINKS.remove(name, link);
      }
    }
  }
}
