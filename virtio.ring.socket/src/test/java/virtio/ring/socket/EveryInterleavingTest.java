package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.ring.socket.World.add;
import static virtio.ring.socket.World.detach;
import static virtio.ring.socket.World.get;
import static virtio.ring.socket.World.reset;
import static virtio.ring.socket.World.sync;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.testkit.Shows;

/**
 * Small cases of credit, detach and reset, in every order in which the driver's operations, the model's, and the frames of both directions
 * can follow one another. States that were met before are not entered again, so this ends; each path ends with every buffer back once and
 * everything free.
 */
class EveryInterleavingTest {
  private static final int LIMIT = 60_000;

  private static Arguments small(String name, int slots, List<Consumer<World>> script) {
    return Arguments.of(name, slots, 300, 4, script);
  }

  /** One frame under way at a time, so that a buffer of three is still being sent when something happens to it. */
  private static Arguments narrow(String name, int slots, List<Consumer<World>> script) {
    return Arguments.of(name, slots, 600, 1, script);
  }

  static Stream<Arguments> cases() {
    return Stream.of(
        small("USED crosses DETACH, and the slot is used again", 2,
            List.of(add(0, 0, 8, 8), sync(0), detach(0, 0), add(0, 1, 8, 8), sync(0))),
        small("USED crosses DETACH, and there is one slot", 1, List.of(add(0, 0, 0, 8), sync(0), detach(0, 0))),
        small("a buffer of several frames each way is taken back", 2, List.of(add(0, 0, 300, 300), sync(0), detach(0, 0))),
        small("two buffers, credit for one", 2, List.of(add(0, 0, 300, 4), add(0, 1, 300, 0), sync(0))),
        small("the one that has the credit is taken back", 2,
            List.of(add(0, 0, 300, 4), add(0, 1, 300, 0), sync(0), detach(0, 0))),
        small("the one that waits for credit is taken back", 2,
            List.of(add(0, 0, 300, 4), add(0, 1, 300, 0), sync(0), detach(0, 1))),
        small("two queues, one taken back", 2, List.of(add(0, 0, 250, 4), add(1, 1, 4, 250), sync(0), sync(1), detach(0, 0))),
        small("got, or taken back", 2, List.of(add(0, 0, 4, 4), sync(0), get(0), add(0, 1, 4, 4), sync(0), detach(0, 0), get(0))),
        narrow("a buffer is taken back while it is being sent", 2, List.of(add(0, 0, 600, 8), sync(0), detach(0, 0))),
        narrow("and another one follows it", 2, List.of(add(0, 0, 600, 0), add(0, 1, 600, 0), sync(0), detach(0, 0))),
        narrow("a reset while one is being sent", 2, List.of(add(0, 0, 600, 8), sync(0), reset())),
        small("reset", 2, List.of(add(0, 0, 300, 4), add(1, 1, 4, 250), sync(0), sync(1), get(0), reset())),
        small("reset while one is taken back", 2, List.of(add(0, 0, 8, 8), add(0, 1, 300, 8), sync(0), detach(0, 0), reset())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  @Shows({"F17", "F19", "F23"})
  void endsWell(String name, int slots, int largest, int lane, List<Consumer<World>> script) {
    Set<String> met = new HashSet<>();
    Deque<List<World.Step>> open = new ArrayDeque<>();
    open.add(List.of());
    int ends = 0;
    while (!open.isEmpty()) {
      List<World.Step> path = open.poll();
      boolean last = true;
      for (World.Step next : World.Step.values()) {
        try (World world = new World(script, slots, largest, lane)) {
          path.forEach(world::step);
          String before = world.fingerprint();
          step(world, next, path);
          String after = world.fingerprint();
          if (!after.equals(before)) {
            last = false;
            if (met.add(after)) {
              List<World.Step> longer = new ArrayList<>(path);
              longer.add(next);
              open.add(longer);
            }
          }
        }
      }
      if (last) {
        ends++;
        try (World world = new World(script, slots, largest, lane)) {
          path.forEach(world::step);
          world.checkEnd();
        } catch (AssertionError e) {
          throw new AssertionError("after " + path, e);
        }
      }
      assertThat(met.size()).as("states").isLessThan(LIMIT);
    }
    assertThat(ends).isPositive();
    assertThat(met.size()).isGreaterThan(10);
  }

  private static void step(World world, World.Step next, List<World.Step> path) {
    try {
      world.step(next);
    } catch (AssertionError e) {
      throw new AssertionError("after " + path + ", then " + next, e);
    }
  }
}
