package virtio.testkit;

import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.Link;
import virtio.testkit.fake.FakeMemory;

/**
 * How the bytes of one device cross between its two ends in a ring's contract.
 *
 * @param driver what the driver's half is given
 * @param device what the device's half is given
 * @param memory where buffers are allocated; both links' memory, if they share any
 */
public record RingEnds(Link driver, Link device, FakeMemory memory) {
  private record MemoryLink(AddressSpace memory, Channel channel) implements Link {}

  /** Two ends that share memory and have no channel. */
  public static RingEnds sharing(FakeMemory memory) {
    Link link = new MemoryLink(memory, null);
    return new RingEnds(link, link, memory);
  }
}
