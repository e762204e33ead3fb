package virtio.bus.core;

import virtio.bus.BusDevice;
import virtio.bus.Combination;
import virtio.bus.Features;
import virtio.bus.spec.FeatureBits;

/**
 * Which features a driver accepts: what is offered and everyone can do, closed under "requires".
 *
 * <p>Spec: virtio 1.4, "Feature Bits" and "Reserved Feature Bits"
 */
final class Negotiation {
  /** Bits of rings and transports; a driver's declaration of them counts for nothing. */
  static final Features RESERVED = Features.range(FeatureBits.RESERVED_FIRST, FeatureBits.RESERVED_LAST);

  private Negotiation() {}

  static Features accept(Features offered, Combination parts, Features mask) {
    Features apart = parts.ring().sharesMemory() ? Features.NONE : parts.driver().inMemory();
    Features driver = parts.driver().features().minus(RESERVED).minus(apart);
    Features ring = parts.ring().features().and(RESERVED).with(FeatureBits.VIRTIO_F_VERSION_1);
    Features handler = parts.config().accepts().and(RESERVED);
    return offered.and(driver.or(ring).or(handler)).and(parts.transport().features()).and(parts.config().features()).and(mask)
        .closed(parts.driver().requires());
  }

  /** Null, or why nothing can be done with a device of which that much was accepted. */
  static String objection(Features accepted, Features offered, Combination parts, BusDevice device) {
    if (!accepted.has(FeatureBits.VIRTIO_F_VERSION_1)) {
      return offered.has(FeatureBits.VIRTIO_F_VERSION_1) ? "VERSION_1 is masked away" : "legacy device: it does not offer VERSION_1";
    }
    boolean translated = device.memory() != null && device.memory().translated() && parts.ring().sharesMemory();
    if (translated && !accepted.has(FeatureBits.VIRTIO_F_ACCESS_PLATFORM)) {
      return "its addresses are translated and ACCESS_PLATFORM is not accepted";
    }
    return null;
  }
}
