package virtio.bus.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Transport;

/** What one transport has found, for those who list devices. */
final class FoundDevices implements Transport.Listener, Registration {
  private final String transport;
  private final List<BusDevice> devices = new CopyOnWriteArrayList<>();
  private final Registration watch;

  FoundDevices(String name, Transport transport) {
    this.transport = name;
    watch = transport.watch(this);
  }

  String transport() {
    return transport;
  }

  List<BusDevice> devices() {
    return devices;
  }

  @Override
  public void appeared(BusDevice device) {
    devices.add(device);
  }

  @Override
  public void disappeared(BusDevice device) {
    devices.remove(device);
  }

  @Override
  public void close() {
    watch.close();
  }
}
