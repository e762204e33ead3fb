package virtio.itest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** The shell, as a user meets it: a line in, text out. Inside the framework; one thread. */
final class Shell {
  private final BundleContext context;

  Shell(BundleContext context) {
    this.context = context;
  }

  /**
   * What a command answered.
   *
   * @param text what it printed, and then what it returned
   */
  record Answer(Object result, String text) {}

  /**
   * What QEMU's monitor answered.
   *
   * @param command its name, or all of it in JSON
   */
  String qmp(String machine, String command) {
    try {
      return run("virtio:qmp " + machine + " '" + command + "'").text();
    } catch (Exception none) {
      throw new AssertionError(command, none);
    }
  }

  Answer run(String line) throws Exception {
    ServiceReference<CommandProcessor> processor = context.getServiceReference(CommandProcessor.class);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        CommandSession session = context.getService(processor).createSession(new ByteArrayInputStream(new byte[0]), out, out)) {
      Object result = session.execute(line);
      if (result != null) {
        out.print(session.format(result, Converter.INSPECT));
      }
      return new Answer(result, bytes.toString(StandardCharsets.UTF_8));
    } finally {
      context.ungetService(processor);
    }
  }
}
