package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.fake.FakeDeviceQueue;

/** A card without a ring, a switch, and somebody else on that switch: one thread, buffers laid out by hand. */
final class CardRig {
  static final long MAC = 0x0102_0000_0002L;
  static final long OTHER = 0x0202_0000_0002L;
  static final byte UNTOUCHED = 0x55;
  private static final int PLACE = 1 << 17;

  final LearningSwitch lan = new LearningSwitch("s0");
  final CardState state;
  final NetworkCard card;
  final Station other = new Station("other");
  final Deque<Runnable> slot = new ArrayDeque<>();
  final MemorySegment bytes = Arena.ofAuto().allocate(64L * PLACE, 4096);
  final DmaMemory memory = new DmaMemory(bytes, 0x10000);
  FakeDeviceQueue receive;
  FakeDeviceQueue transmit;
  FakeDeviceQueue control;
  int told;
  /** Where each receive buffer begins, by what the queue calls it. */
  private final List<Integer> places = new ArrayList<>();
  private int next;

  CardRig(int mtu) {
    state = new CardState(MAC, mtu, 10_000, true);
    card = new NetworkCard("net0", state, 256);
    lan.join(card.port());
    lan.join(other.port);
    bytes.fill(UNTOUCHED);
  }

  CardRig() {
    this(1500);
  }

  /** Whoever else is on the switch. */
  static final class Station {
    final SwitchPort port;
    final Frame out = new Frame(Frame.MOST);

    Station(String name) {
      port = new SwitchPort(name, Frame.MOST, () -> { });
      port.open(true);
    }

    void send(byte[] frame) {
      MemorySegment.copy(frame, 0, out.bytes, ValueLayout.JAVA_BYTE, 0, frame.length);
      port.send(out.whole(frame.length));
    }

    /** What has come, each frame as it is. */
    List<byte[]> received() {
      List<byte[]> received = new ArrayList<>();
      FrameRing frames = port.look();
      while (!frames.isEmpty()) {
        received.add(frames.memory().asSlice(frames.at(), frames.length()).toArray(ValueLayout.JAVA_BYTE));
        frames.remove();
      }
      return received;
    }
  }

  CardRig start(int... features) {
    return start(Features.of(features));
  }

  CardRig start(Features features) {
    receive = new FakeDeviceQueue(VirtioNet.RECEIVEQ, 256);
    places.clear();
    transmit = new FakeDeviceQueue(VirtioNet.TRANSMITQ, 256);
    control = new FakeDeviceQueue(VirtioNet.CONTROLQ, 64);
    card.slot(slot::add);
    card.start(features.with(FeatureBits.VIRTIO_F_VERSION_1), new DeviceQueue[] {receive, transmit, control}, () -> told++);
    return this;
  }

  /** Runs what was given to the slot's thread, also what that gives to it. */
  void run() {
    for (Runnable task = slot.poll(); task != null; task = slot.poll()) {
      task.run();
    }
  }

  /** A place of its own in memory. */
  int place() {
    next = (next + 1) % 64;
    return next * PLACE;
  }

  /** A receive buffer of parts of these sizes. @return where its bytes are */
  int[] buffer(int... sizes) {
    Chain chain = new Chain(sizes.length);
    int[] at = new int[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      at[i] = place();
      bytes.asSlice(at[i], PLACE).fill(UNTOUCHED);
      chain.writable(memory, at[i], sizes[i]);
    }
    receive.offer(chain);
    places.add(at[0]);
    return at;
  }

  /** The card sends it; header and frame in parts of their own. */
  void transmit(byte[] header, byte[] frame) {
    Chain chain = new Chain(2);
    for (byte[] part : new byte[][] {header, frame}) {
      int at = place();
      MemorySegment.copy(part, 0, bytes, ValueLayout.JAVA_BYTE, at, part.length);
      if (part.length > 0) {
        chain.readable(memory, at, part.length);
      }
    }
    int id = transmit.offer(chain);
    assertThat(card.available(transmit)).isTrue();
    assertThat(transmit.used()).endsWith(id);
  }

  void transmit(byte[] frame) {
    transmit(new byte[VirtioNet.HEADER], frame);
  }

  /** @return the answer */
  int command(int type, int command, byte... data) {
    int at = place();
    int answer = place();
    bytes.set(ValueLayout.JAVA_BYTE, at, (byte) type);
    bytes.set(ValueLayout.JAVA_BYTE, at + 1, (byte) command);
    MemorySegment.copy(data, 0, bytes, ValueLayout.JAVA_BYTE, at + 2, data.length);
    bytes.set(ValueLayout.JAVA_BYTE, answer, UNTOUCHED);
    int id = control.offer(new Chain(2).readable(memory, at, 2 + data.length).writable(memory, answer, 1));
    assertThat(card.available(control)).isTrue();
    assertThat(control.used()).endsWith(id);
    return bytes.get(ValueLayout.JAVA_BYTE, answer);
  }

  byte[] at(int offset, int count) {
    return bytes.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Whether a frame from the other station comes, as it is: there is a buffer, and long enough. */
  boolean comes(byte[] frame) {
    int before = receive.used().size();
    if (receive.waiting() == 0) {
      buffer(PLACE);
    }
    other.send(frame);
    run();
    boolean came = receive.used().size() > before;
    if (came) {
      int at = places.get(receive.used().getLast());
      assertThat(at(at + VirtioNet.HEADER, frame.length)).isEqualTo(frame);
    }
    return came;
  }

  static byte[] frame(long to, long from, int length) {
    byte[] frame = new byte[length];
    for (int i = 0; i < length; i++) {
      frame[i] = (byte) (i * 31 + length);
    }
    put(frame, 0, to);
    put(frame, Frame.SOURCE, from);
    frame[Frame.TYPE] = (byte) 0x88;
    frame[Frame.TYPE + 1] = (byte) 0xB5;   // for experiments
    return frame;
  }

  static byte[] tagged(long to, long from, int vlan, int length) {
    byte[] frame = frame(to, from, length);
    frame[Frame.TYPE] = (byte) 0x81;
    frame[Frame.TYPE + 1] = 0;
    frame[Frame.TYPE + 2] = (byte) (0xE0 | vlan >>> 8);   // of some priority
    frame[Frame.TYPE + 3] = (byte) vlan;
    return frame;
  }

  private static void put(byte[] frame, int at, long mac) {
    for (int i = 0; i < 6; i++) {
      frame[at + i] = (byte) (mac >>> 8 * i);
    }
  }

  static byte[] mac(long mac) {
    byte[] bytes = new byte[6];
    put(bytes, 0, mac);
    return bytes;
  }

  static byte[] join(byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
