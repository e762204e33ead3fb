package virtio.bus.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceQueue;
import virtio.bus.Queue;
import virtio.bus.Violation;

/** The device's end of a configuration queue: takes requests, asks the config handler, gives its answers back. On the slot's thread. */
final class AnsweringQueue implements Queue.Callback {
  private static final int PARTS = 16;

  private final ConfigurationQueue.Answers answers;
  private final Consumer<String> failed;
  private final Chain chain = new Chain(PARTS);
  private final MemorySegment bytes = Arena.ofAuto().allocate(ConfigurationQueue.LARGEST);

  /** @param failed is told why nothing will come by this queue any more */
  AnsweringQueue(ConfigurationQueue.Answers answers, Consumer<String> failed) {
    this.answers = answers;
    this.failed = failed;
  }

  @Override
  public boolean ready(Queue queue) {
    DeviceQueue requests = (DeviceQueue) queue;
    while (requests.take(chain)) {
      int length = (int) chain.read(0, bytes, 0, ConfigurationQueue.LARGEST);
      byte[] answer = answers.answer(bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
      int room = (int) Math.min(chain.writableBytes(), Math.min(answer.length, ConfigurationQueue.LARGEST));
      MemorySegment.copy(answer, 0, bytes, ValueLayout.JAVA_BYTE, 0, room);
      chain.write(0, bytes, 0, room);
      requests.push(chain);
    }
    requests.sync();
    return true;
  }

  @Override
  public void broken(Queue queue, Violation cause) {
    failed.accept("configuration queue: " + cause);
  }
}
