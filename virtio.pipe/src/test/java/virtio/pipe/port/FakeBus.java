package virtio.pipe.port;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceModel;
import virtio.bus.Face;
import virtio.bus.Host;
import virtio.bus.RingFormat;
import virtio.bus.Slot;
import virtio.pipe.PipePort;

/** A bus that binds the pipes a test has put in line, one for each attachment. */
final class FakeBus implements Bus {
  private final Queue<FakePipe> line = new ArrayDeque<>();
  private boolean raw;

  synchronized FakeBus next(FakePipe pipe) {
    line.add(pipe);
    return this;
  }

  /** What the port said when it was last attached. */
  synchronized boolean raw() {
    return raw;
  }

  @Override
  public Attachment attach(Combination parts, AttachmentSettings settings, Object to, Runnable asked) {
    FakePipe pipe;
    synchronized (this) {
      raw = ((PipePort) to).raw();
      pipe = line.poll();
    }
    if (pipe != null) {
      pipe.up((PipePort) to);
    }
    return new Attachment() {
      @Override
      public String state() {
        return "waiting for a device";
      }

      @Override
      public boolean bound() {
        return pipe != null;
      }

      @Override
      public DeviceReport report() {
        return null;
      }

      @Override
      public void close() {
        if (pipe != null) {
          pipe.remove();
        }
      }
    };
  }

  @Override
  public Serving serve(String name, DeviceModel model, List<Face> faces, Host host) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Serving serve(DeviceModel model, RingFormat ring, ConfigHandler config, Slot slot) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<DeviceReport> devices() {
    return List.of();
  }

  @Override
  public List<DeviceReport> served() {
    return List.of();
  }
}
