package org.jvisor.launcher;

import java.time.Duration;
import java.util.List;
import org.jvisor.launcher.console.ConsoleGuest;
import org.jvisor.machine.Machine;
import org.jvisor.machine.MachineConfig;
import org.jvisor.machine.Sizes;

/** What the console may do to a machine. */
final class GuestConsole implements ConsoleGuest {
    /** Where what is typed goes. */
    @FunctionalInterface
    interface Input {
        /** Feeds a serial line, of which 0 is the first; blocks while the guest does not read. */
        void input(int line, byte[] bytes, int offset, int length) throws InterruptedException;
    }

    private final Machine vm;
    private final Input input;
    private final long started = System.nanoTime();

    GuestConsole(Machine vm, Input input) {
        this.vm = vm;
        this.input = input;
    }

    @Override
    public void input(byte[] bytes, int offset, int length) throws InterruptedException {
        input.input(0, bytes, offset, length);
    }

    @Override
    public void quit() {
        vm.stop();
    }

    @Override
    public void reset() {
        vm.reset();
    }

    @Override
    public void powerButton() {
        vm.powerButton();
    }

    @Override
    public String device(List<String> words) {
        return DeviceCommands.execute(vm, words);
    }

    @Override
    public String status() {
        MachineConfig config = vm.config();
        Duration up = Duration.ofNanos(System.nanoTime() - started);
        long instructions = vm.instructions();
        return "%s: %s, %d CPU%s, %s of memory, accelerator %s, up %d:%02d:%02d%s"
                .formatted(
                        config.name(),
                        vm.state().toString().toLowerCase(java.util.Locale.ROOT),
                        config.cpus(),
                        config.cpus() == 1 ? "" : "s",
                        Sizes.format(config.memory()),
                        vm.accelerator(),
                        up.toHours(),
                        up.toMinutesPart(),
                        up.toSecondsPart(),
                        instructions < 0 ? "" : ", %,d instructions".formatted(instructions));
    }
}
