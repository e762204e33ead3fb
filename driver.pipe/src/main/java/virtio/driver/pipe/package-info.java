/** The driver of the pipe: bytes through receive and transmit buffers, or straight over a channel. Knows no bus and no ring. */
package virtio.driver.pipe;
