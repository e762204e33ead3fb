package virtio.host.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A connection on which both sides send lines of text, read by a thread of its own. The channel is non-blocking, so that a caller's thread
 * that is interrupted does not close it, and a peer that does not read blocks nobody.
 */
final class LineSocket implements AutoCloseable {
  /** Who is told, on the reader's thread. Must not block: the peer's next line waits. */
  interface Receiver {
    void line(String line);

    /** Now and then, at least ten times a second. */
    void look();

    /** Once, last: the peer has gone, or this was closed. */
    void ended();
  }

  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");
  private static final int LOOK_MILLIS = 100;
  private static final int BUFFER = 1 << 16;
  private static final int MOST_UNSENT = 1 << 20;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final Receiver receiver;
  private final Thread reader;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
  private volatile boolean closed;

  LineSocket(String name, SocketChannel channel, Receiver receiver) throws IOException {
    this.channel = channel;
    this.receiver = receiver;
    this.selector = Selector.open();
    channel.configureBlocking(false);
    this.key = channel.register(selector, SelectionKey.OP_READ);
    this.reader = Thread.ofPlatform().daemon().name(name).unstarted(this::read);
  }

  void start() {
    reader.start();
  }

  /** Sends it, or keeps it to be sent as soon as the peer reads. After the end it does nothing. */
  synchronized void send(String line) {
    if (closed) {
      return;
    }
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    if (out.remaining() <= bytes.length && !grow(bytes.length + 1)) {
      LOG.log(System.Logger.Level.ERROR, reader.getName() + ": the peer does not read; " + MOST_UNSENT + " bytes wait for it");
      close();
      return;
    }
    out.put(bytes).put((byte) '\n');
    if (!flush()) {
      sendLater();
    }
  }

  private void sendLater() {
    try {
      key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      selector.wakeup();
    } catch (CancelledKeyException gone) {
      LOG.log(System.Logger.Level.DEBUG, reader.getName(), gone);
    }
  }

  /** Whether nothing is left; a failure is the reader's to notice. */
  private boolean flush() {
    out.flip();
    try {
      channel.write(out);
    } catch (IOException gone) {
      LOG.log(System.Logger.Level.DEBUG, reader.getName(), gone);
      out.position(out.limit());
    }
    out.compact();
    return out.position() == 0;
  }

  private boolean grow(int more) {
    if (out.position() + more > MOST_UNSENT) {
      return false;
    }
    ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(2 * out.capacity(), out.position() + more));
    out = larger.put(out.flip());
    return true;
  }

  private void read() {
    try {
      while (!closed) {
        selector.select(LOOK_MILLIS);
        if (selector.selectedKeys().remove(key)) {
          if (key.isWritable()) {
            writeOn();
          }
          if (key.isReadable() && !receive()) {
            break;
          }
        }
        receiver.look();
      }
    } catch (IOException | CancelledKeyException | ClosedSelectorException gone) {
      LOG.log(System.Logger.Level.DEBUG, reader.getName(), gone);
    } finally {
      close();
      receiver.ended();
    }
  }

  private synchronized void writeOn() {
    if (flush()) {
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  private boolean receive() throws IOException {
    int count;
    do {
      count = channel.read(in);
      in.flip();
      while (in.hasRemaining()) {
        byte next = in.get();
        if (next == '\n') {
          receiver.line(partial.toString(StandardCharsets.UTF_8));
          partial.reset();
        } else {
          partial.write(next);
        }
      }
      in.clear();
    } while (count == BUFFER);
    return count >= 0;
  }

  /** Ends the connection; the reader's thread ends after the line it is at. */
  @Override
  public void close() {
    closed = true;
    try {
      channel.close();
      selector.close();
    } catch (IOException failed) {
      LOG.log(System.Logger.Level.DEBUG, reader.getName(), failed);
    }
  }
}
