package virtio.block;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Memory that the device reaches by itself: requests whose memory lies wholly inside cross without a copy. Any thread.
 *
 * <p>It stays valid until closed, even when the disk moves to another device; there its requests are copied, as those of all other memory.
 */
@ProviderType
public interface BlockMemory extends AutoCloseable {
  /** Zeroed at first. Slices of it are as good. */
  MemorySegment segment();

  /** Whether requests from here are copy-free on the device of this moment. */
  boolean direct();

  /** Not while a request with it is pending: IllegalStateException. The segment must not be touched any more. */
  @Override
  void close();
}
