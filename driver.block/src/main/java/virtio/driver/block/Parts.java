package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import virtio.block.BlockCounters;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.DiskInformation;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Virtqueue;

/**
 * Cuts requests into what one buffer may carry, and puts the buffers into the ring. Under the disk's lock, but for {@link #receive}.
 *
 * <p>Spec: virtio 1.4, "Block Device", "Device Operation"
 */
final class Parts {
  private static final Logger LOG = System.getLogger("virtio.driver.block");

  private final Virtqueue queue;
  private final DmaMemory rows;
  private final DmaMemory bounce;
  private final Slot[] slots;
  private final Chain chain;
  private Slot free;
  private long sent;
  private long copied;
  private long copiedBytes;
  private long direct;
  private long noStatus;

  Parts(Virtqueue queue, Sizing.Area area, int segments) {
    this.queue = queue;
    this.rows = area.rows();
    this.bounce = area.bounce();
    this.chain = new Chain(segments + 2);
    this.slots = new Slot[area.slots()];
    for (int i = slots.length - 1; i >= 0; i--) {
      slots[i] = new Slot((long) i * BlkReq.ROW, (long) i * area.bounceBytes());
      slots[i].next = free;
      free = slots[i];
    }
  }

  /** Adds as much of the task as there is room for. @return whether that was all */
  boolean send(Task task, BlkConfig config) {
    while (!task.allSent) {
      Slot slot = free;
      if (slot == null) {
        return false;
      }
      long step = build(task, slot, config);
      if (step < 0) {
        task.settle(Outcome.IO_ERROR);
        break;
      }
      Virtqueue.Added added = queue.add(chain, slot);
      if (added == Virtqueue.Added.TOO_LONG) {
        LOG.log(Level.WARNING, "a request of " + chain.parts() + " parts does not fit queue " + queue.index() + " of " + queue.size());
        task.settle(Outcome.IO_ERROR);
        break;
      }
      if (added != Virtqueue.Added.OK) {
        return false;
      }
      free = slot.next;
      slot.next = null;
      slot.task = task;
      task.out++;
      task.sent += step;
      task.allSent = task.sent >= Math.max(1, task.sectors);
      count(slot);
    }
    return true;
  }

  private void count(Slot slot) {
    sent++;
    if (slot.copied) {
      copied++;
      copiedBytes += slot.bytes;
    } else if (slot.bytes > 0) {
      direct++;
    }
  }

  /** Fills the chain with the next part. @return sectors it covers, 1 where that says nothing; -1: the user's memory is no more */
  private long build(Task task, Slot slot, BlkConfig config) {
    slot.bytes = 0;
    slot.copied = false;
    slot.from = task.sent * SECTOR;
    chain.clear().readable(rows, slot.row, REQUEST_HEADER);
    long step = switch (task.operation) {
      case IN -> data(task, slot, config.information().limits(), VIRTIO_BLK_T_IN);
      case OUT -> data(task, slot, config.information().limits(), VIRTIO_BLK_T_OUT);
      case FLUSH -> plain(slot, VIRTIO_BLK_T_FLUSH);
      case GET_ID -> {
        slot.bytes = VIRTIO_BLK_ID_BYTES;
        slot.copied = true;
        chain.writable(rows, slot.row + BlkReq.ID, VIRTIO_BLK_ID_BYTES);
        yield plain(slot, VIRTIO_BLK_T_GET_ID);
      }
      case DISCARD -> range(task, slot, VIRTIO_BLK_T_DISCARD, config.information().limits().discardSectors(), config.discardAlignment());
      case WRITE_ZEROES -> config.information().writeZeroes()
          ? range(task, slot, VIRTIO_BLK_T_WRITE_ZEROES, config.information().limits().writeZeroesSectors(), 1)
          : data(task, slot, config.information().limits(), VIRTIO_BLK_T_OUT);
    };
    chain.writable(rows, slot.row + BlkReq.STATUS, 1);
    return step;
  }

  private long plain(Slot slot, int type) {
    BlkReq.header(rows.segment(), slot.row, type, 0);
    return 1;
  }

