package virtio.block;

/**
 * What went through, since the disk was bound.
 *
 * @param requests users' requests completed by the device
 * @param parts requests on the ring; more, where requests were cut
 * @param copied parts whose data went through a bounce area
 * @param copiedBytes bytes of these
 * @param direct parts whose data the device took from, or put into, the user's memory
 * @param noStatus parts that came back without a valid status
 */
public record BlockCounters(long requests, long parts, long copied, long copiedBytes, long direct, long noStatus) {
  public static final BlockCounters NONE = new BlockCounters(0, 0, 0, 0, 0, 0);
}
