package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import virtio.block.BlockCounters;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.Virtqueue;

/**
 * A bound block device. One lock guards its one queue, the slots and the tasks; users' memory is filled, and the port called, outside of
 * it. Several threads may reap at the same time, each what it got.
 *
 * <p>Spec: virtio 1.4, "Block Device", "Device Operation"
 */
final class BlockDisk implements Attached, Disk {
  private static final long PAGE = 4096;

  private final VirtioDevice device;
  private final BlockPort port;
  private final Virtqueue queue;
  private final Sizing.Area area;
  private final Parts parts;
  private final UserMemory users = new UserMemory();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition reaped = lock.newCondition();
  private final Task[] tasks;
  private final LiveConfig config;
  private volatile boolean removed;

  private Task freeTasks;
  /** The one request that could not be sent whole; nothing else is taken until it is. */
  private Task unfinished;
  /** Known without the device's help; told at the next kick. */
  private Task local;
  private int reapers;
  private long requests;

  private BlockDisk(VirtioDevice device, Virtqueue queue, Sizing.Area area, LiveConfig config, BlockPort port) {
    this.device = device;
    this.port = port;
    this.queue = queue;
    this.area = area;
    this.config = config;
    this.parts = new Parts(queue, area, config.information().limits().segments());
    this.tasks = new Task[area.slots()];
    for (int i = 0; i < tasks.length; i++) {
      tasks[i] = new Task();
      tasks[i].next = freeTasks;
      freeTasks = tasks[i];
    }
  }

