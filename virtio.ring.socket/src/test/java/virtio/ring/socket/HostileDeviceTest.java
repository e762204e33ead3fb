package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.Violation.BAD_CREDIT;
import static virtio.bus.Violation.BAD_FLAGS;
import static virtio.bus.Violation.BAD_FRAME;
import static virtio.bus.Violation.BAD_GENERATION;
import static virtio.bus.Violation.BAD_HELLO;
import static virtio.bus.Violation.BAD_LENGTH;
import static virtio.bus.Violation.BAD_OFFSET;
import static virtio.bus.Violation.BAD_QUEUE;
import static virtio.bus.Violation.BAD_SEQUENCE;
import static virtio.bus.Violation.BAD_SESSION;
import static virtio.bus.Violation.BAD_SLOT;
import static virtio.bus.Violation.BAD_TYPE;
import static virtio.bus.Violation.PEER_ERROR;
import static virtio.bus.Violation.USED_LEN;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.bus.Queue.State;
import virtio.bus.Violation;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The driver's half against a device that keeps no rule: each violation has its name, is told once, ends the session, touches nothing. */
class HostileDeviceTest {
  private static Arguments evil(String name, Violation expected, Consumer<Peer> act) {
    return Arguments.of(name, expected, act);
  }

  private static Consumer<Peer> frame(FrameType type, int queue, Consumer<Frame> change, byte... payload) {
    return peer -> peer.send(type, queue, change, payload);
  }

  /** With "a" out on slot 0.1, 64 bytes to read and 64 to write. */
  private static Consumer<Peer> ofA(FrameType type, Consumer<Frame> change, byte... payload) {
    return frame(type, 0, credited(frame -> {
      frame.generation = 1;
      change.accept(frame);
    }), payload);
  }

  private static Consumer<Frame> credited(Consumer<Frame> change) {
    return frame -> {
      frame.credit = DriverRig.SIZES.window();
      change.accept(frame);
    };
  }

  private static Consumer<Peer> patched(FrameType type, int at, int value, byte... payload) {
    return peer -> {
      byte[] bytes = peer.bytes(type, 0, credited(frame -> frame.generation = 1), payload);
      bytes[at] = (byte) value;
      peer.sendRaw(bytes);
    };
  }

