package virtio.device.pipe;

import virtio.bus.Registration;

/** What is at the other end of a pipe's wire. Its rings are the pipe's as long as it is open. */
sealed interface OtherEnd extends Registration permits SocketEnd, LinkEnd {
  ByteRing toDriver();

  ByteRing fromDriver();

  /** Something was put into {@link #fromDriver}, or taken out of {@link #toDriver}. Any thread; does not block. */
  void moved();

  /** From here on bytes come and go. @param news called, on any thread, when this end has moved some; does not block */
  void open(Runnable news);
}
