package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.spec.DeviceTypes;
import virtio.testkit.fake.ScriptedDevice;
import virtio.testkit.fake.ScriptedQueue;

/** A block device that a test plays: its medium is an array, and it works when {@link #work} is called. */
final class ScriptedDisk extends ScriptedDevice<ScriptedDisk> {
  /** What a device may answer instead of doing its work; negative: it writes no status. */
  interface Answer {
    int to(int type, long sector);
  }

  final byte[] medium = new byte[1 << 20];
  final List<String> log = new ArrayList<>();
  private Answer answer = (type, sector) -> VIRTIO_BLK_S_OK;
  private int longest;

  ScriptedDisk(int size) {
    super(DeviceTypes.BLOCK_DEVICE, size);
    with(CAPACITY, (long) medium.length / SECTOR).with(VIRTIO_BLK_F_FLUSH);
  }

  @Override
  protected ScriptedDisk self() {
    return this;
  }

  ScriptedDisk answers(Answer other) {
    answer = other;
    return this;
  }

  ScriptedQueue ring() {
    return made(0);
  }

  /** Parts of the longest request that was served. */
  int longest() {
    return longest;
  }

  /** Serves what is there, and what comes of it, until nothing is. */
  void work() {
    while (!ring().out().isEmpty()) {
      ring().out().forEach(this::serve);
      ring().signalled();
    }
  }

  /** Serves one and says so. */
  void serve(ScriptedQueue.Buffer buffer) {
    Chain chain = buffer.chain();
    MemorySegment header = MemorySegment.ofArray(new byte[32]);
    chain.read(0, header, 0, 32);
    int type = header.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    long sector = header.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
    int result = answer.to(type, sector);
    long last = chain.writableBytes() - 1;
    longest = Math.max(longest, chain.parts());
    StringBuilder line = new StringBuilder(typeName(type));
    switch (type) {
      case VIRTIO_BLK_T_IN -> {
        line.append(' ').append(sector).append('+').append(last);
        if (result == VIRTIO_BLK_S_OK) {
          chain.write(0, MemorySegment.ofArray(medium), sector * SECTOR, last);
        }
      }
      case VIRTIO_BLK_T_OUT -> {
        line.append(' ').append(sector).append('+').append(chain.readableBytes() - REQUEST_HEADER);
        if (result == VIRTIO_BLK_S_OK) {
          chain.read(REQUEST_HEADER, MemorySegment.ofArray(medium), sector * SECTOR, chain.readableBytes() - REQUEST_HEADER);
        }
      }
      case VIRTIO_BLK_T_GET_ID -> chain.write(0, MemorySegment.ofArray("12345678901234567890".getBytes()), 0, 20);
      case VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES -> line.append(' ').append(header.get(ValueLayout.JAVA_LONG_UNALIGNED, 16))
          .append('+').append(header.get(ValueLayout.JAVA_INT_UNALIGNED, 24))
              .append(" flags ").append(header.get(ValueLayout.JAVA_INT_UNALIGNED, 28));
      default -> { }
    }
    log.add(line.toString());
    if (result >= 0) {
      chain.write(last, MemorySegment.ofArray(new byte[] {(byte) result}), 0, 1);
    }
    ring().use(buffer);
  }
}
