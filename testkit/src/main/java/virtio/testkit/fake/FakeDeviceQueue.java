package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;

/** A device's half without a ring: a test offers chains and sees what comes back. One thread. */
public final class FakeDeviceQueue extends DeviceQueue {
  private final Deque<Chain> offered = new ArrayDeque<>();
  private final Set<Integer> out = new HashSet<>();
  private final List<Integer> used = new ArrayList<>();
  private int next;

  public FakeDeviceQueue(int index, int size) {
    super(index, size, null);
    start();
  }

  /** A buffer for the device. @return what {@link #used} will name it by */
  public int offer(Chain chain) {
    chain.id(next);
    offered.add(chain);
    return next++;
  }

  /** Of each buffer that came back, in order. */
  public List<Integer> used() {
    return List.copyOf(used);
  }

  /** Buffers offered and not taken. */
  public int waiting() {
    return offered.size();
  }

  /** Buffers taken and not given back. */
  public int outstanding() {
    return out.size();
  }

  @Override
  public boolean take(Chain chain) {
    chain.clear();
    Chain offer = offered.poll();
    if (offer == null) {
      return false;
    }
    chain.copy(offer);
    chain.id(offer.id());
    out.add(offer.id());
    taken++;
    return true;
  }

  @Override
  public void push(Chain chain) {
    if (!out.remove(chain.id())) {
      throw new IllegalArgumentException("chain=" + chain.id() + " is not taken");
    }
    used.add(chain.id());
  }

  @Override
  public void sync() {
    published = used.size();
  }

  @Override
  protected void opened() {}

  @Override
  protected int ask() {
    return 0;
  }

  @Override
  protected void mute() {}

  @Override
  protected boolean pending(int from) {
    return !offered.isEmpty();
  }
}
