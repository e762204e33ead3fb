package virtio.bus;

import java.util.Map;

/**
 * What every glue bundle provides: four parts and no logic. It is the implementation class of a component that has no code of its own.
 *
 * @param properties the component's; {@code virtio.glue} is its name
 */
public record Combination(VirtioDriver<?> driver, Transport transport, RingFormat ring, ConfigHandler config, Map<String, Object> properties) {
  /** {@code "block.lguest.split.lguest"}: driver, transport, ring, config handler. */
  public String name() {
    return String.valueOf(properties.get("virtio.glue"));
  }
}
