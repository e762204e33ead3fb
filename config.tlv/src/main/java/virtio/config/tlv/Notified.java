package virtio.config.tlv;

import virtio.bus.Window;

/** NOTIFY of a byte of an entry in plain memory: a field's is for that field, all others are for status and acknowledgements. */
record Notified(HostHalf half, HostedEntry entry) implements Window {
  @Override
  public long size() {
    return entry.length();
  }

  @Override
  public long read(long offset, int width) {
    return 0;
  }

  @Override
  public void write(long offset, int width, long value) {
    half.notified(entry.fieldAt(offset));
  }
}
