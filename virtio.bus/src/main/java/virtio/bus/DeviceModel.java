package virtio.bus;

import java.util.List;
import java.util.concurrent.Executor;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device brick: an id, features, fields, queues, and as little knowledge of bus and ring as a driver has. {@link #start},
 * {@link #available} and {@link #stop} run on the slot's one thread; the others on any, and must not block. One driver at a time, however
 * many faces show the model.
 */
@ConsumerType
public interface DeviceModel {
  DeviceId id();

  /** Of its device type; the ring's and the transport's bits are added by the bus. */
  Features offered();

  /** In the order of the device's structure. */
  List<Field> fields();

  /** Largest size per queue, powers of two. */
  int[] queueSizes();

  long read(Field field);

  /** A driver wrote a field. One that is read-only for drivers is left as it is. */
  void write(Field field, long value);

  /**
   * Before each {@link #start}, on the slot's thread: how a model gets there by itself, when a frame or a byte has come from its other side.
   * Any thread may give work; it is run in order, beside no other call, and is dropped once {@link #stop} has begun. Work that throws is a
   * model that failed.
   */
  default void slot(Executor thread) {}

  /**
   * DRIVER_OK.
   *
   * @param queues null where the driver made no such queue; over a ring that shares no memory it may also be one that nothing ever comes by
   * @param changed any thread runs it after fields have changed: bumps the generation and tells the driver
   */
  void start(Features accepted, DeviceQueue[] queues, Runnable changed);

  /** A queue has available buffers. @return as of {@link Queue.Callback#ready} */
  boolean available(DeviceQueue queue);

  /** Reset: on return nothing of the driver's is touched any more, and all that was acknowledged is as stable as was promised. */
  void stop();
}
