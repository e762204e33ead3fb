package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.Virtqueue;
import virtio.net.Card;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetPort;
import virtio.net.NetworkCounters;
import virtio.net.NetworkInformation;
import virtio.net.ReceiveMode;

/**
 * A bound card: a way out, a way in, and commands, each with a lock of its own. The port is called outside of them.
 *
 * <p>Spec: virtio 1.4, "Network Device"
 */
final class NetCard implements Attached, Card {
  private static final int[] MODES = {VIRTIO_NET_CTRL_RX_PROMISC, VIRTIO_NET_CTRL_RX_ALLMULTI, VIRTIO_NET_CTRL_RX_ALLUNI,
      VIRTIO_NET_CTRL_RX_NOMULTI, VIRTIO_NET_CTRL_RX_NOUNI, VIRTIO_NET_CTRL_RX_NOBCAST};

  private final VirtioDevice device;
  private final NetPort port;
  private final LiveConfig config;
  private final AtomicBoolean removed = new AtomicBoolean();
  private final AtomicBoolean toldSilent = new AtomicBoolean();
  private Receiver receiver;
  private Transmitter transmitter;
  private Gathering gathering;
  private Commands commands;
  private volatile boolean listening;
  private boolean toldBroken;

  private NetCard(VirtioDevice device, NetPort port, LiveConfig config) {
    this.device = device;
    this.port = port;
    this.config = config;
  }

  /** Before DRIVER_OK: queues, memory, configuration, the receive queue full; what cannot work is an IllegalStateException that names it. */
  static NetCard make(VirtioDevice device, Sizing sizing, NetPort port) {
    NetCard card = new NetCard(device, port, new LiveConfig(device));
    Features features = device.features();
    Virtqueue in = card.queue(RECEIVEQ, queue -> card.arrived());
    Virtqueue out = card.queue(TRANSMITQ, queue -> card.reclaimed());
    Virtqueue control = features.has(VIRTIO_NET_F_CTRL_VQ) ? card.queue(CONTROLQ, queue -> card.answered()) : null;
    int mtu = card.information().mtu();
    boolean merged = features.has(VIRTIO_NET_F_MRG_RXBUF);
    int whole = Sizing.whole(mtu);
    Sizing.Area inputs = sizing.allocate(device, in.size(), sizing.receive(mtu, merged));
    Sizing.Area outputs = null;
    boolean made = false;
    try {
      outputs = sizing.allocate(device, out.size(), whole);
      card.commands = control == null ? null : new Commands(device, control);
      made = true;
    } finally {
      if (!made) {
        device.free(inputs.memory());
        if (outputs != null) {
          device.free(outputs.memory());
        }
      }
    }
    card.gathering = new Gathering(merged ? sizing.gathered() : 0, whole, card);
    card.receiver = new Receiver(device, in, inputs, merged, features.has(VIRTIO_NET_F_GUEST_CSUM), card.gathering, card);
    card.transmitter = new Transmitter(device, out, outputs, features.has(VIRTIO_NET_F_CSUM), card);
    card.receiver.fill();
    return card;
  }

  private Virtqueue queue(int index, Queue.Callback callback) {
    Virtqueue queue = device.queue(index, callback);
    if (queue == null) {
      throw new IllegalStateException("queue " + index + ": none, or no memory for it");
    }
    return queue;
  }

  /** The receive queue's callback. */
  private boolean arrived() {
    return listening && port.receivable(this);
  }

  /** The transmit queue's: somebody found no room, and asked to be told. */
  private boolean reclaimed() {
    transmitter.used();
    port.room(this);
    return false;
  }

  private boolean answered() {
    commands.used();
    return true;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public NetworkInformation information() {
    return config.information();
  }

  @Override
  public Frame frame() {
    return transmitter.frame();
  }

  @Override
  public boolean sends(Frame frame) {
    return transmitter.owns(frame);
  }

  @Override
  public boolean send(Frame frame) {
    return transmitter.send(frame);
  }

  @Override
  public void kick() {
    transmitter.kick();
  }

  @Override
  public void release(Frame frame) {
    if (transmitter.owns(frame)) {
      if (transmitter.release(frame)) {
        port.room(this);
      }
    } else {
      receiver.release(frame);
    }
  }

  @Override
  public Frame receive() {
    Frame frame = receiver.next();
    if (frame == null && receiver.broken() != null && !toldBroken) {
      toldBroken = true;
      port.failed(this, new Failure(Failure.Kind.RING_BROKEN, receiver.broken()));
    }
    return frame;
  }

  @Override
  public void refill() {
    receiver.refill();
  }

  @Override
  public void listen(boolean on) {
    listening = on;
    while (on && listening && !receiver.restart() && port.receivable(this)) {
      // what was there already is taken here; then callbacks are asked for again
    }
  }

  /** A command without an answer is told to the port as well, once. */
  private Answer told(Answer answer) {
    if (answer == Answer.SILENT && !toldSilent.getAndSet(true)) {
      port.failed(this, new Failure(Failure.Kind.DEVICE_NEEDS_RESET, commands.unanswered()));
    }
    return answer;
  }

  @Override
  public Answer mode(ReceiveMode mode, boolean on, long nanos) {
    boolean can = information().abilities().modes() && (!mode.extra() || information().abilities().extraModes());
    return can ? told(commands.mode(MODES[mode.ordinal()], on, nanos)) : Answer.UNSUPPORTED;
  }

  @Override
  public Answer macTable(List<MacAddress> unicast, List<MacAddress> multicast, long nanos) {
    if (unicast.size() + multicast.size() > Commands.MOST_ADDRESSES) {
      return Answer.REFUSED;
    }
    return information().abilities().modes() ? told(commands.macTable(unicast, multicast, nanos)) : Answer.UNSUPPORTED;
  }

  @Override
  public Answer vlan(int id, boolean on, long nanos) {
    return information().abilities().vlans() ? told(commands.vlan(id, on, nanos)) : Answer.UNSUPPORTED;
  }

  @Override
  public Answer mac(MacAddress address, long nanos) {
    return information().abilities().mac() ? told(commands.mac(address, nanos)) : Answer.UNSUPPORTED;
  }

  /** One pair is what there is without MQ, and is in use already. */
  @Override
  public Answer pairs(int pairs, long nanos) {
    return pairs == 1 ? Answer.OK : Answer.UNSUPPORTED;
  }

  @Override
  public Answer announced(long nanos) {
    if (!information().announce()) {
      return Answer.UNSUPPORTED;
    }
    config.announced();
    return told(commands.announced(nanos));
  }

  @Override
  public NetworkCounters counters() {
    return new NetworkCounters(transmitter.sent(), transmitter.bytes(), receiver.received(), receiver.bytes(), gathering.gathered(),
        gathering.gatheredBytes(), transmitter.lost(), receiver.malformed(), gathering.drops());
  }

  @Override
  public void configChanged() {
    if (config.refresh()) {
      port.changed(this);
    }
  }

  @Override
  public void failed(Failure cause) {
    port.failed(this, cause);
  }

  @Override
  public void remove() {
    if (!removed.compareAndSet(false, true)) {
      return;
    }
    listening = false;
    receiver.stop();
    transmitter.stop();
    if (commands != null) {
      commands.stop();
    }
    config.close();
    boolean confirmed = device.reset();
    receiver.detach();
    transmitter.detach();
    if (commands != null) {
      commands.detach();
    }
    port.down(this, confirmed);
  }
}
