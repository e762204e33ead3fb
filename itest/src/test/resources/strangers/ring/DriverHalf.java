package stranger.ring;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Signal;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;

/** Word 0 is ours, word 1 the device's, word 2 our wish, word 3 its wish. */
final class DriverHalf extends Virtqueue implements OrderRing.Life {
  private final Page page;
  private final DmaMemory tables;
  private final Signal doorbell;
  private final Object[] tokens;
  private final long[] writable;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private int added;
  private int shown;
  private volatile int seen;
  private long written;
  private boolean live;

  DriverHalf(int index, Page page, DmaMemory tables, Signal doorbell, Callback callback) {
    super(index, page.size(), callback);
    this.page = page;
    this.tables = tables;
    this.doorbell = doorbell;
    this.tokens = new Object[page.size()];
    this.writable = new long[page.size()];
    for (int slot = 0; slot < page.size(); slot++) {
      free.add(slot);
    }
  }

  @Override
  public Added add(Chain chain, Object token) {
    if (!well) {
      return refused();
    }
    if (token == null || chain.parts() == 0) {
      throw new IllegalArgumentException("token=" + token + " parts=" + chain.parts());
    }
    if (chain.parts() > size()) {
      return Added.TOO_LONG;
    }
    if (free.isEmpty()) {
      return Added.FULL;
    }
    int slot = free.poll();
    long table = Page.tableBytes(size()) * slot;
    for (int part = 0; part < chain.parts(); part++) {
      tables.segment().set(ValueLayout.JAVA_LONG, table + 16L * part, chain.address(part));
      tables.segment().set(ValueLayout.JAVA_LONG, table + 16L * part + 8, chain.length(part));
    }
    page.slot(slot, tables.address() + table, chain.readableParts(), chain.parts() - chain.readableParts());
    page.order(added++, slot);
    tokens[slot] = token;
    writable[slot] = chain.writableBytes();
    return Added.OK;
  }

  @Override
  public void sync() {
    if (!well || shown == added) {
      return;
    }
    published += added - shown;
    shown = added;
    page.headRelease(0, shown);
    ring();
  }

  private void ring() {
    VarHandle.fullFence();   // our index before our look at the wish; pairs with the device's fence between its wish and its look
    if (live && page.headAcquire(3) == 0) {
      raised++;
      doorbell.raise(shown);
    }
  }

  @Override
  public Object get() {
    if (!well || page.headAcquire(1) == (seen & 0xFFFF)) {
      return null;
    }
    int slot = page.used(seen, 0);
    long bytes = Integer.toUnsignedLong(page.used(seen, 1));
    if (slot < 0 || slot >= size() || tokens[slot] == null) {
      fail(slot < 0 || slot >= size() ? Violation.USED_ID_RANGE : Violation.USED_ID_FREE);
      return null;
    }
    if (bytes > writable[slot]) {
      fail(Violation.USED_LEN);
      return null;
    }
    seen = seen + 1;
    taken++;
    written = bytes;
    return release(slot);
  }

  private Object release(int slot) {
    Object token = tokens[slot];
    tokens[slot] = null;
    free.add(slot);
    return token;
  }

  @Override
  public long written() {
    return written;
  }

  /** What was not synced may only go from the end; after a reset everything goes. */
  @Override
  public boolean detach(Object token) {
    boolean over = state() == State.STOPPED || state() == State.QUARANTINED;
    for (int slot = 0; slot < size(); slot++) {
      if (tokens[slot] == token && token != null) {
        boolean last = well && added != shown && page.order(added - 1) == slot;
        if (last) {
          added--;
        }
        if (last || over) {
          release(slot);
          return true;
        }
      }
    }
    return false;
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
  protected void opened() {
    live = true;
    if (shown != 0) {
      ring();
    }
  }

  @Override
  protected int ask() {
    int from = seen;
    page.headRelease(2, 0);
    return from;
  }

  @Override
  protected void mute() {
    page.headRelease(2, 1);
  }

  @Override
  protected boolean pending(int from) {
    return page.headAcquire(1) != (from & 0xFFFF);
  }
}
