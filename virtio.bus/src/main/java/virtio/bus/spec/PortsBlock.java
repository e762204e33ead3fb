package virtio.bus.spec;

/**
 * Registers of a block of our own, which carries bytes both ways through two ports: {@code transfer} over PCI. Little-endian.
 *
 * <table>
 * <caption>the registers</caption>
 * <tr><th>at</th><th>bytes</th><th>what</th></tr>
 * <tr><td>0x00</td><td>1</td><td>read port: the next byte from the device; 0 where there is none</td></tr>
 * <tr><td>0x04</td><td>1</td><td>write port: a byte to the device; dropped where there is no room</td></tr>
 * <tr><td>0x08</td><td>4</td><td>how many bytes can be read</td></tr>
 * <tr><td>0x0C</td><td>4</td><td>how many bytes can be written</td></tr>
 * <tr><td>0x10</td><td>4</td><td>interrupt status: bit 0 more to read, bit 1 more room to write, bit 2 the device has gone; write 1 to
 * clear</td></tr>
 * <tr><td>0x14</td><td>4</td><td>interrupt enable: the same bits. A status bit that rises while it is enabled interrupts, and one that is
 * enabled while it is up</td></tr>
 * <tr><td>0x18</td><td>4</td><td>reset: any write drops what is under way in both directions, and clears status and enable</td></tr>
 * </table>
 */
public final class PortsBlock {
  public static final int READ_PORT = 0x00;
  public static final int WRITE_PORT = 0x04;
  public static final int READABLE = 0x08;
  public static final int WRITABLE = 0x0C;
  public static final int INTERRUPT_STATUS = 0x10;
  public static final int INTERRUPT_ENABLE = 0x14;
  public static final int RESET = 0x18;
  /** Bytes. */
  public static final int SIZE = 0x1C;

  public static final int EVENT_READABLE = 0x1;
  public static final int EVENT_WRITABLE = 0x2;
  public static final int EVENT_GONE = 0x4;

  private PortsBlock() {}
}
