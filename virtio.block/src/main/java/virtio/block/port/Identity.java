package virtio.block.port;

import virtio.block.DiskInformation;

/** What users of a disk were promised, and what another device has to keep to take its place. */
record Identity(String id, long capacity, int blockSize, boolean readOnly) {
  static Identity of(String id, DiskInformation information) {
    return new Identity(id, information.capacity(), information.blockSize(), information.readOnly());
  }

  Identity withCapacity(long sectors) {
    return new Identity(id, sectors, blockSize, readOnly);
  }

  /** Null when {@code other} can take this one's place; otherwise what is different. */
  String differs(Identity other) {
    if (!id.equals(other.id)) {
      return "id '" + other.id + "' where '" + id + "' was";
    }
    if (other.capacity < capacity) {
      return "capacity=" + other.capacity + " where " + capacity + " was";
    }
    if (other.blockSize != blockSize) {
      return "blk_size=" + other.blockSize + " where " + blockSize + " was";
    }
    return other.readOnly && !readOnly ? "read-only where it was not" : null;
  }
}
