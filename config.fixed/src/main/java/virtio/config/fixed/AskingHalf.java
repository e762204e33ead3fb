package virtio.config.fixed;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import virtio.bus.BusDevice;
import virtio.bus.ConfigurationQueue;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Signal;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.Vring;

/** A device that is written by its configuration queue, and, before there is one and when it has broken, reset by a doorbell. */
final class AskingHalf extends DriverHalf {
  private final int slots;
  private final long address;
  private final Signal resetDoorbell;
  private final boolean[] heard = new boolean[Bytes256.MOST_QUEUES];
  private volatile ConfigurationQueue queue;
  private volatile boolean resetting;
  private volatile int resets;

  AskingHalf(BusDevice device, Window bytes) {
    super(device, bytes);
    slots = (int) bytes.read(Bytes256.ASKING_SIZE, 1);
    address = bytes.read(Bytes256.ASKING_ADDRESS, 8);
    if (slots == 0 || Integer.bitCount(slots) != 1 || address % Vring.ALIGN != 0) {
      throw new IllegalStateException(device.name() + ": configuration queue of size=" + slots + " at 0x" + Long.toHexString(address)
          + "; allowed: a power of two, a multiple of " + Vring.ALIGN);
    }
    resetDoorbell = device.doorbell(bytes.read(Bytes256.RESET_DOORBELL, 4));
    if (resetDoorbell == null) {
      throw new IllegalStateException(device.name() + ": its bus has no doorbell, which a reset needs");
    }
    try {
      listen((int) bytes.read(Bytes256.INTERRUPT, 2), Listener::changed);
    } catch (IllegalStateException none) {
      close();
      throw none;
    }
  }

  @Override
  public int configurationQueue() {
    return slots;
  }

  @Override
  public void configurationQueue(ConfigurationQueue asked) {
    queue = asked;
  }

  @Override
  public RingAreas given(int index) {
    return index != Rings.CONFIGURATION ? super.given(index) : address == 0 ? RingAreas.NONE : Vring.areas(address, slots);
  }

  @Override
  public Signal doorbell(int index) {
    return index == Rings.CONFIGURATION ? device.doorbell(bytes.read(Bytes256.ASKING_DOORBELL, 4)) : super.doorbell(index);
  }

  /** Null when there was no answer: then the queue is of no use any more. */
  private byte[] ask(Request request) {
    ConfigurationQueue asked = queue;
    byte[] answer = asked == null || gone() ? null : asked.ask(request.bytes());
    return answer == null || answer.length == 0 ? null : answer;
  }

  /** Nobody would answer, and it would take its time to be sure. */
  private boolean gone() {
    return bytes.read(Bytes256.STATUS, 1) == DeviceStatus.GONE;
  }

  private void require(Request request, String what) {
    byte[] answer = ask(request);
    if (answer == null || answer[0] != Request.DONE) {
      throw new IllegalStateException(device.name() + ": configuration queue: " + what + ": "
          + (answer == null ? "no answer" : "refused with " + Arrays.toString(answer)));
    }
  }

  @Override
  public void accept(Features accepted) {
    require(Request.accept(accepted), "accept features");
  }

  /** The host's mirror; not 0 as long as a reset that was asked for is not counted. */
  @Override
  public int status() {
    boolean counted = !resetting || (int) bytes.read(Bytes256.RESETS, 4) != resets;
    VarHandle.acquireFence(); // the status that goes with that count; pairs with the release of the count
    int mirrored = (int) bytes.read(Bytes256.STATUS, 1);
    return counted || mirrored != 0 ? mirrored : DeviceStatus.DEVICE_NEEDS_RESET;
  }

  @Override
  public void status(int bits) {
    if (bits != 0) {
      if ((bits & DeviceStatus.FAILED) == 0) {
        resetting = false;
        require(Request.status(bits), "set status");
      } else {
        ask(Request.status(bits)); // said for whoever looks; one who cannot be told will be reset
      }
      return;
    }
    resets = (int) bytes.read(Bytes256.RESETS, 4);
    resetting = true;
    Arrays.fill(heard, false);
    byte[] answer = ask(Request.reset());
    if (answer == null || answer[0] != Request.DONE) {
      queue = null;
      resetDoorbell.raise(0);
    }
  }

  @Override
  public void write(Field field, long value) {
    requireInside(field);
    require(Request.field(field.offset(), field.size(), value & field.mask()), field.name());
  }

  @Override
  public void enable(int index, int size, RingAreas made) {
    Queue known = known(index);
    boolean fits = known != null && size > 0
        && (known.page() == 0 ? size <= known.size() : size == known.size() && made.equals(known.given()));
    if (!fits) {
      throw new IllegalArgumentException("queue=" + index + " size=" + size + " areas=" + made + "; allowed: size " + queueSize(index)
          + ", areas " + given(index));
    }
    if (!heard[index]) {
      heard[index] = true;
      listen(known.interrupt(), told -> told.queue(index));
    }
    require(Request.open(index, size, made), "open queue " + index);
  }
}
