/** What the data path costs, beside C. */
package virtio.bench;
