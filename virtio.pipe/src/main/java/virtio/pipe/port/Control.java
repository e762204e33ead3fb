package virtio.pipe.port;

import java.lang.foreign.MemorySegment;
import virtio.bus.Bus;
import virtio.bus.port.Admission;
import virtio.bus.port.PortControl;
import virtio.bus.port.PortSettings;
import virtio.bus.port.Publisher;
import virtio.pipe.Pipe;
import virtio.pipe.PipeDevice;
import virtio.pipe.PipePort;

/**
 * What an exchange is for a pipe: both sides are drained, and the pipe goes on where the device says that it stands exactly there. Where it
 * does not, bytes were lost: that pipe ends, and another begins.
 */
final class Control extends PortControl<Pipe> implements PipePort {
  /** The pipe that users have; null while there is none. Written by the control thread. */
  private volatile Life life;

  Control(Bus bus, Publisher publisher, String name) {
    super(bus, publisher, "virtio.pipe", name);
  }

  Life life() {
    return life;
  }

  @Override
  protected Object port() {
    return this;
  }

  @Override
  public boolean raw() {
    PortSettings now = settings();
    return now != null && Boolean.TRUE.equals(now.binding());
  }

  @Override
  public void moved(Pipe pipe) {
    Life now = life;
    if (now != null && now.has(pipe)) {
      now.moved();
    }
  }

  @Override
  public void left(Pipe pipe, MemorySegment bytes) {
    Life now = life;
    if (now != null && now.has(pipe)) {
      now.keep(bytes);
    }
  }

  @Override
  public void down(Pipe pipe, long received, long taken, long lost) {
    Life now = life;
    if (now != null && now.has(pipe)) {
      now.down(received, taken, lost);
    }
    down(pipe);
  }

  @Override
  protected String name(Pipe of) {
    return of.name();
  }

  @Override
  protected void hold() {
    Life now = life;
    if (now != null) {
      now.hold();
    }
  }

  @Override
  protected void drain(Pipe from, PortSettings settings) {
    Life now = life;
    if (now != null) {
      now.drained(from.drain(settings.drain().toNanos()));
    }
  }

  @Override
  protected void released() {
    // what is lost shows when the next device says where it stands
  }

  /** The end comes when what had arrived is here. */
  @Override
  protected void gone(String why) {
    hold();
  }

  @Override
  protected void forgotten() {
    // nothing was remembered
  }

  @Override
  protected void end(boolean failed, String why) {
    Life now = life;
    if (now != null) {
      now.end(why);
      life = null;
    }
  }

  @Override
  protected Admission admit(Pipe come, PortSettings settings) {
    Life now = life;
    if (now == null) {
      life = new Life(settings.name(), come);
      come.begin();
      return Admission.SERVING;
    }
    String differs = now.differs(come);
    if (differs != null) {
      return Admission.anew(differs);
    }
    now.serve(come);
    come.begin();
    return Admission.SERVING;
  }

  @Override
  protected void look(Pipe serving) {
    // it has nothing that changes
  }

  @Override
  protected String overdue(PortSettings settings) {
    return null;   // nobody promises when the other end takes a byte, or gives one
  }

  @Override
  protected long tick(PortSettings settings) {
    return Long.MAX_VALUE;
  }

  @Override
  protected void tellHeld(String why) {
    Life now = life;
    if (now != null) {
      now.listeners().tell(listener -> listener.held(why));
    }
  }

  @Override
  protected void tellResumed() {
    Life now = life;
    if (now != null) {
      now.listeners().tell(PipeDevice.Listener::resumed);
    }
  }

  /** Each pipe tells its own users, at its end. */
  @Override
  protected void tellLost(String why) {}
}
