package org.jvisor.launcher;

import org.jvisor.machine.MachineException;
import org.jvisor.virtio.block.BlockException;

/**
 * The exit statuses of the {@code jvisor} command. All are even, so that an odd status is always
 * the guest's own, written to its debug-exit port as {@code (value << 1) | 1}, or 128 + n when
 * signal n ended the process.
 */
public final class ExitStatus {
    /** The guest switched its power off, or the command did what was asked. */
    public static final int OK = 0;

    /** An option, argument or configuration that is unknown or out of range. */
    public static final int USAGE = 64;

    /** A file that was named is missing, unreadable or not what it should be. */
    public static final int FILE = 66;

    /** An image could not be had: no network, no package source. */
    public static final int NO_IMAGE = 68;

    /** A fault in jvisor itself. */
    public static final int INTERNAL = 70;

    /** The host lacks what was asked for: /dev/kvm, a permission, memory. */
    public static final int HOST = 72;

    /** Writing failed: a full disk, a closed pipe. */
    public static final int IO = 74;

    /** The guest asked for a reset and {@code --no-reboot} was given. */
    public static final int RESET = 80;

    /** The guest crashed: a triple fault, or an accelerator that cannot go on. */
    public static final int CRASHED = 82;

    /** The user stopped the guest from the terminal. */
    public static final int STOPPED = 84;

    /** Every CPU of the guest halted with nothing left to wake one. */
    public static final int HALTED = 86;

    private ExitStatus() {}

    /** The status for a machine that could not be made or run. */
    static int of(MachineException.Kind kind) {
        return switch (kind) {
            case CONFIGURATION -> USAGE;
            case FILE -> FILE;
            case HOST -> HOST;
        };
    }

    /** The status for a disk that could not be opened, made or changed. */
    public static int of(BlockException.Kind kind) {
        return switch (kind) {
            case OUT_OF_RANGE -> USAGE;
            case READ_ONLY, CORRUPT, UNSUPPORTED, IN_USE, NO_ACCESS -> FILE;
            case IO, NO_SPACE -> IO;
        };
    }
}
