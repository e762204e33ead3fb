package virtio.testkit.fake;

import java.time.Duration;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DmaMemory;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;
import virtio.testkit.DeviceModelContract;
import virtio.testkit.DriverContract;

/** The contracts' rigs for broken bricks, and for one that is not. Not named as tests are: only {@code BrokenBricksTest} runs them. */
public final class BrokenRigs {
  private BrokenRigs() {}

  /** See {@link BrokenConfigs#keepsReadMarks}. */
  public static final class KeepsReadMarks extends FakeMachineRig {
    public KeepsReadMarks() {
      super(BrokenConfigs.keepsReadMarks());
    }
  }

  /** See {@link BrokenConfigs#confirmsResetItself}. */
  public static final class ConfirmsResetItself extends FakeMachineRig {
    public ConfirmsResetItself() {
      super(BrokenConfigs.confirmsResetItself());
    }
  }

  /** See {@link BrokenConfigs#dropsChanges}. */
  public static final class DropsChanges extends FakeMachineRig {
    public DropsChanges() {
      super(BrokenConfigs.dropsChanges());
    }
  }

  /** See {@link BrokenConfigs#forgetsHighFeatures}. */
  public static final class ForgetsHighFeatures extends FakeMachineRig {
    public ForgetsHighFeatures() {
      super(BrokenConfigs.forgetsHighFeatures());
    }
  }

  /** See {@link BrokenTransports#stutters}. */
  public static final class Stutters extends TransportRig {
    public Stutters() {
      super(BrokenTransports::stutters);
    }
  }

  /** See {@link BrokenTransports#neverForgets}. */
  public static final class NeverForgets extends TransportRig {
    public NeverForgets() {
      super(BrokenTransports::neverForgets);
    }
  }

  /** A driver that binds by the book. */
  public static class Careful extends DriverContract {
    private final FakeDriver driver;

    public Careful() {
      this(found -> {
        Virtqueue queue = found.queue(0, used -> true);
        DmaMemory buffers = found.allocate(8192, 4096);
        if (queue == null || buffers == null) {
          throw new IllegalStateException(queue == null ? "no queue 0" : "out of memory");
        }
        found.ready();
        found.free(buffers);
      });
    }

    Careful(Consumer<VirtioDevice> probing) {
      driver = new FakeDriver(new VirtioDriver.Entry(new DeviceId(2, DeviceId.ANY), null)).probes(probing);
    }

    @Override
    protected VirtioDriver<?> driver() {
      return driver;
    }

    @Override
    protected Object port() {
      return new Object();
    }

    @Override
    protected FakeRegisters device() {
      return new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET));
    }

    @Override
    protected FakeRegisters deviceWithoutQueues() {
      return device().queue(0, 0);
    }
  }

  /** A driver that frees nothing and asks for nothing's being there. */
  public static final class Careless extends Careful {
    public Careless() {
      super(found -> {
        Virtqueue queue = found.queue(0, used -> true);
        DmaMemory buffers = found.allocate(8192, 4096);
        if (buffers != null && queue != null) {
          queue.add(new Chain(1).writable(buffers, 0, 64), "never taken back");
        }
        found.ready();
      });
    }

    @Override
    protected Duration patience() {
      return Duration.ofMillis(500);
    }
  }

  /** See {@link BrokenModel}. */
  public static final class LosesBuffers extends DeviceModelContract {
    @Override
    protected DeviceModel model() {
      return new BrokenModel();
    }
  }
}
