package virtio.host.lguest;

import java.nio.file.Path;
import java.util.Map;
import virtio.bus.core.VirtioBus;
import virtio.config.lguest.LguestConfig;
import virtio.device.block.ServedImage;
import virtio.ring.socket.SocketRing;
import virtio.ring.split.SplitRing;

/** A host in a process of its own that serves an image as a disk, over the file that it is given, until its input ends. */
final class DiskHostProcess {
  private DiskHostProcess() {
  }

  public static void main(String[] arguments) throws Exception {
    MachineMemory memory = MachineMemory.create(Path.of(arguments[0]), 16L << 20, Layout.LGUEST);
    LguestHost host = LguestHost.start("m0", memory, BothEnds.TUNING);
    VirtioBus bus = new VirtioBus();
    bus.bindRing(new SplitRing(), Map.of("virtio.ring", "split"));
    bus.bindRing(new SocketRing(), Map.of("virtio.ring", "socket"));
    bus.bindConfig(new LguestConfig(), Map.of("virtio.config", "lguest"));
    ServedImage disk = new ServedImage(bus, host,
        Map.of("name", "disk0", "image", arguments[1], "size", arguments[2], "serial", "another-process", "faces", "lguest." + arguments[3] + ".lguest"));
    System.out.println("ready");
    System.out.flush();
    while (System.in.read() >= 0) {
      // Whatever is said: only the end counts.
    }
    disk.close();
    bus.close();
    host.close();
    memory.close();
  }
}
