package org.jvisor.launcher.image;

import java.util.List;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/**
 * What a root disk to be made is like.
 *
 * @param name of the image
 * @param size of the disk, in bytes
 * @param suite the Debian release, such as {@code bookworm}
 * @param mirror where its packages are
 * @param packages what is installed besides what every disk has
 * @param hostname the guest's name
 * @param user an account besides root; empty for none
 * @param keys the SSH public keys, a line each, that may log in as root and as the user
 */
public record RootDisk(
        String name,
        long size,
        String suite,
        String mirror,
        List<String> packages,
        String hostname,
        String user,
        List<String> keys) {
    /** The release that is made unless another is asked for. */
    public static final String DEFAULT_SUITE = "bookworm";

    /** Where packages come from unless told. */
    public static final String DEFAULT_MIRROR = "http://deb.debian.org/debian";

    /** The smallest disk, in bytes: the packages every disk has take most of it. */
    public static final long MIN_SIZE = 1L << 30;

    /** The largest file system of 4 KiB blocks with 32-bit block numbers, in bytes. */
    public static final long MAX_SIZE = 16L << 40;

    private static final int BLOCK = 4096;

    /**
     * Checks it; the values become part of files and of a shell's input.
     *
     * @throws UserError if a part is wrong
     */
    public RootDisk {
        packages = List.copyOf(packages);
        keys = List.copyOf(keys);
        require(
                ImageStore.validName(name),
                "an image cannot be called '%s': use letters, digits, and . _ - behind the first, at most 64",
                name);
        require(
                !Flavor.isImageName(name),
                "the name %s belongs to the image that jvisor image pull fetches: choose another with --name",
                name);
        require(
                size >= MIN_SIZE && size < MAX_SIZE && size % BLOCK == 0,
                "a root disk cannot have %s bytes: from 1G up to 16T, in steps of 4K",
                Long.toString(size));
        require(
                suite.matches("[a-z][a-z0-9-]{0,31}"),
                "'%s' is not the name of a Debian release, such as bookworm",
                suite);
        require(
                mirror.matches("(https?|file)://?[^\\s'\"\\\\]+"),
                "'%s' is not the URL of a mirror, such as " + DEFAULT_MIRROR,
                mirror);
        for (String wanted : packages) {
            require(
                    wanted.matches("[a-z0-9][a-z0-9+.-]+"),
                    "'%s' is not the name of a Debian package",
                    wanted);
        }
        require(
                hostname.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"),
                "'%s' is not a host name: use lower-case letters, digits and -, at most 63; name it with --hostname",
                hostname);
        require(
                user.isEmpty() || user.matches("[a-z][a-z0-9_-]{0,30}") && !user.equals("root"),
                "'%s' is not the name of a user to make: use lower-case letters, digits, _ and -, at most 31",
                user);
        for (String key : keys) {
            require(
                    key.matches("(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\\p{Cntrl}]*)?"),
                    "'%s' is not an SSH public key: give the file that ends in .pub",
                    key.length() > 40 ? key.substring(0, 40) + "..." : key);
        }
    }

    private static void require(boolean right, String message, String found) {
        if (!right) {
            throw new UserError(ExitStatus.USAGE, message.formatted(found));
        }
    }

    /** A host name made of an image's name. */
    public static String hostnameOf(String image) {
        String plain =
                image.toLowerCase(java.util.Locale.ROOT)
                        .replaceAll("[^a-z0-9-]", "-")
                        .replaceAll("-+$", "");
        return plain.length() > 63 ? plain.substring(0, 63).replaceAll("-+$", "") : plain;
    }
}
