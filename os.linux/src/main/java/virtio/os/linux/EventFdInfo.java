package virtio.os.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel says of an event counter that a process has open, at one moment. Any thread.
 *
 * <p>Source: Linux, proc(5), {@code /proc/pid/fdinfo} of an eventfd; {@code eventfd-id} is there since 5.2
 *
 * @param descriptor the process's
 * @param id the kernel's number for the counter, the same in every process; nobody else's while anybody has it open
 * @param count what was added and not read yet, unsigned
 * @param blocking whether adding to a full one waits
 */
public record EventFdInfo(int descriptor, long id, long count, boolean blocking) {
  private static final int O_NONBLOCK = 04000;
  private static final Pattern FLAGS = Pattern.compile("^flags:\\s*([0-7]+)$", Pattern.MULTILINE);
  private static final Pattern COUNT = Pattern.compile("^eventfd-count:\\s*([0-9a-f]+)$", Pattern.MULTILINE);
  private static final Pattern ID = Pattern.compile("^eventfd-id:\\s*([0-9]+)$", Pattern.MULTILINE);

  /**
   * Null when that descriptor is not open, as none of a process is that has gone, is no event counter, or its number is not told.
   *
   * @throws IOException when we may not look, or the process goes meanwhile
   */
  public static EventFdInfo of(long pid, int descriptor) throws IOException {
    String text;
    try {
      text = Files.readString(Path.of("/proc/" + pid + "/fdinfo/" + descriptor));
    } catch (NoSuchFileException closed) {
      return null;
    }
    Matcher flags = FLAGS.matcher(text);
    Matcher count = COUNT.matcher(text);
    Matcher id = ID.matcher(text);
    if (!flags.find() || !count.find() || !id.find()) {
      return null;
    }
    return new EventFdInfo(descriptor, Long.parseLong(id.group(1)), Long.parseUnsignedLong(count.group(1), 16),
        (Integer.parseInt(flags.group(1), 8) & O_NONBLOCK) == 0);
  }

  /**
   * All event counters that the process has open.
   *
   * @throws IOException when the process has gone, or we may not look
   */
  public static List<EventFdInfo> all(long pid) throws IOException {
    List<EventFdInfo> found = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fdinfo"))) {
      for (Path descriptor : descriptors) {
        EventFdInfo info = of(pid, Integer.parseInt(descriptor.getFileName().toString()));
        if (info != null) {
          found.add(info);
        }
      }
    }
    return found;
  }
}
