package virtio.ring.split;

import java.util.concurrent.Executor;
import org.osgi.service.component.annotations.Component;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.FeatureBits;

/**
 * The ring format of descriptors, an available and a used ring in shared memory.
 *
 * <p>Spec: virtio 1.4, "Split Virtqueues"
 */
@Component(name = "virtio.ring.split")
@Provides.Ring("split")
public final class SplitRing implements RingFormat {
  @Override
  public Features features() {
    return Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_INDIRECT_DESC, FeatureBits.VIRTIO_F_EVENT_IDX,
        FeatureBits.VIRTIO_F_ACCESS_PLATFORM);
  }

  @Override
  public String lacks(Link link) {
    return link.memory() == null ? "shared memory" : null;
  }

  @Override
  public Rings<Virtqueue> driver(Link link, Executor dispatcher) {
    return new DriverRings(link);
  }

  @Override
  public Rings<DeviceQueue> device(Link link, Executor dispatcher) {
    return new DeviceRings(link);
  }
}
