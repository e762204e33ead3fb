package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.net.Frame;

/**
 * What lies before each packet.
 *
 * <pre>
 *  0       1          2         4          6            8             10            12
 *  | flags | gso_type | hdr_len | gso_size | csum_start | csum_offset | num_buffers |
 * </pre>
 *
 * <p>Spec: virtio 1.4, "Network Device", "Device Operation"
 */
final class NetHdr {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NetHdr() {}

  /** Of a frame to be sent. Everything that was not negotiated is 0, and so is num_buffers. */
  static void transmit(MemorySegment memory, long at, Frame frame) {
    memory.set(LE64, at, 0);
    memory.set(LE32, at + 8, 0);
    if (frame.checksumWanted()) {
      memory.set(BYTE, at + HDR_FLAGS, (byte) VIRTIO_NET_HDR_F_NEEDS_CSUM);
      memory.set(LE16, at + HDR_CSUM_START, (short) frame.checksumStart());
      memory.set(LE16, at + HDR_CSUM_OFFSET, (short) frame.checksumOffset());
    }
  }

  static int flags(MemorySegment memory, long at) {
    return Byte.toUnsignedInt(memory.get(BYTE, at + HDR_FLAGS));
  }

  static int checksumStart(MemorySegment memory, long at) {
    return Short.toUnsignedInt(memory.get(LE16, at + HDR_CSUM_START));
  }

  static int checksumOffset(MemorySegment memory, long at) {
    return Short.toUnsignedInt(memory.get(LE16, at + HDR_CSUM_OFFSET));
  }

  static int buffers(MemorySegment memory, long at) {
    return Short.toUnsignedInt(memory.get(LE16, at + HDR_NUM_BUFFERS));
  }
}
