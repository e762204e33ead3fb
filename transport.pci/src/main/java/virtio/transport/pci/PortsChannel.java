package virtio.transport.pci;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Window;
import virtio.bus.machine.Handlers;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.PortsBlock;

/**
 * A channel through a function's {@linkplain PortsBlock ports}: a stream, byte by byte, never more than the block says there is or has room for.
 * It is emptied in both directions when the function is claimed, and when it is let go.
 */
final class PortsChannel implements FunctionChannel {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final long GONE_COUNT = 0xFFFF_FFFFL;
  private static final int EVENTS = PortsBlock.EVENT_READABLE | PortsBlock.EVENT_WRITABLE | PortsBlock.EVENT_GONE;

  private final String device;
  private final Window ports;
  private final Interrupt interrupt;
  private final List<Handlers> waiting = new CopyOnWriteArrayList<>();

  private PortsChannel(String device, Window ports, Interrupt interrupt) {
    this.device = device;
    this.ports = ports;
    this.interrupt = interrupt;
  }

  /** Null where the function has no such block, or no interrupt for it. */
  static PortsChannel of(String device, NamedWindows windows, List<Interrupt> interrupts) {
    Window ports = windows.window(NamedWindow.CHANNEL);
    int vector = windows.vector(NamedWindow.CHANNEL);
    // The last place is the pin's.
    boolean fit = ports != null && ports.size() >= PortsBlock.SIZE && vector < interrupts.size() - 1;
    return fit ? new PortsChannel(device, ports, interrupts.get(vector)) : null;
  }

  /** Nothing is under way any more. */
  @Override
  public void reset() {
    ports.write(PortsBlock.RESET, 4, 1);
    if (!waiting.isEmpty()) {
      ports.write(PortsBlock.INTERRUPT_ENABLE, 4, EVENTS);
    }
  }

  @Override
  public void leave() {
    waiting.forEach(Handlers::run);
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + "; allowed: 1 byte or more, inside " + memory.byteSize());
    }
    boolean reading = direction == Direction.READ;
    long count = ports.read(reading ? PortsBlock.READABLE : PortsBlock.WRITABLE, 4);
    if (count == GONE_COUNT || count == 0 && (ports.read(PortsBlock.INTERRUPT_STATUS, 4) & PortsBlock.EVENT_GONE) != 0) {
      return GONE;
    }
    long moved = Math.min(count, length);
    for (long at = offset; at < offset + moved; at++) {
      if (reading) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) ports.read(PortsBlock.READ_PORT, 1));
      } else {
        ports.write(PortsBlock.WRITE_PORT, 1, memory.get(ValueLayout.JAVA_BYTE, at));
      }
    }
    return moved;
  }

  /** Each is told after each change, by the block's interrupt: so none is missed, and a 0 arms nothing. */
  @Override
  public Registration ready(Runnable moved) {
    Handlers handlers = new Handlers(device + ", channel", LOG);
    Registration handler = handlers.register(moved);
    waiting.add(handlers);
    Registration wired = interrupt.register(() -> {
      acknowledge();
      handlers.run();
    });
    ports.write(PortsBlock.INTERRUPT_ENABLE, 4, EVENTS);
    return () -> {
      waiting.remove(handlers);
      wired.close();
      handler.close();
    };
  }

  /** Before anybody looks at the counts: what changes after the look raises its bit again. */
  private void acknowledge() {
    ports.write(PortsBlock.INTERRUPT_STATUS, 4, ports.read(PortsBlock.INTERRUPT_STATUS, 4) & ~PortsBlock.EVENT_GONE);
  }

  @Override
  public int maxMessage() {
    return 0;
  }
}
