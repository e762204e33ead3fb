package virtio.block;

import java.io.IOException;

/** What a blocking call throws: the request's outcome, operation, first sector and length are in the message. */
public final class BlockException extends IOException {
  private static final long serialVersionUID = 1L;

  private final BlockRequest.Outcome outcome;

  public BlockException(String device, BlockRequest request) {
    super(device + ": " + request.operation() + " sector=" + request.sector() + " sectors=" + request.sectors() + ": "
        + request.outcome() + (request.reason().isEmpty() ? "" : ", " + request.reason()));
    this.outcome = request.outcome();
  }

  public BlockRequest.Outcome outcome() {
    return outcome;
  }
}
