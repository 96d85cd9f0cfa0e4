package org.jvisor.cpucheck;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.Probe;

/** A host made up of files, CPUID answers and a KVM. */
final class FakeHost implements Host {
    static final int ENOENT = 2, EACCES = 13, EBUSY = 16, ENOTTY = 25;
    static final long CPU_SPEED = 3_000_000_000L;

    private final Map<String, String> files = new HashMap<>();
    private final Map<Integer, CpuidLeaf> cpuid = new HashMap<>();
    private @Nullable Ownership ownership;
    private KvmAccess kvm = new KvmAccess.Refused(ENOENT, "open of /dev/kvm failed: ENOENT");

    /** How often the KVM given out was closed. */
    final List<String> closed = new ArrayList<>();

    static FakeHost intel(String moreFlags) {
        return new FakeHost()
                .file(
                        "/proc/cpuinfo",
                        """
                        processor	: 0
                        vendor_id	: GenuineIntel
                        cpu family	: 6
                        model		: 158
                        model name	: Intel(R) Core(TM) i7-9700K CPU @ 3.60GHz
                        stepping	: 13
                        flags		: fpu vme sse2 lm %s
                        vmx flags	: vnmi ept vpid unrestricted_guest

                        processor	: 1
                        vendor_id	: GenuineIntel
                        """
                                .formatted(moreFlags))
                .cpuid(1, 0, 0, 0, 0);
    }

    static FakeHost amd(String moreFlags) {
        return new FakeHost()
                .file(
                        "/proc/cpuinfo",
                        """
                        processor	: 0
                        vendor_id	: AuthenticAMD
                        cpu family	: 25
                        model		: 33
                        model name	: AMD Ryzen 9 5900X 12-Core Processor
                        stepping	: 2
                        flags		: fpu vme sse2 lm %s
                        """
                                .formatted(moreFlags))
                .cpuid(1, 0, 0, 0, 0);
    }

    FakeHost file(String path, String text) {
        files.put(path, text);
        return this;
    }

    FakeHost module(String name, String... parameters) {
        file("/sys/module/" + name + "/refcnt", "0");
        for (int i = 0; i < parameters.length; i += 2) {
            file("/sys/module/" + name + "/parameters/" + parameters[i], parameters[i + 1] + "\n");
        }
        return this;
    }

    FakeHost loaded(String name) {
        return file("/proc/modules", name + " 409600 0 - Live 0x0000000000000000\n");
    }

    FakeHost cpuid(int leaf, int eax, int ebx, int ecx, int edx) {
        cpuid.put(leaf, new CpuidLeaf(leaf, 0, eax, ebx, ecx, edx));
        return this;
    }

    FakeHost insideHypervisor(String signature) {
        byte[] text = signature.getBytes(StandardCharsets.ISO_8859_1);
        int[] registers = new int[3];
        for (int i = 0; i < text.length; i++) {
            registers[i / 4] |= text[i] << (i % 4 * 8);
        }
        cpuid(1, 0, 0, 1 << 31, 0);
        return cpuid(0x4000_0000, 0x4000_0000, registers[0], registers[1], registers[2]);
    }

    FakeHost withoutCpuid() {
        cpuid.clear();
        return this;
    }

    FakeHost device(String group, String permissions) {
        ownership = new Ownership(group, permissions);
        return file("/dev/kvm", "");
    }

    FakeHost refuses(int errno, String message) {
        kvm = new KvmAccess.Refused(errno, message);
        return this;
    }

    FakeHost kvmRunning(long guestSpeed) {
        return kvmAnswering(new ProbeResult(new Probe(guestSpeed, CPU_SPEED, 1500, null), 0));
    }

    FakeHost kvmAnswering(ProbeResult result) {
        kvm = new FakeKvm(12, result);
        return device("kvm", "rw-rw----");
    }

    FakeHost notKvm() {
        kvm = new FakeKvm(-1, ProbeResult.failed("unreachable", 0));
        return device("root", "rw-rw-rw-");
    }

    @Override
    public Optional<String> read(String path) {
        return Optional.ofNullable(files.get(path));
    }

    @Override
    public boolean exists(String path) {
        return files.containsKey(path) || !list(path).isEmpty();
    }

    @Override
    public List<String> list(String path) {
        TreeSet<String> names = new TreeSet<>();
        for (String file : files.keySet()) {
            if (file.startsWith(path + "/")) {
                String rest = file.substring(path.length() + 1);
                int slash = rest.indexOf('/');
                names.add(slash < 0 ? rest : rest.substring(0, slash));
            }
        }
        return List.copyOf(names);
    }

    @Override
    public Optional<Ownership> ownership(String path) {
        return path.equals("/dev/kvm") ? Optional.ofNullable(ownership) : Optional.empty();
    }

    @Override
    public Optional<CpuidLeaf> cpuid(int leaf, int subleaf) {
        return Optional.ofNullable(cpuid.get(leaf));
    }

    @Override
    public String user() {
        return "alice";
    }

    @Override
    public KvmAccess kvm() {
        return kvm;
    }

    private final class FakeKvm implements KvmAccess.Usable {
        private final int version;
        private final ProbeResult result;

        FakeKvm(int version, ProbeResult result) {
            this.version = version;
            this.result = result;
        }

        @Override
        public int apiVersion() {
            if (version < 0) {
                throw new IllegalStateException("KVM_GET_API_VERSION failed: ENOTTY");
            }
            return version;
        }

        @Override
        public int extension(String name) {
            return name.length();
        }

        @Override
        public List<CpuidLeaf> guestCpuid() {
            return List.of(new CpuidLeaf(13, 2, 0x100, 0x240, 0, -1));
        }

        @Override
        public ProbeResult probe(boolean measureExits) {
            return result;
        }

        @Override
        public void close() {
            closed.add("kvm");
        }
    }
}
