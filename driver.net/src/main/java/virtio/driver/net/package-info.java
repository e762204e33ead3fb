/** The driver of the network card: frames in, frames out, and the commands that say what to let in. Knows no bus and no ring. */
package virtio.driver.net;
