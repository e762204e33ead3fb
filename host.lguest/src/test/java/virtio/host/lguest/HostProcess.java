package virtio.host.lguest;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Map;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.config.lguest.LguestConfig;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.ForwardingConfig;

/**
 * A host in a process of its own, over the file that it is given: one device, which answers every doorbell with an interrupt of that queue.
 * It does what it is told by lines on its input, says on its output that it has, and ends with its input.
 */
final class HostProcess {
  private HostProcess() {
  }

  public static void main(String[] arguments) throws Exception {
    MachineMemory memory = MachineMemory.create(Path.of(arguments[0]), 16L << 20, Layout.LGUEST);
    LguestHost host = LguestHost.start("m0", memory, BothEnds.TUNING);
    FakeRegisters device = new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET))
        .offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1, 100)).has(VirtioBlk.CAPACITY, 1000).queue(0, 64).queue(1, 16);
    Slot slot = host.plug("disk0", Map.of());
    Registration exposed = new LguestConfig().expose(new ForwardingConfig(device) {
      @Override
      public Signal doorbell(int index) {
        return position -> device.interrupt(index);
      }
    }, slot);
    slot.announce();
    say("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      switch (line) {
        case "grow" -> device.change(VirtioBlk.CAPACITY, 2000);
        case "fail" -> device.needsReset();
        case "unplug" -> {
          exposed.close();
          slot.close();
        }
        case "statuses" -> line = device.statuses().toString();
        case "accepted" -> line = device.accepted().has(100) + " " + device.areas(0);
        default -> throw new IllegalArgumentException(line);
      }
      say(line);
    }
    host.close();
    memory.close();
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
