package virtio.driver.pipe;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.Failure;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;

/** A port that only listens. */
final class HeardPort implements PipePort {
  final List<String> events = new CopyOnWriteArrayList<>();
  final ByteArrayOutputStream left = new ByteArrayOutputStream();
  private final boolean raw;
  private boolean begins;
  volatile Pipe pipe;
  int moved;

  HeardPort(boolean raw) {
    this.raw = raw;
  }

  /** Takes every pipe in at once. */
  HeardPort begins() {
    begins = true;
    return this;
  }

  @Override
  public boolean raw() {
    return raw;
  }

  @Override
  public void up(Pipe arrived) {
    pipe = arrived;
    if (begins) {
      arrived.begin();
    }
  }

  @Override
  public void moved(Pipe of) {
    moved++;
  }

  @Override
  public void failed(Pipe of, Failure cause) {
    events.add(cause.toString());
  }

  @Override
  public void left(Pipe of, MemorySegment bytes) {
    left.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void down(Pipe of, long received, long taken, long lost) {
    events.add("down received=" + received + " taken=" + taken + " lost=" + lost);
  }
}
