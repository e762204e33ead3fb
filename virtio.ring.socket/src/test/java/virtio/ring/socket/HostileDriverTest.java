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
import static virtio.bus.Violation.CHAIN_TOO_LONG;
import static virtio.bus.Violation.CREDIT_EXCEEDED;
import static virtio.bus.Violation.PEER_ERROR;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.bus.Chain;
import virtio.bus.Queue.State;
import virtio.bus.Violation;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The device's half against a driver that keeps no rule: each violation has its name, is told once, and ends the session. */
class HostileDriverTest {
  private static Arguments evil(String name, Violation expected, Consumer<Peer> act) {
    return Arguments.of(name, expected, act);
  }

  private static Consumer<Peer> frame(FrameType type, int queue, Consumer<Frame> change, byte... payload) {
    return peer -> peer.send(type, queue, change, payload);
  }

  /** Slot 2, free, at its next generation. */
  private static Consumer<Peer> add(Consumer<Frame> change, byte... payload) {
    return frame(FrameType.ADD, 0, frame -> {
      frame.slot = 2;
      frame.generation = 1;
      frame.arg0 = payload.length;
      frame.arg1 = 8;
      change.accept(frame);
    }, payload);
  }

  /** Slot 1.1, of which 10 of 20 bytes are here. */
  private static Consumer<Peer> data(Consumer<Frame> change, byte... payload) {
    return frame(FrameType.DATA, 0, frame -> {
      frame.slot = 1;
      frame.generation = 1;
      frame.arg0 = 10;
      change.accept(frame);
    }, payload);
  }

  private static Consumer<Peer> detach(Consumer<Frame> change) {
    return frame(FrameType.DETACH, 0, frame -> {
      frame.generation = 1;
      change.accept(frame);
    });
  }

  private static Consumer<Peer> patched(int at, int value) {
    return peer -> {
      byte[] bytes = peer.bytes(FrameType.DATA, 0, frame -> {
        frame.slot = 1;
        frame.generation = 1;
        frame.arg0 = 10;
        frame.flags = Frame.MORE;
      }, (byte) 1);
      bytes[at] = (byte) value;
      peer.sendRaw(bytes);
    };
  }

  /** The model has 0.1; 1.1 is half here; 2 and 3 are free. Credit for 1000 bytes, of which 18 have come. */
  static Stream<Arguments> violations() {
    return Stream.of(
        evil("another magic", BAD_FRAME, patched(1, 0)),
        evil("no known type", BAD_TYPE, patched(2, 0x16)),
        evil("a frame that goes the other way", BAD_TYPE, frame(FrameType.USED, 0, frame -> { })),
        evil("a reserved flag", BAD_FLAGS, patched(3, 0x81)),
        evil("MORE where nothing follows", BAD_FLAGS, detach(frame -> frame.flags = Frame.MORE)),
        evil("MORE with the last byte", BAD_FLAGS, add(frame -> frame.flags = Frame.MORE).andThen(peer -> { })),
        evil("no MORE before the last byte", BAD_FLAGS, data(frame -> { }, new byte[9])),
        evil("a sequence number left out", BAD_SEQUENCE, detach(frame -> frame.sequence++)),
        evil("session 0", BAD_SESSION, detach(frame -> frame.session = 0)),
        evil("another session", BAD_SESSION, detach(frame -> frame.session--)),
        evil("a queue that is not there", BAD_QUEUE, frame(FrameType.ADD, 7, frame -> { })),
        evil("a queue's frame for the session", BAD_QUEUE, frame(FrameType.DETACH, Frame.SESSION, frame -> { })),
        evil("OPEN twice", BAD_QUEUE, frame(FrameType.OPEN, 0, frame -> frame.arg0 = 4)),
        evil("OPEN of what is not there", BAD_QUEUE, frame(FrameType.OPEN, 2, frame -> frame.arg0 = 4)),
        evil("HELLO in a session", BAD_HELLO, frame(FrameType.HELLO, Frame.SESSION, frame -> frame.arg0 = 1, Peer.word(512))),
        evil("HELLO for another session", BAD_HELLO, frame(FrameType.HELLO, Frame.SESSION, frame -> {
          frame.arg0 = 1;
          frame.session++;
        }, Peer.word(512))),
        evil("a frame longer than agreed", BAD_LENGTH, data(frame -> frame.length = 481)),
        evil("a frame of 2 GiB and more", BAD_LENGTH, data(frame -> frame.length = Integer.MIN_VALUE)),
        evil("DATA of nothing", BAD_LENGTH, data(frame -> frame.flags = Frame.MORE)),
        evil("padding that is not zero", BAD_FRAME, patched(39, 1)),
        evil("credit from a driver", BAD_CREDIT, detach(frame -> frame.credit = 1)),
        evil("a slot outside", BAD_SLOT, add(frame -> frame.slot = DeviceRig.SLOTS)),
        evil("a slot that the model has", BAD_SLOT, add(frame -> frame.slot = 0)),
        evil("a slot that is half here", BAD_SLOT, add(frame -> frame.slot = 1)),
        evil("the same generation again", BAD_GENERATION, add(frame -> frame.generation = 0)),
        evil("a generation left out", BAD_GENERATION, add(frame -> frame.generation = 2)),
        evil("more readable bytes than one buffer may have", CHAIN_TOO_LONG, add(frame -> frame.arg0 = 1001)),
        evil("readable bytes of 2 GiB and more", CHAIN_TOO_LONG, add(frame -> frame.arg0 = -1)),
        evil("more writable bytes than one buffer may have", CHAIN_TOO_LONG, add(frame -> frame.arg1 = 1001)),
        evil("writable bytes of 2 GiB and more", CHAIN_TOO_LONG, add(frame -> frame.arg1 = Integer.MIN_VALUE)),
        evil("a buffer of nothing", CHAIN_TOO_LONG, add(frame -> frame.arg1 = 0)),
        evil("readable bytes before those of another are all here", BAD_OFFSET, add(frame -> { }, (byte) 1)),
        evil("more payload than the buffer has", BAD_OFFSET, data(frame -> { }, new byte[11])),
        evil("a gap", BAD_OFFSET, data(frame -> frame.arg0 = 11, new byte[9])),
        evil("bytes that came before", BAD_OFFSET, data(frame -> frame.arg0 = 9, new byte[10])),
        evil("an offset of 2 GiB and more", BAD_OFFSET, data(frame -> frame.arg0 = -1, new byte[10])),
        evil("DATA for what the model has", BAD_SLOT, data(frame -> frame.slot = 0, (byte) 1)),
        evil("DATA for a free slot", BAD_GENERATION, data(frame -> frame.slot = 3, (byte) 1)),
        evil("DATA of another generation", BAD_GENERATION, data(frame -> frame.generation = 2, new byte[10])),
        evil("DETACH of what never was", BAD_SLOT, detach(frame -> frame.slot = 2)),
        evil("DETACH of another generation", BAD_GENERATION, detach(frame -> frame.generation = 2)),
        evil("DETACH twice", BAD_SLOT, detach(frame -> { }).andThen(detach(frame -> { }))),
        evil("ADD on a slot whose DETACH is not answered", BAD_SLOT, detach(frame -> { }).andThen(add(frame -> {
          frame.slot = 0;
          frame.generation = 2;
        }))),
        evil("a frame of a closed queue", BAD_QUEUE, frame(FrameType.CLOSE, 0, frame -> { }).andThen(detach(frame -> { }))),
        evil("an ERROR", PEER_ERROR, frame(FrameType.ERROR, Frame.SESSION, frame -> frame.arg0 = 1)));
  }

