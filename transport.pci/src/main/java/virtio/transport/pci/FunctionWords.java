package virtio.transport.pci;

import java.util.List;
import virtio.bus.Registration;
import virtio.bus.Store;

/** What a machine's firmware says of one function. Any thread. */
record FunctionWords(Store firmware, String root) implements Store {
  /** Null where it says nothing. */
  static Store of(Store firmware, PciAddress address) {
    String root = PciFirmware.FUNCTION + address;
    return firmware == null || firmware.list(root).isEmpty() ? null : new FunctionWords(firmware, root);
  }

  private String at(String path) {
    return path.isEmpty() ? root : root + "/" + path;
  }

  @Override
  public String get(String path) {
    return firmware.get(at(path));
  }

  @Override
  public void put(String path, String value) {
    firmware.put(at(path), value);
  }

  @Override
  public List<String> list(String path) {
    return firmware.list(at(path));
  }

  @Override
  public Registration watch(String path, Runnable changed) {
    return firmware.watch(at(path), changed);
  }
}
