package virtio.itest;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The other end of a QEMU network card: frames to it and from it, as QEMU puts them on a socket. Any thread may send. */
abstract class Wire implements AutoCloseable {
  private static final int LONGEST = 1 << 16;

  private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
  private Thread reader;

  /** What QEMU is told: {@code -netdev} with that id. */
  abstract String netdev(String id);

  /** A frame to the card. */
  abstract void send(byte[] frame) throws IOException;

  /** The next frame; null when there is none any more. */
  abstract byte[] read() throws IOException;

  void start() {
    reader = Thread.ofPlatform().daemon().name("wire").start(() -> {
      try {
        for (byte[] frame = read(); frame != null; frame = read()) {
          received.add(frame);
        }
      } catch (IOException closed) {
        received.clear();
      }
    });
  }

  /** The next frame from the card. */
  byte[] receive() throws InterruptedException {
    byte[] frame = received.poll(20, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("no frame came within 20 s");
    }
    return frame;
  }

  /** Of a socket: ends whoever waits on it. */
  abstract void shut() throws IOException;

  @Override
  public void close() throws Exception {
    shut();
    reader.join();
  }

  /** A datagram is a frame. */
  static Wire datagrams() throws IOException {
    DatagramChannel ours = DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    InetSocketAddress theirs;
    try (DatagramChannel probe = DatagramChannel.open(StandardProtocolFamily.INET)) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      theirs = (InetSocketAddress) probe.getLocalAddress();   // nobody else is given it soon
    }
    int port = ((InetSocketAddress) ours.getLocalAddress()).getPort();
    Wire wire = new Wire() {
      @Override
      String netdev(String id) {
        return "dgram,id=" + id + ",local.type=inet,local.host=127.0.0.1,local.port=" + theirs.getPort()
            + ",remote.type=inet,remote.host=127.0.0.1,remote.port=" + port;
      }

      @Override
      void send(byte[] frame) throws IOException {
        ours.send(ByteBuffer.wrap(frame), theirs);
      }

      @Override
      byte[] read() throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(LONGEST);
        ours.receive(frame);
        byte[] bytes = new byte[frame.flip().remaining()];
        frame.get(bytes);
        return bytes;
      }

      @Override
      void shut() throws IOException {
        ours.close();
      }
    };
    wire.start();
    return wire;
  }

  /** A frame is its length, four bytes, the highest first, and then itself. @param folder for the socket */
  static Wire stream(Path folder) throws IOException {
    Path path = folder.resolve("wire");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
    Wire wire = new Wire() {
      private volatile SocketChannel peer;

      @Override
      String netdev(String id) {
        return "stream,id=" + id + ",server=off,addr.type=unix,addr.path=" + path;
      }

      @Override
      void send(byte[] frame) throws IOException {
        Await.until(() -> peer != null, () -> "QEMU does not connect");
        ByteBuffer bytes = ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).flip();
        synchronized (this) {
          while (bytes.hasRemaining()) {
            peer.write(bytes);
          }
        }
      }

      @Override
      byte[] read() throws IOException {
        if (peer == null) {
          peer = server.accept();
        }
        ByteBuffer length = ByteBuffer.allocate(4);
        if (!fill(length)) {
          return null;
        }
        ByteBuffer frame = ByteBuffer.allocate(length.getInt(0));
        if (!fill(frame)) {
          throw new EOFException("in the middle of a frame");
        }
        return frame.array();
      }

      private boolean fill(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
          if (peer.read(bytes) < 0) {
            return false;
          }
        }
        return true;
      }

      @Override
      void shut() throws IOException {
        server.close();
        if (peer != null) {
          peer.close();
        }
        Files.deleteIfExists(path);
      }
    };
    wire.start();
    return wire;
  }
}
