/**
 * The launcher: an OSGi framework with a watched folder, and nothing of virtio itself. It knows bricks as files, configurations as
 * templates and commands as lines of text, so that a new brick or glue needs no change here.
 */
package virtio.dist;
