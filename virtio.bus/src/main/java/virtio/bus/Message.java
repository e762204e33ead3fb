package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A message-signalled interrupt: whoever writes {@link #data} to {@link #address}, 32 bits, little-endian, calls its handlers. Writes
 * coalesce. Closing gives it back to the machine, which may then hand it out again: first take it out of the device that has it. Any thread.
 */
@ConsumerType
public interface Message extends Interrupt, Registration {
  /** Where the device writes: a multiple of 4. */
  long address();

  /** What it writes; 32 bits, unsigned. */
  int data();
}
