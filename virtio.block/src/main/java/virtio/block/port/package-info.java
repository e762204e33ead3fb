/** The component behind a {@link virtio.block.BlockDevice}: what stays while rings, buses and devices come and go. */
package virtio.block.port;
