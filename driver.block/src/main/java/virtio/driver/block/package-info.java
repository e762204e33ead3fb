/** The driver of the block device: requests, split and copied as the device wants them. Knows no bus and no ring. */
package virtio.driver.block;
