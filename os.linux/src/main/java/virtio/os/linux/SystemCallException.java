package virtio.os.linux;

import java.io.IOException;

/** A system call failed in a way its caller does not expect: the call, its error number, and the system's text for it. */
public final class SystemCallException extends IOException {
  private static final long serialVersionUID = 1;

  private final String call;
  private final int errno;

  SystemCallException(String call, int errno, String text) {
    super(call + ": errno=" + errno + " (" + text + ")");
    this.call = call;
    this.errno = errno;
  }

  /** The call, with what it was called for: {@code "fallocate(/var/disk.img)"}. */
  public String call() {
    return call;
  }

  /** The error number, as {@code errno.h} of the running system has it. */
  public int errno() {
    return errno;
  }
}