  private long range(Task task, Slot slot, int type, long most, long alignment) {
    long sector = task.sector + task.sent;
    long step = task.sectors - task.sent;
    if (step > most) {
      long cut = (sector + most) / alignment * alignment - sector;
      step = cut > 0 ? cut : most;
    }
    BlkReq.header(rows.segment(), slot.row, type, 0);   // reserved for these: the ranges say where
    BlkReq.range(rows.segment(), slot.row, sector, step);
    chain.readable(rows, slot.row + BlkReq.SEGMENT, DISCARD_WRITE_ZEROES_SEGMENT);
    return step;
  }

  private long data(Task task, Slot slot, DiskInformation.Limits limits, int type) {
    long left = (task.sectors - task.sent) * SECTOR;
    boolean in = type == VIRTIO_BLK_T_IN;
    DmaMemory memory;
    long offset;
    if (task.direct != null) {
      slot.bytes = (int) (Math.min(left, limits.segments() * limits.segmentBytes()) / SECTOR * SECTOR);
      memory = task.direct;
      offset = task.directOffset + slot.from;
    } else {
      slot.bytes = (int) Math.min(left, limits.bounceBytes());
      slot.copied = true;
      memory = bounce;
      offset = slot.bounce;
      if (!in && !fill(task, slot)) {
        return -1;
      }
    }
    BlkReq.header(rows.segment(), slot.row, type, task.sector + task.sent);
    int most = (int) limits.segmentBytes();
    for (int done = 0; done < slot.bytes; ) {
      int step = Math.min(most, slot.bytes - done);
      if (in) {
        chain.writable(memory, offset + done, step);
      } else {
        chain.readable(memory, offset + done, step);
      }
      done += step;
    }
    return slot.bytes / SECTOR;
  }

  private boolean fill(Task task, Slot slot) {
    if (task.operation == Operation.WRITE_ZEROES) {
      bounce.segment().asSlice(slot.bounce, slot.bytes).fill((byte) 0);
      return true;
    }
    try {
      MemorySegment.copy(task.memory, slot.from, bounce.segment(), slot.bounce, slot.bytes);
      return true;
    } catch (IllegalStateException e) {
      LOG.log(Level.WARNING, "a request's memory was closed before it was sent: " + e.getMessage());
      return false;
    }
  }

  /**
   * A used slot's status and data. The status is read whatever the used length says, which many devices report wrongly; it was preset, so
   * one that was not written shows. Outside the lock.
   */
  void receive(Slot slot) {
    int status = BlkReq.status(rows.segment(), slot.row);
    slot.outcome = switch (status) {
      case VIRTIO_BLK_S_OK -> Outcome.OK;
      case VIRTIO_BLK_S_IOERR -> Outcome.IO_ERROR;
      case VIRTIO_BLK_S_UNSUPP -> Outcome.UNSUPPORTED;
      default -> Outcome.NO_STATUS;
    };
    if (slot.outcome != Outcome.OK || !slot.copied) {
      return;
    }
    Operation operation = slot.task.operation;
    try {
      if (operation == Operation.IN) {
        MemorySegment.copy(bounce.segment(), slot.bounce, slot.task.memory, slot.from, slot.bytes);
      } else if (operation == Operation.GET_ID) {
        MemorySegment.copy(rows.segment(), slot.row + BlkReq.ID, slot.task.memory, 0, slot.bytes);
      }
    } catch (IllegalStateException e) {
      LOG.log(Level.WARNING, "a request's memory was closed while it was pending: " + e.getMessage());
      slot.outcome = Outcome.IO_ERROR;
    }
  }

  /** The slot is free, its task one part nearer to its end. */
  void back(Slot slot) {
    if (slot.outcome == Outcome.NO_STATUS) {
      noStatus++;
    }
    slot.task.settle(slot.outcome);
    slot.task.out--;
    slot.task = null;
    slot.next = free;
    free = slot;
  }

  /** After the reset: each buffer that is still out comes back. */
  void detach() {
    for (Slot slot : slots) {
      if (slot.task != null && queue.detach(slot)) {
        slot.task.out--;
        slot.task = null;
        slot.next = free;
        free = slot;
      }
    }
  }

  BlockCounters counters(long requests) {
    return new BlockCounters(requests, sent, copied, copiedBytes, direct, noStatus);
  }
}
