package virtio.driver.pipe;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.Virtqueue;

/** A queue whose device a test plays, on its own thread; buffers are used in order. Says whether the driver asked to be told. */
final class ScriptedQueue extends Virtqueue {
  private final Deque<Buffer> pending = new ArrayDeque<>();
  private final Deque<Buffer> out = new ArrayDeque<>();
  private final Deque<Buffer> used = new ArrayDeque<>();
  private boolean asked = true;
  private long written;
  int syncs;

  private record Buffer(Chain chain, Object token) {}

  ScriptedQueue(int index, int size, Callback callback) {
    super(index, size, callback);
  }

  /** Buffers that the device has. */
  int out() {
    return out.size();
  }

  int outstanding() {
    return pending.size() + out.size() + used.size();
  }

  boolean asked() {
    return asked;
  }

  /** The device puts bytes into its next buffer. */
  void give(byte[] bytes) {
    Buffer buffer = out.remove();
    buffer.chain().write(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    used.add(buffer);
  }

  /** The device takes the bytes of its next buffer. */
  byte[] take() {
    Buffer buffer = out.remove();
    byte[] bytes = new byte[(int) buffer.chain().readableBytes()];
    buffer.chain().read(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    used.add(buffer);
    return bytes;
  }

  /** Bytes in the buffers that the device has not taken, each. */
  List<Long> sizes() {
    List<Long> sizes = new ArrayList<>();
    out.forEach(buffer -> sizes.add(buffer.chain().readableBytes()));
    return sizes;
  }

  /** The device tells, if it was asked to. */
  void tell() {
    if (asked) {
      signalled();
    }
  }

  void begin() {
    start();
  }

  void end(boolean confirmed) {
    stop(confirmed);
  }

  @Override
  public Added add(Chain chain, Object token) {
    if (!well) {
      return refused();
    }
    if (outstanding() == size()) {
      return Added.FULL;
    }
    pending.add(new Buffer(new Chain(chain.maxParts()).copy(chain), token));
    return Added.OK;
  }

  @Override
  public void sync() {
    if (well) {
      out.addAll(pending);
      pending.clear();
      syncs++;
    }
  }

  @Override
  public Object get() {
    Buffer buffer = well ? used.poll() : null;
    written = buffer == null ? 0 : buffer.chain().written();
    return buffer == null ? null : buffer.token();
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public boolean detach(Object token) {
    return !well && (pending.removeIf(buffer -> buffer.token() == token) || out.removeIf(buffer -> buffer.token() == token)
        || used.removeIf(buffer -> buffer.token() == token));
  }

  @Override
  protected void opened() {}

  @Override
  protected int ask() {
    asked = true;
    return 0;
  }

  @Override
  protected void mute() {
    asked = false;
  }

  @Override
  protected boolean pending(int from) {
    return !used.isEmpty();
  }
}
