package virtio.pipe;

/**
 * What went through, since the pipe began.
 *
 * @param read bytes that users have read
 * @param written bytes that users have written
 * @param received bytes that the device has given
 * @param taken bytes that the device has taken; over a raw channel, that the channel has
 */
public record PipeCounters(long read, long written, long received, long taken) {
  public static final PipeCounters NONE = new PipeCounters(0, 0, 0, 0);
}
