/** What the data path costs, beside C; and what a disk gives, QEMU's beside ours. */
package virtio.bench;
