package virtio.pipe.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Combination;
import virtio.bus.Failure;
import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;
import virtio.bus.port.Publisher;
import virtio.pipe.Pipe.Position;
import virtio.pipe.PipeDevice;
import virtio.pipe.PipeException;
import virtio.pipe.PipePort;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeBus;

/** The port between its users and whatever pipes come and go: what is carried over, and when a pipe ends. */
@Timeout(60)
class PortTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final FakeBus<PipePort, FakePipe> bus = new FakeBus<>();
  private final List<String> published = new CopyOnWriteArrayList<>();
  private final Control control = new Control(bus, new Publisher() {
    @Override
    public void online(String combination) {
      published.add(combination);
    }

    @Override
    public void offline() {
      published.add("offline");
    }
  }, "p");

  @AfterEach
  void stop() {
    assertThat(control.stop(TimeUnit.SECONDS.toNanos(20))).isTrue();
  }

  private static PortSettings settings(Object... more) {
    HashMap<String, Object> properties = new HashMap<>(Map.of("name", "p", "grace", "20000"));
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    PortProperties read = new PortProperties(properties);
    return PortSettings.of(read, read.flag("raw"));
  }

  private static Combination combination(String name) {
    return new Combination(null, null, null, null, Map.of("virtio.glue", name));
  }

  private PipeDevice start(FakePipe first, Object... more) {
    return start(first, combination("one"), more);
  }

  private PipeDevice start(FakePipe first, Combination one, Object... more) {
    bus.next(first);
    control.configure("", settings(more), null);
    control.want(one);
    control.start();
    awaitPublished("one");
    assertThat(first.begun()).isTrue();
    return new ServedPipe(control, control.life());
  }

  private void awaitPublished(String... all) {
    assertThat(Await.that(LIMIT, () -> published.equals(List.of(all)))).as(published + " " + control.state()).isTrue();
  }

  private static byte[] read(PipeDevice from, int most) throws IOException {
    byte[] into = new byte[most];
    long count = from.read(MemorySegment.ofArray(into));
    return Arrays.copyOf(into, (int) count);
  }

  @Test
  void anExchangeThatLostNothingGoesUnseen() throws IOException {
    FakePipe first = FakePipe.at(100, 200);
    PipeDevice pipe = start(first);
    pipe.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
    first.give(10, 11, 12);
    assertThat(read(pipe, 2)).containsExactly(10, 11);
    FakePipe second = FakePipe.at(103, 203);
    bus.next(second);
    control.want(combination("two"));
    awaitPublished("one", "two");
    second.give(13);
    assertThat(read(pipe, 10)).as("what was left, before what is new").containsExactly(12);
    assertThat(read(pipe, 10)).containsExactly(13);
    pipe.write(MemorySegment.ofArray(new byte[] {4}));
    assertThat(second.written.toByteArray()).containsExactly(4);
    assertThat(pipe.counters().read()).isEqualTo(4);
    assertThat(pipe.counters().received()).isEqualTo(4);
    assertThat(pipe.counters().taken()).isEqualTo(4);
  }

  @Test
  void bytesThatTheDeviceTookWithoutOurSeeingItAreNotLost() throws IOException {
    FakePipe first = FakePipe.at(0, 0).loses(2).neverDrains();
    PipeDevice pipe = start(first);
    pipe.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
    bus.next(FakePipe.at(0, 3));
    control.want(combination("two"));
    awaitPublished("one", "two");
    assertThat(pipe.tryRead(MemorySegment.ofArray(new byte[1]), 0, 1)).isZero();
  }

  @Test
  void aFaultThatLostNothingGoesUnseenToo() throws IOException {
    FakePipe first = FakePipe.at(0, 0);
    PipeDevice pipe = start(first);
    first.give(1);
    FakePipe second = FakePipe.at(1, 0);
    bus.next(second);
    first.fail(Failure.Kind.RING_BROKEN);
    awaitPublished("one", "one");
    second.give(2);
    assertThat(read(pipe, 10)).containsExactly(1);
    assertThat(read(pipe, 10)).containsExactly(2);
  }

  @Test
  @Shows("F41")
  void lostBytesEndThePipeAndAnotherBegins() throws IOException {
    FakePipe first = FakePipe.at(0, 0).loses(3);
    PipeDevice pipe = start(first);
    pipe.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
    first.give(9);
    FakePipe second = FakePipe.at(5, 1);
    bus.next(second);
    control.want(combination("two"));
    awaitPublished("one", "offline", "two");
    assertThat(read(pipe, 10)).as("what had arrived").containsExactly(9);
    assertThatThrownBy(() -> read(pipe, 10)).isInstanceOf(PipeException.class)
        .hasMessage("p: the pipe has ended: bytes were lost: 4 that m0/0 had given, 2 that it had not taken");
    assertThatThrownBy(() -> pipe.write(MemorySegment.ofArray(new byte[1]))).isInstanceOf(PipeException.class);
    assertThatThrownBy(pipe::flush).isInstanceOf(PipeException.class);
    PipeDevice next = new ServedPipe(control, control.life());
    next.write(MemorySegment.ofArray(new byte[] {7}));
    assertThat(second.written.toByteArray()).containsExactly(7);
    assertThat(second.begun()).isTrue();
  }

  @Test
  void anotherPipeIsAnotherPipe() {
    PipeDevice pipe = start(FakePipe.at(0, 0));
    bus.next(new FakePipe("m0/1", new Position(8, 0, 0)));
    control.want(combination("two"));
    awaitPublished("one", "offline", "two");
    assertThatThrownBy(() -> read(pipe, 1)).isInstanceOf(PipeException.class).hasMessageContaining("another pipe on m0/1");
  }

  @Test
  void aRawPipeIsCarriedOverWhereItWasDrained() throws IOException {
    FakePipe first = FakePipe.raw();
    PipeDevice pipe = start(first, "raw", "true");
    assertThat(first.boundRaw()).isTrue();
    first.give(1);
    FakePipe second = FakePipe.raw();
    bus.next(second);
    control.want(combination("two"));
    awaitPublished("one", "two");
    assertThat(read(pipe, 5)).containsExactly(1);
    bus.next(FakePipe.raw());
    second.fail(Failure.Kind.RING_BROKEN);
    awaitPublished("one", "two", "offline", "two");
    assertThatThrownBy(() -> read(pipe, 5)).isInstanceOf(PipeException.class).hasMessageContaining("cannot say where it stands");
  }

  @Test
  void rawIsTheDriversConcernAndNeedsANewBinding() {
    FakePipe first = FakePipe.at(0, 0);
    start(first);
    assertThat(first.boundRaw()).isFalse();
    FakePipe second = FakePipe.raw();
    bus.next(second);
    control.configure("", settings("raw", "true"), null);
    awaitPublished("one", "offline", "one");
    assertThat(second.boundRaw()).isTrue();
  }

  @Test
  void anOtherEndThatHangsUpIsTheEndOfReading() throws IOException {
    FakePipe first = FakePipe.raw();
    PipeDevice pipe = start(first, "raw", "true");
    first.give(1, 2);
    first.hangUp();
    assertThat(read(pipe, 5)).containsExactly(1, 2);
    assertThat(pipe.read(MemorySegment.ofArray(new byte[1]))).isEqualTo(PipeDevice.END);
    assertThat(pipe.channel().read(ByteBuffer.allocate(1))).isEqualTo(-1);
    assertThatThrownBy(() -> pipe.write(MemorySegment.ofArray(new byte[1]))).isInstanceOf(PipeException.class)
        .hasMessageContaining("the other end has gone");
  }

  @Test
  @Shows("F42")
  void aDeviceThatHasGoneTakesTheServiceWithIt() throws IOException {
    FakePipe first = FakePipe.at(0, 0);
    PipeDevice pipe = start(first);
    first.give(1);
    first.fail(Failure.Kind.DEVICE_GONE);
    awaitPublished("one", "offline");
    assertThat(read(pipe, 5)).containsExactly(1);
    assertThatThrownBy(() -> read(pipe, 5)).isInstanceOf(PipeException.class).hasMessageContaining("device gone");
  }

  @Test
  void aDeviceWhoseCombinationIsWithdrawnHasTwoSecondsAndThenThePortLetsGo() {
    FakePipe first = FakePipe.at(0, 0).waitsInVain();
    Combination one = combination("one");
    start(first, one, "drain", "600000");
    long begun = System.nanoTime();
    assertThat(control.release(one, TimeUnit.MILLISECONDS.toNanos(4500))).as("out within what the component waits").isTrue();
    assertThat(System.nanoTime() - begun).as("nanoseconds").isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(2));
    assertThat(first.drained()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
    assertThat(first.isUp()).isFalse();
    assertThat(control.online()).isFalse();
  }

  @Test
  void aDeviceThatIsClosedWithItsPortHasTwoSecondsToo() {
    FakePipe first = FakePipe.at(0, 0);
    start(first, "drain", "600000");
    stop();
    assertThat(first.drained()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
  }

  @Test
  void aShorterDrainStaysAsItIsConfigured() {
    FakePipe first = FakePipe.at(0, 0);
    Combination one = combination("one");
    start(first, one, "drain", "70");
    assertThat(control.release(one, LIMIT.toNanos())).isTrue();
    assertThat(first.drained()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(70));
  }

  @Test
  void whereAnotherCombinationWaitsADeviceHasAllItsTime() {
    FakePipe first = FakePipe.at(0, 0);
    start(first, "drain", "600000");
    bus.next(FakePipe.at(0, 0));
    control.want(combination("two"));
    awaitPublished("one", "two");
    assertThat(first.drained()).isEqualTo(TimeUnit.SECONDS.toNanos(600));
  }

  @Test
  void aBoundIsABound() {
    PipeDevice pipe = start(FakePipe.at(0, 0));
    MemorySegment four = MemorySegment.ofArray(new byte[4]);
    assertThatThrownBy(() -> pipe.tryRead(four, 1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> pipe.tryWrite(four, -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
