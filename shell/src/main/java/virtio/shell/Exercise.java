package virtio.shell;

import java.io.IOException;

/** What check does with one kind of port. Made for one combination; one thread. */
interface Exercise extends AutoCloseable {
  /**
   * Configures machine, devices and ports, uses them, compares.
   *
   * @return ok, with what it saw; or failed, with what differs
   * @throws IOException saying what did not come up, or not work
   */
  Outcome on(Mount mount) throws IOException;

  /** Deletes what it made outside the mount. */
  @Override
  void close() throws IOException;
}
