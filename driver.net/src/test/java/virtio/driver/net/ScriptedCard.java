package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import virtio.bus.Field;
import virtio.bus.spec.DeviceTypes;
import virtio.testkit.fake.ScriptedDevice;
import virtio.testkit.fake.ScriptedQueue;

/** A network card that a test plays: it works when it is told to, but for commands, which it answers at once. */
final class ScriptedCard extends ScriptedDevice<ScriptedCard> {
  final List<String> commands = new ArrayList<>();
  private int ack = VIRTIO_NET_OK;

  ScriptedCard(int size) {
    super(DeviceTypes.NETWORK_CARD, size);
  }

  @Override
  protected ScriptedCard self() {
    return this;
  }

  /** What commands are answered; negative: never. */
  ScriptedCard acks(int value) {
    ack = value;
    return this;
  }

  ScriptedQueue receiveq() {
    return made(RECEIVEQ);
  }

  ScriptedQueue transmitq() {
    return made(TRANSMITQ);
  }

  /** A packet in one buffer, and an interrupt. */
  void deliver(byte[] frame) {
    receiveq().give(packet(1, frame));
    receiveq().signalled();
  }

  /** A header that counts so many buffers, and what follows. */
  static byte[] packet(int buffers, byte[] data) {
    byte[] all = new byte[HEADER + data.length];
    all[HDR_NUM_BUFFERS] = (byte) buffers;
    all[HDR_NUM_BUFFERS + 1] = (byte) (buffers >>> 8);
    System.arraycopy(data, 0, all, HEADER, data.length);
    return all;
  }

  /** What is out to be sent, header and all, in order; each is used. */
  List<byte[]> sent() {
    return transmitq().out().stream().map(buffer -> transmitq().take()).toList();
  }

  @Override
  protected void synced(ScriptedQueue queue) {
    if (queue.index() == CONTROLQ) {
      queue.out().forEach(buffer -> answer(queue, buffer));
    }
  }

  private void answer(ScriptedQueue queue, ScriptedQueue.Buffer command) {
    commands.add(HexFormat.of().formatHex(command.bytes()));
    if (ack >= 0) {
      command.chain().write(0, MemorySegment.ofArray(new byte[] {(byte) ack}), 0, 1);
      queue.use(command);
    }
  }

  @Override
  public void write(Field field, long value) {
    throw new AssertionError(field + " is read-only for the driver");
  }
}
