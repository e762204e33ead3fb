package virtio.testkit;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Store;
import virtio.bus.Transport;
import virtio.bus.Window;
import virtio.bus.machine.FirmwareWords;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.Hold;

/**
 * The smallest transport: a new bus with an access method of its own, {@code transfer}, and nothing else. No memory, no registers, no
 * interrupts, no doorbells. A device is a connected socket, and a few words that say what it is.
 *
 * <p>Source: "Create a new bus which uses a new access method. This new method can be made very simple", in the third message
 */
public final class TransferTransport implements Transport, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.testkit");

  private final Selector selector;
  private final Set<Wire> wires = new CopyOnWriteArraySet<>();
  private final Set<Listener> listeners = new CopyOnWriteArraySet<>();

  /** Without devices. One thread tells of whatever there is to tell. */
  public TransferTransport() throws IOException {
    selector = Selector.open();
    Thread.ofPlatform().daemon().name("virtio-transport-transfer").start(this::run);
  }

  /** A device appears: it ends when its peer closes the socket. */
  public synchronized void plug(String name, SocketChannel socket, Map<String, String> words) throws IOException {
    socket.configureBlocking(false);
    Wire wire = new Wire(name, socket, words);
    wires.add(wire);
    listeners.forEach(listener -> listener.appeared(wire));
  }

  @Override
  public synchronized Registration watch(Listener listener) {
    listeners.add(listener);
    wires.forEach(listener::appeared);
    return () -> listeners.remove(listener);
  }

  private synchronized void pull(Wire wire) {
    if (wires.remove(wire)) {
      listeners.forEach(listener -> listener.disappeared(wire));
    }
  }

  private void run() {
    try {
      while (selector.isOpen()) {
        selector.select(key -> {
          key.interestOpsAnd(~key.readyOps());
          ((Wire) key.attachment()).moved.run();
        });
        for (Wire wire : wires) {
          if (wire.gone) {
            wire.socket.close();
            pull(wire);
            wire.moved.run();
          }
        }
      }
    } catch (IOException | IllegalStateException closed) {
      LOG.log(System.Logger.Level.DEBUG, "closed", closed);
    }
  }

  /** All sockets are closed. */
  @Override
  public void close() throws IOException {
    for (Wire wire : wires) {
      wire.lost();
      wire.socket.close();
      pull(wire);
    }
    selector.close();
  }

  /** A device: its socket is all it has. */
  private final class Wire implements BusDevice, Channel {
    private final String name;
    private final SocketChannel socket;
    private final Store words;
    private final Hold hold;
    private final Handlers moved;
    private final SelectionKey key;
    private volatile boolean gone;

    Wire(String name, SocketChannel socket, Map<String, String> words) throws IOException {
      this.name = name;
      this.socket = socket;
      this.words = new FirmwareWords(words);
      this.hold = new Hold(name);
      this.moved = new Handlers(name, LOG);
      this.key = socket.register(selector, 0, this);
    }

    @Override
    public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
      if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
        throw new IllegalArgumentException("offset=" + offset + " length=" + length + " (1 or more, inside " + memory.byteSize() + ")");
      }
      ByteBuffer bytes = memory.asSlice(offset, Math.min(length, 1 << 20)).asByteBuffer();
      try {
        int count = gone ? GONE : direction == Direction.READ ? socket.read(bytes) : socket.write(bytes);
        if (count == 0) {
          key.interestOpsOr(direction == Direction.READ ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
          selector.wakeup();
        }
        return count < 0 ? lost() : count;
      } catch (IOException | IllegalStateException broken) {
        return lost();
      }
    }

    private long lost() {
      gone = true;
      hold.end();
      key.cancel();
      selector.wakeup();
      return GONE;
    }

    @Override
    public Registration ready(Runnable handler) {
      return moved.register(handler);
    }

    @Override
    public int maxMessage() {
      return 0;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Map<String, Object> properties() {
      return Map.of("machine", "none");
    }

    @Override
    public Window window(String window) {
      return null;
    }

    @Override
    public Store store() {
      return words;
    }

    @Override
    public List<Interrupt> interrupts() {
      return List.of();
    }

    @Override
    public Signal doorbell(long argument) {
      return null;
    }

    @Override
    public Registration claim() {
      return hold.claim(() -> { }, () -> { });
    }

    @Override
    public AddressSpace memory() {
      return null;
    }

    @Override
    public Channel channel() {
      return this;
    }
  }
}
