/**
 * Shell commands of scope {@code virtio}: what is plugged into what, how it does, and whether it works.
 *
 * <p>Commands that show something return text, so that they can be piped. Commands that do something print while they work and return
 * an {@code Integer}: 0 done, 1 failed, 2 used wrongly. A name that nothing has is an {@link java.lang.IllegalArgumentException} of one
 * line, which also says what there is.
 */
package virtio.shell;
