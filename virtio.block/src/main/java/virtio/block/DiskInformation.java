package virtio.block;

/**
 * What a disk says of itself, checked by its driver.
 *
 * <p>Spec: virtio 1.4, "Block Device", "Device configuration layout"
 *
 * @param capacity sectors of 512 bytes
 * @param blockSize bytes that the device likes requests to be multiples of; a power of two, at least 512. The protocol's unit stays 512
 * @param readOnly the device takes no writes
 * @param flush whether FLUSH was accepted; without it each write is stable when it completes
 * @param writebackSettable whether CONFIG_WCE was accepted
 * @param discard whether DISCARD works
 * @param writeZeroes whether WRITE_ZEROES works; without it zeroes are sent
 * @param topology null where the device does not say
 * @param geometry null where the device does not say
 */
public record DiskInformation(long capacity, int blockSize, boolean readOnly, boolean flush, boolean writebackSettable, boolean discard,
    boolean writeZeroes, Topology topology, Geometry geometry, Limits limits) {
  /**
   * How blocks lie on the medium, in units of {@link #blockSize}.
   *
   * @param blocksPerPhysical logical blocks in a physical one
   * @param alignmentOffset logical blocks before the first aligned one
   * @param minimum suggested smallest request
   * @param optimal suggested largest request; 0: not said
   */
  public record Topology(long blocksPerPhysical, int alignmentOffset, int minimum, long optimal) {}

  /** As disks once had it. */
  public record Geometry(int cylinders, int heads, int sectors) {}

  /**
   * How the driver cuts requests. A user needs them only to know where cuts are.
   *
   * @param segments data segments in one request on the ring
   * @param segmentBytes bytes in one of them
   * @param bounceBytes bytes of one request on the ring when it has to be copied
   * @param discardSectors most sectors of one DISCARD; 0 without
   * @param writeZeroesSectors most sectors of one WRITE_ZEROES; 0 without
   */
  public record Limits(int segments, long segmentBytes, int bounceBytes, long discardSectors, long writeZeroesSectors) {}

  public DiskInformation withCapacity(long sectors) {
    return new DiskInformation(sectors, blockSize, readOnly, flush, writebackSettable, discard, writeZeroes, topology, geometry, limits);
  }

  /** After the device has said that it does not do one of them. */
  public DiskInformation withCommands(boolean discards, boolean zeroes) {
    return new DiskInformation(capacity, blockSize, readOnly, flush, writebackSettable, discards, zeroes, topology, geometry, limits);
  }
}
