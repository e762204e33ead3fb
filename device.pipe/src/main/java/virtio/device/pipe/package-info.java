/** A pipe as a device, and what may be at its other end. Knows no bus and no ring. */
package virtio.device.pipe;
