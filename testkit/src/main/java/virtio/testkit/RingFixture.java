package virtio.testkit;

import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingFormat;
import virtio.testkit.fake.FakeMemory;

/** What a ring's contract asks of the brick under test; what is the same for most has an answer that a brick may override. */
public abstract class RingFixture {
  /** The brick. */
  protected abstract RingFormat format();

  /** Makes the device's half do wrong, so that the driver's next {@code get} meets a violation. One buffer is out. */
  protected abstract void breakDriver(RingPair pair);

  /** What is negotiated. */
  protected Features accepted() {
    return format().features();
  }

  /** How bytes cross; a ring without shared memory gives channels here. */
  protected RingEnds ends(FakeMemory memory) {
    return RingEnds.sharing(memory);
  }

  /** Whether a buffer that was synced can be taken back from a live queue. */
  protected boolean detachesLive() {
    return false;
  }

  /** Whether the device sees the parts of a chain as they were added, and not only how many bytes there are to read and to write. */
  protected boolean keepsParts() {
    return true;
  }

  /** After which time a sleeper counts as forgotten. */
  protected long patienceSeconds() {
    return 10;
  }

  /** Whether there are doorbells and interrupts, whose number means something. */
  protected boolean signals() {
    return true;
  }

  /** Runs the action once, on the stack of an operation of the driver's half. */
  protected void duringAnOperation(RingPair pair, Runnable action) {
    pair.doorbell().meanwhile(action);
    pair.add("during");
    pair.driver().sync();
    pair.doorbell().meanwhile(() -> {});
  }

  /** A pair that waits for DRIVER_OK. */
  protected final RingPair fresh(int size, Queue.Callback used, Queue.Callback available) {
    return new RingPair(format(), ends(new FakeMemory(false)), accepted(), size, used, available);
  }

  /** A live pair whose owners poll. */
  protected final RingPair live(int size) {
    return fresh(size, null, null).start();
  }
}
