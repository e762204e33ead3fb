package virtio.ring.socket;

import java.util.concurrent.Executor;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Virtqueue;

/** The driver's half. */
final class DriverRings extends SocketRings<Virtqueue> {
  private final Sizes sizes;
  private final Sessions sessions;
  private final Executor dispatcher;
  private DriverSession session;

  DriverRings(Link link, Sizes sizes, Sessions sessions, Executor dispatcher) {
    super(link);
    this.sizes = sizes;
    this.sessions = sessions;
    this.dispatcher = dispatcher;
  }

  @Override
  public Virtqueue queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback) {
    check(index, size);
    if (session == null) {
      session = new DriverSession(link.channel(), sizes, sessions, dispatcher, name(link));
      session.open();
    }
    Buffers buffers = new Buffers(size);
    DriverEnd end = new DriverEnd(index, buffers);
    SocketVirtqueue queue = new SocketVirtqueue(index, size, sizes.largest(), buffers, session.pump, end.standing, callback);
    end.queue(queue);
    queues.put(index, queue);
    if (end.isConfiguration()) {
      end.live();
      queue.begin();
    }
    session.add(end);
    return queue;
  }

  @Override
  public boolean settled() {
    return session == null || session.settled();
  }

  @Override
  public void start() {
    if (session != null) {
      ordinary(queue -> ((SocketVirtqueue) queue).begin());
      session.live();
    }
  }

  @Override
  public boolean reset() {
    return session == null || session.reset();
  }

  @Override
  public void stop(boolean confirmed) {
    if (session != null) {
      session.stop(confirmed);
      ordinary(queue -> ((SocketVirtqueue) queue).end(confirmed));
    }
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      if (queues.get(CONFIGURATION) instanceof SocketVirtqueue configuration) {
        configuration.end(true);
      }
    }
  }
}
