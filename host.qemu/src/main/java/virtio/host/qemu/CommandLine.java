package virtio.host.qemu;

import java.util.ArrayList;
import java.util.List;

/** What a QEMU is started with. */
final class CommandLine {
  private CommandLine() {
  }

  /**
   * Drives come after devices, since those may be the ports that they are plugged into.
   *
   * @param directory where sockets, memory and ROM are
   */
  static List<String> of(Settings settings, PrivateDirectory directory) {
    String megabytes = (settings.memory() >> 20) + "M";
    List<String> all = new ArrayList<>(List.of(
        "-name", settings.name(),
        "-display", "none", "-nodefaults", "-no-user-config",
        "-qtest", "unix:" + directory.file("qtest"), "-qtest-log", "none",
        "-qmp", "unix:" + directory.file("qmp") + ",server=on,wait=off",
        "-m", megabytes,
        "-object", "memory-backend-file,id=memory,size=" + megabytes + ",mem-path=" + directory.file("memory") + ",share=on",
        "-machine", settings.board().spelling + ",accel=tcg,memory-backend=memory" + settings.options(),
        "-bios", directory.file("rom").toString()));
    all.addAll(settings.board().arguments);
    settings.blockdevs().forEach(blockdev -> all.addAll(List.of("-blockdev", blockdev)));
    settings.netdevs().forEach(netdev -> all.addAll(List.of("-netdev", netdev)));
    settings.chardevs().forEach(chardev -> all.addAll(List.of("-chardev", chardev)));
    settings.devices().forEach(device -> all.addAll(List.of("-device", device)));
    for (int number = 0; number < settings.drives().size(); number++) {
      all.addAll(settings.drives().get(number).arguments(number));
    }
    all.addAll(settings.arguments());
    return all;
  }
}
