package virtio.bus.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import virtio.bus.Bus;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Slot;
import virtio.bus.Violation;

/**
 * The queues of a hosted device: one driver's after the other's, and the configuration queue, which outlives them. Under the lock of its
 * device, but for what says otherwise.
 */
final class HostedQueues {
  /** Whom queues tell, with or without the lock. */
  interface Owner {
    /** That queue has used buffers. */
    void used(int index);

    /** What the model threw, on whatever thread called it. */
    void failed(RuntimeException e);

    /** The driver did something from which only its reset leads back. */
    void needsReset(String why);
  }

  private final DeviceModel model;
  private final RingFormat format;
  private final Slot slot;
  private final Owner owner;
  private final DeviceQueue[] queues;
  private volatile RingFormat.Rings<DeviceQueue> rings;
  private volatile DeviceQueue configuration;

  HostedQueues(DeviceModel model, RingFormat format, Slot slot, Owner owner) {
    this.model = model;
    this.format = format;
    this.slot = slot;
    this.owner = owner;
    queues = new DeviceQueue[model.queueSizes().length];
    rings = format.device(slot, slot.executor());
  }

  int count() {
    return queues.length;
  }

  /** Without the lock. @return 0 for none */
  int size(int index) {
    return index >= 0 && index < queues.length ? model.queueSizes()[index] : 0;
  }

  /** A driver is served from here on: what a ring without memory has, it has at once. */
  void accept(Features accepted) {
    rings.accept(accepted);
    if (!format.sharesMemory()) {
      for (int index = 0; index < queues.length; index++) {
        make(index, size(index), RingAreas.NONE);
      }
    }
  }

  /** The driver's word. @param allowed whether a driver is served */
  void enable(int index, int size, RingAreas areas, boolean allowed) {
    if (!format.sharesMemory()) {
      return;   // made when the driver was accepted
    }
    if (!allowed || size(index) == 0 || size < 1 || size > size(index) || queues[index] != null) {
      owner.needsReset("queue " + index + " of size " + size + " cannot be enabled");
      return;
    }
    make(index, size, areas);
  }

  private void make(int index, int size, RingAreas areas) {
    try {
      DeviceQueue queue = rings.queue(index, size, areas, position -> owner.used(index), new Available());
      if (queue == null) {
        owner.needsReset("queue " + index + ": out of memory");
      }
      queues[index] = queue;
    } catch (IllegalArgumentException e) {   // the driver's fault, and its reset heals it
      owner.needsReset("queue " + index + ": " + e.getMessage());
    }
  }

  /** What the model throws is the device's failure, whoever runs this: a bus's doorbell or a ring's own dispatcher. */
  private final class Available implements Queue.Callback {
    @Override
    public boolean ready(Queue queue) {
      try {
        return model.available((DeviceQueue) queue);
      } catch (RuntimeException e) {
        owner.failed(e);
        return false;
      }
    }

    @Override
    public void broken(Queue queue, Violation cause) {
      owner.needsReset("queue " + queue.index() + ": " + cause);
    }
  }

  /** @see virtio.bus.DeviceConfig#configurationQueue(int, RingAreas, ConfigurationQueue.Answers) */
  void configuration(int size, RingAreas areas, ConfigurationQueue.Answers answers) {
    if (configuration != null && !format.sharesMemory()) {
      return;   // a session of its own begins when the next driver opens it
    }
    if (configuration != null) {
      rings.close();
      rings = format.device(slot, slot.executor());
    }
    try {
      configuration = rings.queue(RingFormat.Rings.CONFIGURATION, size, areas, position -> { },
          new AnsweringQueue(answers, owner::needsReset));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("configuration queue: " + e.getMessage(), e);
    }
    if (configuration == null) {
      throw new IllegalStateException("no memory is left for the configuration queue");
    }
  }

  /** Null before there is one. */
  DeviceQueue configuration() {
    return configuration;
  }

  /** Null where the driver made none. */
  DeviceQueue get(int index) {
    return queues[index];
  }

  /** As the model gets them. On the slot's thread, without the lock: nobody makes one beside it. */
  DeviceQueue[] all() {
    return queues.clone();
  }

  void start() {
    rings.start();
  }

  /** On the slot's thread, without the lock. */
  void stop() {
    rings.stop(true);
  }

  /** Begins or goes on to let go. On the slot's thread, without the lock. @return whether that is done */
  boolean reset() {
    return rings.reset();
  }

  /** No driver is served any more. */
  void forget() {
    Arrays.fill(queues, null);
  }

  /** Without the lock, when no driver is served. */
  void close() {
    rings.close();
  }

  List<Bus.QueueReport> reports() {
    List<Bus.QueueReport> reports = new ArrayList<>();
    for (DeviceQueue queue : queues) {
      if (queue != null) {
        reports.add(new Bus.QueueReport(queue.index(), queue.size(), queue.state(), queue.broken(), queue.counters()));
      }
    }
    return reports;
  }
}
