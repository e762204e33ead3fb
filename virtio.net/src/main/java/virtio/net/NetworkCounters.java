package virtio.net;

/**
 * What went through.
 *
 * @param sent frames given to the device
 * @param sentBytes bytes of these
 * @param received frames that came
 * @param receivedBytes bytes of these
 * @param bounced copies of frames, of either way: sent from memory that is not a {@link Frame}'s of this card, received in several buffers
 *     and put together, or received into the caller's memory
 * @param bouncedBytes bytes of these
 * @param lost frames that had been sent and were still the device's when it was stopped: gone, or not
 * @param malformed what came and was no frame, and was thrown away: shorter than its headers or longer than any, with a count of buffers or
 *     a checksum's place that cannot be
 * @param dropped packets in several buffers that came faster than users took them, with no room left to put them together
 */
public record NetworkCounters(long sent, long sentBytes, long received, long receivedBytes, long bounced, long bouncedBytes, long lost,
    long malformed, long dropped) {
  public static final NetworkCounters NONE = new NetworkCounters(0, 0, 0, 0, 0, 0, 0, 0, 0);

  public NetworkCounters plus(NetworkCounters other) {
    return new NetworkCounters(sent + other.sent, sentBytes + other.sentBytes, received + other.received,
        receivedBytes + other.receivedBytes, bounced + other.bounced, bouncedBytes + other.bouncedBytes, lost + other.lost,
        malformed + other.malformed, dropped + other.dropped);
  }
}
