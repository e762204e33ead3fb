package virtio.ring.socket;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.testkit.RingEnds;
import virtio.testkit.fake.FakeMemory;

/** A device in a process of its own, on the socket that it is given: it gives back the complement of what it reads. */
final class EchoProcess {
  private final Chain chain = new Chain(4);
  private final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20);

  private EchoProcess() {}

  public static void main(String[] arguments) throws IOException {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (ServerSocketChannel server = StreamSocket.listen(Path.of(arguments[0]))) {
      System.out.println("ready");
      StreamSocket socket = new StreamSocket(server.accept());
      new EchoProcess().serve(socket, executor);
      BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        System.out.println(line);
      }
      socket.close();
    } finally {
      executor.shutdown();
    }
  }

  private void serve(StreamSocket socket, ExecutorService executor) {
    RingFormat.Rings<DeviceQueue> rings = new SocketRing().device(RingEnds.link(new FakeMemory(false), socket), executor);
    rings.accept(Features.NONE);
    rings.queue(0, 16, RingAreas.NONE, position -> { }, this::available);
    rings.start();
  }

  private boolean available(Queue queue) {
    DeviceQueue from = (DeviceQueue) queue;
    while (from.take(chain)) {
      long sent = chain.read(0, bytes, 0, bytes.byteSize());
      for (long at = 0; at < sent; at++) {
        bytes.set(ValueLayout.JAVA_BYTE, at, (byte) ~bytes.get(ValueLayout.JAVA_BYTE, at));
      }
      chain.write(0, bytes, 0, sent);
      from.push(chain);
      from.sync();
    }
    return true;
  }
}
