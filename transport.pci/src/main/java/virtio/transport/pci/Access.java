package virtio.transport.pci;

import virtio.bus.Window;

/** What an access to configuration space may be: 1, 2 or 4 bytes wide, aligned, inside. */
final class Access {
  private Access() {}

  /** @throws IndexOutOfBoundsException for any other */
  static void check(Window space, long offset, int width) {
    if (width != 1 && width != 2 && width != 4 || offset < 0 || offset % width != 0 || offset > space.size() - width) {
      throw new IndexOutOfBoundsException("offset=" + offset + " width=" + width
          + " (width 1, 2 or 4, aligned, below " + space.size() + ")");
    }
  }
}
