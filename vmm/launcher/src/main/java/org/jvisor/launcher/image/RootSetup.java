package org.jvisor.launcher.image;

import java.util.List;

/**
 * The shell script that makes an installed Debian a guest of jvisor. It runs outside the new root,
 * whose folder is its first argument, as whoever the bootstrap tool makes root; it needs only the
 * host's shell and coreutils, and reads no file, since in a user namespace the user's own files may
 * be out of reach.
 */
final class RootSetup {
    /** What every disk has installed besides Debian's essential packages. */
    static final List<String> PACKAGES =
            List.of(
                    "systemd-sysv",
                    "systemd-resolved",
                    "libpam-systemd",
                    "dbus",
                    "udev",
                    "linux-image-cloud-amd64",
                    "openssh-server",
                    "sudo",
                    "iproute2",
                    "iputils-ping",
                    "ca-certificates",
                    "e2fsprogs");

    private RootSetup() {}

    /**
     * The script.
     *
     * @param uuid of the root file system
     */
    static String script(RootDisk disk, String uuid) {
        StringBuilder script = new StringBuilder("set -eu\nroot=$1\n");
        file(script, "/etc/hostname", disk.hostname() + "\n");
        file(
                script,
                "/etc/hosts",
                """
                127.0.0.1 localhost
                127.0.1.1 %s
                ::1 localhost ip6-localhost ip6-loopback
                """
                        .formatted(disk.hostname()));
        // growfs: after the disk was made larger, the file system follows at the next boot.
        file(
                script,
                "/etc/fstab",
                "UUID=%s / ext4 errors=remount-ro,x-systemd.growfs 0 1\n".formatted(uuid));
        file(
                script,
                "/etc/systemd/network/80-dhcp.network",
                """
                [Match]
                Type=ether

                [Network]
                DHCP=yes
                """);
        // Empty: systemd makes one at the first boot.
        file(script, "/etc/machine-id", "");
        script.append("rm -f \"$root/var/lib/dbus/machine-id\"\n");
        script.append("ln -sf ../run/systemd/resolve/stub-resolv.conf \"$root/etc/resolv.conf\"\n");
        chroot(script, "systemctl enable systemd-networkd systemd-resolved ssh");
        chroot(script, "systemctl enable serial-getty@ttyS0.service");
        chroot(script, "ssh-keygen -A");
        file(script, CloneIdentity.SCRIPT_PATH, CloneIdentity.SCRIPT);
        script.append("chmod 0755 \"$root%s\"\n".formatted(CloneIdentity.SCRIPT_PATH));
        file(script, CloneIdentity.UNIT_PATH, CloneIdentity.UNIT);
        chroot(script, "systemctl enable jvisor-host-keys.service");
        // The serial line is in the hands of who runs the machine; ssh takes keys only.
        chroot(script, "passwd -d root");
        keys(script, "/root", "root", disk.keys());
        if (!disk.user().isEmpty()) {
            chroot(script, "useradd -m -s /bin/bash -G sudo " + disk.user());
            chroot(script, "passwd -d " + disk.user());
            file(
                    script,
                    "/etc/sudoers.d/jvisor",
                    "%s ALL=(ALL:ALL) NOPASSWD: ALL\n".formatted(disk.user()));
            script.append("chmod 0440 \"$root/etc/sudoers.d/jvisor\"\n");
            keys(script, "/home/" + disk.user(), disk.user(), disk.keys());
        }
        script.append("rm -rf \"$root\"/var/cache/apt/archives/*.deb\n");
        return script.toString();
    }

    private static void keys(StringBuilder script, String home, String owner, List<String> keys) {
        if (keys.isEmpty()) {
            return;
        }
        file(script, home + "/.ssh/authorized_keys", String.join("\n", keys) + "\n");
        script.append("chmod 0700 \"$root%s/.ssh\"\n".formatted(home));
        script.append("chmod 0600 \"$root%s/.ssh/authorized_keys\"\n".formatted(home));
        chroot(script, "chown -R %1$s:%1$s %2$s/.ssh".formatted(owner, home));
    }

    private static void file(StringBuilder script, String path, String content) {
        script.append("mkdir -p \"$root%s\"\n".formatted(path.substring(0, path.lastIndexOf('/'))));
        script.append("printf %%s %s >\"$root%s\"\n".formatted(quoted(content), path));
    }

    private static void chroot(StringBuilder script, String command) {
        script.append("chroot \"$root\" ").append(command).append('\n');
    }

    /** The text as one word of the shell. */
    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
