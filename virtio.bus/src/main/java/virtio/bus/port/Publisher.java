package virtio.bus.port;

/** Who shows the service to users. Called on the port's own thread. */
public interface Publisher {
  /** Users are served over that combination; again, when it has changed. */
  void online(String combination);

  /** They are not any more. */
  void offline();
}