  /** Before DRIVER_OK: queue, memory, configuration; what cannot work is an IllegalStateException that names it. */
  static BlockDisk make(VirtioDevice device, Sizing sizing, BlockPort port) {
    BlockDisk[] made = new BlockDisk[1];   // the queue wants its callback before the disk can have its queue; none runs before ready
    Virtqueue queue = device.queue(REQUESTQ, new Queue.Callback() {
      @Override
      public boolean ready(Queue any) {
        made[0].poll();
        return true;
      }
    });
    if (queue == null) {
      throw new IllegalStateException("queue " + REQUESTQ + ": none, or no memory for it");
    }
    Sizing.Area area = sizing.allocate(device, queue.size());
    try {
      LiveConfig config = new LiveConfig(device, queue.size(), area.bounceBytes());
      made[0] = new BlockDisk(device, queue, area, config, port);
      return made[0];
    } finally {
      if (made[0] == null) {
        area.free(device);
      }
    }
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public DiskInformation information() {
    return config.information();
  }

  @Override
  public boolean start(BlockRequest request) {
    MemorySegment memory = request.memory();
    DmaMemory region = memory == null ? null : users.find(memory);
    lock.lock();
    try {
      if (removed || unfinished != null || freeTasks == null) {
        return false;
      }
      Task task = freeTasks;
      Task rest = task.next;
      task.begin(request, region);
      Outcome known = known(task.operation);
      if (known != null) {
        task.settle(known);
        task.allSent = true;
      } else if (!parts.send(task, config.now()) && task.out == 0) {
        task.clear();
        task.next = rest;
        return false;
      }
      freeTasks = rest;
      if (!task.allSent) {
        unfinished = task;
      } else if (task.done()) {
        task.stage = Task.Stage.DONE;
        task.next = local;
        local = task;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What needs no device: null when it does. */
  private Outcome known(Operation operation) {
    if (operation == Operation.FLUSH && !config.information().flush()) {
      return Outcome.OK;   // without FLUSH a write is stable when it completes
    }
    if (operation == Operation.DISCARD && !config.information().discard()) {
      return Outcome.UNSUPPORTED;
    }
    return null;
  }

  @Override
  public void kick() {
    Task done;
    lock.lock();
    try {
      if (!removed) {
        queue.sync();
      }
      done = local;
      local = null;
    } finally {
      lock.unlock();
    }
    if (done != null) {
      tell(done);
    }
  }

  @Override
  public int poll() {
    if (removed) {
      return 0;
    }
    Slot used;
    lock.lock();
    try {
      used = removed ? null : take();
      if (used == null) {
        return 0;
      }
    } finally {
      lock.unlock();
    }
    return finish(used);
  }

  /** Under the lock: all that the ring gives back now. */
  private Slot take() {
    Slot used = null;
    for (Object token = queue.get(); token != null; token = queue.get()) {
      Slot slot = (Slot) token;
      slot.next = used;
      used = slot;
    }
    if (used != null) {
      reapers++;
    }
    return used;
  }

  /** Outside the lock: the data to its users, the slots back, the port told. */
  private int finish(Slot used) {
    for (Slot slot = used; slot != null; slot = slot.next) {
      parts.receive(slot);
    }
    Task done = null;
    boolean changed = false;
    lock.lock();
    try {
      for (Slot slot = used; slot != null; ) {
        Slot next = slot.next;
        Task task = slot.task;
        changed |= slot.outcome == Outcome.UNSUPPORTED && config.withdraw(task.operation);
        parts.back(slot);
        if (task.done()) {
          if (task == unfinished) {
            unfinished = null;
          }
          task.stage = Task.Stage.DONE;
          task.next = done;
          done = task;
        }
        slot = next;
      }
      proceed();
      while (local != null) {
        Task known = local;
        local = known.next;
        known.next = done;
        done = known;
      }
      if (--reapers == 0) {
        reaped.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (changed) {
      port.changed(this);
    }
    return tell(done);
  }

  /** Under the lock: sends more of the request that could not be sent whole. */
  private void proceed() {
    if (unfinished == null || removed) {
      return;
    }
    parts.send(unfinished, config.now());
    if (unfinished.allSent) {
      if (unfinished.done()) {
        unfinished.stage = Task.Stage.DONE;
        unfinished.next = local;
        local = unfinished;
      }
      unfinished = null;
    }
    queue.sync();
  }

  private int tell(Task done) {
    if (done == null) {
      return 0;
    }
    int told = 0;
    Task last = null;
    for (Task task = done; task != null; task = task.next) {
      BlockRequest request = task.request;
      Outcome outcome = task.outcome;
      task.clear();
      port.completed(request, outcome);
      told++;
      last = task;
    }
    lock.lock();
    try {
      last.next = freeTasks;
      freeTasks = done;
      requests += told;
    } finally {
      lock.unlock();
    }
    port.room(this);
    return told;
  }

  @Override
  public DmaMemory allocate(long bytes) {
    if (removed) {
      return null;
    }
    DmaMemory memory = device.allocate(bytes, PAGE);
    if (memory != null) {
      users.add(memory);
    }
    return memory;
  }

  @Override
  public void free(DmaMemory memory) {
    users.remove(memory);
    device.free(memory);
  }

  @Override
  public boolean direct(MemorySegment memory) {
    return !removed && users.find(memory) != null;
  }

  @Override
  public boolean writeback() {
    return config.writeback();
  }

  @Override
  public void writeback(boolean on) {
    config.writeback(on);
  }

  @Override
  public BlockCounters counters() {
    lock.lock();
    try {
      return parts.counters(requests);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void configChanged() {
    if (config.refresh()) {
      port.changed(this);
    }
  }

  @Override
  public void failed(Failure cause) {
    port.failed(this, cause);
  }

  @Override
  public void remove() {
    Slot used;
    lock.lock();
    try {
      if (removed) {
        return;
      }
      removed = true;   // no operation of the queue begins from here on, so the reset needs no lock
      used = take();
    } finally {
      lock.unlock();
    }
    if (used != null) {
      finish(used);
    }
    config.close();
    boolean confirmed = device.reset();
    Task known;
    lock.lock();
    try {
      while (reapers > 0) {
        reaped.awaitUninterruptibly();   // for as long as a copy takes
      }
      known = local;
      local = null;
      parts.detach();
    } finally {
      lock.unlock();
    }
    if (known != null) {
      tell(known);
    }
    for (Task task : tasks) {
      if (task.stage == Task.Stage.ACTIVE) {
        BlockRequest request = task.request;
        task.clear();
        port.returned(request, confirmed);
      }
    }
    area.free(device);
    port.down(this, confirmed);
  }
}
