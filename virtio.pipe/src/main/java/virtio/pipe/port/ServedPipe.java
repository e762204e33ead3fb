package virtio.pipe.port;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ByteChannel;
import java.util.Objects;
import virtio.bus.Registration;
import virtio.pipe.PipeCounters;
import virtio.pipe.PipeDevice;

/** The pipe as its users hold it. */
final class ServedPipe implements PipeDevice {
  private final Control control;
  private final Life life;

  ServedPipe(Control control, Life life) {
    this.control = control;
    this.life = life;
  }

  @Override
  public String name() {
    return life.name();
  }

  @Override
  public long tryRead(MemorySegment into, long offset, long bytes) throws IOException {
    check(into, offset, bytes);
    return life.tryRead(into, offset, bytes);
  }

  @Override
  public long tryWrite(MemorySegment from, long offset, long bytes) throws IOException {
    check(from, offset, bytes);
    return life.tryWrite(from, offset, bytes);
  }

  @Override
  public long read(MemorySegment into, long offset, long bytes) throws IOException {
    check(into, offset, bytes);
    return life.read(into, offset, bytes, () -> false);
  }

  @Override
  public void write(MemorySegment from, long offset, long bytes) throws IOException {
    check(from, offset, bytes);
    life.write(from, offset, bytes, () -> false);
  }

  private static void check(MemorySegment memory, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, memory.byteSize());
  }

  @Override
  public void flush() throws IOException {
    life.flush();
  }

  @Override
  public ByteChannel channel() {
    return new PipeChannel(life);
  }

  @Override
  public PipeCounters counters() {
    return life.counters();
  }

  @Override
  public Registration listen(Listener listener) {
    return life.listeners().add(listener);
  }

  @Override
  public String toString() {
    return name() + " (" + control.state() + ")";
  }
}
