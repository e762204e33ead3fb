/** The bus itself: binds drivers to devices, and shows models on hosts. Nobody imports it. */
package virtio.bus.core;
