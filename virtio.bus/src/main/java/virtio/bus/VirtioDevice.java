package virtio.bus;

import org.osgi.annotation.versioning.ProviderType;

/** All that a driver sees of its device: no bus, no ring, no hypervisor. Any thread, unless said otherwise. */
@ProviderType
public interface VirtioDevice {
  /** For messages: {@code "lguest m0/0"}. */
  String name();

  DeviceId id();

  /** What was negotiated. */
  Features features();

  /**
   * All from one generation: old or new, never a mix. A field whose feature was not accepted reads 0.
   *
   * @throws IllegalStateException when the configuration does not settle, or the device has been let go
   */
  long[] read(Field... fields);

  /** As {@link #read}, of one. */
  long read(Field field);

  void write(Field field, long value);

  /**
   * Makes the queue: size from the device and the configuration, format from the glue. In {@link VirtioDriver#probe} only.
   *
   * @param used runs on the bus's or the transport's thread, after {@link #ready}; null for a driver that polls
   * @return null when the device has no such queue, or memory ran out
   */
  Virtqueue queue(int index, Queue.Callback used);

  /** Memory that crosses without a copy, zeroed; null when there is none left. */
  DmaMemory allocate(long bytes, long alignment);

  /**
   * Of {@link #allocate}. What a driver leaves allocated when it lets go is its users', and stays valid until it is freed here; after a reset
   * that was not confirmed it has been set aside, and this does nothing.
   */
  void free(DmaMemory memory);

  /**
   * The bus's own {@code transfer}, for a driver that makes no queue: bytes as they are, without a ring. Null where the bus has none. It is the
   * ring's alone as soon as a queue is made over a ring that shares no memory.
   *
   * <p>Source: {@code virt_bus.transfer} of the message "standard virtual devices", 2007
   */
  Channel channel();

  /** DRIVER_OK: from here on callbacks run and doorbells ring. In {@link VirtioDriver#probe} only. */
  void ready();

  /**
   * Stops the device for good; an operation on all its queues. {@link Virtqueue#detach} then gives back each token. On the control thread.
   *
   * @return true: confirmed, no memory of ours is touched any more. False: the deadline passed or the device has gone; memory is set
   *     aside, outcomes are unknown
   */
  boolean reset();
}
