package org.jvisor.virtio.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.jvisor.slirp.bindings.libslirp_h;
import org.jvisor.virtio.net.NetException;

/** Finds out whether libslirp is there, before the bindings are loaded, which need it. */
public final class SlirpLibrary {
    private static final String FILE = "libslirp.so.0";

    private SlirpLibrary() {}

    /** Whether the library can be loaded. */
    public static boolean present() {
        try {
            SymbolLookup.libraryLookup(FILE, Arena.ofAuto());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Checks that the library can be loaded.
     *
     * @throws NetException saying what to install if not
     */
    static void require() {
        if (!present()) {
            throw new NetException(
                    "user networking needs libslirp, but "
                            + FILE
                            + " cannot be loaded. Install it (Debian, Ubuntu: apt install libslirp0;"
                            + " Fedora: dnf install libslirp; Arch: pacman -S libslirp), or use"
                            + " --net passt, --net tap or --net none");
        }
    }

    /** The version of the library, such as {@code 4.7.0}; only if it is {@link #present}. */
    static String version() {
        return libslirp_h.slirp_version_string().getString(0);
    }
}
