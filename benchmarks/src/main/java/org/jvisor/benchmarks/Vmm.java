package org.jvisor.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A virtual machine monitor to measure. */
sealed interface Vmm {
    /** What it boots, the same for all of them. */
    record Machine(Path kernel, Path initrd, String commandLine, long memory, int cpus) {}

    /** A program in the folders of a {@code PATH}, or null. */
    static @Nullable Path onPath(String program, @Nullable String path) {
        for (String folder : (path == null ? "" : path).split(":", -1)) {
            Path file = Path.of(folder).resolve(program);
            if (!folder.isEmpty() && Files.isExecutable(file)) {
                return file;
            }
        }
        return null;
    }

    /** Its name in tables. */
    String title();

    /** The command that runs the machine with its first serial line on standard output. */
    List<String> command(Machine machine);

    /**
     * jvisor with the software accelerator.
     *
     * @param launcher the command, {@code ./jvisor} or one that takes the same arguments
     * @param options more options of {@code jvisor run}
     */
    record Jvisor(List<String> launcher, List<String> options) implements Vmm {
        @Override
        public String title() {
            return "ours";
        }

        @Override
        public List<String> command(Machine machine) {
            List<String> command = new ArrayList<>(launcher);
            // QEMU's machine has no source of entropy that the guest would set up either
            command.addAll(List.of("run", "--accel", "software", "--no-reboot", "--no-rng"));
            command.addAll(List.of("--memory", Long.toString(machine.memory)));
            command.addAll(List.of("--cpus", Integer.toString(machine.cpus)));
            command.addAll(List.of("--kernel", machine.kernel.toString()));
            command.addAll(List.of("--initrd", machine.initrd.toString()));
            command.addAll(List.of("--cmdline", machine.commandLine));
            command.addAll(options);
            return command;
        }
    }

    /** QEMU's TCG on a q35 board with its default devices. */
    record Qemu(String program) implements Vmm {
        static final String PROGRAM = "qemu-system-x86_64";

        /** QEMU on the {@code PATH}, or null. */
        static @Nullable Qemu find(@Nullable String path) {
            Path file = onPath(PROGRAM, path);
            return file == null ? null : new Qemu(file.toString());
        }

        @Override
        public String title() {
            return "TCG";
        }

        @Override
        public List<String> command(Machine machine) {
            return List.of(
                    program,
                    "-accel",
                    "tcg",
                    "-machine",
                    "q35",
                    "-m",
                    machine.memory / 1024 + "k",
                    "-smp",
                    Integer.toString(machine.cpus),
                    "-nographic",
                    "-no-reboot",
                    "-kernel",
                    machine.kernel.toString(),
                    "-initrd",
                    machine.initrd.toString(),
                    "-append",
                    machine.commandLine);
        }
    }
}
