package virtio.testkit.fake;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A bus and what is plugged into it: transactions find their way as bridges let them. */
public final class FakePciBus {
  private final Map<Integer, FakePciFunction> functions = new ConcurrentHashMap<>();

  FakePciBus() {}

  /** Puts a function at device and function number 0. */
  public <F extends FakePciFunction> F plug(int device, F function) {
    return plug(device, 0, function);
  }

  public <F extends FakePciFunction> F plug(int device, int number, F function) {
    functions.put(device << 3 | number, function);
    return function;
  }

  /** Takes out whatever is there. */
  public void unplug(int device) {
    FakePciFunction function = functions.remove(device << 3);
    if (function != null) {
      function.pull();
    }
  }

  /** Who answers for that bus, device and function; null for nobody. */
  FakePciFunction find(int own, int bus, int device, int number) {
    if (bus == own) {
      return functions.get(device << 3 | number);
    }
    for (FakePciFunction function : functions.values()) {
      if (function instanceof FakePciBridge bridge && bridge.leadsTo(bus)) {
        return bridge.below().find(bridge.secondary(), bus, device, number);
      }
    }
    return null;
  }

  FakePciFunction.Place decode(boolean io, long address) {
    for (FakePciFunction function : functions.values()) {
      FakePciFunction.Place place = function.decode(io, address);
      if (place != null) {
        return place;
      }
    }
    return null;
  }
}
