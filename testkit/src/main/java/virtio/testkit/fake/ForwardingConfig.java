package virtio.testkit.fake;

import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.Signal;

/** Passes everything on: a base for what changes one thing. */
public class ForwardingConfig implements DeviceConfig {
  protected final DeviceConfig to;

  public ForwardingConfig(DeviceConfig to) {
    this.to = to;
  }

  @Override
  public DeviceId id() {
    return to.id();
  }

  @Override
  public Features offered() {
    return to.offered();
  }

  @Override
  public void accept(Features accepted) {
    to.accept(accepted);
  }

  @Override
  public int status() {
    return to.status();
  }

  @Override
  public void status(int bits) {
    to.status(bits);
  }

  @Override
  public int generation() {
    return to.generation();
  }

  @Override
  public List<Field> fields() {
    return to.fields();
  }

  @Override
  public long read(Field field) {
    return to.read(field);
  }

  @Override
  public void write(Field field, long value) {
    to.write(field, value);
  }

  @Override
  public int queueSize(int index) {
    return to.queueSize(index);
  }

  @Override
  public RingAreas given(int index) {
    return to.given(index);
  }

  @Override
  public void enable(int index, int size, RingAreas areas) {
    to.enable(index, size, areas);
  }

  @Override
  public Signal doorbell(int index) {
    return to.doorbell(index);
  }

  @Override
  public void listener(Listener listener) {
    to.listener(listener);
  }

  @Override
  public void close() {
    to.close();
  }
}
