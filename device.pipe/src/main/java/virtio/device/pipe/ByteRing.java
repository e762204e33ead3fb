package virtio.device.pipe;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import virtio.bus.Chain;

/**
 * A bounded queue of bytes between the device and the other end, one direction of it. Any thread; nothing waits, and nothing is
 * allocated.
 */
final class ByteRing {
  static final int BYTES = 1 << 16;

  private final MemorySegment memory = Arena.ofAuto().allocate(BYTES);
  private final ByteBuffer view = memory.asByteBuffer();
  /** How many bytes ever came in, and went out: where they lie, modulo the size. */
  private long in;
  private long out;

  synchronized boolean empty() {
    return in == out;
  }

  synchronized boolean full() {
    return in - out == BYTES;
  }

  /** Takes a chain's readable bytes, from position {@code at} of them. @return how many, as far as there is room */
  synchronized long put(Chain from, long at) {
    long done = 0;
    for (int step = room(); step > 0; step = room()) {
      long moved = from.read(at + done, memory, in % BYTES, step);
      in += moved;
      done += moved;
      if (moved < step) {
        break;
      }
    }
    return done;
  }

  /** Fills a chain's writable bytes. @return how many */
  synchronized long take(Chain into) {
    long done = 0;
    for (int step = stretch(); step > 0; step = stretch()) {
      long moved = into.write(done, memory, out % BYTES, step);
      out += moved;
      done += moved;
      if (moved < step) {
        break;
      }
    }
    return done;
  }

  /** Takes what a non-blocking channel has. @return false when that has ended */
  synchronized boolean fill(ReadableByteChannel from) throws IOException {
    for (int step = room(); step > 0; step = room()) {
      int moved = from.read(piece(in, step));
      if (moved <= 0) {
        return moved == 0;
      }
      in += moved;
    }
    return true;
  }

  /** Gives a non-blocking channel what it takes. */
  synchronized void drain(WritableByteChannel into) throws IOException {
    for (int step = stretch(); step > 0; step = stretch()) {
      int moved = into.write(piece(out, step));
      out += moved;
      if (moved < step) {
        return;
      }
    }
  }

  private ByteBuffer piece(long at, int bytes) {
    int offset = (int) (at % BYTES);
    return view.limit(offset + bytes).position(offset);
  }

  /** Free bytes up to the memory's end. */
  private int room() {
    return (int) Math.min(BYTES - (in - out), BYTES - in % BYTES);
  }

  /** Bytes up to the memory's end. */
  private int stretch() {
    return (int) Math.min(in - out, BYTES - out % BYTES);
  }
}
