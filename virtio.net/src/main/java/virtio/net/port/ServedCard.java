package virtio.net.port;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import virtio.bus.Registration;
import virtio.bus.spec.VirtioNet;
import virtio.net.Card;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetworkCounters;
import virtio.net.NetworkDevice;
import virtio.net.NetworkInformation;
import virtio.net.ReceiveMode;
import virtio.net.Sent;

/** The card as its users hold it: frames go to the port's traffic, settings to its wishes. */
final class ServedCard implements NetworkDevice {
  private final Control control;
  private final Traffic traffic;

  ServedCard(Control control) {
    this.control = control;
    this.traffic = control.traffic();
  }

  @Override
  public String name() {
    return control.name();
  }

  @Override
  public MacAddress mac() {
    return control.wishes().mac(information());
  }

  @Override
  public int mtu() {
    return information().mtu();
  }

  @Override
  public boolean linkUp() {
    Card now = traffic.serving();
    return now != null && now.information().linkUp();
  }

  @Override
  public NetworkInformation information() {
    return traffic.information();
  }

  @Override
  public Frame frame() {
    return traffic.frame();
  }

  @Override
  public Sent send(Frame frame) {
    return traffic.send(frame);
  }

  @Override
  public int send(Frame[] frames, int from, int count) {
    Objects.checkFromIndexSize(from, count, frames.length);
    return traffic.send(frames, from, count);
  }

  @Override
  public Sent send(MemorySegment memory, long offset, int bytes) {
    return traffic.send(memory, offset, bytes);
  }

  @Override
  public Frame receive() {
    return traffic.receive();
  }

  @Override
  public int receive(MemorySegment into) {
    return traffic.receive(into);
  }

  @Override
  public Registration receive(Receiver receiver) {
    return traffic.receive(Objects.requireNonNull(receiver));
  }

  @Override
  public int poll() {
    return traffic.poll();
  }

  @Override
  public void mode(ReceiveMode mode, boolean on) throws IOException {
    control.wishes().mode(traffic.serving(), name(), mode, on, deadline());
  }

  @Override
  public Set<ReceiveMode> modes() {
    return control.wishes().modes();
  }

  @Override
  public void macTable(List<MacAddress> unicast, List<MacAddress> multicast) throws IOException {
    if (unicast.stream().anyMatch(MacAddress::group) || !multicast.stream().allMatch(MacAddress::group)) {
      throw new IllegalArgumentException("unicast=" + unicast + " multicast=" + multicast + " (one card's each; groups')");
    }
    control.wishes().macTable(traffic.serving(), name(), List.copyOf(unicast), List.copyOf(multicast), deadline());
  }

  @Override
  public void vlan(int id, boolean on) throws IOException {
    if (id < 0 || id > VirtioNet.MOST_VLAN) {
      throw new IllegalArgumentException("id=" + id + " (0 to " + VirtioNet.MOST_VLAN + ")");
    }
    control.wishes().vlan(traffic.serving(), name(), id, on, deadline());
  }

  @Override
  public void mac(MacAddress address) throws IOException {
    if (address.group() || address.value() == 0) {
      throw new IllegalArgumentException("mac=" + address + " (one card's)");
    }
    control.wishes().mac(traffic.serving(), name(), address, deadline());
    control.wake();
  }

  @Override
  public void pairs(int pairs) throws IOException {
    if (pairs < 1 || pairs > information().maxPairs()) {
      throw new IllegalArgumentException("pairs=" + pairs + " (1 to " + information().maxPairs() + ")");
    }
    control.wishes().pairs(traffic.serving(), name(), pairs, deadline());
  }

  private long deadline() {
    return control.settings().deadline().toNanos();
  }

  @Override
  public NetworkCounters counters() {
    return traffic.counters();
  }

  @Override
  public Registration listen(Listener listener) {
    return control.listeners().add(listener);
  }

  @Override
  public String toString() {
    return name() + " (" + control.state() + ")";
  }
}
