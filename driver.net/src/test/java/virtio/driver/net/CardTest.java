package virtio.driver.net;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import virtio.bus.VirtioDriver.Attached;
import virtio.net.Card;
import virtio.net.Frame;

/** A scripted device with the driver on it, for tests. */
abstract class CardTest {
  static final long SECOND = 1_000_000_000L;

  final HeardPort port = new HeardPort();
  ScriptedCard device;
  Card card;
  Attached attached;

  /** Binds; the card listens. */
  final void bind(ScriptedCard to) {
    bind(to, Sizing.STANDARD);
  }

  final void bind(ScriptedCard to, Sizing sizing) {
    device = to;
    NetDriver driver = new NetDriver();
    attached = driver.probe(to, new NetDriver.Entry(to.id(), sizing), port);
    card = port.card;
    card.listen(true);
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  static byte[] bytes(Frame frame) {
    byte[] bytes = new byte[frame.length()];
    frame.get(MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  /** Sends a frame that is filled from these; false when there was no room. */
  final boolean send(byte[] data) {
    Frame frame = card.frame();
    if (frame == null) {
      return false;
    }
    frame.put(MemorySegment.ofArray(data), 0, data.length).take();
    if (card.send(frame)) {
      card.kick();
      return true;
    }
    frame.hand().release();
    return false;
  }
}
