package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import virtio.testkit.fake.FakeChannel;

/** The other half, played by a test: any frame, right or wrong, and every frame that comes. */
final class Peer {
  /** A frame that came. */
  record Got(FrameType type, int queue, int sequence, int slot, int generation, int flags, int arg0, int arg1, int credit, int session,
      byte[] payload) {}

  private final FakeChannel end;
  /** The session it speaks of. */
  int session;
  /** The next counted frame's number. */
  int sequence;

  Peer(FakeChannel end) {
    this.end = end;
  }

  /** A frame as it should be, but for what {@code change} does to its header. */
  void send(FrameType type, int queue, Consumer<Frame> change, byte... payload) {
    end.write(bytes(type, queue, change, payload));
  }

  byte[] bytes(FrameType type, int queue, Consumer<Frame> change, byte... payload) {
    Frame frame = new Frame().begin(type, queue);
    frame.session = session;
    frame.length = payload.length;
    if (type.counted()) {
      frame.sequence = sequence++ & 0xFFFF;
    }
    byte[] bytes = new byte[Frame.bytes(payload.length)];
    System.arraycopy(payload, 0, bytes, Frame.HEADER, payload.length);
    change.accept(frame);
    int said = frame.length;
    frame.length = payload.length;
    MemorySegment whole = MemorySegment.ofArray(bytes);
    frame.write(whole, 0);
    Frame.word(whole, 12, said);
    return bytes;
  }

  void sendRaw(byte... bytes) {
    end.write(bytes);
  }

  /** All frames that have come. */
  List<Got> read() {
    byte[] all = end.read();
    MemorySegment from = MemorySegment.ofArray(all);
    List<Got> frames = new ArrayList<>();
    for (long at = 0; at < all.length; ) {
      Frame frame = new Frame();
      frame.read(from, at);
      byte[] payload = from.asSlice(at + Frame.HEADER, frame.length).toArray(ValueLayout.JAVA_BYTE);
      frames.add(new Got(frame.type, frame.queue, frame.sequence, frame.slot, frame.generation, frame.flags, frame.arg0, frame.arg1,
          frame.credit, frame.session, payload));
      at += Frame.bytes(frame.length);
    }
    return frames;
  }

  /** A payload of one le32. */
  static byte[] word(int value) {
    byte[] bytes = new byte[4];
    Frame.word(MemorySegment.ofArray(bytes), 0, value);
    return bytes;
  }
}
