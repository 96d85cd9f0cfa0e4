package org.jvisor.cpucheck;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.cpucheck.HostReport.Probe;

/** Where the facts come from: the machine this runs on, or one made up by a test. */
interface Host {
    /**
     * Who may open a file.
     *
     * @param group its group's name
     * @param permissions such as {@code rw-rw----}
     */
    record Ownership(String group, String permissions) {}

    /** The text of a small file such as those in /proc; empty where it cannot be read. */
    Optional<String> read(String path);

    /** Whether a file or folder is there. */
    boolean exists(String path);

    /** The names in a folder, sorted; none where it cannot be listed. */
    List<String> list(String path);

    /** Who may open a file; empty where it is not there. */
    Optional<Ownership> ownership(String path);

    /** Executes CPUID; empty where that is impossible. */
    Optional<CpuidLeaf> cpuid(int leaf, int subleaf);

    /** The name of this program's user. */
    String user();

    /** Tries to open /dev/kvm. */
    KvmAccess kvm();

    /** What came of opening /dev/kvm. */
    sealed interface KvmAccess {
        /**
         * It did not open.
         *
         * @param errno why, as the kernel says
         * @param message why, for people
         */
        record Refused(int errno, String message) implements KvmAccess {}

        /** It did. */
        non-sealed interface Usable extends KvmAccess, AutoCloseable {
            /** The version of the interface. */
            int apiVersion();

            /** An extension's value, by its name without {@code KVM_CAP_}. */
            int extension(String name);

            /** The CPUID answers guests get. */
            List<CpuidLeaf> guestCpuid();

            /** Runs a guest. */
            ProbeResult probe(boolean measureExits);

            @Override
            void close();
        }
    }

    /**
     * What came of running a guest.
     *
     * @param probe the figures, or the failure
     * @param errno the kernel's reason of the failure; 0 where it is another, or there is none
     */
    record ProbeResult(Probe probe, int errno) {
        static ProbeResult failed(@Nullable String message, int errno) {
            return new ProbeResult(Probe.failed(String.valueOf(message)), errno);
        }
    }
}
