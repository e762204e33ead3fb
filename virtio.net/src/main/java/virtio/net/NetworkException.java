package virtio.net;

import java.io.IOException;

/** A setting that was not taken: refused by the device, not answered, or there is no device. What was set before stays. */
public final class NetworkException extends IOException {
  private static final long serialVersionUID = 1L;

  public NetworkException(String message) {
    super(message);
  }
}
