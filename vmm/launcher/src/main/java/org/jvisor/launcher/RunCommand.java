package org.jvisor.launcher;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.jvisor.launcher.console.Console;
import org.jvisor.launcher.console.FileLink;
import org.jvisor.launcher.console.PtyLink;
import org.jvisor.launcher.console.RawTerminal;
import org.jvisor.launcher.console.SerialLink;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.machine.AcceleratorKind;
import org.jvisor.machine.ClockKind;
import org.jvisor.machine.Machine;
import org.jvisor.machine.MachineConfig;
import org.jvisor.machine.MachineConfigFile;
import org.jvisor.machine.MachineExit;
import org.jvisor.machine.MachineStatistics;
import org.jvisor.machine.SmpMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jvisor run}: makes a machine from its options and stays until it has ended. */
@Command(
        name = "run",
        description = {
            "Runs a virtual machine until it ends.",
            "Without --kernel it boots an image, by default Debian's kernel with a root shell, which is"
                    + " fetched on first use. Options override the configuration file."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nKeys, where standard input is a terminal:%n",
        footer = {
            "  Ctrl-A X       stop the guest at once and quit",
            "  Ctrl-A C       open or close the monitor prompt",
            "  Ctrl-A H       show the keys",
            "  Ctrl-A Ctrl-A  send Ctrl-A to the guest",
            "Anything else that standard input is (a pipe, a file) is typed to the guest as it is."
        })
final class RunCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Option(
            names = "--kernel",
            paramLabel = "FILE",
            description =
                    "A Linux bzImage or vmlinux, a Multiboot kernel, or with --flat a flat binary.")
    @Nullable Path kernel;

    @Option(
            names = "--initrd",
            paramLabel = "FILE",
            description = "The initial RAM disk, or the Multiboot module.")
    @Nullable Path initrd;

    @Option(
            names = "--cmdline",
            paramLabel = "TEXT",
            description =
                    "The kernel's command line, in place of the default console=ttyS0,115200.")
    @Nullable String commandLine;

    @Option(
            names = "--flat",
            paramLabel = "ADDRESS",
            converter = Converters.Address.class,
            description =
                    "Take --kernel as a flat binary, loaded and entered (in real mode, CS 0) at this"
                            + " address, such as 0x7c00.")
    @Nullable Long flatAddress;

    @Option(
            names = "--image",
            paramLabel = "NAME",
            description = "The image to boot; --kernel, --initrd and --cmdline replace its parts.")
    @Nullable String image;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description =
                    "Guest RAM in bytes or with K, M, G, T as in 512M (the default; 1G for an image with a disk).")
    @Nullable Long memory;

    @Option(names = "--cpus", paramLabel = "N", description = "The number of CPUs (default 1).")
    @Nullable Integer cpus;

    @Option(
            names = "--accel",
            paramLabel = "KIND",
            converter = Converters.Accelerator.class,
            description =
                    "auto (the default: KVM where it runs on hardware virtualization, else software),"
                            + " kvm, or software.")
    @Nullable AcceleratorKind accelerator;

    @Option(
            names = "--smp-mode",
            paramLabel = "MODE",
            converter = Converters.Smp.class,
            description =
                    "How software runs several CPUs: parallel (the default), a host thread for each,"
                            + " or deterministic, one thread for all in turn.")
    @Nullable SmpMode smpMode;

    @Option(
            names = "--clock",
            paramLabel = "KIND",
            converter = Converters.Clock.class,
            description =
                    "What the guest's time goes by: host (the default), or in software the"
                            + " instructions executed, 1 ns for each (the default with --lockstep).")
    @Nullable ClockKind clock;

    @Option(
            names = "--lockstep",
            description =
                    "Check the translator: interpret again whatever software ran translated, compare, and"
                            + " stop with a report at the first difference. Slow; not with --smp-mode parallel.")
    boolean lockstep;

    @Mixin DeviceOptions devices = new DeviceOptions();

    @Option(
            names = "--cloud-init",
            paramLabel = "FILE",
            description =
                    "User data for cloud-init in the guest, which finds it on a last, read-only disk"
                            + " (NoCloud).")
    @Nullable Path cloudInit;

    @Option(
            names = "--virtio-console",
            paramLabel = "WHERE[,name=NAME]",
            converter = Converters.ConsoleEnd.class,
            description =
                    "A port of the virtio console: a terminal (hvc0), or with a name a port under"
                            + " /dev/virtio-ports. WHERE as with --serial, which is null if stdio goes here."
                            + " May be repeated.")
    List<ConsoleTarget> consoles = List.of();

    @Option(
            names = "--serial",
            paramLabel = "WHERE",
            converter = Converters.Serial.class,
            description =
                    "Where the guest's first serial line goes: stdio (the default), null, file=PATH"
                            + " (output only).")
    @Nullable SerialTarget serial;

    @Option(
            names = "--no-reboot",
            description = "Exit with status 80 when the guest asks for a reset.")
    boolean noReboot;

    @Option(
            names = "--stats",
            description =
                    "Tell on standard error, after the end, what the machine did: instructions, TLB,"
                            + " exits, translated code, times.")
    boolean stats;

    @Option(names = "--name", paramLabel = "NAME", description = "The machine's name.")
    @Nullable String name;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A JSON file with the machine's configuration.")
    @Nullable Path config;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        if (lockstep) {
            if (smpMode == SmpMode.PARALLEL) {
                throw mistake(
                        "--lockstep takes writes back, which --smp-mode parallel would show to other"
                                + " CPUs: leave one of them out");
            }
            smpMode = SmpMode.DETERMINISTIC;
            clock = clock == null ? ClockKind.INSTRUCTIONS : clock;
            System.setProperty("org.jvisor.emulator.lockstep", "true"); // read when CPUs are made
        }
        SerialTarget where = serialTarget();
        MachineConfig.Builder configuration = configuration(where, err);
        Path userData = cloudInit;
        if (userData == null) {
            return run(configuration, where, err);
        }
        try (CloudInit seed = CloudInit.of(userData)) {
            return run(configuration.disk(seed.disk()), where, err);
        }
    }

    private int run(MachineConfig.Builder configuration, SerialTarget where, PrintWriter err)
            throws InterruptedException {
        List<MachineRun.ConsoleEnd> ends = new ArrayList<>();
        for (ConsoleTarget console : consoles) {
            ends.add(new MachineRun.ConsoleEnd(console.name(), open(console.where(), err)));
        }
        AtomicReference<@Nullable MachineStatistics> statistics = new AtomicReference<>();
        MachineExit exit =
                MachineRun.toEnd(
                        Machine.builder(configuration),
                        open(where, err),
                        ends,
                        stats ? vm -> statistics.set(vm.statistics()) : _ -> {});
        int status = MachineRun.report(exit, err);
        MachineStatistics told = statistics.get();
        if (told != null) {
            err.print(StatisticsTable.of(told, processTime()));
            err.flush();
        }
        return status;
    }

    private CommandLine.ParameterException mistake(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    /** CPU time of this process so far. */
    private static Duration processTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** KVM has no translator to check: lockstep needs the software accelerator. */
    private void lockstepInSoftware(MachineConfig.Builder built) {
        if (built.build().accelerator() == AcceleratorKind.KVM) {
            throw mistake(
                    "--lockstep checks the software accelerator, but this machine is to run on kvm: say"
                            + " --accel software, or leave --lockstep out");
        }
        built.accelerator(AcceleratorKind.SOFTWARE);
    }

    /** Where the first serial line goes: to the terminal unless the console does. */
    private SerialTarget serialTarget() {
        long terminals =
                consoles.stream().filter(end -> end.where() instanceof SerialTarget.Stdio).count()
                        + (serial instanceof SerialTarget.Stdio ? 1 : 0);
        if (terminals > 1) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "stdio can be connected to one of --serial and --virtio-console: send the others"
                            + " elsewhere");
        }
        if (serial != null) {
            return serial;
        }
        return terminals == 0 ? new SerialTarget.Stdio() : new SerialTarget.Null();
    }

    private MachineConfig.Builder configuration(SerialTarget where, PrintWriter err)
            throws InterruptedException {
        MachineConfig.Builder built =
                config == null ? MachineConfig.builder() : MachineConfigFile.read(config);
        set(name, built::name);
        set(memory, built::memory);
        set(cpus, built::cpus);
        set(accelerator, built::accelerator);
        if (lockstep) {
            lockstepInSoftware(built);
        }
        set(smpMode, built::smpMode);
        set(clock, built::clock);
        set(kernel, built::kernel);
        set(initrd, built::initrd);
        set(commandLine, built::commandLine);
        set(flatAddress, built::flatAddress);
        devices.apply(built);
        if (noReboot) {
            built.stopOnReset(true);
        }
        if (image != null || !(built.hasKernel() || built.hasFlatAddress())) {
            boolean onTerminal = where instanceof SerialTarget.Stdio && RawTerminal.isTerminal(0);
            BootDefaults.image(
                    built, image == null ? Flavor.CLOUD.imageName() : image, err, onTerminal);
        } else if (!built.hasCommandLine()) {
            built.commandLine(BootDefaults.commandLine(built.build()));
        }
        return built;
    }

    private static <T> void set(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    private static SerialLink open(SerialTarget target, PrintWriter err) {
        return switch (target) {
            case SerialTarget.Stdio _ -> Console.standard();
            case SerialTarget.Null _ -> SerialLink.NULL;
            case SerialTarget.File file -> FileLink.open(file.path());
            case SerialTarget.Pty _ -> {
                PtyLink link = PtyLink.open();
                err.println("jvisor: the guest's serial line is " + link.name());
                yield link;
            }
        };
    }
}
