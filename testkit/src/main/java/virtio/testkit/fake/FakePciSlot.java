package virtio.testkit.fake;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.PciFunction;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * A slot on the root bus of a {@link FakePci}, whose function is what a config handler makes of it, and lies where the test wants it to. It
 * writes down what is written to its regions.
 */
public final class FakePciSlot extends FakePciFunction implements Slot, PciFunction {
  private static final int BLOCK = 0x1042;

  private final FakePci machine;
  private final int place;
  private final Map<Integer, Window> live = new HashMap<>();
  private final List<Integer> forged = new ArrayList<>();
  private final List<String> written = new CopyOnWriteArrayList<>();
  private FakeMsix msix;
  private int linesLeft;
  private int linesTaken;
  private boolean high;

  /** @param place its device number on the root bus, for its pin too */
  public FakePciSlot(FakePci machine, int place) {
    super(Pci.VIRTIO_VENDOR, BLOCK);
    this.machine = machine;
    this.place = place;
  }

  /** An MSI-X table of so many vectors, and a line for each. */
  public FakePciSlot vectors(int count) {
    msix = new FakeMsix(machine, this, count);
    memory(1, msix);
    linesLeft = count;
    return this;
  }

  /** No more lines than that, whatever the table says. */
  public FakePciSlot lines(int most) {
    linesLeft = most;
    return this;
  }

  /** The driver reads that instead of what the config handler says. */
  public FakePciSlot forge(int offset, int width, long value) {
    put(offset, width, value);
    forged.add(offset);
    return this;
  }

  /** What was written to that region from {@code first} on: {@code "3004 w2 1"}, all hexadecimal. */
  public List<String> written(int region, long first) {
    return written.stream().filter(line -> line.startsWith("bar" + region + " ")).map(line -> line.substring(5))
        .filter(line -> Long.parseLong(line.substring(0, line.indexOf(' ')), 16) >= first).toList();
  }

  @Override
  public void identity(int device, int subsystemVendor, int subsystem, int classCode) {
    put(Pci.DEVICE_ID, 2, device);
    put(Pci.SUBSYSTEM_VENDOR_ID, 2, subsystemVendor);
    put(Pci.SUBSYSTEM_ID, 2, subsystem);
    put(Pci.REVISION_AND_CLASS, 4, (long) classCode << 8 | 1);
  }

  @Override
  public void capability(int id, Window registers) {
    byte[] body = new byte[(int) registers.size() - 2];
    body[0] = (byte) registers.read(2, 1);
    body[1] = (byte) registers.read(3, 1);
    live.put(capability(id, body), registers);
  }

  @Override
  public boolean messages() {
    return msix != null && msix.enabled();
  }

  @Override
  public void pin(boolean level) {
    synchronized (machine) {
      high = level;
      wire();
    }
  }

  private void wire() {
    boolean masked = (peek(Pci.COMMAND, 2) & Pci.COMMAND_INTX_DISABLE) != 0 || messages();
    machine.line(place, (int) peek(Pci.INTERRUPT_PIN, 1)).set(this, high && !masked && !pulled());
  }

  @Override
  public long configRead(int offset, int width) {
    for (Map.Entry<Integer, Window> one : live.entrySet()) {
      int into = offset - one.getKey();
      if (into >= 4 && into < one.getValue().size() && !forged.contains(offset) && !pulled()) {
        return one.getValue().read(into, width);
      }
    }
    return super.configRead(offset, width);
  }

  @Override
  public void configWrite(int offset, int width, long value) {
    live.forEach((at, registers) -> {
      if (offset >= at + 4 && offset < at + registers.size() && !pulled()) {
        registers.write(offset - at, width, value);
      }
    });
    super.configWrite(offset, width, value);
    wire();
  }

  @Override
  public void pull() {
    super.pull();
    wire();
  }

  @Override
  public void window(String name, Window registers) {
    wideMemory(name.charAt(name.length() - 1) - '0', new Window() {
      @Override
      public long size() {
        return registers.size();
      }

      @Override
      public long read(long offset, int width) {
        return registers.read(offset, width);
      }

      @Override
      public void write(long offset, int width, long value) {
        written.add("%s %x w%d %x".formatted(name, offset, width, value));
        registers.write(offset, width, value);
      }
    });
  }

  @Override
  public Line line() {
    if (linesLeft == 0) {
      return null;
    }
    linesLeft--;
    int vector = linesTaken++;
    return new Line() {
      @Override
      public int place() {
        return vector;
      }

      @Override
      public void raise(int position) {
        if (messages()) {
          msix.send(vector);
        }
      }
    };
  }

  @Override
  public PciFunction function() {
    return this;
  }

  @Override
  public void announce() {
    machine.root().plug(place, this);
  }

  @Override
  public void close() {
    machine.root().unplug(place);
  }

  @Override
  public String name() {
    return machine.name() + "/" + place;
  }

  @Override
  public AddressSpace memory() {
    return machine.memory();
  }

  @Override
  public Channel channel() {
    return null;
  }

  @Override
  public DmaMemory place(String name, long bytes) {
    return null;
  }

  @Override
  public Store store() {
    return null;
  }

  @Override
  public Registration doorbell(long argument, Runnable rung) {
    return null;
  }

  @Override
  public Executor executor() {
    return Runnable::run;
  }
}
