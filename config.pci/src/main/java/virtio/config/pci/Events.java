package virtio.config.pci;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Window;

/**
 * How the events of a device reach its listener: a vector for changes and one for each queue; fewer where there are not so many; the pin
 * and its ISR status where there are none, or one. On the bus's control thread, but for the interrupts.
 *
 * <p>Spec: virtio 1.4, "MSI-X Vector Configuration" and "ISR status capability"
 */
final class Events {
  private static final System.Logger LOG = System.getLogger("virtio.config.pci");
  private static final int CONFIG_VECTOR = 0;
  private static final int ISR_QUEUE = 1;
  private static final int ISR_CONFIG = 2;
  private static final int ISR_GONE = 0xFF;
  private static final int[] NONE = {};

  private final BusDevice device;
  private final Window common;
  private final Window isr;
  private final List<Interrupt> vectors;
  private final Interrupt pin;
  private final Map<Integer, Registration> handlers = new HashMap<>();
  private final Object calling = new Object();
  private Mode mode = Mode.OFF;
  /** Queues that are made, on any vector. */
  private int[] queues = NONE;
  /** Queues by vector. Replaced, never changed: read by interrupts. */
  private volatile int[][] mapped = {};
  private DeviceConfig.Listener listener;

  /** How events travel. */
  private enum Mode { OFF, VECTORS, PIN }

  /** @param device its interrupts: vectors at their numbers, last the pin, null for none */
  Events(BusDevice device, Structures structures) {
    this.device = device;
    this.common = structures.common();
    this.isr = structures.isr();
    List<Interrupt> places = device.interrupts();
    this.vectors = places.isEmpty() ? List.of() : new ArrayList<>(places.subList(0, places.size() - 1));
    this.pin = places.isEmpty() ? null : places.getLast();
  }

  /** Whom to tell; null for nobody: when this returns the old one is not called any more. */
  void listener(DeviceConfig.Listener told) {
    synchronized (calling) {
      listener = told;
    }
  }

  /** After a reset, or at the end: nothing is mapped. */
  void off() {
    mode = Mode.OFF;
    queues = NONE;
    mapped = new int[0][];
    handlers.values().forEach(Registration::close);
    handlers.clear();
  }

  /** Maps changes, unless that is done. Before DRIVER_OK. IllegalStateException: no interrupt is to be had. */
  void begin() {
    if (mode != Mode.OFF) {
      return;
    }
    // A lone vector would have to be asked what it meant at each interrupt: so would the pin, which tells.
    boolean worth = vectors.size() > 1 || vectors.size() == 1 && pin == null;
    if (worth) {
      mode = Mode.VECTORS;
      mapped = new int[vectors.size()][];
      Arrays.fill(mapped, NONE);
      if (listens(CONFIG_VECTOR) && keeps(CommonCfg.CONFIG_MSIX_VECTOR, CONFIG_VECTOR)) {
        return;
      }
    }
    toPin();
  }

  /** Maps the queue that is selected. IllegalStateException: no interrupt is to be had. */
  void map(int queue) {
    begin();
    queues = with(queues, queue);
    if (mode == Mode.PIN) {
      return;
    }
    int spare = vectors.size() - 1;
    int own = spare == 0 ? CONFIG_VECTOR : CONFIG_VECTOR + 1 + queue % spare;
    if (!maps(queue, own) && !maps(queue, CONFIG_VECTOR)) {
      LOG.log(System.Logger.Level.DEBUG, device.name() + ": queue " + queue + " gets no vector");
      toPin();
    }
  }

  private boolean maps(int queue, int vector) {
    if (!listens(vector) || !keeps(CommonCfg.QUEUE_MSIX_VECTOR, vector)) {
      return false;
    }
    int[][] now = mapped.clone();
    now[vector] = with(now[vector], queue);
    mapped = now;
    return true;
  }

  private boolean keeps(int register, int vector) {
    common.write(register, 2, vector);
    return common.read(register, 2) == vector;
  }

  /** False where the machine has no message for that vector. */
  private boolean listens(int vector) {
    if (handlers.containsKey(vector)) {
      return true;
    }
    try {
      handlers.put(vector, vectors.get(vector).register(() -> arrived(vector)));
      return true;
    } catch (IllegalStateException none) {
      LOG.log(System.Logger.Level.DEBUG, device.name() + ": " + none.getMessage());
      return false;
    }
  }

  private void toPin() {
    handlers.values().forEach(Registration::close);
    handlers.clear();
    if (pin == null) {
      mode = Mode.OFF;
      throw new IllegalStateException(device.name() + ": no interrupt: " + vectors.size()
          + " vectors, of which none can be used, and no pin");
    }
    mode = Mode.PIN;
    handlers.put(-1, pin.register(this::asserted));
  }

  private void arrived(int vector) {
    int[][] now = mapped;
    synchronized (calling) {
      if (listener == null || vector >= now.length) {
        return;
      }
      for (int queue : now[vector]) {
        listener.queue(queue);
      }
      if (vector == CONFIG_VECTOR) {
        listener.changed();
      }
    }
  }

  /** The line may be another device's: the status says, and reading it takes our part of the line back. */
  private void asserted() {
    synchronized (calling) {
      int status = (int) isr.read(0, 1);
      if (listener == null || status == 0) {
        return;
      }
      if (status == ISR_GONE) {
        listener.changed();   // who looks at the device status sees that it has gone
        return;
      }
      if ((status & ISR_QUEUE) != 0) {
        for (int queue : queues) {
          listener.queue(queue);
        }
      }
      if ((status & ISR_CONFIG) != 0) {
        listener.changed();
      }
    }
  }

  private static int[] with(int[] list, int added) {
    if (Arrays.stream(list).anyMatch(one -> one == added)) {
      return list;
    }
    int[] more = Arrays.copyOf(list, list.length + 1);
    more[list.length] = added;
    return more;
  }
}
