package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import virtio.block.BlockPort;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.DeviceTypes;

/**
 * The block driver. Any thread.
 *
 * <p>Spec: virtio 1.4, "Block Device"
 */
@Component(service = VirtioDriver.class)
@Provides.Driver("block")
public final class BlockDriver implements VirtioDriver<BlockPort> {
  static final Features FEATURES = Features.of(VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_GEOMETRY, VIRTIO_BLK_F_RO,
      VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_F_TOPOLOGY, VIRTIO_BLK_F_CONFIG_WCE, VIRTIO_BLK_F_DISCARD,
      VIRTIO_BLK_F_WRITE_ZEROES);

  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(DeviceTypes.BLOCK_DEVICE, DeviceId.ANY), Sizing.STANDARD));
  }

  @Override
  public Features features() {
    return FEATURES;
  }

  /** A write-back cache that cannot be flushed is of no use to anybody. */
  @Override
  public int[][] requires() {
    return new int[][] {{VIRTIO_BLK_F_CONFIG_WCE, VIRTIO_BLK_F_FLUSH}};
  }

  @Override
  public Class<BlockPort> port() {
    return BlockPort.class;
  }

  @Override
  public Attached probe(VirtioDevice device, Entry entry, BlockPort port) {
    BlockDisk disk = BlockDisk.make(device, (Sizing) entry.data(), port);
    device.ready();
    port.up(disk);
    return disk;
  }
}
