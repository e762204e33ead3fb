package virtio.itest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;

/**
 * One end of a TCP connection, in a process and a network of its own: {@code send HOST PORT BYTES}, or {@code receive HOST PORT}, which says
 * {@code listening} when it does. Both end by saying how many bytes there were, and their SHA-256.
 */
final class TcpEnd {
  private static final int PIECE = 1 << 16;
  private static final int PATIENCE = 120_000;

  private TcpEnd() {}

  public static void main(String[] arguments) throws Exception {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(arguments[1]), Integer.parseInt(arguments[2]));
    if (arguments[0].equals("send")) {
      send(address, Long.parseLong(arguments[3]));
    } else {
      receive(address);
    }
  }

  private static void send(InetSocketAddress to, long bytes) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    Random random = new Random(bytes);
    byte[] piece = new byte[PIECE];
    try (Socket socket = new Socket()) {
      socket.connect(to, PATIENCE);
      OutputStream out = socket.getOutputStream();
      for (long left = bytes; left > 0; left -= PIECE) {
        random.nextBytes(piece);
        int step = (int) Math.min(PIECE, left);
        digest.update(piece, 0, step);
        out.write(piece, 0, step);
      }
      socket.shutdownOutput();
      if (socket.getInputStream().read() != 1) {
        throw new IOException("the receiver did not say that it has all");
      }
    }
    System.out.println(bytes + " " + HexFormat.of().formatHex(digest.digest()));
  }

  private static void receive(InetSocketAddress at) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] piece = new byte[PIECE];
    long bytes = 0;
    try (ServerSocket server = new ServerSocket()) {
      server.setSoTimeout(PATIENCE);
      server.bind(at);
      System.out.println("listening");
      try (Socket socket = server.accept()) {
        socket.setSoTimeout(PATIENCE);
        InputStream in = socket.getInputStream();
        for (int step = in.read(piece); step >= 0; step = in.read(piece)) {
          digest.update(piece, 0, step);
          bytes += step;
        }
        socket.getOutputStream().write(1);
      }
    }
    System.out.println(bytes + " " + HexFormat.of().formatHex(digest.digest()));
  }
}
