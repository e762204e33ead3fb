package virtio.driver.net;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Failure;
import virtio.net.Card;
import virtio.net.Frame;
import virtio.net.NetPort;

/** A port that takes what comes, and listens. */
final class HeardPort implements NetPort {
  final List<Frame> frames = new ArrayList<>();
  final List<String> events = new ArrayList<>();
  Card card;

  @Override
  public void up(Card arrived) {
    card = arrived;
  }

  @Override
  public void changed(Card of) {
    events.add("changed");
  }

  @Override
  public boolean receivable(Card of) {
    for (Frame frame = of.receive(); frame != null; frame = of.receive()) {
      frames.add(frame);
    }
    of.refill();
    return true;
  }

  @Override
  public void room(Card of) {
    events.add("room");
  }

  @Override
  public void failed(Card of, Failure cause) {
    events.add(cause.toString());
  }

  @Override
  public void down(Card of, boolean confirmed) {
    events.add("down " + confirmed);
  }
}
