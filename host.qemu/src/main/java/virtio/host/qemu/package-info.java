/**
 * A machine that is a QEMU process. Its processor is parked by a ROM of a few bytes; its devices are QEMU's own, driven from here.
 *
 * <h2>How it is reached</h2>
 * <table>
 * <caption>what goes where</caption>
 * <tr><th>what</th><th>how</th></tr>
 * <tr><td>memory</td><td>a file that both map; addresses are guest-physical</td></tr>
 * <tr><td>registers, I/O ports</td><td>the qtest socket: a command and a reply each. {@link virtio.bus.Window#post} does not wait for it</td></tr>
 * <tr><td>doorbells ({@link virtio.bus.Window#doorbell})</td><td>the same; those rung often, the eventfd that QEMU has behind them</td></tr>
 * <tr><td>interrupt lines</td><td>intercepted where they enter the interrupt controller, told on the same socket</td></tr>
 * <tr><td>messages (MSI-X)</td><td>cells of guest memory, which a thread looks at</td></tr>
 * <tr><td>resizing, plugging in, queries</td><td>QEMU's monitor, for people: the shell's {@code qmp}</td></tr>
 * </table>
 *
 * <h2>Threads</h2>
 * {@code qemu-NAME} starts QEMU and sees it end; {@code qemu-NAME-qtest} and {@code qemu-NAME-qmp} read the sockets, {@code qemu-NAME-output}
 * what QEMU prints; {@code qemu-NAME-interrupts} runs all handlers; {@code qemu-NAME-doorbells} finds eventfds.
 *
 * <h2>When it goes</h2>
 * A process that has ended, a connection that has, or a command without an answer within the deadline: the machine has gone. Windows read all
 * ones, the service is withdrawn, and another QEMU is started, which is another machine of the same name.
 *
 * <h2>Configuration</h2>
 * One factory configuration {@code virtio.host.qemu} per machine: see {@link virtio.host.qemu.MachineSettings}.
 */
package virtio.host.qemu;
