/**
 * What hosts, machines and transports are made of, whatever bus they are: memory handed out by address, threads with one job, doorbells,
 * interrupt handlers, those who watch. Each host and transport uses what fits and knows no other; nothing here knows a bus.
 *
 * <p>A thread that is made here ends when its owner closes it, and a {@code close} that waits says for whom. What other people's code throws
 * on such a thread is logged, to the owner's log, and goes no further.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.machine;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
