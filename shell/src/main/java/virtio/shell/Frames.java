package virtio.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtio.bus.Bus;
import virtio.bus.FrameDecoder;
import virtio.bus.FrameDecoder.Trace;

/** Frames of rings that share no memory, as text: of a device that is here, of a file, of digits. */
final class Frames {
  private static final Pattern DIGITS = Pattern.compile("(\\p{XDigit}{2})+");

  private final Bus bus;
  private final List<FrameDecoder> decoders;

  Frames(Bus bus, List<FrameDecoder> decoders) {
    this.bus = bus;
    this.decoders = decoders;
  }

  /** @throws IllegalArgumentException saying what there is */
  String show(String what) throws IOException {
    if (decoders.isEmpty()) {
      throw new IllegalArgumentException("no ring here sends frames (bundle virtio.ring.socket is not active)");
    }
    List<String> sides = ofDevice(what);
    if (!sides.isEmpty()) {
      return String.join("\n\n", sides);
    }
    Path file = file(what);
    if (file != null) {
      return decoded(Files.readAllBytes(file));
    }
    String digits = what.replaceAll("\\s", "");
    if (DIGITS.matcher(digits).matches()) {
      return decoded(HexFormat.of().parseHex(digits));
    }
    throw new IllegalArgumentException("frames=" + what + " (a device that uses a socket ring: " + known()
        + "; a file; or an even number of hexadecimal digits)");
  }

  private List<String> ofDevice(String name) {
    Set<String> addresses = Stream.concat(bus.devices().stream(), bus.served().stream())
        .filter(report -> name.equals(report.name()) || name.equals(report.owner()) || name.equals(report.bus() + " " + report.name()))
        .map(Bus.DeviceReport::name).collect(Collectors.toSet());
    List<String> sides = new ArrayList<>();
    for (Trace trace : traces()) {
      if (addresses.contains(trace.device())) {
        sides.add(trace.device() + ", " + trace.side() + ", the last of " + trace.frames() + " frames\n" + String.join("\n", trace.last()));
      }
    }
    return sides;
  }

  private List<Trace> traces() {
    return decoders.stream().flatMap(decoder -> decoder.traces().stream()).toList();
  }

  private String known() {
    Set<String> names = traces().stream().map(Trace::device).filter(name -> !name.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
    return names.isEmpty() ? "there is none" : String.join(", ", names);
  }

  private static Path file(String name) {
    try {
      Path path = Path.of(name);
      return Files.isRegularFile(path) ? path : null;
    } catch (InvalidPathException none) {
      return null;   // then it is not meant as one
    }
  }

  private String decoded(byte[] bytes) {
    return bytes.length == 0 ? "no bytes" : String.join("\n", decoders.getFirst().decode(bytes));
  }
}
