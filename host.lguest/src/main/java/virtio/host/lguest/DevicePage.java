package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import virtio.bus.DmaMemory;

/**
 * Who has which room in the page of entries. Entries follow one another without a gap, the first free byte is 0 and so ends the list, and
 * an entry stays where it is while its device lives: the address is its name.
 *
 * <p>A device that goes leaves its entry behind with the type {@link #REMOVED}, which every layout knows how to step over. The room is used
 * again, by an entry of the same length, once the guest has let go of the device; at the list's end it becomes zeroes again. A room that is
 * taken and not yet laid out has the type 0, and so hides those behind it, until it is laid out or given up.
 */
final class DevicePage {
  /** The type of an entry whose device has gone. */
  static final int REMOVED = 0xFF;

  private static final int MOST_COUNTED = 255;

  private final MemorySegment page;
  private final long address;
  private final Layout layout;
  private final List<Room> rooms = new ArrayList<>();

  DevicePage(MemorySegment page, long address, Layout layout) {
    this.page = page;
    this.address = address;
    this.layout = layout;
  }

  /** One entry's place. */
  static final class Room {
    private final int offset;
    private final int length;
    private final int index;
    private LguestSlot owner;
    private boolean ejected;

    private Room(int offset, int length, int index, LguestSlot owner) {
      this.offset = offset;
      this.length = length;
      this.index = index;
      this.owner = owner;
    }

    /** Its place among the entries. */
    int index() {
      return index;
    }
  }

  /** Null when the page is full. */
  synchronized Room take(int length, LguestSlot owner) {
    if (length < layout.header || length > layout.header + 4 * MOST_COUNTED) {
      throw new IllegalArgumentException("bytes=" + length + "; allowed: " + layout.header + " to " + (layout.header + 4 * MOST_COUNTED));
    }
    for (Room room : rooms) {
      if (room.ejected && room.length == length) {
        room.owner = owner;
        room.ejected = false;
        slice(room).fill((byte) 0);
        return room;
      }
    }
    int offset = end();
    if (length > page.byteSize() - offset) {
      return null;
    }
    Room room = new Room(offset, length, rooms.size(), owner);
    rooms.add(room);
    return room;
  }

  DmaMemory memory(Room room) {
    return new DmaMemory(slice(room), address + room.offset);
  }

  /** The slot whose entry holds that address, or null. */
  synchronized LguestSlot owner(int at) {
    Room room = room(at);
    return room == null ? null : room.owner;
  }

  /** The slot whose entry is the one of that place among them, or null. */
  synchronized LguestSlot ownerAt(int index) {
    return index < rooms.size() ? rooms.get(index).owner : null;
  }

  /** The offset in that slot's entry of that address. */
  synchronized int offset(int at) {
    return (int) (at - address - room(at).offset);
  }

  /** The device has gone. */
  synchronized void remove(Room room) {
    room.owner = null;
    if (page.get(ValueLayout.JAVA_BYTE, room.offset) == 0) {
      fill(room);
      room.ejected = true;
    } else {
      page.set(ValueLayout.JAVA_BYTE, room.offset, (byte) REMOVED);
    }
    trim();
  }

  /** Asks the device for a reset, as the guest would: the status byte. The handler is then to be notified. */
  synchronized void writeStatus(Room room) {
    page.set(ValueLayout.JAVA_BYTE, room.offset + layout.status, (byte) 0);
  }

  /** The device's status, as the guest would read it. */
  synchronized int readStatus(Room room) {
    return Byte.toUnsignedInt(page.get(ValueLayout.JAVA_BYTE, room.offset + layout.status));
  }

  /** The guest has let go of the device that was there; false if it had not gone. */
  synchronized boolean eject(int at) {
    Room room = room(at);
    if (room == null || room.owner != null) {
      return false;
    }
    room.ejected = true;
    trim();
    return true;
  }

  /** All guests have left: nobody is to let go of anything. */
  synchronized void ejectAll() {
    for (Room room : rooms) {
      room.ejected = room.owner == null;
    }
    trim();
  }

  private Room room(int at) {
    long offset = Integer.toUnsignedLong(at) - address;
    for (Room room : rooms) {
      if (offset >= room.offset && offset < room.offset + room.length) {
        return room;
      }
    }
    return null;
  }

  private void trim() {
    while (!rooms.isEmpty() && rooms.getLast().ejected) {
      slice(rooms.removeLast()).fill((byte) 0);
    }
  }

  /** Nothing was ever laid out there, so there are no lengths to step over: entries without a device take its place. */
  private void fill(Room room) {
    int left = room.length;
    int at = room.offset;
    while (left > 0) {
      int counted = Math.min(left - layout.header, MOST_COUNTED);
      int rest = left - layout.header - counted;
      if (rest > 0 && rest < layout.header) {
        counted -= layout.header - rest;
      }
      page.asSlice(at, layout.header).fill((byte) 0);
      if (layout.length >= 0) {
        page.set(ValueLayout.JAVA_BYTE, at + layout.length, (byte) counted);
      }
      page.set(ValueLayout.JAVA_BYTE, at, (byte) REMOVED);
      at += layout.header + counted;
      left -= layout.header + counted;
    }
  }

  private int end() {
    return rooms.isEmpty() ? 0 : rooms.getLast().offset + rooms.getLast().length;
  }

  private MemorySegment slice(Room room) {
    return page.asSlice(room.offset, room.length);
  }
}
