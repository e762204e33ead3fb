package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtio.bus.FrameDecoder;
import virtio.bus.Virtqueue.Added;

/** What a person is shown of frames. */
class FrameTextTest {
  private final FrameDecoder decoder = new SocketRing();

  @Test
  void recordedBytesBecomeALineForEachFrame() {
    Peer peer = new Peer(null);
    peer.session = 0x2A;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(peer.bytes(FrameType.HELLO, Frame.SESSION, frame -> frame.arg0 = 1, Peer.word(8192)));
    bytes.writeBytes(peer.bytes(FrameType.ADD, 0, frame -> {
      frame.slot = 5;
      frame.generation = 1;
      frame.arg0 = 20;
      frame.arg1 = 1;
    }, new byte[20]));
    bytes.writeBytes(new byte[12]);
    assertThat(decoder.decode(bytes.toByteArray())).containsExactly(
        "00000000  HELLO 4 bytes arg0=1 arg1=0 session 0x2a: 00200000",
        "00000028  ADD queue 0 #0 slot 5.1 20 bytes arg0=20 arg1=1 session 0x2a: 00000000000000000000000000000000...",
        "00000060  no frame: 12 bytes: 000000000000000000000000");
  }

  @Test
  void aFrameThatIsCutShortOrBehindNoiseIsShownAsFarAsItGoes() {
    Peer peer = new Peer(null);
    peer.session = 1;
    byte[] frame = peer.bytes(FrameType.USED, 1, header -> header.arg0 = 3, (byte) 1, (byte) 2, (byte) 3);
    byte[] cut = new byte[8 + 34];
    System.arraycopy(frame, 0, cut, 8, 34);
    assertThat(decoder.decode(cut)).containsExactly("00000000  no frame: 8 bytes: 0000000000000000",
        "00000008  USED queue 1 #0 3 bytes arg0=3 arg1=0 session 0x1: 0102, cut short");
    assertThat(decoder.decode(new byte[0])).isEmpty();
  }

  @Test
  void anythingIsTaken() {
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      for (int at = 0; at + 2 <= bytes.length; at += 8 * (1 + random.nextInt(6))) {
        bytes[at] = 0x53;
        bytes[at + 1] = 0x51;
      }
      assertThat(decoder.decode(bytes).isEmpty()).isEqualTo(bytes.length == 0);
    }
  }

  @Test
  void theLastFramesOfASessionAreRemembered() {
    DriverRig rig = DriverRig.live();
    assertThat(rig.queue.add(rig.chain(8, 8), "a")).isEqualTo(Added.OK);
    rig.queue.sync();
    List<FrameDecoder.Trace> traces = rig.decoder.traces();
    assertThat(traces).hasSize(1);
    assertThat(traces.getFirst().side()).isEqualTo("driver's side");
    assertThat(traces.getFirst().frames()).isEqualTo(7);
    assertThat(traces.getFirst().last()).containsExactly(
        "0 -> HELLO 4 bytes arg0=1 arg1=1 session 0x2a",
        "1 <- HELLO_OK 4 bytes arg0=1 arg1=0 session 0x2a",
        "2 -> OPEN queue 0 #0 arg0=4 arg1=0 session 0x2a",
        "3 -> OPEN queue 1 #1 arg0=4 arg1=0 session 0x2a",
        "4 <- OPENED queue 0 #0 arg0=4 arg1=4096 credit=4096 session 0x2a",
        "5 <- OPENED queue 1 #1 arg0=4 arg1=4096 credit=4096 session 0x2a",
        "6 -> ADD queue 0 #2 slot 0.1 8 bytes arg0=8 arg1=8 session 0x2a");
    for (int i = 0; i < 200; i++) {
      int generation = i + 1;
      rig.device.send(FrameType.USED, 0, frame -> {
        frame.generation = generation;
        frame.credit = 4096;
      });
      assertThat(rig.queue.get()).isNotNull();
      rig.add("b", 8, 8);
    }
    assertThat(rig.decoder.traces().getFirst().last()).hasSize(64);
    rig.rings.close();
    assertThat(rig.decoder.traces()).isEmpty();
  }
}
