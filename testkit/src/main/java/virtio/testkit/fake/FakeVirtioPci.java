package virtio.testkit.fake;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.DeviceConfig;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * A virtio function whose registers are another's: configuration structures in region 4 (64 bits), an MSI-X table in region 1. Everything a
 * driver must not do is noted in {@link #wrongs}.
 *
 * <p>Spec: virtio 1.4, "Virtio Over PCI Bus"
 */
public final class FakeVirtioPci extends FakePciFunction implements DeviceConfig.Listener {
  /** Where the structures lie in their region. */
  public static final int COMMON = 0;
  public static final int ISR = 0x1000;
  public static final int DEVICE = 0x2000;
  public static final int NOTIFY = 0x3000;
  private static final int REGION = 0x4000;
  private static final int NO_VECTOR = 0xFFFF;
  private static final int MOST_QUEUES = 64;
  private static final String COMMON_WIDTHS = "4___4___4___4___2_2_112_2_2_2_2_4___4___4___4___4___4___2_2_2_2_";

  private final FakePci machine;
  private final int device;
  private final DeviceConfig registers;
  private final List<String> wrongs = new CopyOnWriteArrayList<>();
  private final List<String> doorbells = new CopyOnWriteArrayList<>();
  private final int[] vectors = new int[MOST_QUEUES];
  private final int[] sizes = new int[MOST_QUEUES];
  private final long[][] areas = new long[MOST_QUEUES][3];
  private final boolean[] enabled = new boolean[MOST_QUEUES];
  private final long[] accepted = new long[4];
  private FakeMsix msix;
  private int multiplier = 4;
  private int queueCount;
  private int refusedVectors = Integer.MAX_VALUE;
  private int configVector = NO_VECTOR;
  private int deviceSelect;
  private int driverSelect;
  private int queue;
  private int isr;

  /**
   * Modern capabilities are added by {@link #modern}.
   *
   * @param place its device number on the root bus, for its pin
   * @param id its PCI device id
   */
  public FakeVirtioPci(FakePci machine, int place, int id, DeviceConfig registers) {
    super(Pci.VIRTIO_VENDOR, id);
    this.machine = machine;
    this.device = place;
    this.registers = registers;
    put(Pci.REVISION_AND_CLASS, 4, 0x0100_0001);
    put(Pci.SUBSYSTEM_VENDOR_ID, 2, registers.id().vendor());
    put(Pci.SUBSYSTEM_ID, 2, id < Pci.VIRTIO_MODERN ? registers.id().type() : 0x1100);
    while (queueCount < MOST_QUEUES && registers.queueSize(queueCount) != 0) {
      queueCount++;
    }
    registers.listener(this);
    unmap();
  }

  /** All structures, once each, in the usual order. */
  public FakeVirtioPci modern() {
    wideMemory(4, new Structures());
    structure(1, 4, COMMON, 64);
    structure(3, 4, ISR, 1);
    structure(4, 4, DEVICE, 0x100);
    notification(4, NOTIFY, 0x1000);
    structure(5, 0, 0, 0, new byte[4]);
    return this;
  }

  /** One more capability for a structure. */
  public int structure(int type, int bar, long offset, long length, byte... extra) {
    byte[] body = new byte[14 + extra.length];
    body[0] = (byte) (body.length + 2);
    body[1] = (byte) type;
    body[2] = (byte) bar;
    for (int i = 0; i < 4; i++) {
      body[6 + i] = (byte) (offset >>> 8 * i);
      body[10 + i] = (byte) (length >>> 8 * i);
    }
    System.arraycopy(extra, 0, body, 14, extra.length);
    return capability(Pci.CAP_VENDOR, body);
  }

  /** The same for notifications, with the multiplier. */
  public void notification(int bar, long offset, long length) {
    structure(2, bar, offset, length, (byte) multiplier, (byte) (multiplier >>> 8), (byte) 0, (byte) 0);
  }

  /** Before {@link #modern}. */
  public FakeVirtioPci multiplier(int bytes) {
    multiplier = bytes;
    return this;
  }

  /** An MSI-X table of so many vectors. */
  public FakeVirtioPci vectors(int count) {
    msix = new FakeMsix(machine, this, count);
    memory(1, msix);
    return this;
  }

  /** Vectors from this one on read back NO_VECTOR. */
  public FakeVirtioPci refusesVectors(int first) {
    refusedVectors = first;
    return this;
  }

  /** What a driver did that it must not. */
  public List<String> wrongs() {
    return List.copyOf(wrongs);
  }

  /** What was written to which doorbell: {@code "+4 w2 0x1"}. */
  public List<String> rung() {
    return List.copyOf(doorbells);
  }

  /** The vector of a queue; 0xFFFF for none. */
  public int vector(int index) {
    return vectors[index];
  }

  /** The vector of changes. */
  public int configVector() {
    return configVector;
  }

  /** Whether MSI-X is on. */
  public boolean messages() {
    return msix != null && msix.enabled();
  }

  @Override
  public void queue(int index) {
    interrupt(vectors[index], 1);
  }

  @Override
  public void changed() {
    interrupt(configVector, 2);
  }

  private void interrupt(int vector, int bit) {
    if (messages()) {
      if (vector != NO_VECTOR) {
        msix.send(vector);
      }
      return;
    }
    synchronized (machine) {
      isr |= bit;
      line();
    }
  }

  private void line() {
    boolean masked = (peek(Pci.COMMAND, 2) & Pci.COMMAND_INTX_DISABLE) != 0 || messages();
    machine.line(device, (int) peek(Pci.INTERRUPT_PIN, 1)).set(this, isr != 0 && !masked);
  }

  @Override
  public void configWrite(int offset, int width, long value) {
    super.configWrite(offset, width, value);
    line();
  }

  @Override
  public void pull() {
    super.pull();
    machine.line(device, (int) peek(Pci.INTERRUPT_PIN, 1)).set(this, false);
  }

  private void unmap() {
    configVector = NO_VECTOR;
    java.util.Arrays.fill(vectors, NO_VECTOR);
    java.util.Arrays.fill(enabled, false);
    for (int index = 0; index < queueCount; index++) {
      sizes[index] = registers.queueSize(index);
    }
  }

  private int keeps(int vector) {
    return vector < refusedVectors && msix != null && vector < msix.count() ? vector : NO_VECTOR;
  }

  private final class Structures implements Window {
    @Override
    public long size() {
      return REGION;
    }

    @Override
    public long read(long offset, int width) {
      if (offset < ISR) {
        width((int) offset, width);
        return common((int) offset);
      }
      if (offset < DEVICE) {
        int status = isr;
        isr = 0;
        line();
        return status;
      }
      return offset < NOTIFY ? field((int) offset - DEVICE, width) : 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset < ISR) {
        width((int) offset, width);
        common((int) offset, value);
      } else if (offset >= NOTIFY) {
        doorbells.add("+%d w%d 0x%x".formatted(offset - NOTIFY, width, value));
        int rung = (int) value & 0xFFFF;
        if (rung < queueCount) {
          registers.doorbell(rung).raise((int) (value >>> 16));
        }
      } else if (offset >= DEVICE) {
        write(offset - DEVICE, value, width);
      }
    }

    private void width(int offset, int width) {
      if (offset >= COMMON_WIDTHS.length() || COMMON_WIDTHS.charAt(offset) - '0' != width) {
        wrongs.add("common configuration at " + offset + " by width " + width);
      }
    }

    private long field(int offset, int width) {
      for (Field field : registers.fields()) {
        if (offset >= field.offset() && offset < field.offset() + field.size()) {
          if (width != field.width()) {
            wrongs.add("field " + field.name() + " by width " + width);
          }
          return registers.read(field) >>> 8 * (offset - field.offset()) & FakePci.ones(width);
        }
      }
      return 0;
    }

    private void write(long offset, long value, int width) {
      registers.fields().stream().filter(field -> field.offset() == offset && field.size() == width)
          .forEach(field -> registers.write(field, value));
    }

    private long common(int offset) {
      Features offered = registers.offered();
      return switch (offset) {
        case 0 -> deviceSelect;
        case 4 -> word(offered, deviceSelect);
        case 8 -> driverSelect;
        case 12 -> driverSelect < 4 ? accepted[driverSelect] : 0;
        case 16 -> configVector;
        case 18 -> queueCount;
        case 20 -> registers.status() & 0xFF;
        case 21 -> registers.generation() & 0xFF;
        case 22 -> queue;
        case 24 -> queue < queueCount ? sizes[queue] : 0;
        case 26 -> vectors[queue];
        case 28 -> enabled[queue] ? 1 : 0;
        case 30 -> queue;
        case 56 -> 0x40 + queue;
        default -> 0;
      };
    }

    private long word(Features features, int select) {
      return switch (select) {
        case 0 -> features.low() & 0xFFFF_FFFFL;
        case 1 -> features.low() >>> 32;
        case 2 -> features.high() & 0xFFFF_FFFFL;
        case 3 -> features.high() >>> 32;
        default -> 0;
      };
    }

    private void common(int offset, long value) {
      switch (offset) {
        case 0 -> deviceSelect = (int) value;
        case 8 -> driverSelect = (int) value;
        case 12 -> {
          accepted[driverSelect] = value;
          registers.accept(new Features(accepted[1] << 32 | accepted[0], accepted[3] << 32 | accepted[2]));
        }
        case 16 -> configVector = keeps((int) value);
        case 20 -> status((int) value);
        case 22 -> queue = (int) value;
        case 24 -> {
          if (Long.bitCount(value) != 1) {
            wrongs.add("queue_size " + value);
          }
          sizes[queue] = (int) value;
        }
        case 26 -> vectors[queue] = keeps((int) value);
        case 28 -> enable((int) value);
        case 32, 36, 40, 44, 48, 52 -> {
          long[] of = areas[queue];
          int part = (offset - 32) / 8;
          of[part] = offset % 8 == 0 ? of[part] & -1L << 32 | value : of[part] & 0xFFFF_FFFFL | value << 32;
        }
        default -> wrongs.add("wrote " + value + " at " + offset);
      }
    }

    private void status(int bits) {
      if ((bits & 4) != 0 && !master()) {
        wrongs.add("DRIVER_OK without bus mastering");
      }
      registers.status(bits);
      if (bits == 0) {
        unmap();
      }
    }

    private void enable(int value) {
      if (value != 1 || enabled[queue]) {
        wrongs.add("queue_enable " + value);
        return;
      }
      enabled[queue] = true;
      registers.enable(queue, sizes[queue], new RingAreas(areas[queue][0], areas[queue][1], areas[queue][2]));
    }
  }
}