  private static DeviceRig halfWay() {
    DeviceRig rig = DeviceRig.live();
    rig.add(0, 1, 16, new byte[8]);
    assertThat(rig.queue.take(rig.chain)).isTrue();
    rig.driver.send(FrameType.ADD, 0, frame -> {
      frame.slot = 1;
      frame.generation = 1;
      frame.arg0 = 20;
      frame.flags = Frame.MORE;
    }, new byte[10]);
    rig.tasks.runAll();
    rig.driver.read();
    return rig;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("violations")
  @Trap({"T08", "T09"})
  @Shows({"F20", "F23"})
  void endsTheSessionByName(String name, Violation expected, Consumer<Peer> evil) {
    DeviceRig rig = halfWay();
    evil.accept(rig.driver);
    rig.tasks.runAll();
    assertThat(rig.queue.broken()).isEqualTo(expected);
    assertThat(rig.queue.state()).isEqualTo(State.BROKEN);
    assertThat(rig.other.state()).as("the session is over for all").isEqualTo(State.BROKEN);
    assertThat(rig.told).as("each told once").containsExactly(expected, expected);
    List<Peer.Got> answer = rig.driver.read();
    if (expected == PEER_ERROR) {
      assertThat(answer).isEmpty();
    } else {
      assertThat(answer).extracting(Peer.Got::type).containsExactly(FrameType.ERROR);
      assertThat(answer.getFirst().arg0()).isEqualTo(ErrorCode.of(expected)).isNotZero();
    }
    assertThat(rig.queue.take(new Chain(4))).as("nothing more is handed out").isFalse();
    healed(rig);
  }

  /** A reset is answered when the model has let go, and another session serves. */
  private static void healed(DeviceRig rig) {
    rig.driver.sendRaw(new byte[40]);
    rig.driver.send(FrameType.RESET, Frame.SESSION, frame -> { });
    rig.tasks.runAll();
    assertThat(rig.driver.read()).as("the model still has a buffer").isEmpty();
    assertThat(rig.rings.reset()).isFalse();
    rig.queue.push(rig.chain);
    rig.queue.sync();
    List<Peer.Got> answer = rig.driver.read();
    assertThat(answer).extracting(Peer.Got::type).containsExactly(FrameType.RESET_OK);
    assertThat(answer.getFirst().session()).isEqualTo(DeviceRig.SESSION);
    assertThat(rig.rings.reset()).isTrue();
    rig.rings.stop(true);
    assertThat(rig.queue.state()).isEqualTo(State.STOPPED);
    rig.rings.close();
  }

  @Test
  @Trap("T09")
  void moreThanTheCreditAllows() {
    DeviceRig rig = DeviceRig.live();
    Sizes sizes = DeviceRig.SIZES;
    int most = sizes.maxFrame() - Frame.HEADER;
    rig.driver.send(FrameType.ADD, 0, frame -> {
      frame.generation = 1;
      frame.arg0 = sizes.largest();
      frame.flags = Frame.MORE;
    }, new byte[most]);
    for (int at = most; at < sizes.largest(); at += most) {
      int from = at;
      int length = Math.min(most, sizes.largest() - at);
      rig.driver.send(FrameType.DATA, 0, frame -> {
        frame.generation = 1;
        frame.arg0 = from;
        frame.flags = from + length < sizes.largest() ? Frame.MORE : 0;
      }, new byte[length]);
    }
    rig.tasks.runAll();
    assertThat(rig.queue.broken()).isNull();
    List<Peer.Got> answer = rig.driver.read();
    assertThat(answer).extracting(Peer.Got::type).as("the buffer is whole: there is room for another").containsExactly(FrameType.CREDIT);
    assertThat(answer.getFirst().credit()).isEqualTo(sizes.window() + sizes.largest());
    for (int slot = 1; slot < 3; slot++) {
      int number = slot;
      rig.driver.send(FrameType.ADD, 0, frame -> {
        frame.slot = number;
        frame.generation = 1;
        frame.arg0 = sizes.largest();
        frame.flags = Frame.MORE;
      });
    }
    rig.tasks.runAll();
    assertThat(rig.queue.broken()).as("headers need no credit").isNull();
  }

  /** The device's own window is never exceeded while one buffer comes after the other: so this one is narrower than a buffer. */
  @Test
  @Trap("T09")
  void aByteMoreThanTheCredit() {
    Slots slots = new Slots(1, 1 << 16);
    DeviceEnd end = new DeviceEnd(0, 1, new Sizes(512, 4096, 100, 10, 110), slots);
    end.queue(new SocketDeviceQueue(0, 1, slots, null, end.standing, null));
    Frame open = new Frame().begin(FrameType.OPEN, 0);
    open.arg0 = 1;
    assertThat(end.receive(open, null)).isNull();
    Frame add = new Frame().begin(FrameType.ADD, 0);
    add.generation = 1;
    add.arg0 = 20;
    add.length = 11;
    add.flags = Frame.MORE;
    assertThat(end.receive(add, null)).isEqualTo(CREDIT_EXCEEDED);
  }

  @Test
  void aMessageThatEndsInAFrame() {
    for (int cut : new int[] {1, 31, 33, 39}) {
      DeviceRig rig = DeviceRig.silentMessages().greeted().opened();
      byte[] bytes = rig.driver.bytes(FrameType.ADD, 0, frame -> {
        frame.generation = 1;
        frame.arg0 = 1;
      }, (byte) 1);
      rig.driver.sendRaw(Arrays.copyOf(bytes, cut));
      rig.tasks.runAll();
      assertThat(rig.queue.broken()).as("cut after %d", cut).isEqualTo(BAD_LENGTH);
    }
  }

  static Stream<Arguments> greetings() {
    return Stream.of(
        Arguments.of("another version", 2, 512),
        Arguments.of("frames too short for anyone", 1, Frame.SHORTEST_MOST - 1),
        Arguments.of("frames of 2 GiB and more", 1, -1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("greetings")
  void aSessionDoesNotBeginWith(String name, int version, int maxFrame) {
    DeviceRig rig = DeviceRig.silent();
    rig.driver.send(FrameType.HELLO, Frame.SESSION, frame -> frame.arg0 = version, Peer.word(maxFrame));
    rig.tasks.runAll();
    List<Peer.Got> answer = rig.driver.read();
    assertThat(answer).extracting(Peer.Got::type).containsExactly(FrameType.ERROR);
    assertThat(answer.getFirst().arg0()).isEqualTo(ErrorCode.of(BAD_HELLO));
    rig.driver.sequence = 0;
    rig.greeted().opened();
    assertThat(rig.queue.broken()).isNull();
  }

  @Test
  void noiseWithoutASessionIsIgnoredAndASessionBeginsAfterIt() {
    DeviceRig rig = DeviceRig.silent();
    byte[] noise = new byte[800];
    new Random(7).nextBytes(noise);
    rig.driver.sendRaw(noise);
    rig.tasks.runAll();
    assertThat(rig.driver.read()).isEmpty();
    rig.greeted().opened();
    rig.add(0, 1, 8);
    assertThat(rig.queue.take(rig.chain)).isTrue();
  }
}
