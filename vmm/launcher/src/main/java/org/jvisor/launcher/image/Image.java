package org.jvisor.launcher.image;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A guest image.
 *
 * @param name what the user calls it
 * @param kernel the kernel's file
 * @param initrd the initial RAM disk's file
 * @param commandLine the kernel's command line
 * @param version of the kernel, as its package names it
 * @param origin where it came from, for the user
 * @param created when it was made
 * @param layout what the initial RAM disk has in it, as a number that grows
 * @param disk the file of its root disk, raw or qcow2 by its name, or null if it has none
 * @param base the name of the image it is a clone of, or null
 */
public record Image(
        String name,
        Path kernel,
        Path initrd,
        String commandLine,
        String version,
        String origin,
        Instant created,
        int layout,
        @Nullable Path disk,
        @Nullable String base) {}
