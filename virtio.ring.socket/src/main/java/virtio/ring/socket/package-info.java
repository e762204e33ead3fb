/**
 * The ring that shares no memory: {@link SocketRing}.
 *
 * <h2>What the other half can make this one hold</h2>
 * Nobody grows without a bound, whatever comes over the channel.
 * <ul>
 * <li>A session, either half: two buffers of {@link Sizes#batch}, or of the channel's longest message, and the headers of
 *     its last 64 frames. A frame is copied out of the first only when it is whole; there is one at most that is not.
 * <li>The driver's half: nothing more. What comes goes where buffers that were added say, and lists are as long as its queues.
 * <li>The device's half: for each of the model's queues, each way, {@link Sizes#mostMemory}. With the standard sizes that is
 *     128 MiB, and 512 bytes for each slot. What is announced takes no memory. For what the model may read, it is allocated when the first
 *     byte comes, one buffer at a time comes, and credit for more is given as long as no more is here or allowed than {@link Sizes#held}.
 *     For what the model may write, it is allocated when the model takes the buffer; one that would go beyond waits until others are used.
 * </ul>
 * Memory goes when its queue goes: with the next driver, or with the device.
 */
package virtio.ring.socket;
