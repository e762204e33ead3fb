package virtio.transport.pci;

/** What was found at one address of a bus. On the transport's thread. */
interface PciNode {
  PciAddress address();

  /** Whether it is still there, and as we left it: not pulled, not replaced. */
  boolean remains();

  /** Room that it wants in that space of its bus. */
  Need need(Space space);

  /** Gives it its addresses, once. */
  void place();

  /** It is not there any more: what it had is given back. */
  void leave();
}
