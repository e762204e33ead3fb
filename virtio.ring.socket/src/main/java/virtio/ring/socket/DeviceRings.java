package virtio.ring.socket;

import java.util.concurrent.Executor;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.Signal;

/** The device's half. */
final class DeviceRings extends SocketRings<DeviceQueue> {
  private final Sizes sizes;
  private final Sessions sessions;
  private final Executor dispatcher;
  private DeviceSession session;

  DeviceRings(Link link, Sizes sizes, Sessions sessions, Executor dispatcher) {
    super(link);
    this.sizes = sizes;
    this.sessions = sessions;
    this.dispatcher = dispatcher;
  }

  @Override
  public void accept(Features accepted) {
    queues.keySet().removeIf(index -> index != CONFIGURATION);
    if (session != null) {
      session.forget();
    }
  }

  @Override
  public DeviceQueue queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback) {
    check(index, size);
    if (session == null) {
      session = new DeviceSession(link.channel(), sizes, sessions, dispatcher, name(link));
      session.open();
    }
    Slots slots = new Slots(size, sizes.mostMemory(size));
    DeviceEnd end = new DeviceEnd(index, size, sizes, slots);
    SocketDeviceQueue queue = new SocketDeviceQueue(index, size, slots, session.pump, end.standing, callback);
    end.queue(queue);
    queues.put(index, queue);
    if (end.isConfiguration()) {
      queue.begin();
    }
    session.add(end);
    return queue;
  }

  /** Always: the driver's half asks for queues. */
  @Override
  public boolean settled() {
    return true;
  }

  @Override
  public void start() {
    if (session != null) {
      ordinary(queue -> ((SocketDeviceQueue) queue).begin());
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
      session.stop();
      ordinary(queue -> ((SocketDeviceQueue) queue).end(confirmed));
      session.reset();   // a RESET may have waited for this
    }
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      if (queues.get(CONFIGURATION) instanceof SocketDeviceQueue configuration) {
        configuration.end(true);
      }
    }
  }
}
