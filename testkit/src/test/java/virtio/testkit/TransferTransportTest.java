package virtio.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Transport;

/** The contract of channels over sockets, from one transport to another. */
class TransferTransportTest extends ChannelContract {
  @TempDir
  Path folder;

  /** The one device that a transport finds. */
  private static final class Only implements Transport.Listener {
    private volatile BusDevice device;

    @Override
    public void appeared(BusDevice found) {
      device = found;
    }

    @Override
    public void disappeared(BusDevice gone) {
      device = null;
    }
  }

  private static Channel end(TransferTransport transport, SocketChannel socket) throws IOException {
    Only only = new Only();
    transport.watch(only);
    transport.plug("wire0", socket, Map.of());
    return only.device.channel();
  }

  @Override
  protected ChannelPair connect() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("wire"));
    TransferTransport ours = new TransferTransport();
    TransferTransport theirs = new TransferTransport();
    Channel left;
    Channel right;
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address)) {
      left = end(ours, SocketChannel.open(address));
      right = end(theirs, server.accept());
    }
    return new ChannelPair() {
      @Override
      public Channel left() {
        return left;
      }

      @Override
      public Channel right() {
        return right;
      }

      @Override
      public boolean leftGoes() {
        return closed(ours);
      }

      @Override
      public boolean rightGoes() {
        return closed(theirs);
      }

      @Override
      public void close() {
        closed(ours);
        closed(theirs);
      }
    };
  }

  private static boolean closed(TransferTransport transport) {
    try {
      transport.close();
      return true;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
