package virtio.bus;

/** What the other half of a ring did wrong. Each has its test. The first one breaks the queue until reset. */
public enum Violation {
  /** The used index passed what was published. */
  USED_INDEX,
  /** A used id outside the queue. */
  USED_ID_RANGE,
  /** A used id that stands for no buffer and never did since it was last free. */
  USED_ID_FREE,
  /** A used id inside a chain. */
  USED_ID_NOT_HEAD,
  /** A used id that was used already. */
  USED_ID_TWICE,
  /** A used id that was added and not yet synced. */
  USED_ID_NOT_SYNCED,
  /** A used length above what was writable. */
  USED_LEN,
  /** The available index is further ahead than the queue is long. */
  AVAIL_INDEX,
  /** An available head outside the queue. */
  HEAD_RANGE,
  /** An available head that is still the device's. */
  HEAD_TWICE,
  /** A chain that comes back to itself. */
  CHAIN_LOOPS,
  /** A chain of more parts than the queue or the device can take. */
  CHAIN_TOO_LONG,
  /** A next outside its table. */
  NEXT_RANGE,
  /** An address or a length outside what was shared. */
  ADDRESS_NOT_GRANTED,
  /** A part of no bytes. */
  PART_EMPTY,
  /** A device-readable part after a device-writable one. */
  READABLE_AFTER_WRITABLE,
  /** An indirect descriptor inside an indirect table. */
  INDIRECT_IN_INDIRECT,
  /** INDIRECT together with NEXT. */
  INDIRECT_WITH_NEXT,
  /** An indirect table of no or of broken descriptors. */
  INDIRECT_LENGTH,
  /** An indirect descriptor where INDIRECT_DESC was not accepted. */
  INDIRECT_NOT_ACCEPTED,
  /** A socket ring's frame that is none: another magic, padding that is not zero. */
  BAD_FRAME,
  /** A frame of no known type, or of one that goes the other way. */
  BAD_TYPE,
  /** A flag that is reserved, or has no meaning on this frame. */
  BAD_FLAGS,
  /** A frame longer than was agreed, cut short by its message, or with payload that its type does not have. */
  BAD_LENGTH,
  /** A frame of no session, or of another one where that cannot be. */
  BAD_SESSION,
  /** A HELLO or its answer that makes no session: version, longest frame, or while there is one. */
  BAD_HELLO,
  /** A frame out of sequence. */
  BAD_SEQUENCE,
  /** A frame of a queue that is not open, or cannot be opened so. */
  BAD_QUEUE,
  /** A slot that does not exist or is in no state for this frame. */
  BAD_SLOT,
  /** A generation that is not the slot's. */
  BAD_GENERATION,
  /** Payload outside its buffer, or over what came before. */
  BAD_OFFSET,
  /** Credit taken back, or so much that it cannot be told from less. */
  BAD_CREDIT,
  /** More payload than credit. */
  CREDIT_EXCEEDED,
  /** The other half ended the session: it says that this one did wrong. */
  PEER_ERROR,
  /** The channel has gone. No wrong, but as final: nothing comes any more, and nobody knows what the other half still does. No reset heals it. */
  CHANNEL_GONE
}
