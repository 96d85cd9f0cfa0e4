package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A monitor whose start is measured.
 *
 * @param title in tables
 * @param flat the command that runs the tiny guest; null where the monitor cannot
 * @param linux the command that boots Linux; null likewise
 */
record StartMachine(String title, @Nullable List<String> flat, @Nullable List<String> linux) {
    static final String LKVM = "lkvm", CLOUD_HYPERVISOR = "cloud-hypervisor";
    static final String FIRECRACKER = "firecracker";

    /** Makes one; the lists are copied. */
    StartMachine {
        flat = flat == null ? null : List.copyOf(flat);
        linux = linux == null ? null : List.copyOf(linux);
    }

    /**
     * What is started.
     *
     * @param flat the tiny guest as a flat binary
     * @param rom the tiny guest as a ROM of 64 KiB
     * @param linux the guest with a kernel
     */
    record Guests(String flat, String rom, Vmm.Machine linux) {}

    /**
     * jvisor.
     *
     * @param launcher {@code ./jvisor}, or java and its arguments
     * @param accel software or kvm
     * @param boots whether it can boot Linux so
     */
    static StartMachine ours(
            String title, List<String> launcher, String accel, Guests guests, boolean boots) {
        List<String> flat = new ArrayList<>(launcher);
        flat.addAll(List.of("run", "--accel", accel, "--no-rng"));
        flat.addAll(List.of("--memory", Long.toString(guests.linux().memory())));
        flat.addAll(List.of("--flat", "0x7c00", "--kernel", guests.flat()));
        List<String> linux =
                new Vmm.Jvisor(launcher, List.of("--accel", accel)).command(guests.linux());
        return new StartMachine(title, flat, boots ? linux : null);
    }

    /** QEMU with tcg or kvm. */
    static StartMachine qemu(Vmm.Qemu qemu, String accel, Guests guests, boolean boots) {
        List<String> linux = new ArrayList<>(qemu.command(guests.linux()));
        linux.set(linux.indexOf("tcg"), accel);
        List<String> flat = new ArrayList<>(linux.subList(0, linux.indexOf("-kernel")));
        flat.addAll(List.of("-bios", guests.rom()));
        flat.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=1"));
        String title = "QEMU " + (accel.equals("tcg") ? "TCG" : "KVM");
        return new StartMachine(title, flat, boots ? linux : null);
    }

    /** kvmtool, which boots Linux on KVM. */
    static StartMachine lkvm(String program, Guests guests) {
        Vmm.Machine machine = guests.linux();
        return new StartMachine(
                "kvmtool",
                null,
                List.of(
                        program,
                        "run",
                        "--kernel",
                        machine.kernel().toString(),
                        "--initrd",
                        machine.initrd().toString(),
                        "--mem",
                        Long.toString(machine.memory() >> 20),
                        "--cpus",
                        Integer.toString(machine.cpus()),
                        "--params",
                        machine.commandLine()));
    }

    /** Cloud Hypervisor, likewise. */
    static StartMachine cloudHypervisor(String program, Guests guests) {
        Vmm.Machine machine = guests.linux();
        return new StartMachine(
                "Cloud Hypervisor",
                null,
                List.of(
                        program,
                        "--kernel",
                        machine.kernel().toString(),
                        "--initramfs",
                        machine.initrd().toString(),
                        "--cmdline",
                        machine.commandLine(),
                        "--memory",
                        "size=" + machine.memory(),
                        "--cpus",
                        "boot=" + machine.cpus(),
                        "--serial",
                        "tty",
                        "--console",
                        "off"));
    }
}
