package virtio.driver.pipe;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.DeviceTypes;
import virtio.pipe.PipePort;

/**
 * The pipe driver: {@code virt_pipe}, over a ring, or, where its port is raw, over the bus's {@code transfer} alone. Any thread.
 *
 * <p>Source: {@code virt_pipe_driver} of the sketch "virt_example.c"
 */
@Component(service = VirtioDriver.class)
@Provides.Driver("pipe")
public final class PipeDriver implements VirtioDriver<PipePort> {
  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(DeviceTypes.PIPE, DeviceId.ANY), Sizing.STANDARD));
  }

  @Override
  public Features features() {
    return Features.NONE;
  }

  @Override
  public Class<PipePort> port() {
    return PipePort.class;
  }

  @Override
  public Attached probe(VirtioDevice device, Entry entry, PipePort port) {
    return port.raw() ? RawPipe.bind(device, port) : RingPipe.bind(device, (Sizing) entry.data(), port);
  }
}
