/** The component behind a {@link virtio.pipe.PipeDevice}: what stays while rings, buses and devices come and go. */
package virtio.pipe.port;
