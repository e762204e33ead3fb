/**
 * Linux system calls that the JDK does not offer, through {@code java.lang.foreign}: waiting on a word of shared memory
 * ({@link virtio.os.linux.Futex}), memory that costs nothing until it is touched ({@link virtio.os.linux.AnonymousMemory}), holes in
 * files ({@link virtio.os.linux.SparseFile}), network interfaces that end here ({@link virtio.os.linux.Tap}), and event counters of another
 * process ({@link virtio.os.linux.EventFd}).
 *
 * <p>This is the only bundle that calls restricted methods, so it is the only one that needs
 * {@code --enable-native-access}. Everything runs on Linux, on x86_64 and aarch64; elsewhere the first use throws an
 * {@link java.lang.UnsupportedOperationException} that names the system found.
 */
@Version("1.0.0")
@Export
package virtio.os.linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
