package virtio.testkit.fake;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Window;

/**
 * One entry of a page, as bytes, with both its ends on one thread, and a record of what a driver does to them: for tests that know each
 * byte.
 * It offers the place {@code "entry"} and the window {@code "notify"}, as a page of lguest's does.
 */
public final class PlainBus {
  /** What the driver's half did, in order: {@code "4=0F"} for a byte written, {@code "NOTIFY 0"}, {@code "RING 4001000"}. */
  public final List<String> log = new ArrayList<>();
  /** What the host's half took. */
  public final List<DmaMemory> taken = new ArrayList<>();
  /** What it gave back. */
  public final List<DmaMemory> freed = new ArrayList<>();
  /** What it set aside. */
  public final List<DmaMemory> quarantined = new ArrayList<>();
  /** The entry. */
  public final MemorySegment bytes;
  /** What the host shows as {@code "notify"}; null before. */
  public Window notified;
  /** How many interrupts the slot has, from 1. */
  public int lines = 31;
  /** How many rings its memory has room for. */
  public int rings = Integer.MAX_VALUE;
  private long ringAddress = 0x0400_1000L;
  private final List<List<Runnable>> handlers = new ArrayList<>();

  private PlainBus(int length) {
    bytes = Arena.ofAuto().allocate(length);
    for (int line = 0; line < 32; line++) {
      handlers.add(new ArrayList<>());
    }
  }

  /** An entry that a host is still to lay out. */
  public static PlainBus empty(int length) {
    return new PlainBus(length);
  }

  /** An entry of these bytes. */
  public static PlainBus of(String hex) {
    byte[] typed = HexFormat.of().parseHex(plain(hex));
    PlainBus bus = new PlainBus(typed.length);
    MemorySegment.copy(typed, 0, bus.bytes, ValueLayout.JAVA_BYTE, 0, typed.length);
    return bus;
  }

  /** Bytes as a person types them, without the white space. */
  public static String plain(String hex) {
    return hex.replaceAll("\\s", "");
  }

  /** All its bytes, without white space. */
  public String hex() {
    return HexFormat.of().withUpperCase().formatHex(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  /** An interrupt, handled on the caller's thread. */
  public void raise(int line) {
    List.copyOf(handlers.get(line)).forEach(Runnable::run);
  }

  /** The driver's end. */
  public BusDevice device() {
    return new Device();
  }

  /** The driver's end, as a handler opens it, after a reset and as far as FEATURES_OK. */
  public DeviceConfig walked(ConfigHandler handler, Features accepted) {
    DeviceConfig driver = handler.open(device());
    driver.status(0);
    driver.status(1);
    driver.status(3);
    driver.accept(accepted);
    driver.status(11);
    return driver;
  }

  /** The host's end. */
  public Slot slot() {
    return new Place();
  }

  private final class Device implements BusDevice {
    @Override
    public String name() {
      return "plain/0";
    }

    @Override
    public Map<String, Object> properties() {
      return Map.of();
    }

    @Override
    public Window window(String name) {
      return switch (name) {
        case "entry" -> new Entry();
        case "notify" -> new Notify();
        default -> null;
      };
    }

    @Override
    public Store store() {
      return null;
    }

    @Override
    public List<Interrupt> interrupts() {
      List<Interrupt> sources = new ArrayList<>();
      sources.add(null);
      for (int line = 1; line < 32; line++) {
        List<Runnable> here = handlers.get(line);
        sources.add(handler -> {
          here.add(handler);
          return () -> here.remove(handler);
        });
      }
      return Collections.unmodifiableList(sources);
    }

    @Override
    public Signal doorbell(long argument) {
      return position -> log.add("RING " + Long.toHexString(argument));
    }

    @Override
    public Registration claim() {
      throw new UnsupportedOperationException("claim");
    }

    @Override
    public AddressSpace memory() {
      return new Rings();
    }

    @Override
    public Channel channel() {
      return null;
    }
  }

  private final class Entry implements Window {
    @Override
    public long size() {
      return bytes.byteSize();
    }

    @Override
    public long read(long offset, int width) {
      return switch (width) {
        case 1 -> Byte.toUnsignedLong(bytes.get(ValueLayout.JAVA_BYTE, offset));
        case 2 -> Short.toUnsignedLong(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset));
        case 4 -> Integer.toUnsignedLong(bytes.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset));
        default -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset);
      };
    }

    @Override
    public void write(long offset, int width, long value) {
      for (int i = 0; i < width; i++) {
        bytes.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (value >>> 8 * i));
        log.add(offset + i + "=" + "%02X".formatted(value >>> 8 * i & 0xFF));
      }
    }
  }

  private final class Notify implements Window {
    @Override
    public long size() {
      return bytes.byteSize();
    }

    @Override
    public long read(long offset, int width) {
      return -1;
    }

    @Override
    public void write(long offset, int width, long value) {
      log.add("NOTIFY " + offset);
      if (notified != null) {
        notified.write(offset, width, value);
      }
    }
  }

  private final class Rings implements AddressSpace {
    @Override
    public boolean translated() {
      return false;
    }

    @Override
    public DmaMemory allocate(long wanted, long alignment) {
      if (rings-- <= 0) {
        return null;
      }
      long address = ringAddress + alignment - 1 & -alignment;
      ringAddress = address + wanted;
      taken.add(new DmaMemory(Arena.ofAuto().allocate(wanted), address));
      return taken.getLast();
    }

    @Override
    public DmaMemory adopt(long address, long length) {
      return null;
    }

    @Override
    public void free(DmaMemory memory) {
      freed.add(memory);
    }

    @Override
    public void quarantine(DmaMemory memory) {
      quarantined.add(memory);
    }

    @Override
    public long quarantined() {
      return 0;
    }
  }

  private final class Place implements Slot {
    private int next = 1;
    private final Rings rings = new Rings();

    @Override
    public String name() {
      return "plain/0";
    }

    @Override
    public void window(String name, Window registers) {
      if (name.equals("notify")) {
        notified = registers;
      }
    }

    @Override
    public DmaMemory place(String name, long length) {
      return name.equals("entry") && length == bytes.byteSize() ? new DmaMemory(bytes, 0x0400_0000L) : null;
    }

    @Override
    public Store store() {
      return null;
    }

    @Override
    public Line line() {
      int number = next++;
      return number > lines ? null : new Line() {
        @Override
        public int place() {
          return number;
        }

        @Override
        public void raise(int position) {
          PlainBus.this.raise(number);
        }
      };
    }

    @Override
    public Registration doorbell(long argument, Runnable rung) {
      log.add("DOORBELL " + Long.toHexString(argument));
      return () -> log.add("CLOSED " + Long.toHexString(argument));
    }

    @Override
    public Executor executor() {
      return Runnable::run;
    }

    @Override
    public void announce() {
    }

    @Override
    public AddressSpace memory() {
      return rings;
    }

    @Override
    public Channel channel() {
      return null;
    }

    @Override
    public void close() {
    }
  }
}
