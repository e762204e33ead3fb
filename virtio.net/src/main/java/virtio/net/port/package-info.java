/** The component behind a {@link virtio.net.NetworkDevice}: what stays while rings, buses and devices come and go. */
package virtio.net.port;
