package org.jvisor.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.benchmarks.report.Block;
import org.jvisor.benchmarks.report.Section;
import org.jvisor.launcher.image.Image;

/**
 * From the start of a monitor's process to what its guest does, all monitors in turn.
 *
 * @param bench what all suites have
 * @param runs of each monitor that count
 */
record StartSuite(Bench bench, int runs) {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration FLAT_LIMIT = Duration.ofMinutes(1);

    /** Seconds that it takes about. */
    double seconds() {
        return (runs + 1) * (6 * 0.7 + 4 * 5.0) + 30;
    }

    /** Measures. */
    Section run() throws IOException, InterruptedException {
        List<String> skipped = new ArrayList<>();
        Image image = image(skipped);
        Path work = bench.work();
        Vmm.Machine linux =
                image == null
                        ? new Vmm.Machine(Path.of(""), Path.of(""), "", StartGuests.MEMORY, 1)
                        : StartGuests.linux(work, image, "initrd-start", "");
        StartMachine.Guests guests = StartGuests.tiny(work, linux);
        List<StartMachine> machines = machines(guests, image != null, skipped);
        Map<StartMachine, StartTimes> times = new LinkedHashMap<>();
        machines.forEach(machine -> times.put(machine, new StartTimes()));
        for (int run = 0; run <= runs; run++) {
            for (StartMachine machine : machines) {
                measure(machine, times, run, skipped);
            }
        }
        if (image != null) {
            Vmm.Machine waiting = StartGuests.linux(work, image, "initrd-memory", "sleep 5");
            StartMachine.Guests held = StartGuests.tiny(work, waiting);
            for (StartMachine machine : machines(held, true, new ArrayList<>())) {
                probe(machine, times);
            }
        }
        return section(times, skipped);
    }

    private @Nullable Image image(List<String> skipped) throws InterruptedException {
        try {
            return Images.debian(bench.err());
        } catch (BenchException e) {
            skipped.add("Linux guests: " + e.getMessage());
            return null;
        }
    }

    private List<StartMachine> machines(
            StartMachine.Guests guests, boolean boots, List<String> skipped) {
        List<StartMachine> machines = new ArrayList<>();
        List<String> script = List.of(bench.root().resolve("jvisor").toString());
        Path dist = bench.root().resolve("vmm/launcher/target/dist");
        machines.add(StartMachine.ours("./jvisor", script, "software", guests, boots));
        if (Jvm.hasCache(dist)) {
            List<String> java = Jvm.launcher(dist, true);
            machines.add(StartMachine.ours("java, AOT cache", java, "software", guests, boots));
        } else {
            skipped.add(
                    "The AOT cache: this build could not make one, or JVISOR_TRANSLATOR is set");
        }
        List<String> plain = Jvm.launcher(dist, false);
        machines.add(StartMachine.ours("java, no AOT cache", plain, "software", guests, boots));
        boolean vt = bench.host().hasVt();
        boolean kvm = bench.host().hasKvm();
        if (kvm) {
            machines.add(StartMachine.ours("./jvisor, KVM", script, "kvm", guests, vt && boots));
        } else {
            skipped.add("Everything on KVM: it is " + bench.host().kvm());
        }
        Vmm.Qemu qemu = Vmm.Qemu.find(System.getenv("PATH"));
        if (qemu == null) {
            skipped.add("QEMU: there is no " + Vmm.Qemu.PROGRAM + " in the PATH");
        } else {
            machines.add(StartMachine.qemu(qemu, "tcg", guests, boots));
            if (kvm) {
                machines.add(StartMachine.qemu(qemu, "kvm", guests, vt && boots));
            }
        }
        if (kvm && !vt) {
            skipped.add("Linux guests on KVM: it is " + bench.host().kvm());
        }
        others(guests, vt && kvm && boots, machines, skipped);
        return machines;
    }

    private static void others(
            StartMachine.Guests guests,
            boolean boots,
            List<StartMachine> machines,
            List<String> skipped) {
        for (String name :
                List.of(
                        StartMachine.LKVM,
                        StartMachine.CLOUD_HYPERVISOR,
                        StartMachine.FIRECRACKER)) {
            Path program = Vmm.onPath(name, System.getenv("PATH"));
            if (program == null) {
                skipped.add(name + ": it is not in the PATH");
            } else if (!boots) {
                skipped.add(name + ": it boots Linux on KVM with VT only");
            } else if (name.equals(StartMachine.FIRECRACKER)) {
                skipped.add(name + ": it boots uncompressed kernels, and the image's is not");
            } else {
                machines.add(
                        name.equals(StartMachine.LKVM)
                                ? StartMachine.lkvm(program.toString(), guests)
                                : StartMachine.cloudHypervisor(program.toString(), guests));
            }
        }
    }

    private void measure(
            StartMachine machine,
            Map<StartMachine, StartTimes> times,
            int run,
            List<String> skipped)
            throws InterruptedException {
        StartTimes into = times.get(machine);
        if (into == null) {
            return;
        }
        try {
            if (machine.flat() != null && !into.flatFailed) {
                VmProcess process = VmProcess.run(machine.flat(), FLAT_LIMIT);
                long marked = process.nanosTo(StartGuests.MARK);
                if (marked < 0 || process.status() != StartGuests.FLAT_STATUS) {
                    into.flatFailed = true;
                    skipped.add(failure(machine, "the tiny guest", process));
                } else if (run > 0) {
                    into.flat(marked, process.wallNanos());
                }
            }
            if (machine.linux() != null && !into.linuxFailed) {
                VmProcess process = VmProcess.run(machine.linux(), LIMIT);
                long marked = process.nanosTo(StartGuests.MARK);
                if (marked < 0 || process.status() != 0) {
                    into.linuxFailed = true;
                    skipped.add(failure(machine, "Linux", process));
                } else if (run > 0) {
                    into.linux(marked, process.wallNanos());
                }
            }
        } catch (BenchException e) {
            into.flatFailed = true;
            into.linuxFailed = true;
            skipped.add(machine.title() + ": " + e.getMessage());
        }
        bench.err().printf("start: %s, run %d%n", machine.title(), run);
    }

    private static String failure(StartMachine machine, String guest, VmProcess process) {
        return "%s does not run %s here (status %d): %s"
                .formatted(machine.title(), guest, process.status(), process.tail().strip());
    }

    private void probe(StartMachine machine, Map<StartMachine, StartTimes> times)
            throws IOException, InterruptedException {
        // A script's process is its java, by exec; the first entry of ours stands for all.
        for (Map.Entry<StartMachine, StartTimes> entry : times.entrySet()) {
            List<String> command = machine.linux();
            if (entry.getKey().title().equals(machine.title())
                    && command != null
                    && !entry.getValue().linuxFailed) {
                entry.getValue().memory = MemoryProbe.of(command, StartGuests.MEMORY);
            }
        }
    }

    private static Section section(Map<StartMachine, StartTimes> times, List<String> skipped) {
        List<Block> blocks = new ArrayList<>(StartTimes.blocks(times));
        skipped.forEach(what -> blocks.add(new Block.Note("Skipped: " + what)));
        ObjectNode data = new ObjectMapper().createObjectNode();
        ArrayNode machines = data.putArray("monitors");
        times.forEach((machine, each) -> each.describe(machines.addObject(), machine.title()));
        ArrayNode left = data.putArray("skipped");
        skipped.forEach(left::add);
        return new Section("start", "Start-up", blocks, data);
    }
}
