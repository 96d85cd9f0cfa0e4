package org.jvisor.cpucheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.Cpu;
import org.jvisor.cpucheck.HostReport.DeviceState;
import org.jvisor.cpucheck.HostReport.Hypervisor;
import org.jvisor.cpucheck.HostReport.KvmDevice;
import org.jvisor.cpucheck.HostReport.KvmModule;
import org.jvisor.cpucheck.HostReport.ModuleState;
import org.jvisor.cpucheck.HostReport.Probe;

/** Draws the verdict from the facts, and says what to do. */
final class Judge {
    private static final String SOFTWARE_IS_FASTER =
            "Use --accel auto or software: the software CPU is faster than this KVM.";

    /** Modules of other hypervisors, which keep the CPU's virtualisation to themselves. */
    private static final Map<String, String> RIVALS =
            Map.of("vboxdrv", "VirtualBox", "vmmon", "VMware");

    private final Host host;
    private final Cpu cpu;
    private final Hypervisor hypervisor;
    private final KvmModule module;

    Judge(Host host, Cpu cpu, Hypervisor hypervisor, KvmModule module) {
        this.host = host;
        this.cpu = cpu;
        this.hypervisor = hypervisor;
        this.module = module;
    }

    Verdict judge(KvmDevice device, @Nullable Probe probe) {
        if (device.state() != DeviceState.READY || probe == null) {
            return new Verdict(
                    Verdict.Kind.SOFTWARE_ONLY,
                    "KVM cannot be used: " + device.problem() + sentenceEnd(device.problem()),
                    advice(device));
        }
        if (probe.failure() != null) {
            return new Verdict(
                    Verdict.Kind.SOFTWARE_ONLY,
                    "KVM is there, but could not run a guest of a few instructions: "
                            + probe.failure()
                            + sentenceEnd(probe.failure()),
                    List.of("Look into the kernel's log (dmesg) for what KVM says."));
        }
        String speeds = "its guest made " + Units.instructions(probe.guestInstructionsPerSecond());
        if (probe.hostInstructionsPerSecond() > 0) {
            speeds +=
                    ", where the CPU itself makes "
                            + Units.instructions(probe.hostInstructionsPerSecond());
        }
        if (probe.runsNatively()) {
            return new Verdict(
                    Verdict.Kind.HARDWARE,
                    "KVM runs guests on the CPU: " + speeds + ".",
                    List.of());
        }
        List<String> advice = new ArrayList<>();
        advice.add(SOFTWARE_IS_FASTER);
        advice.addAll(enableVt());
        return new Verdict(
                Verdict.Kind.KVM_WITHOUT_VT,
                "KVM opens and runs, but interprets guests: " + speeds + ".",
                advice);
    }

    private static String sentenceEnd(@Nullable String text) {
        return text != null && text.endsWith(".") ? "" : ".";
    }

    private List<String> advice(KvmDevice device) {
        return switch (device.state()) {
            case READY -> List.of();
            case NO_PERMISSION -> permission(device);
            case BUSY -> List.of(rival());
            case ABSENT -> absent();
            case UNUSABLE -> List.of("Check that /dev/kvm is the device of KVM: ls -l /dev/kvm.");
        };
    }

    private List<String> permission(KvmDevice device) {
        String group = device.group();
        String permissions = String.valueOf(device.permissions());
        boolean groupMay = permissions.length() == 9 && permissions.startsWith("rw", 3);
        if (group != null && groupMay && !group.equals("root")) {
            return List.of(
                    "Join the group %s: sudo usermod -aG %s %s, then log in again."
                            .formatted(group, group, host.user()));
        }
        return List.of(
                "Give the device to a group of yours: sudo chgrp kvm /dev/kvm && sudo chmod 660"
                        + " /dev/kvm, then join it: sudo usermod -aG kvm "
                        + host.user()
                        + ".");
    }

    private String rival() {
        for (Map.Entry<String, String> rival : RIVALS.entrySet()) {
            if (host.exists("/sys/module/" + rival.getKey())) {
                return "Stop the machines of "
                        + rival.getValue()
                        + ", or remove its module: sudo modprobe -r "
                        + rival.getKey()
                        + ".";
            }
        }
        return "Stop the other hypervisor that uses the CPU's virtualisation.";
    }

    private List<String> absent() {
        List<String> advice = new ArrayList<>();
        if (module.state() == ModuleState.NOT_LOADED && hasVt()) {
            advice.add("Load the module: sudo modprobe " + module.name() + ".");
            advice.add(
                    "If it refuses, VT is switched off in the firmware: see below; the kernel's"
                            + " log (dmesg) says so.");
            advice.add(firmware());
        } else if (module.name() != null && module.state() != ModuleState.NOT_LOADED) {
            advice.add(
                    "KVM is in the kernel, but its device is not here: in a container, pass it"
                            + " with --device /dev/kvm.");
            advice.addAll(enableVt());
        } else if (hasVt()) {
            advice.add("The kernel has no KVM: install one that does.");
        } else {
            advice.addAll(enableVt());
        }
        return advice;
    }

    /** What brings VT into the CPU's flags; nothing where it is there. */
    private List<String> enableVt() {
        if (hasVt()) {
            return List.of();
        }
        if (hypervisor.present()) {
            String around = hypervisor.name() == null ? "the hypervisor" : hypervisor.name();
            return List.of(
                    "This host is a virtual machine of "
                            + around
                            + ", which does not pass VT on: allow nesting outside (on a KVM host:"
                            + " module parameter nested=1 of kvm_intel or kvm_amd, and the CPU"
                            + " model host), or choose an instance type with nested"
                            + " virtualisation.");
        }
        return List.of(firmware());
    }

    private String firmware() {
        return cpu.vendor().equals("AuthenticAMD")
                ? "Switch on AMD-V in the firmware's setup (often called SVM Mode)."
                : "Switch on VT-x in the firmware's setup (often called Intel Virtualization"
                        + " Technology).";
    }

    private boolean hasVt() {
        return cpu.vmx() || cpu.svm();
    }
}
