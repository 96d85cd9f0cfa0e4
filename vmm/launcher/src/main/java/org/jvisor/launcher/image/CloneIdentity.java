package org.jvisor.launcher.image;

import java.util.HexFormat;
import java.util.UUID;

/**
 * What makes a clone another machine than the one it is a copy of. Its kernel command line tells
 * systemd a machine ID, which goes before the one on the disk; a service that every root disk has
 * makes new host keys for ssh when that ID is not the one they were made for.
 */
final class CloneIdentity {
    /** The parameter, as systemd names it. */
    private static final String PARAMETER = "systemd.machine_id=";

    /** Where the script is in the guest, and what keeps the ID of the last keys. */
    static final String SCRIPT_PATH = "/usr/local/lib/jvisor/host-keys";

    static final String UNIT_PATH = "/etc/systemd/system/jvisor-host-keys.service";

    /** The service; ssh waits for it. */
    static final String UNIT =
            """
            [Unit]
            Description=New host keys for a clone
            ConditionKernelCommandLine=systemd.machine_id
            Before=ssh.service ssh.socket
            After=local-fs.target

            [Service]
            Type=oneshot
            ExecStart=%s
            RemainAfterExit=yes

            [Install]
            WantedBy=multi-user.target
            """
                    .formatted(SCRIPT_PATH);

    /** What the service runs. The argument is the root folder; none is given but by tests. */
    static final String SCRIPT =
            """
            #!/bin/sh
            set -eu
            root=${1-}
            keys=$root/etc/ssh
            id=$(sed -n 's/.*systemd[.]machine_id=\\([0-9a-f]*\\).*/\\1/p' "$root/proc/cmdline")
            had=$(cat "$keys/jvisor-clone" 2>/dev/null || true)
            [ -n "$id" ] && [ "$id" != "$had" ] || exit 0
            rm -f "$keys"/ssh_host_*_key "$keys"/ssh_host_*_key.pub
            ssh-keygen -A ${root:+-f "$root"}
            echo "$id" >"$keys/jvisor-clone"
            """;

    private CloneIdentity() {}

    /** The command line of a clone of an image that has {@code commandLine}. */
    static String commandLine(String commandLine) {
        String rest = commandLine.replaceAll("\\s*\\bsystemd\\.machine_id=\\S*", "").strip();
        return (rest + " " + PARAMETER + newId()).strip();
    }

    /** A random ID, of the version that systemd makes too. */
    private static String newId() {
        UUID id = UUID.randomUUID();
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(id.getMostSignificantBits())
                + hex.toHexDigits(id.getLeastSignificantBits());
    }
}
