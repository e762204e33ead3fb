package virtio.transport.pci;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import virtio.bus.Channel;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Window;
import virtio.bus.machine.Handlers;

/** A 16550 whose line ends at {@link #wire}: what it is read and written by, its pin, and the other end. Each end's callbacks have a thread. */
final class FakeUart implements Window, Interrupt, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final int FIFO = 16;
  /** What the line's end keeps, each way, as a socket does. */
  private static final int WIRE = 4096;

  private final Deque<Byte> arriving = new ArrayDeque<>();
  private final Deque<Byte> left = new ArrayDeque<>();
  private final Deque<Byte> receiving = new ArrayDeque<>();
  private final Deque<Byte> sending = new ArrayDeque<>();
  private final ExecutorService pins = Executors.newSingleThreadExecutor(work -> Thread.ofPlatform().daemon().unstarted(work));
  private final ExecutorService wires = Executors.newSingleThreadExecutor(work -> Thread.ofPlatform().daemon().unstarted(work));
  private final Handlers pin = new Handlers("pin", LOG);
  private final Handlers moved = new Handlers("wire", LOG);
  private int enabled;
  private int fifo;
  private boolean divisor;
  private boolean holdingPending;
  private boolean overrun;
  private boolean gone;
  private int emptyReads;

  /** Reads of the data register when there was nothing. */
  synchronized int emptyReads() {
    return emptyReads;
  }

  synchronized int enabled() {
    return enabled;
  }

  synchronized void overrun() {
    overrun = true;
  }

  synchronized void vanish() {
    gone = true;
  }

  @Override
  public long size() {
    return 8;
  }

  @Override
  public synchronized long read(long offset, int width) {
    if (gone) {
      return 0xFF;
    }
    if (offset == 0) {
      Byte next = receiving.poll();
      emptyReads += next == null ? 1 : 0;
      flow();
      wires.execute(moved::run);
      return next == null ? 0x5A : next & 0xFF;
    } else if (offset == 5) {
      int status = (receiving.isEmpty() ? 0 : 1) | (overrun ? 2 : 0) | (sending.isEmpty() ? 0x60 : 0);
      overrun = false;
      return status;
    }
    return offset == 1 ? enabled : 0;
  }

  @Override
  public synchronized void write(long offset, int width, long value) {
    if (offset == 3) {
      divisor = (value & 0x80) != 0;
    } else if (divisor) {
      return;
    } else if (offset == 0 && sending.size() < FIFO) {
      sending.add((byte) value);
      holdingPending = false;
      flow();
      wires.execute(moved::run);
    } else if (offset == 0) {
      throw new AssertionError("written although the FIFO is full");
    } else if (offset == 1) {
      holdingPending |= (value & 2) != 0 && (enabled & 2) == 0 && sending.isEmpty();
      enabled = (int) value;
      line();
    } else if (offset == 2) {
      fifo = (int) value;
      flow();
    }
  }

  /** Between the FIFOs and the line's end, as far as there is room. */
  private void flow() {
    while ((fifo & 1) != 0 && receiving.size() < FIFO && !arriving.isEmpty()) {
      receiving.add(arriving.remove());
    }
    while (left.size() < WIRE && !sending.isEmpty()) {
      left.add(sending.remove());
      holdingPending |= sending.isEmpty();
    }
    line();
  }

  /** The pin calls as long as it is up. */
  private synchronized void line() {
    if ((enabled & 1) != 0 && !receiving.isEmpty() || (enabled & 2) != 0 && holdingPending) {
      pins.execute(() -> {
        pin.run();
        line();
      });
    }
  }

  @Override
  public Registration register(Runnable handler) {
    return pin.register(handler);
  }

  /** The other end. */
  Channel wire() {
    return new Channel() {
      @Override
      public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
        if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
          throw new IllegalArgumentException("length=" + length);
        }
        synchronized (FakeUart.this) {
          long done = 0;
          while (done < length && (direction == Direction.READ ? !left.isEmpty() : arriving.size() < WIRE)) {
            if (direction == Direction.READ) {
              memory.set(ValueLayout.JAVA_BYTE, offset + done++, left.remove());
            } else {
              arriving.add(memory.get(ValueLayout.JAVA_BYTE, offset + done++));
            }
          }
          flow();
          return done;
        }
      }

      @Override
      public Registration ready(Runnable told) {
        return moved.register(told);
      }

      @Override
      public int maxMessage() {
        return 0;
      }
    };
  }

  @Override
  public void close() {
    pins.shutdownNow();
    wires.shutdownNow();
  }
}
