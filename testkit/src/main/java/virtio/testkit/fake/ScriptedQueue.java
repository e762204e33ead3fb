package virtio.testkit.fake;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;

/**
 * A queue of a {@link ScriptedDevice}, without indirect descriptors: each part of a chain takes one of {@link #size}. The test plays the
 * device, on its own thread.
 */
public final class ScriptedQueue extends Virtqueue {
  private final Consumer<ScriptedQueue> synced;
  private final Deque<Buffer> pending = new ArrayDeque<>();
  private final List<Buffer> out = new ArrayList<>();
  private final Deque<Buffer> used = new ArrayDeque<>();
  private int parts;
  private long written;
  private boolean asked = true;

  /** What was added. */
  public record Buffer(Chain chain, Object token) {
    /** What the device may read of it. */
    public byte[] bytes() {
      byte[] bytes = new byte[(int) chain.readableBytes()];
      chain.read(0, MemorySegment.ofArray(bytes), 0, bytes.length);
      return bytes;
    }
  }

  /** @param synced what the device does when something is published */
  ScriptedQueue(int index, int size, Callback callback, Consumer<ScriptedQueue> synced) {
    super(index, size, callback);
    this.synced = synced;
  }

  /** Buffers that the device has, in the order in which they were added. */
  public List<Buffer> out() {
    return List.copyOf(out);
  }

  /** How many buffers the driver has neither got nor taken back. */
  public int outstanding() {
    return pending.size() + out.size() + used.size();
  }

  /** Whether the driver has asked to be told. */
  public boolean asked() {
    return asked;
  }

  /** The device is done with a buffer; nobody is told. */
  public void use(Buffer buffer) {
    if (!out.remove(buffer)) {
      throw new AssertionError("not out");
    }
    used.add(buffer);
  }

  /** The device puts bytes into its next buffer, from the start, and uses it. */
  public void give(byte[] bytes) {
    Buffer buffer = out.getFirst();
    buffer.chain().write(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    use(buffer);
  }

  /** The device takes the bytes of its next buffer, and uses it. */
  public byte[] take() {
    Buffer buffer = out.getFirst();
    use(buffer);
    return buffer.bytes();
  }

  /** The device tells, if it was asked to. */
  public void tell() {
    if (asked) {
      signalled();
    }
  }

  /** The device breaks a rule. */
  public void breakBy(Violation violation) {
    fail(violation);
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
    if (chain.parts() > size()) {
      return Added.TOO_LONG;
    }
    if (parts + chain.parts() > size()) {
      return Added.FULL;
    }
    parts += chain.parts();
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
    written = 0;
    if (buffer == null) {
      return null;
    }
    parts -= buffer.chain().parts();
    written = buffer.chain().written();
    return buffer.token();
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public boolean detach(Object token) {
    return state() != State.LIVE && state() != State.BROKEN
        && (pending.removeIf(buffer -> buffer.token() == token) || out.removeIf(buffer -> buffer.token() == token)
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
