package virtio.driver.block;

import virtio.block.BlockRequest.Outcome;

/** One request on the ring, and its token: a row of {@link BlkReq} and a bounce area, both fixed for life. The disk's lock guards it. */
final class Slot {
  final long row;
  final long bounce;
  Task task;
  /** Of the task's memory: what this part covers. */
  long from;
  int bytes;
  boolean copied;
  Outcome outcome;
  Slot next;

  Slot(long row, long bounce) {
    this.row = row;
    this.bounce = bounce;
  }
}
