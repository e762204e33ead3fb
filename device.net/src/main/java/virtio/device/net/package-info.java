/** A network card, the learning switch behind it, and taps of Linux that join that. Knows no bus and no ring. */
package virtio.device.net;
