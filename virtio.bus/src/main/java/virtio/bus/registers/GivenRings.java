package virtio.bus.registers;

import java.util.stream.IntStream;
import virtio.bus.AddressSpace;
import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.spec.Vring;

/**
 * Rings that the host allocates and its driver finds laid out, as lguest's are: each as {@link Vring} has it, so that one page number says
 * where it lies. A queue may have none, as its driver chooses the place, or as its ring has no place. Any thread.
 *
 * <p>Source: Linux 2.6.24, {@code struct lguest_vqconfig}
 */
public final class GivenRings {
  private final AddressSpace memory;
  private final int[] sizes;
  private final DmaMemory[] rings;
  private boolean released;

  private GivenRings(AddressSpace memory, int[] sizes) {
    this.memory = memory;
    this.sizes = sizes;
    this.rings = new DmaMemory[sizes.length];
  }

  /** One for each queue of that device, of the largest size; none where its rings share no memory. Throws as {@link #of(Slot, int...)}. */
  public static GivenRings of(DeviceConfig device, Slot slot) {
    return of(slot, IntStream.range(0, device.ringsInMemory() ? DeviceRegisters.queues(device) : 0).map(device::queueSize).toArray());
  }

  /**
   * Zeroed.
   *
   * @throws IllegalStateException when there is no memory for all of them: then none was taken
   */
  public static GivenRings of(Slot slot, int... sizes) {
    GivenRings given = new GivenRings(slot.memory(), sizes.clone());
    for (int index = 0; index < sizes.length; index++) {
      given.rings[index] = given.memory == null ? null : given.memory.allocate(Vring.bytes(sizes[index]), Vring.ALIGN);
      if (given.rings[index] == null) {
        given.release(true);
        throw new IllegalStateException(slot.name() + ": no memory is left for ring " + index + " of " + sizes[index]);
      }
    }
    return given;
  }

  /** How many there are. */
  public int count() {
    return rings.length;
  }

  /** Where that one begins, a multiple of 4096; 0 for none. */
  public long address(int index) {
    return index < rings.length ? rings[index].address() : 0;
  }

  /** The number of the page where it begins; 0 for none. */
  public long page(int index) {
    return address(index) >>> Vring.PAGE_SHIFT;
  }

  /** Its three parts; {@link RingAreas#NONE} for none. */
  public RingAreas areas(int index) {
    return index < rings.length ? Vring.areas(address(index), sizes[index]) : RingAreas.NONE;
  }

  /** All zero again, as a driver that begins has to find them. After {@link #release} it does nothing. */
  public synchronized void clear() {
    for (DmaMemory ring : rings) {
      if (!released) {
        ring.segment().fill((byte) 0);
      }
    }
  }

  /**
   * Gives the memory back; a second time it does nothing.
   *
   * @param idle whether no driver can be using them; else they are set aside, and not handed out again
   */
  public synchronized void release(boolean idle) {
    for (DmaMemory ring : rings) {
      if (ring != null && !released && idle) {
        memory.free(ring);
      } else if (ring != null && !released) {
        memory.quarantine(ring);
      }
    }
    released = true;
  }
}