  static Stream<Arguments> violations() {
    return Stream.of(
        evil("another magic", BAD_FRAME, patched(FrameType.CREDIT, 0, 0x52)),
        evil("no known type", BAD_TYPE, patched(FrameType.CREDIT, 2, 0x77)),
        evil("a frame that goes the other way", BAD_TYPE, ofA(FrameType.ADD, frame -> frame.arg1 = 4)),
        evil("a DETACH from the device", BAD_TYPE, ofA(FrameType.DETACH, frame -> { })),
        evil("a RESET from the device", BAD_TYPE, frame(FrameType.RESET, Frame.SESSION, frame -> { })),
        evil("a reserved flag", BAD_FLAGS, patched(FrameType.CREDIT, 3, 2)),
        evil("MORE where nothing follows", BAD_FLAGS, ofA(FrameType.USED, frame -> frame.flags = Frame.MORE)),
        evil("a sequence number left out", BAD_SEQUENCE, ofA(FrameType.CREDIT, frame -> frame.sequence++)),
        evil("a sequence number twice", BAD_SEQUENCE, ofA(FrameType.CREDIT, frame -> frame.sequence--)),
        evil("session 0", BAD_SESSION, ofA(FrameType.CREDIT, frame -> frame.session = 0)),
        evil("another session", BAD_SESSION, ofA(FrameType.CREDIT, frame -> frame.session++)),
        evil("a queue that is not there", BAD_QUEUE, frame(FrameType.CREDIT, 9, frame -> { })),
        evil("a queue's frame for the session", BAD_QUEUE, frame(FrameType.CREDIT, Frame.SESSION, frame -> { })),
        evil("the session's frame for a queue", BAD_QUEUE, frame(FrameType.RESET_OK, 0, frame -> { })),
        evil("a frame longer than agreed", BAD_LENGTH, ofA(FrameType.DATA, frame -> frame.length = 481)),
        evil("a frame of 2 GiB and more", BAD_LENGTH, ofA(FrameType.DATA, frame -> frame.length = -8)),
        evil("payload where none may be", BAD_LENGTH, ofA(FrameType.CREDIT, frame -> { }, (byte) 1)),
        evil("DATA of nothing", BAD_LENGTH, ofA(FrameType.DATA, frame -> { })),
        evil("padding that is not zero", BAD_FRAME, patched(FrameType.USED, 36, 1, (byte) 5)),
        evil("a slot outside", BAD_SLOT, ofA(FrameType.USED, frame -> frame.slot = DriverRig.SLOTS)),
        evil("the last slot there can be", BAD_SLOT, ofA(FrameType.USED, frame -> frame.slot = 0xFFFF)),
        evil("a slot that has no buffer", BAD_SLOT, ofA(FrameType.USED, frame -> frame.slot = 2)),
        evil("an old generation", BAD_GENERATION, ofA(FrameType.USED, frame -> frame.generation = 0)),
        evil("a generation to come", BAD_GENERATION, ofA(FrameType.DATA, frame -> frame.generation = 2, (byte) 1)),
        evil("a used length above what is writable", USED_LEN, ofA(FrameType.USED, frame -> frame.arg0 = 65)),
        evil("a used length of 2 GiB and more", USED_LEN, ofA(FrameType.USED, frame -> frame.arg0 = -1)),
        evil("written bytes behind the buffer", BAD_OFFSET, ofA(FrameType.DATA, frame -> frame.arg0 = 64, (byte) 1)),
        evil("written bytes across its end", BAD_OFFSET, ofA(FrameType.USED, frame -> frame.arg1 = 60, new byte[5])),
        evil("an offset of 2 GiB and more", BAD_OFFSET, ofA(FrameType.DATA, frame -> frame.arg0 = -1, (byte) 1)),
        evil("written bytes over others", BAD_OFFSET, ofA(FrameType.DATA, frame -> frame.arg0 = 8, new byte[8])
            .andThen(ofA(FrameType.DATA, frame -> frame.arg0 = 15, (byte) 1))),
        evil("written bytes before others", BAD_OFFSET, ofA(FrameType.DATA, frame -> frame.arg0 = 8, new byte[8])
            .andThen(ofA(FrameType.USED, frame -> frame.arg1 = 0, (byte) 1))),
        evil("credit taken back", BAD_CREDIT, frame(FrameType.CREDIT, 0, frame -> frame.credit = DriverRig.SIZES.window() - 1)),
        evil("credit without end", BAD_CREDIT, frame(FrameType.CREDIT, 0, frame -> frame.credit = Integer.MIN_VALUE + 5000)),
        evil("OPENED twice", BAD_QUEUE, ofA(FrameType.OPENED, frame -> frame.arg0 = 1)),
        evil("CLOSED unasked", BAD_QUEUE, ofA(FrameType.CLOSED, frame -> { })),
        evil("DETACHED unasked", BAD_SLOT, ofA(FrameType.DETACHED, frame -> { })),
        evil("HELLO_OK twice", BAD_HELLO, frame(FrameType.HELLO_OK, Frame.SESSION, frame -> frame.arg0 = 1, Peer.word(512))),
        evil("an ERROR", PEER_ERROR, frame(FrameType.ERROR, Frame.SESSION, frame -> frame.arg0 = 1)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("violations")
  @Trap({"T06", "T07"})
  @Shows({"F20", "F21", "F23"})
  void endsTheSessionByName(String name, Violation expected, Consumer<Peer> evil) {
    DriverRig rig = DriverRig.live();
    rig.add("a", 64, 64);
    rig.device.read();
    rig.memory.segment().fill((byte) 0x5A);
    evil.accept(rig.device);
    assertThat(rig.queue.get()).isNull();
    assertThat(rig.queue.broken()).isEqualTo(expected);
    assertThat(rig.queue.state()).isEqualTo(State.BROKEN);
    rig.tasks.runAll();
    assertThat(rig.other.state()).as("the session is over for all").isEqualTo(State.BROKEN);
    assertThat(rig.told).as("each told once").containsExactly(expected, expected);
    List<Peer.Got> answer = rig.device.read();
    if (expected == PEER_ERROR) {
      assertThat(answer).isEmpty();
    } else {
      assertThat(answer).hasSize(1);
      assertThat(answer.getFirst().type()).isEqualTo(FrameType.ERROR);
      assertThat(answer.getFirst().arg0()).isEqualTo(ErrorCode.of(expected)).isNotZero();
    }
    rig.device.sequence = 1;
    ofA(FrameType.USED, frame -> frame.arg0 = 1, (byte) 1).accept(rig.device);
    assertThat(rig.queue.get()).as("sticky").isNull();
    assertThat(rig.queue.add(rig.chain(1, 1), "c")).isEqualTo(Added.BROKEN);
    assertThat(rig.queue.detach("a")).isFalse();
    assertThat(rig.queue.restart()).isFalse();
    for (long at = 0; at < DriverRig.MEMORY; at++) {
      boolean written = at >= DriverRig.MEMORY / 2 + 8 && at < DriverRig.MEMORY / 2 + 16;   // by a frame that was in order
      assertThat(rig.memory.segment().get(ValueLayout.JAVA_BYTE, at) == 0x5A || written).as("byte %d", at).isTrue();
    }
    healed(rig);
  }

  /** Also where the frame's end could not be known: what begins or ends a session is found again. */
  private static void healed(DriverRig rig) {
    assertThat(rig.rings.reset()).isFalse();
    assertThat(rig.device.read()).extracting(Peer.Got::type).containsExactly(FrameType.RESET);
    rig.device.sendRaw(new byte[40]);
    rig.device.send(FrameType.RESET_OK, Frame.SESSION, frame -> { });
    assertThat(rig.rings.reset()).isTrue();
    rig.rings.stop(true);
    assertThat(rig.queue.detach("a")).isTrue();
    assertThat(rig.queue.detach("a")).isFalse();
    rig.rings.close();
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        Arguments.of("no slot", BAD_QUEUE, (Consumer<Frame>) frame -> frame.arg0 = 0),
        Arguments.of("more slots than wanted", BAD_QUEUE, (Consumer<Frame>) frame -> frame.arg0 = DriverRig.SLOTS + 1),
        Arguments.of("a largest buffer of 2 GiB and more", BAD_QUEUE, (Consumer<Frame>) frame -> frame.arg1 = -1),
        Arguments.of("less credit than the largest buffer needs", BAD_CREDIT, (Consumer<Frame>) frame -> frame.credit = 4095),
        Arguments.of("credit of 2 GiB and more", BAD_CREDIT, (Consumer<Frame>) frame -> frame.credit = -1));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("nonsense")
  void aQueueIsNotOpenedWith(String name, Violation expected, Consumer<Frame> change) {
    DriverRig rig = DriverRig.silent().greeted();
    rig.device.send(FrameType.OPENED, 0, frame -> {
      frame.arg0 = DriverRig.SLOTS;
      frame.arg1 = DriverRig.SIZES.largest();
      frame.credit = DriverRig.SIZES.window();
      change.accept(frame);
    });
    assertThat(rig.rings.settled()).isFalse();
    rig.tasks.runAll();
    assertThat(rig.queue.broken()).isEqualTo(expected);
  }

  static Stream<Arguments> greetings() {
    return Stream.of(
        Arguments.of("frames too short for anyone", 1, Frame.SHORTEST_MOST - 1),
        Arguments.of("longer frames than were offered", 1, DriverRig.SIZES.maxFrame() + 1),
        Arguments.of("frames of 2 GiB and more", 1, -1),
        Arguments.of("another version", 2, 512));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("greetings")
  void aSessionDoesNotBeginWith(String name, int version, int maxFrame) {
    DriverRig rig = DriverRig.silent();
    rig.rings.settled();
    rig.device.send(FrameType.HELLO_OK, Frame.SESSION, frame -> frame.arg0 = version, Peer.word(maxFrame));
    assertThat(rig.rings.settled()).isFalse();
    rig.tasks.runAll();
    assertThat(rig.queue.broken()).isEqualTo(BAD_HELLO);
  }

  @Test
  void aMessageThatEndsInAFrame() {
    for (int cut : new int[] {1, 31, 33, 39}) {
      DriverRig rig = DriverRig.silentMessages().greeted().opened();
      rig.add("a", 64, 64);
      byte[] bytes = rig.device.bytes(FrameType.USED, 0, credited(frame -> frame.generation = 1), (byte) 1);
      rig.device.sendRaw(Arrays.copyOf(bytes, cut));
      assertThat(rig.queue.get()).isNull();
      assertThat(rig.queue.broken()).as("cut after %d", cut).isEqualTo(BAD_LENGTH);
    }
  }

  @Test
  @Shows("F23")
  void aFrameThatNeverEndsHoldsNobodyUp() {
    DriverRig rig = DriverRig.live();
    rig.add("a", 64, 64);
    byte[] bytes = rig.device.bytes(FrameType.USED, 0, credited(frame -> frame.generation = 1), new byte[64]);
    rig.device.sendRaw(Arrays.copyOf(bytes, 50));
    assertThat(rig.queue.get()).isNull();
    assertThat(rig.queue.add(rig.chain(8, 0), "b")).isEqualTo(Added.OK);
    rig.queue.sync();
    assertThat(rig.queue.detach("a")).isTrue();
    assertThat(rig.queue.broken()).isNull();
  }
}
