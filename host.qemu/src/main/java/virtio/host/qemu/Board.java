package virtio.host.qemu;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The machines of QEMU's that are known here: where their memory and their host bridge are, and how their processor is parked. */
enum Board {
  /**
   * A PC. Below 1 MiB memory is not all memory; the hole for devices begins at 2 GiB at the earliest. There is no ACPI here, so PCI Express
   * ports are to be plugged into by their own means.
   */
  Q35("q35", "qemu-system-x86_64", 0, 1 << 20, List.of("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"), Map.of(
      "pci/0/config", "ports:0xcf8",
      "pci/0/memory", "0xc0000000:0x3ec00000",
      "pci/0/memory64", "0x800000000:0x800000000",
      "pci/0/io", "0xc000:0x3000",
      "pci/0/intx", "20,21,22,23"), 0, "ioapic") {
    /** The processor starts 16 bytes below the end: {@code cli; hlt; jmp}. */
    @Override
    byte[] rom() {
      byte[] rom = new byte[ROM];
      byte[] code = HexFormat.of().parseHex("faf4ebfd");
      System.arraycopy(code, 0, rom, ROM - 16, code.length);
      return rom;
    }
  },
  /** QEMU's own board for 64-bit ARM. It puts a device tree where memory begins. */
  VIRT("virt", "qemu-system-aarch64", 0x4000_0000L, 4 << 20, List.of("-cpu", "cortex-a57"), Map.of(
      "pci/0/config", "ecam:0x4010000000:256",
      "pci/0/memory", "0x10000000:0x2eff0000",
      "pci/0/memory64", "0x8000000000:0x8000000000",
      "pci/0/io", "0x1000:0xf000",
      "pci/0/intx", "3,4,5,6"), 0x3eff_0000L, "arm_gic") {
    /** {@code msr daifset, #15; wfi; b .-4} */
    @Override
    byte[] rom() {
      return HexFormat.of().parseHex("df4f03d57f2003d5ffffff17");
    }
  };

  private static final int ROM = 65536;

  final String spelling;
  final String binary;
  final long memoryBase;
  /** How much of the memory's beginning is not for devices. */
  final long reserved;
  final List<String> arguments;
  final Map<String, String> firmware;
  /** Where I/O ports lie in memory; 0 where they have instructions of their own. */
  final long ports;
  /** The type, or the name, of what all interrupt lines end at. */
  final String interrupts;

  Board(String spelling, String binary, long memoryBase, long reserved, List<String> arguments, Map<String, String> firmware, long ports,
      String interrupts) {
    this.spelling = spelling;
    this.binary = binary;
    this.memoryBase = memoryBase;
    this.reserved = reserved;
    this.arguments = arguments;
    this.firmware = firmware;
    this.ports = ports;
    this.interrupts = interrupts;
  }

  /** What parks the processor. */
  abstract byte[] rom();
}
