package org.jvisor.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jvisor.launcher.console.SerialLink;
import org.jvisor.machine.Machine;
import org.jvisor.machine.MachineExit;
import org.jvisor.machine.SerialPort;

/** One machine, from start to end, on one serial link. */
final class MachineRun {
    private MachineRun() {}

    /**
     * A port of the virtio console: its name, empty for a terminal, and what it is connected to.
     */
    record ConsoleEnd(String name, SerialLink link) {}

    /**
     * Makes the machine, starts it and waits for its end. The links are closed, and so the terminal
     * back as it was, when this returns or throws.
     *
     * @param atEnd called with the machine after the guest's end, before it is closed
     * @throws UserError if the guest's output could not be written
     */
    static MachineExit toEnd(
            Machine.Builder builder,
            SerialLink link,
            List<ConsoleEnd> consoles,
            Consumer<Machine> atEnd)
            throws InterruptedException {
        AtomicReference<IOException> failure = new AtomicReference<>();
        AtomicReference<Runnable> stop = new AtomicReference<>(() -> {});
        builder.serial(0, watched(link, failure, stop));
        for (ConsoleEnd console : consoles) {
            builder.console(console.name(), watched(console.link(), failure, stop));
        }
        try (link;
                Machine vm = builder.build()) {
            stop.set(vm::stop);
            link.connect(new GuestConsole(vm, vm::serialInput));
            for (int i = 0; i < consoles.size(); i++) {
                int port = i;
                consoles.get(i)
                        .link()
                        .connect(
                                new GuestConsole(
                                        vm,
                                        (line, bytes, offset, length) ->
                                                vm.consoleInput(port, bytes, offset, length)));
            }
            vm.start();
            MachineExit exit = vm.await();
            if (failure.get() != null) {
                throw new UserError(
                        ExitStatus.IO,
                        "the guest was stopped because its serial output could not be written: "
                                + failure.get().getMessage(),
                        failure.get());
            }
            atEnd.accept(vm);
            return exit;
        } finally {
            consoles.forEach(console -> console.link().close());
        }
    }

    /** The link as a far end that stops the machine when it fails. */
    private static SerialPort watched(
            SerialLink link, AtomicReference<IOException> failure, AtomicReference<Runnable> stop) {
        return (bytes, length) -> {
            try {
                link.output(bytes, length);
            } catch (IOException e) {
                failure.set(e);
                // Not on this thread: the machine may wait for it in order to stop.
                Thread.ofPlatform().daemon().name("output-failed").start(stop.get());
                throw e;
            }
        };
    }

    /** Tells the user about an end that needs telling, and returns the exit status for it. */
    static int report(MachineExit exit, PrintWriter err) {
        return switch (exit) {
            case MachineExit.PowerOff _ -> ExitStatus.OK;
            case MachineExit.DebugExit debug -> debug.status();
            case MachineExit.Stopped _ -> ExitStatus.STOPPED;
            case MachineExit.Reset _ -> {
                err.println("jvisor: the guest asked for a reset, and --no-reboot ends it there");
                yield ExitStatus.RESET;
            }
            case MachineExit.Halted _ -> {
                err.println("jvisor: every CPU of the guest halted, and nothing can wake one");
                yield ExitStatus.HALTED;
            }
            case MachineExit.Crashed crashed -> {
                err.print("jvisor: the guest crashed\n" + crashed.report().toText());
                err.flush();
                yield ExitStatus.CRASHED;
            }
        };
    }
}
