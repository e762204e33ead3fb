package stranger.ring;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import virtio.bus.AddressSpace;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Signal;
import virtio.bus.Violation;

/** The mirror. Every address is asked for, every index checked. */
final class DeviceHalf extends DeviceQueue implements OrderRing.Life {
  private final Page page;
  private final AddressSpace memory;
  private final Signal interrupt;
  private volatile int seen;
  private int used;
  private int shown;

  DeviceHalf(int index, Page page, AddressSpace memory, Signal interrupt, Callback callback) {
    super(index, page.size(), callback);
    this.page = page;
    this.memory = memory;
    this.interrupt = interrupt;
  }

  @Override
  public boolean take(Chain chain) {
    chain.clear();
    if (!well || page.headAcquire(0) == (seen & 0xFFFF)) {
      return false;
    }
    int slot = page.order(seen);
    int readable = slot < size() ? page.parts(slot, false) : 0;
    int writable = slot < size() ? page.parts(slot, true) : 0;
    if (slot >= size() || readable < 0 || writable < 0 || readable + writable > Math.min(size(), chain.maxParts())) {
      fail(slot >= size() ? Violation.HEAD_RANGE : Violation.CHAIN_TOO_LONG);
      return false;
    }
    long address = page.table(slot);
    DmaMemory table = memory.adopt(address, 16L * (readable + writable));
    if (table == null || !parts(chain, table, address - table.address(), readable, writable)) {
      chain.clear();
      fail(Violation.ADDRESS_NOT_GRANTED);
      return false;
    }
    chain.id(slot);
    seen = seen + 1;
    taken++;
    return true;
  }

  private boolean parts(Chain chain, DmaMemory table, long offset, int readable, int writable) {
    for (int part = 0; part < readable + writable; part++) {
      long address = table.segment().get(ValueLayout.JAVA_LONG, offset + 16L * part);
      long length = table.segment().get(ValueLayout.JAVA_LONG, offset + 16L * part + 8);
      DmaMemory region = length > 0 && length <= Integer.MAX_VALUE ? memory.adopt(address, length) : null;
      if (region == null) {
        return false;
      }
      if (part < readable) {
        chain.readable(region, address - region.address(), (int) length);
      } else {
        chain.writable(region, address - region.address(), (int) length);
      }
    }
    return true;
  }

  @Override
  public void push(Chain chain) {
    if (well) {
      page.used(used++, chain.id(), (int) chain.written());
    }
  }

  @Override
  public void sync() {
    if (!well || shown == used) {
      return;
    }
    published += used - shown;
    shown = used;
    page.headRelease(1, shown);
    VarHandle.fullFence();   // our index before our look at the wish; pairs with the driver's fence between its wish and its look
    if (page.headAcquire(2) == 0) {
      raised++;
      interrupt.raise(shown);
    }
  }

  @Override
  public void begin() {
    start();
  }

  @Override
  public void end(boolean confirmed) {
    stop(confirmed);
  }

  @Override
  protected void opened() {}

  @Override
  protected int ask() {
    int from = seen;
    page.headRelease(3, 0);
    return from;
  }

  @Override
  protected void mute() {
    page.headRelease(3, 1);
  }

  @Override
  protected boolean pending(int from) {
    return page.headAcquire(0) != (from & 0xFFFF);
  }
}
