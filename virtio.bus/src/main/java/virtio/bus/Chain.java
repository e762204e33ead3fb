package virtio.bus;

import java.lang.foreign.MemorySegment;

/**
 * Rusty's scatterlist: device-readable parts, then device-writable ones. Filled by a driver for {@link Virtqueue#add}, or, every
 * address checked, by {@link DeviceQueue#take}. Reused, never allocated per request; one thread at a time.
 *
 * <p>What the device wrote is kept as at most two stretches, one from the start and one more: a failed read writes its status, at the end,
 * and nothing else, and one length cannot say that.
 */
public final class Chain {
  /** One stretch of one region. An object each: one look into one array finds all there is to know of it. */
  private static final class Part {
    private DmaMemory memory;
    private long address;
    private int length;
  }

  private final Part[] part;
  private int parts;
  private int readable;
  private long readableBytes;
  private long writableBytes;
  private long prefix;
  private long tail;
  private long tailEnd;
  private int id;

  /** @param maxParts how many parts it can hold, readable and writable together; more than 0 */
  public Chain(int maxParts) {
    if (maxParts < 1) {
      throw new IllegalArgumentException("maxParts=" + maxParts + " (at least 1)");
    }
    part = new Part[maxParts];
    for (int i = 0; i < maxParts; i++) {
      part[i] = new Part();
    }
  }

  public Chain clear() {
    parts = 0;
    readable = 0;
    readableBytes = 0;
    writableBytes = 0;
    prefix = 0;
    if (tailEnd != 0) {
      tail = 0;
      tailEnd = 0;
    }
    return this;
  }

  /** Appends a part for the device to read; all of them come before the first writable one. */
  public Chain readable(DmaMemory region, long offset, int bytes) {
    if (readable != parts) {
      throw new IllegalStateException("readable part after " + (parts - readable) + " writable ones");
    }
    part(region, offset, bytes);
    readable = parts;
    readableBytes += bytes;
    return this;
  }

  /** Appends a part for the device to write. */
  public Chain writable(DmaMemory region, long offset, int bytes) {
    part(region, offset, bytes);
    writableBytes += bytes;
    return this;
  }

  private void part(DmaMemory region, long offset, int bytes) {
    if (offset < 0 || bytes <= 0 || bytes > region.bytes() - offset || parts == part.length) {
      throw refused(region, offset, bytes);
    }
    Part next = part[parts];
    if (next.memory != region) {
      next.memory = region;   // in the steady state no reference store, hence no collector's barrier
    }
    next.address = region.address() + offset;
    next.length = bytes;
    parts++;
  }

  private RuntimeException refused(DmaMemory region, long offset, int bytes) {
    return parts == part.length
        ? new IllegalStateException("parts=" + parts + " maxParts=" + part.length)
        : new IllegalArgumentException("offset=" + offset + " bytes=" + bytes + " region=" + region.bytes());
  }

  /** Takes over the other's parts; for a ring that keeps them past {@code add}. */
  public Chain copy(Chain other) {
    if (other.parts > part.length) {
      throw new IllegalArgumentException("parts=" + other.parts + " maxParts=" + part.length);
    }
    clear();
    for (int i = 0; i < other.parts; i++) {
      if (part[i].memory != other.part[i].memory) {
        part[i].memory = other.part[i].memory;
      }
      part[i].address = other.part[i].address;
      part[i].length = other.part[i].length;
    }
    parts = other.parts;
    readable = other.readable;
    readableBytes = other.readableBytes;
    writableBytes = other.writableBytes;
    return this;
  }

  public int maxParts() {
    return part.length;
  }

  public int parts() {
    return parts;
  }

  public int readableParts() {
    return readable;
  }

  /** The region that part lies in; compare by identity to keep what was derived from it. */
  public DmaMemory memory(int part) {
    return this.part[part].memory;
  }

  /** Where that part begins in its region, bytes. */
  public long offset(int part) {
    return this.part[part].address - this.part[part].memory.address();
  }

  public int length(int part) {
    return this.part[part].length;
  }

  /** Where that part begins, as the device counts. */
  public long address(int part) {
    return this.part[part].address;
  }

  public long readableBytes() {
    return readableBytes;
  }

  public long writableBytes() {
    return writableBytes;
  }

  /** Copies out of the readable bytes, from position {@code at} of them; returns how many there were to copy. */
  public long read(long at, MemorySegment to, long offset, long bytes) {
    return move(0, readable, at, to, offset, bytes, true);
  }

  /** Copies into the writable bytes from position {@code at} of them, and notes it; returns how many fitted. */
  public long write(long at, MemorySegment from, long offset, long bytes) {
    long done = move(readable, parts, at, from, offset, bytes, false);
    wrote(at, done);
    return done;
  }

  /** Copies out of the writable bytes: for a ring whose device half carries them over a channel. */
  public long fetch(long at, MemorySegment to, long offset, long bytes) {
    return move(readable, parts, at, to, offset, bytes, true);
  }

  /** Notes writable bytes that were filled by other means. */
  public void wrote(long at, long bytes) {
    if (at < 0 || bytes < 0 || bytes > writableBytes - at) {
      throw new IllegalArgumentException("at=" + at + " bytes=" + bytes + " writable=" + writableBytes);
    }
    if (tailEnd == 0 && at <= prefix) {
      prefix = Math.max(prefix, at + bytes);
    } else if (bytes > 0) {
      apart(at, bytes);
    }
  }

  /** A second stretch, or one that may join the two. */
  private void apart(long at, long bytes) {
    if (at <= prefix) {
      prefix = Math.max(prefix, at + bytes);
    } else {
      tail = tailEnd == 0 ? at : Math.min(tail, at);
      tailEnd = Math.max(tailEnd, at + bytes);
    }
    if (tailEnd != 0 && tail <= prefix) {
      prefix = Math.max(prefix, tailEnd);
      tail = 0;
      tailEnd = 0;
    }
  }

  /**
   * Writable bytes filled from the start without a gap: the most that a used length may claim.
   *
   * <p>Spec: virtio 1.4, "The Virtqueue Used Ring"
   */
  public long written() {
    return prefix;
  }

  /** Where the second filled stretch begins; 0 with {@link #tailEnd} 0: there is none. */
  public long tail() {
    return tail;
  }

  /** Where the second filled stretch ends. */
  public long tailEnd() {
    return tailEnd;
  }

  /** The mark of the ring that filled this chain, a head or a slot; nobody else's business. */
  public int id() {
    return id;
  }

  /** The ring's. */
  public void id(int mark) {
    id = mark;
  }

  private long move(int from, int to, long at, MemorySegment other, long offset, long bytes, boolean out) {
    long done = 0;
    long skip = at;
    for (int i = from; i < to && done < bytes; i++) {
      if (skip >= part[i].length) {
        skip -= part[i].length;
        continue;
      }
      long step = Math.min(bytes - done, part[i].length - skip);
      if (out) {
        MemorySegment.copy(part[i].memory.segment(), offset(i) + skip, other, offset + done, step);
      } else {
        MemorySegment.copy(other, offset + done, part[i].memory.segment(), offset(i) + skip, step);
      }
      done += step;
      skip = 0;
    }
    return done;
  }
}
