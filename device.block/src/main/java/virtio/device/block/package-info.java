/** A block device whose medium is a file. Knows no bus and no ring. */
package virtio.device.block;
