package virtio.ring.socket;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.Channel;
import virtio.bus.Registration;

/** A Unix-domain stream socket as a channel; a thread of its own tells when it can move on. */
final class StreamSocket implements Channel, AutoCloseable {
  private final SocketChannel socket;
  private final Selector selector;
  private final SelectionKey key;
  private final List<Runnable> handlers = new CopyOnWriteArrayList<>();
  private final Thread thread;

  StreamSocket(SocketChannel socket) throws IOException {
    this.socket = socket;
    socket.configureBlocking(false);
    selector = Selector.open();
    key = socket.register(selector, 0);
    thread = Thread.ofPlatform().name("stream-socket").daemon().start(this::watch);
  }

  static StreamSocket connect(Path path) throws IOException {
    return new StreamSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
  }

  static ServerSocketChannel listen(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    return server;
  }

  private void watch() {
    try {
      while (selector.isOpen()) {
        selector.select(ready -> key.interestOpsAnd(~ready.readyOps()));
        handlers.forEach(Runnable::run);
      }
    } catch (CancelledKeyException closed) {
      handlers.forEach(Runnable::run);
    } catch (IOException | java.nio.channels.ClosedSelectorException closed) {
      handlers.forEach(Runnable::run);   // they find out what there is to find
    }
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    ByteBuffer bytes = memory.asSlice(offset, length).asByteBuffer();
    try {
      long moved = direction == Direction.READ ? socket.read(bytes) : socket.write(bytes);
      if (moved == 0) {
        key.interestOpsOr(direction == Direction.READ ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
        selector.wakeup();
      }
      return moved < 0 ? GONE : moved;
    } catch (IOException | CancelledKeyException broken) {
      return GONE;
    }
  }

  @Override
  public Registration ready(Runnable moved) {
    handlers.add(moved);
    return () -> handlers.remove(moved);
  }

  @Override
  public int maxMessage() {
    return 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    selector.close();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
