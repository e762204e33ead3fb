package virtio.driver.block;

import java.lang.foreign.MemorySegment;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.bus.DmaMemory;

/** A user's request while it is here: how far it has been cut, and what became of its parts. Preallocated; the disk's lock guards it. */
final class Task {
  /** Where a task is. */
  enum Stage {
    FREE,
    /** Some of its parts are out, or are still to be sent. */
    ACTIVE,
    /** All known; somebody is about to tell the port. */
    DONE
  }

  Stage stage = Stage.FREE;
  BlockRequest request;
  Operation operation;
  MemorySegment memory;
  /** Where the memory lies for the device; null: through a bounce area. */
  DmaMemory direct;
  long directOffset;
  long sector;
  long sectors;
  /** Sectors, or, of a request without a range, parts that are in the ring or were. */
  long sent;
  int out;
  boolean allSent;
  Outcome outcome;
  Task next;

  void begin(BlockRequest from, DmaMemory region) {
    stage = Stage.ACTIVE;
    request = from;
    operation = from.operation();
    memory = from.memory();
    direct = region;
    directOffset = region == null ? 0 : memory.address() - region.segment().address();
    sector = from.sector();
    sectors = from.sectors();
    sent = 0;
    out = 0;
    allSent = false;
    outcome = Outcome.OK;
    next = null;
  }

  /** The first part that goes wrong decides, and nothing more of the request is sent. */
  void settle(Outcome part) {
    if (outcome == Outcome.OK && part != Outcome.OK) {
      outcome = part;
      allSent = true;
    }
  }

  boolean done() {
    return out == 0 && allSent;
  }

  /** Keeps nothing of the user's. */
  void clear() {
    stage = Stage.FREE;
    request = null;
    memory = null;
    direct = null;
  }
}
