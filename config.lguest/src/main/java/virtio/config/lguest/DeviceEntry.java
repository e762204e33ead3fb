package virtio.config.lguest;

import virtio.bus.Window;

/**
 * Where in an entry what lies, from its lengths alone.
 *
 * <pre>
 *  0     1       2            3           4       5             5 + 8 q     ...        ...
 * +------+-------+------------+-----------+-------+-------------+-----------+----------+-------------+
 * | type | num_vq| feature_len| config_len| status| q vqconfigs | features  | acks     | config      |
 * +------+-------+------------+-----------+-------+-------------+-----------+----------+-------------+
 * </pre>
 *
 * <p>Source: Linux 2.6.25, {@code struct lguest_device_desc}
 *
 * @param queues num_vq
 * @param featureLength bytes of features, and as many of acks
 * @param configLength bytes of config
 */
record DeviceEntry(int queues, int featureLength, int configLength) {
  static final int TYPE = 0;
  static final int NUM_VQ = 1;
  static final int FEATURE_LEN = 2;
  static final int CONFIG_LEN = 3;
  static final int STATUS = 4;
  static final int HEADER = 5;

  /** {@code struct lguest_vqconfig}. */
  static final int VQ_NUM = 0;
  static final int VQ_IRQ = 2;
  static final int VQ_PFN = 4;
  static final int VQCONFIG = 8;

  static final int MOST_COUNTED = 255;

  /** A device type that the byte cannot spell: the whole of it lies in {@link Extension}. */
  static final int TYPE_ELSEWHERE = 0xFE;
  /** An entry whose device has gone. */
  static final int TYPE_REMOVED = 0xFF;

  /** The entry at that offset of a page or window, by its three lengths, each read once. */
  static DeviceEntry at(Window window, long offset) {
    return new DeviceEntry((int) window.read(offset + NUM_VQ, 1), (int) window.read(offset + FEATURE_LEN, 1),
        (int) window.read(offset + CONFIG_LEN, 1));
  }

  int length() {
    return config(configLength);
  }

  int queue(int index) {
    return HEADER + VQCONFIG * index;
  }

  int features() {
    return queue(queues);
  }

  int acks() {
    return features() + featureLength;
  }

  int config(int offset) {
    return acks() + featureLength + offset;
  }
}
