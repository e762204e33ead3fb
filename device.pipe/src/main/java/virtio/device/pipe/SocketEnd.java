package virtio.device.pipe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import virtio.bus.model.ModelProperties;

/**
 * A Unix stream socket that listens, for one peer at a time; a second one waits until the first has hung up. Nothing is thrown away between
 * two peers: what was not sent to the one, the next one gets. One thread, which owns the sockets.
 */
final class SocketEnd implements OtherEnd, Runnable {
  private static final Logger LOG = System.getLogger("virtio.device.pipe");

  /** Of a file's mode: what kind it is, and that it is a socket. */
  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private final Path path;
  private final ByteRing toDriver = new ByteRing();
  private final ByteRing fromDriver = new ByteRing();
  private final Selector selector;
  private final ServerSocketChannel server;
  private final SelectionKey door;
  private final Thread thread;
  private SelectionKey peer;
  private volatile boolean closed;
  private volatile Runnable news = () -> {};

  private SocketEnd(String device, Path path) throws IOException {
    this.path = path;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean bound = false;
    Selector opened = null;
    try {
      server.bind(UnixDomainSocketAddress.of(path));
      server.configureBlocking(false);
      opened = Selector.open();
      selector = opened;
      door = server.register(selector, SelectionKey.OP_ACCEPT);
      bound = true;
    } finally {
      if (!bound) {
        server.close();
        if (opened != null) {
          opened.close();
        }
      }
    }
    thread = Thread.ofPlatform().name("virtio-pipe-" + device).daemon().unstarted(this);
  }

  /**
   * Listens there; a socket that nobody listens at any more is replaced.
   *
   * @throws IllegalArgumentException naming the property, its value and what is allowed
   */
  static SocketEnd listen(String device, Path path) {
    try {
      if (free(path)) {
        return new SocketEnd(device, path);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw ModelProperties.bad("socket", path, "a path of at most 107 bytes where a socket can be made: " + e.getMessage());
    }
    throw ModelProperties.bad("socket", path, "a path where nothing is");
  }

  private static boolean free(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & S_IFMT) != S_IFSOCK || answers(path)) {
      return false;
    }
    Files.delete(path);
    return true;
  }

  private static boolean answers(Path path) throws IOException {
    try (SocketChannel call = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return call.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }

  @Override
  public ByteRing toDriver() {
    return toDriver;
  }

  @Override
  public ByteRing fromDriver() {
    return fromDriver;
  }

  @Override
  public void moved() {
    selector.wakeup();
  }

  @Override
  public void open(Runnable told) {
    news = told;
    thread.start();
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        step();
      } catch (ClosedSelectorException e) {
        return;
      } catch (IOException | UncheckedIOException e) {
        LOG.log(Level.WARNING, "virtio.device.pipe socket=" + path + ": " + e);
        hangUp();
      }
    }
  }

  private void step() throws IOException {
    if (peer == null) {
      door.interestOps(SelectionKey.OP_ACCEPT);
    } else {
      door.interestOps(0);
      peer.interestOps((toDriver.full() ? 0 : SelectionKey.OP_READ) | (fromDriver.empty() ? 0 : SelectionKey.OP_WRITE));
    }
    selector.select();
    selector.selectedKeys().clear();
    if (peer == null) {
      SocketChannel caller = server.accept();
      if (caller != null) {
        caller.configureBlocking(false);
        peer = caller.register(selector, 0);
      }
      return;
    }
    SocketChannel channel = (SocketChannel) peer.channel();
    boolean there;
    try {
      there = toDriver.fill(channel);
      if (there) {
        fromDriver.drain(channel);
      }
    } catch (IOException e) {
      there = false;   // it hung up without a word
    }
    if (!there) {
      hangUp();
    }
    news.run();
  }

  private void hangUp() {
    SelectionKey old = peer;
    peer = null;
    if (old != null) {
      try {
        old.channel().close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "virtio.device.pipe socket=" + path + ": not closed: " + e);
      }
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    selector.wakeup();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    hangUp();
    try {
      selector.close();
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "virtio.device.pipe socket=" + path + ": not closed: " + e);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
