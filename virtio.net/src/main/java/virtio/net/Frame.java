package virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One Ethernet frame in memory that the card reaches by itself: what is written here is sent, and what came is read here, without a copy.
 * There are only so many of them, so each goes back: by {@link NetworkDevice#send} when it was ACCEPTED, or by {@link #release}.
 *
 * <p>The user's from when it was given out until then, on one thread at a time; afterwards every method but {@link #card} and {@link #id}
 * is an error, which {@link #release} and {@code send} detect. It stays valid when the card goes.
 *
 * <h2>Checksums</h2>
 * A frame may say that its checksum (TCP's, UDP's) is still to be made: from {@link #checksumStart} to the end, to be put at
 * {@link #checksumStart} + {@link #checksumOffset}, where the sum of the pseudo header lies already. Sent so, the device, or the driver
 * for it, makes it; received so, it came from a neighbour that trusts the wire, and {@link #completeChecksum} makes it here.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Device Operation"
 */
public final class Frame {
  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(Frame.class, "held", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Card card;
  private final int id;
  private final MemorySegment memory;
  private volatile boolean held;
  private int length;
  private boolean checksumWanted;
  private boolean checksumValid;
  private int checksumStart;
  private int checksumOffset;

  /** A card's. @param id the card's own mark. @param memory room for the longest frame */
  public Frame(Card card, int id, MemorySegment memory) {
    this.card = card;
    this.id = id;
    this.memory = memory;
  }

  /** All its room; the frame is the first {@link #length} bytes of it. */
  public MemorySegment memory() {
    return memory;
  }

  /** Bytes, from the destination address on. */
  public int length() {
    return length;
  }

  /** @param bytes 0 to the room there is */
  public Frame length(int bytes) {
    if (bytes < 0 || bytes > memory.byteSize()) {
      throw new IllegalArgumentException("length=" + bytes + " (0 to " + memory.byteSize() + ")");
    }
    length = bytes;
    return this;
  }

  /** Copies a whole frame in; no checksum is asked for. */
  public Frame put(MemorySegment from, long offset, int bytes) {
    length(bytes);
    MemorySegment.copy(from, offset, memory, 0, bytes);
    return plain();
  }

  /** Copies the frame out. @return its length */
  public int get(MemorySegment into, long offset) {
    MemorySegment.copy(memory, 0, into, offset, length);
    return length;
  }

  /** The checksum is still to be made. */
  public boolean checksumWanted() {
    return checksumWanted;
  }

  /** It was found right by somebody who is trusted; of at least one layer. */
  public boolean checksumValid() {
    return checksumValid;
  }

  /** Bytes from the start of the frame to the first that is summed. */
  public int checksumStart() {
    return checksumStart;
  }

  /** Bytes from there to where the sum goes. */
  public int checksumOffset() {
    return checksumOffset;
  }

  /** The checksum is to be made, from there on. Where that lies is looked at when the frame is sent. */
  public Frame checksum(int start, int offset) {
    checksumWanted = true;
    checksumValid = false;
    checksumStart = start;
    checksumOffset = offset;
    return this;
  }

  /** The card's: nothing is said of checksums, or that they were found right. */
  public Frame checksumValid(boolean valid) {
    plain();
    checksumValid = valid;
    return this;
  }

  /** Nothing is said of checksums. */
  public Frame plain() {
    checksumWanted = false;
    checksumValid = false;
    checksumStart = 0;
    checksumOffset = 0;
    return this;
  }

  /** Whether what {@link #checksum} said lies inside the frame. */
  public boolean checksumInside() {
    return checksumStart >= 0 && checksumOffset >= 0 && (long) checksumStart + checksumOffset + 2 <= length;
  }

  /** Makes a checksum that is still wanted, here. One that lies outside is left alone. @return whether there is none wanted any more */
  public boolean completeChecksum() {
    if (checksumWanted && checksumInside()) {
      InternetChecksum.complete(memory, checksumStart, checksumOffset, length);
      checksumWanted = false;
    }
    return !checksumWanted;
  }

  /** Not needed any more: back to its card. Any thread. IllegalStateException when it is not the caller's. */
  public void release() {
    take();
    card.release(this);
  }

  /** Whose it is. */
  public Card card() {
    return card;
  }

  /** The card's own mark. */
  public int id() {
    return id;
  }

  /** The card's: from here on it is a user's. */
  public Frame hand() {
    held = true;
    return this;
  }

  /** The port's and the card's: from here on it is the card's again. IllegalStateException when it was. */
  public void take() {
    if (!HELD.compareAndSet(this, true, false)) {
      throw new IllegalStateException("frame=" + id + " of " + card.name() + " (was sent or released before)");
    }
  }
}
