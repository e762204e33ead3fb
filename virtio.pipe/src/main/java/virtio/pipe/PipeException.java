package virtio.pipe;

import java.io.IOException;

/** The pipe has ended: its name and why are in the message. */
public final class PipeException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long transferred;

  public PipeException(String device, String why) {
    super(device + ": the pipe has ended: " + why);
    this.transferred = 0;
  }

  /** @param transferred bytes that the failed call had moved before */
  public PipeException(PipeException cause, long transferred) {
    super(cause.getMessage(), cause);
    this.transferred = transferred;
  }

  /** Bytes that the failed call had moved before. */
  public long transferred() {
    return transferred;
  }
}
