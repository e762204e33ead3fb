package virtio.bus.spec;

import static virtio.bus.Field.ALWAYS;

import java.util.List;
import virtio.bus.Field;

/**
 * The pipe: bytes, in order, both ways, with no boundaries and no headers. A device of ours, as no specification has one: its type is
 * that of Arnd's {@code virt_pipe}, {@link DeviceTypes#PIPE}. It has no features of its own.
 *
 * <p>Each queue's buffers are used in the order in which they were made available. A used receive buffer is filled from its start, by its
 * used length, which is at least 1.
 *
 * <h2>Positions</h2>
 * Bytes cannot be repeated, so whoever exchanges the ring or the bus under a pipe has to know how many were on their way. The device says
 * how many it has given and taken since it was made. The two numbers stand still while the device is used: they are set when it is reset,
 * and when a driver writes {@link #HOLD}.
 */
public final class VirtioPipe {
  /** Device-writable buffers: bytes for the driver. */
  public static final int RECEIVEQ = 0;
  /** Device-readable buffers: bytes from the driver. */
  public static final int TRANSMITQ = 1;

  /** Which pipe this is: not 0, and no two devices have the same. 0 of a device that keeps no positions. */
  public static final Field IDENTITY = new Field("identity", 0, 8, 0x41, ALWAYS);
  /** Bytes put into receive buffers since the device was made, modulo 2^64. */
  public static final Field SENT = new Field("sent", 8, 8, 0x42, ALWAYS);
  /** Bytes taken out of transmit buffers since the device was made, modulo 2^64. */
  public static final Field TAKEN = new Field("taken", 16, 8, 0x43, ALWAYS);
  /**
   * The driver writes 1: once it reads back, the device puts nothing into receive buffers any more, and {@link #SENT} is set. Reset
   * clears it.
   */
  public static final Field HOLD = new Field("hold", 24, 1, 0x44, ALWAYS);

  /** The configuration, in its order. */
  public static final List<Field> FIELDS = List.of(IDENTITY, SENT, TAKEN, HOLD);

  private VirtioPipe() {}
}
