package virtio.driver.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;

/** A queue without indirect descriptors: each part of a chain takes one of {@link #size}. The test plays the device, on its own thread. */
final class ScriptedQueue extends Virtqueue {
  private final Deque<Buffer> pending = new ArrayDeque<>();
  private final List<Buffer> out = new ArrayList<>();
  private final Deque<Buffer> used = new ArrayDeque<>();
  private final Consumer<ScriptedQueue> synced;
  private long written;
  private boolean asked = true;

  /** What was added. */
  record Buffer(Chain chain, Object token) {}

  /** @param synced what the device does when something is published */
  ScriptedQueue(int index, int size, Callback callback, Consumer<ScriptedQueue> synced) {
    super(index, size, callback);
    this.synced = synced;
  }

  private int taken() {
    int parts = 0;
    for (Buffer buffer : pending) {
      parts += buffer.chain().parts();
    }
    for (Buffer buffer : out) {
      parts += buffer.chain().parts();
    }
    return parts;
  }

  /** Buffers that the device has, in the order in which they were added. */
  List<Buffer> out() {
    return List.copyOf(out);
  }

  /** Whether the driver has asked to be told. */
  boolean asked() {
    return asked;
  }

  /** How many buffers the device has, or had and nobody has taken. */
  int outstanding() {
    return out.size() + used.size();
  }

  void use(Buffer buffer) {
    if (!out.remove(buffer)) {
      throw new AssertionError("not out");
    }
    used.add(buffer);
  }

  void begin() {
    start();
  }

  void end(boolean confirmed) {
    stop(confirmed);
  }

  void breakIt() {
    fail(Violation.USED_LEN);
  }

  @Override
  public Added add(Chain chain, Object token) {
    if (!well) {
      return refused();
    }
    if (chain.parts() > size()) {
      return Added.TOO_LONG;
    }
    if (taken() + chain.parts() > size()) {
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
      synced.accept(this);
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
    return state() != State.LIVE && state() != State.BROKEN
        && (out.removeIf(buffer -> buffer.token() == token) || pending.removeIf(buffer -> buffer.token() == token)
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
