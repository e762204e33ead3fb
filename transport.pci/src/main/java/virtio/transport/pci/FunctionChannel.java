package virtio.transport.pci;

import virtio.bus.Channel;

/** A channel that a function is, or has. */
interface FunctionChannel extends Channel {
  /** The function is claimed, or let go. */
  void reset();

  /** The function has gone: whoever waits is told. */
  void leave();
}
