package virtio.device.block;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** What a form shows. The properties themselves are read by {@link DeviceSettings}, which says what is wrong with a bad one. */
@ObjectClassDefinition(name = "Block device", description = "A disk whose medium is a file, shown on a host in this JVM")
@interface Configuration {
  @AttributeDefinition(required = false, description = "For messages; otherwise the part of the PID after ~")
  String name();

  @AttributeDefinition(description = "The file; a multiple of 512 bytes")
  String image();

  @AttributeDefinition(required = false,
      description = "Makes the file if it is missing; changed later, it resizes the disk in use. 64M, 1.5G, 67108864")
  String size();

  @AttributeDefinition(required = false, description = "The device refuses writes, and opens the file for reading")
  boolean readonly() default false;

  @AttributeDefinition(required = false, description = "The id string, at most 20 characters; otherwise the name")
  String serial();

  @AttributeDefinition(description = "Where it shows itself: transport.ring.config, as in lguest.split.lguest")
  String[] faces();

  @AttributeDefinition(name = "host.target", required = false, description = "Which host: (virtio.host=m0)")
  String host_target();

  @AttributeDefinition(name = "queue.size", required = false, description = "A power of two", min = "2", max = "32768")
  int queue_size() default 128;

  @AttributeDefinition(name = "blk.size", required = false, description = "Bytes, a power of two", min = "512", max = "65536")
  int blk_size() default 512;

  @AttributeDefinition(name = "physical.block.exp", required = false, description = "2^n logical blocks in a physical one", max = "16")
  int physical_block_exp() default 0;

  @AttributeDefinition(name = "alignment.offset", required = false,
      description = "Logical blocks before the first aligned one", max = "255")
  int alignment_offset() default 0;

  @AttributeDefinition(name = "min.io.size", required = false, description = "Logical blocks", max = "65535")
  int min_io_size() default 1;

  @AttributeDefinition(name = "opt.io.size", required = false, description = "Logical blocks; 0: not said")
  int opt_io_size() default 0;

  @AttributeDefinition(name = "seg.max", required = false,
      description = "Data segments in a request; otherwise queue.size - 2", min = "1", max = "32766")
  int seg_max();

  @AttributeDefinition(name = "size.max", required = false, description = "Bytes in a segment; 0: no limit")
  int size_max() default 0;

  @AttributeDefinition(required = false, description = "Writes may complete before they are stable, unless the driver wishes otherwise")
  boolean writeback() default true;
}
