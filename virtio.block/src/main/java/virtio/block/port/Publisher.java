package virtio.block.port;

/** Who shows the disk to users. Called on the port's own thread. */
interface Publisher {
  /** Users are served over that combination; again, when it has changed. */
  void online(String combination);

  /** They are not any more. */
  void offline();
}
