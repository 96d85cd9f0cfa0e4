package org.jvisor.emulator;

import org.jvisor.linux.CodeMemory;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.LinuxException;
import org.jvisor.linux.NativeCode;

/**
 * Whether the host executes what {@link HostCompiler} makes. It must be of the guest's
 * architecture, and it may forbid executable memory (SELinux without execmem, a seccomp filter):
 * that is found out by trying.
 */
final class HostSupport {
    /** What may be expected without a trial, which takes a while: a guest has not begun yet. */
    static final boolean EXPECTED =
            System.getProperty("os.arch").equals("amd64")
                    && !Boolean.getBoolean("org.jvisor.emulator.bytecode");

    /** It does; {@link HostState} and {@link HostFeatures} are for such hosts only. */
    static final boolean PRESENT =
            isPresent(System.getProperty("os.arch"), HostSupport::makeExecutableMemory);

    private HostSupport() {}

    /**
     * Finds out.
     *
     * @param architecture the host's, as Java names it
     * @param trial makes executable memory in the ways that are needed; fails if the host forbids
     *     one
     */
    static boolean isPresent(String architecture, Runnable trial) {
        if (!architecture.equals("amd64")) {
            return false;
        }
        try {
            trial.run();
            return true;
        } catch (LinuxException e) {
            return false; // guests are interpreted, or become bytecode
        }
    }

    /** In both ways: code that is put in its place from time to time, and code that stays. */
    private static void makeExecutableMemory() {
        byte[] ret = {(byte) 0xc3};
        CodeMemory.allocate(HostMemory.PAGE_SIZE).put(0, ret);
        NativeCode.of(ret).close();
    }
}
