package org.jvisor.launcher.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where a kernel and a static busybox come from. */
interface PackageSource {
    /**
     * Gets them.
     *
     * @param work an empty folder for this alone, removed afterwards
     * @throws Unavailable if they cannot be had from here
     * @throws IOException if the host fails to keep them: a full disk
     */
    Ingredients fetch(Flavor flavor, Path work, Progress progress)
            throws Unavailable, IOException, InterruptedException;

    /**
     * What an image is made of.
     *
     * @param kernel a bzImage
     * @param busybox a static x86-64 binary
     * @param modules of the kernel
     * @param version of the kernel
     * @param origin where they came from, for the user
     */
    record Ingredients(
            byte[] kernel, byte[] busybox, KernelModules modules, String version, String origin) {
        private static final String KERNEL = "boot/vmlinuz-";

        /** Unpacks the two packages. */
        static Ingredients unpack(Path kernelDeb, Path busyboxDeb, String version, String origin)
                throws IOException {
            List<DebArchive.Entry> kernel =
                    DebArchive.readAll(
                            kernelDeb,
                            path -> path.startsWith(KERNEL) || KernelModules.wants(path));
            return new Ingredients(
                    kernel.stream()
                            .filter(file -> file.path().startsWith(KERNEL))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new IOException(
                                                    "%s holds no kernel"
                                                            .formatted(kernelDeb.getFileName())))
                            .content(),
                    DebArchive.read(
                                    busyboxDeb,
                                    path ->
                                            path.equals("bin/busybox")
                                                    || path.equals("usr/bin/busybox"))
                            .content(),
                    KernelModules.of(kernel),
                    version,
                    origin);
        }
    }

    /** They cannot be had; the message says why and, where something helps, what. */
    final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String message) {
            super(message);
        }

        Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
