package virtio.host.qemu;

import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A JVM that starts a QEMU, says its process id, and does nothing more until it is killed. */
final class OwnerProcess {
  private OwnerProcess() {
  }

  /** Takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    QemuMachine machine = QemuMachine.start(Settings.of(Map.of("name", "owned", "deadline", "10000")), () -> { });
    System.out.println(machine.pid());
    System.out.flush();
    while (machine.lost() == null) {
      LockSupport.park();
    }
  }
}
