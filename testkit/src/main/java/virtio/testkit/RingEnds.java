package virtio.testkit;

import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.Link;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/**
 * How the bytes of one device cross between its two ends in a ring's contract.
 *
 * @param driver what the driver's half is given
 * @param device what the device's half is given
 * @param memory where buffers are allocated; both links' memory, if they share any
 * @param tasks what runs when a test says so: both halves' dispatcher, and where channels tell that something moved
 */
public record RingEnds(Link driver, Link device, FakeMemory memory, DeferredTasks tasks) {
  private record OneLink(AddressSpace memory, Channel channel) implements Link {}

  /** One end, of whatever there is. */
  public static Link link(AddressSpace memory, Channel channel) {
    return new OneLink(memory, channel);
  }

  /** Two ends that share memory and have no channel. */
  public static RingEnds sharing(FakeMemory memory) {
    Link link = new OneLink(memory, null);
    return new RingEnds(link, link, memory, new DeferredTasks());
  }

  /** Two ends that share a channel and no memory. */
  public static RingEnds joined(FakeChannel.Pair channel, FakeMemory memory, DeferredTasks tasks) {
    return new RingEnds(new OneLink(null, channel.driver()), new OneLink(null, channel.device()), memory, tasks);
  }
}
