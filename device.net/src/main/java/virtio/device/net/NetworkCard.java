package virtio.device.net;

import static virtio.bus.spec.VirtioNet.*;

import java.util.List;
import java.util.concurrent.Executor;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.spec.DeviceTypes;

/**
 * A network card with one pair of queues and a control queue, whose cable ends in a {@link SwitchPort}. Frames come to the port from other
 * threads and wait there; the card's own work, both ways, is done on the slot's.
 *
 * <p>Spec: virtio 1.4, "Network Device"
 */
final class NetworkCard implements DeviceModel {
  private static final Features OFFERED = Features.of(VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_MTU, VIRTIO_NET_F_MAC,
      VIRTIO_NET_F_MRG_RXBUF, VIRTIO_NET_F_STATUS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_RX_EXTRA,
      VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_SPEED_DUPLEX);

  private final int queueSize;
  private final CardState state;
  private final SwitchPort port;
  private final ReceiveFilter filter = new ReceiveFilter();
  private final Receiver receiver;
  private final Transmitter transmitter;
  private final Commands commands;
  private final Runnable arrived = this::arrived;
  private volatile Executor thread = work -> { };
  private volatile Runnable changed;
  private DeviceQueue receiveq;
  private boolean started;

  /**
   * With its cable in no switch.
   *
   * @param queueSize of its pair, a power of two
   */
  NetworkCard(String name, CardState state, int queueSize) {
    this.queueSize = queueSize;
    this.state = state;
    this.port = new SwitchPort(name, state.longest(VLAN_TAG), () -> thread.execute(arrived));
    this.receiver = new Receiver(port, state, filter, queueSize);
    this.transmitter = new Transmitter(port, state, queueSize);
    this.commands = new Commands(filter, state, this::tell);
  }

  /** Where its cable ends. */
  SwitchPort port() {
    return port;
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.NETWORK_CARD, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features offered() {
    return OFFERED;
  }

  @Override
  public List<Field> fields() {
    return FIELDS;
  }

  @Override
  public int[] queueSizes() {
    return new int[] {queueSize, queueSize, Commands.QUEUE_SIZE};
  }

  @Override
  public long read(Field field) {
    return state.read(field);
  }

  /** All of its fields are the device's own. */
  @Override
  public void write(Field field, long value) {}

  @Override
  public void slot(Executor slot) {
    thread = slot;
  }

  @Override
  public void start(Features accepted, DeviceQueue[] queues, Runnable tell) {
    receiveq = queues[RECEIVEQ];
    state.start(accepted);
    commands.start(accepted);
    transmitter.start(accepted);
    receiver.start(receiveq, accepted);
    changed = tell;
    gate(true);
  }

  @Override
  public void stop() {
    gate(false);
    changed = null;
    receiver.stop();
    transmitter.stop();
    commands.stop();
    state.stop();
    receiveq = null;
  }

  /** Frames are let in while there is a driver and the cable is in. */
  private synchronized void gate(boolean driver) {
    started = driver;
    port.open(started && state.up());
  }

  /** Plugs the cable in, or out, and tells the driver. Any thread. */
  void link(boolean up) {
    synchronized (this) {
      if (state.up() == up) {
        return;
      }
      state.up(up);
      port.open(started && up);
    }
    tell();
  }

  /** Has the driver tell the world where it is, if it can. Any thread. */
  void announce() {
    if (state.announce()) {
      tell();
    }
  }

  private void tell() {
    Runnable told = changed;
    if (told != null) {
      told.run();
    }
  }

  @Override
  public boolean available(DeviceQueue queue) {
    switch (queue.index()) {
      case RECEIVEQ -> {
        return receive();
      }
      case TRANSMITQ -> {
        transmitter.serve(queue);
        arrived();   // a driver that never stops sending would otherwise never receive
      }
      default -> commands.serve(queue);
    }
    return true;
  }

  /** @return whether to be told of the next buffers: only as long as frames wait for some */
  private boolean receive() {
    switch (receiver.receive()) {
      case DONE -> {
        return false;
      }
      case MORE -> {
        port.comesBack();
        thread.execute(arrived);
        return false;
      }
      case DRY -> port.comesBack();
    }
    return true;
  }

  /** Frames have come. */
  private void arrived() {
    if (receiveq == null) {
      port.look();
      port.clear();
      return;
    }
    if (receive() && !receiveq.restart() && receiveq.broken() == null) {
      thread.execute(arrived);   // buffers have come in between
    }
  }

  /** In words, for a person. */
  @Override
  public String toString() {
    return port + ": sent " + transmitter.sent() + " (dropped " + transmitter.dropped() + "), received " + receiver.received() + " (not wanted "
        + receiver.filtered() + ", no buffer " + receiver.dropped() + ", port full " + port.dropped() + ")";
  }
}
