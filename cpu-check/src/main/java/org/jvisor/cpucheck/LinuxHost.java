package org.jvisor.cpucheck;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmException;

/** The machine this runs on. */
final class LinuxHost implements Host {
    private static final int ENODEV = 19;

    @Override
    public Optional<String> read(String path) {
        try {
            // Not readString: a name in /sys may hold any bytes.
            return Optional.of(
                    new String(Files.readAllBytes(Path.of(path)), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(Path.of(path));
    }

    @Override
    public List<String> list(String path) {
        try (Stream<Path> entries = Files.list(Path.of(path))) {
            return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    @Override
    public Optional<Ownership> ownership(String path) {
        try {
            PosixFileAttributes attributes =
                    Files.readAttributes(Path.of(path), PosixFileAttributes.class);
            return Optional.of(
                    new Ownership(
                            attributes.group().getName(),
                            PosixFilePermissions.toString(attributes.permissions())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<CpuidLeaf> cpuid(int leaf, int subleaf) {
        return isX86() ? HostCode.cpuid(leaf, subleaf) : Optional.empty();
    }

    @Override
    public String user() {
        return System.getProperty("user.name", "you");
    }

    @Override
    public KvmAccess kvm() {
        if (!isX86()) {
            return new KvmAccess.Refused(
                    ENODEV, "this is no x86-64 host: its KVM cannot run x86 guests");
        }
        try {
            return new OpenKvm(Kvm.open());
        } catch (KvmException e) {
            return new KvmAccess.Refused(e.errno(), String.valueOf(e.getMessage()));
        }
    }

    private static boolean isX86() {
        return System.getProperty("os.arch", "").equals("amd64");
    }
}
