package virtio.driver.block;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.bus.Failure;

/** A port that only listens. */
final class HeardPort implements BlockPort {
  final Map<BlockRequest, Outcome> outcomes = new HashMap<>();
  final Map<BlockRequest, Boolean> returned = new HashMap<>();
  final List<String> events = new ArrayList<>();
  Disk disk;

  @Override
  public void up(Disk arrived) {
    disk = arrived;
  }

  @Override
  public void changed(Disk of) {
    events.add("changed");
  }

  @Override
  public void completed(BlockRequest request, Outcome outcome) {
    if (outcomes.put(request, outcome) != null || returned.containsKey(request)) {
      throw new AssertionError("told twice");
    }
  }

  @Override
  public void room(Disk of) {
    events.add("room");
  }

  @Override
  public void failed(Disk of, Failure cause) {
    events.add(cause.toString());
  }

  @Override
  public void returned(BlockRequest request, boolean confirmed) {
    if (returned.put(request, confirmed) != null || outcomes.containsKey(request)) {
      throw new AssertionError("told twice");
    }
  }

  @Override
  public void down(Disk of, boolean confirmed) {
    events.add("down " + confirmed);
  }
}
