package virtio.driver.block;

import java.lang.foreign.MemorySegment;
import virtio.block.BlockRequest;

/** A request as a port would hand it over. */
record Asked(Operation operation, long sector, long sectors, MemorySegment memory) implements BlockRequest {
  static Asked read(long sector, byte[] into) {
    return new Asked(Operation.IN, sector, into.length / 512, MemorySegment.ofArray(into));
  }

  static Asked write(long sector, byte[] from) {
    return new Asked(Operation.OUT, sector, from.length / 512, MemorySegment.ofArray(from));
  }

  static Asked plain(Operation operation) {
    return new Asked(operation, 0, 0, null);
  }

  static Asked range(Operation operation, long sector, long sectors) {
    return new Asked(operation, sector, sectors, null);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public BlockRequest read(long from, MemorySegment into) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest write(long to, MemorySegment from) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest flush() {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest id(MemorySegment into) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest discard(long from, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest writeZeroes(long from, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public BlockRequest then(Completion completion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Outcome outcome() {
    return Outcome.PENDING;
  }

  @Override
  public String reason() {
    return "";
  }

  @Override
  public long number() {
    return 0;
  }
}
