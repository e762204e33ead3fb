package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import virtio.testkit.FlawedChannel.Flaw;

/** The contract of channels passes one without a flaw, of either kind, and fails each flawed one. */
class ChannelContractTest {
  abstract static class Flawed extends ChannelContract {
    private final Flaw flaw;
    private final int maxMessage;

    Flawed(Flaw flaw, int maxMessage) {
      this.flaw = flaw;
      this.maxMessage = maxMessage;
    }

    @Override
    protected ChannelPair connect() {
      return FlawedChannel.pair(flaw, maxMessage);
    }

    @Override
    protected Duration patience() {
      return flaw == Flaw.NONE ? super.patience() : Duration.ofMillis(500);   // a broken one never does it
    }
  }

  static class Stream extends Flawed {
    Stream() {
      super(Flaw.NONE, 0);
    }
  }

  static class Messages extends Flawed {
    Messages() {
      super(Flaw.NONE, 2000);
    }
  }

  static class ForgetsReaders extends Flawed {
    ForgetsReaders() {
      super(Flaw.FORGETS_TO_TELL_READERS, 0);
    }
  }

  static class ForgetsWriters extends Flawed {
    ForgetsWriters() {
      super(Flaw.FORGETS_TO_TELL_WRITERS, 2000);
    }
  }

  static class CallsInside extends Flawed {
    CallsInside() {
      super(Flaw.CALLS_INSIDE, 0);
    }
  }

  static class Reorders extends Flawed {
    Reorders() {
      super(Flaw.REORDERS, 2000);
    }
  }

  static class Loses extends Flawed {
    Loses() {
      super(Flaw.LOSES, 0);
    }
  }

  static class Truncates extends Flawed {
    Truncates() {
      super(Flaw.TRUNCATES, 2000);
    }
  }

  static class Swallows extends Flawed {
    Swallows() {
      super(Flaw.SWALLOWS, 0);
    }
  }

  static class ComesBack extends Flawed {
    ComesBack() {
      super(Flaw.COMES_BACK, 2000);
    }
  }

  static class ClosesAtOnce extends Flawed {
    ClosesAtOnce() {
      super(Flaw.CLOSES_AT_ONCE, 0);
    }
  }

  static class TakesAnything extends Flawed {
    TakesAnything() {
      super(Flaw.TAKES_ANYTHING, 2000);
    }
  }

  @Test
  void aChannelWithoutAFlawPasses() {
    assertThat(Verdict.of(Stream.class).failed()).isEmpty();
    assertThat(Verdict.of(Messages.class).failed()).isEmpty();
  }

  @Test
  void eachFlawIsFound() {
    String told = "nothingThereIsZeroAndItsEndIsTold";
    String woken = "aWriterIsHeldUpAndWokenWhenItsReaderMakesRoom";
    String all = "everyByteArrivesOnceAndInOrderBothWaysAtOnce";
    assertThat(Verdict.of(ForgetsReaders.class).failed()).contains(told);
    assertThat(Verdict.of(ForgetsWriters.class).failed()).contains(woken);
    assertThat(Verdict.of(CallsInside.class).failed()).contains(all);
    assertThat(Verdict.of(Reorders.class).failed()).contains(woken);
    assertThat(Verdict.of(Loses.class).failed()).contains(all);
    assertThat(Verdict.of(Truncates.class).failed()).contains("aMessageArrivesWholeAndAStreamHasNoBoundaries");
    assertThat(Verdict.of(Swallows.class).failed()).contains(woken);
    assertThat(Verdict.of(ComesBack.class).failed()).contains("aPeerThatHasGoneIsGoneForGood",
        "aPeerThatHasGoneIsGoneForGoodAtTheOtherEndToo");
    assertThat(Verdict.of(ClosesAtOnce.class).failed()).containsExactly("closingWaitsForACallUnderWay");
    assertThat(Verdict.of(TakesAnything.class).failed()).contains("aCallersMistakeIsAnExceptionAndMovesNothing");
  }
}
