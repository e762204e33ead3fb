package virtio.device.block;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import virtio.bus.Face;
import virtio.bus.model.ModelProperties;
import virtio.bus.spec.VirtioBlk;

/**
 * A checked configuration.
 *
 * @param size bytes of an image that is made, or is to be resized; 0: as it is
 */
record DeviceSettings(String name, Path image, long size, boolean readOnly, List<Face> faces, Layout layout) {
  private static final int MOST_SEGMENTS = 32766;

  static DeviceSettings of(Map<String, ?> properties) throws BadProperty {
    ModelProperties read = new ModelProperties(properties);
    String name = read.name();
    return new DeviceSettings(name, image(read), read.bytes("size"), read.flag("readonly", false), read.faces(), layout(name, read));
  }

  private static Path image(ModelProperties read) throws BadProperty {
    String path = read.text("image");
    if (path.isEmpty()) {
      throw new BadProperty("image", "", "the path of a file");
    }
    try {
      return Path.of(path).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new BadProperty("image", path, "the path of a file");
    }
  }

  private static Layout layout(String name, ModelProperties read) throws BadProperty {
    String serial = read.text("serial").isEmpty() ? name : read.text("serial");
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(serial)) {
      throw new BadProperty("serial", serial, "ASCII, at most 20 characters");
    }
    if (serial.length() > VirtioBlk.VIRTIO_BLK_ID_BYTES) {
      if (!read.text("serial").isEmpty()) {
        throw new BadProperty("serial", serial, "ASCII, at most 20 characters");
      }
      serial = serial.substring(0, VirtioBlk.VIRTIO_BLK_ID_BYTES);
    }
    int queueSize = read.powerOfTwo("queue.size", Layout.QUEUE_SIZE, 2, 32768);
    return new Layout(serial, read.powerOfTwo("blk.size", VirtioBlk.SECTOR, VirtioBlk.SECTOR, 1 << 16),
        read.number("physical.block.exp", 0, 0, 16), read.number("alignment.offset", 0, 0, 255), read.number("min.io.size", 1, 0, 65535),
        read.number("opt.io.size", 0, 0, Integer.MAX_VALUE), read.number("seg.max", Math.max(1, queueSize - 2), 1, MOST_SEGMENTS),
        read.number("size.max", 0, 0, Integer.MAX_VALUE), queueSize, read.flag("writeback", true));
  }

  /** Whether nothing but the size differs. */
  boolean resizes(DeviceSettings other) {
    return size != other.size && new DeviceSettings(name, image, other.size, readOnly, faces, layout).equals(other);
  }
}
