/**
 * What the host's halves of config handlers have in common, whatever their offsets are. Handlers map offsets to it, and add what their bus
 * has beside.
 *
 * <p>Of a block that is trapped, access by access, as PCI's and MMIO's are: {@link virtio.bus.registers.DeviceRegisters},
 * {@link virtio.bus.registers.FieldSpace}. Of one in plain memory, which is written for whoever may look, as lguest's entries are:
 * {@link virtio.bus.registers.Publication}, {@link virtio.bus.registers.QueueLines}, {@link virtio.bus.registers.GivenRings},
 * {@link virtio.bus.registers.PlainBytes}.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("1.0.0")
package virtio.bus.registers;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
