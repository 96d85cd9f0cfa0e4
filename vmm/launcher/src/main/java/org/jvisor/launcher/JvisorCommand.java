package org.jvisor.launcher;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command itself: holds the subcommands together. */
@Command(
        name = "jvisor",
        description = "Runs virtual machines, on KVM or with an x86-64 CPU in software.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            " 0:the guest switched its power off, or the command succeeded",
            "64:an unknown option, or a value or configuration no machine can have",
            "66:a file is missing, unreadable or not what it should be",
            "68:an image could not be had: no network or no package source",
            "70:an error inside jvisor",
            "72:the host lacks what was asked for: /dev/kvm, a permission, memory",
            "74:writing failed: a full disk, a closed pipe",
            "80:the guest asked for a reset and --no-reboot was given",
            "82:the guest crashed",
            "84:the guest was stopped from the terminal (Ctrl-A X)",
            "86:the guest halted for good",
            "odd:(value << 1) | 1, for a value the guest wrote to port 0xf4",
            "129, 130, 143:ended by SIGHUP, SIGINT, SIGTERM"
        },
        footer = {
            "",
            "jvisor run alone starts a Debian kernel with a root shell; jvisor COMMAND --help tells more."
        })
final class JvisorCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /**
     * The command with the subcommand that the arguments begin with, or else with all of them:
     * picocli reads a class's annotations by reflection, which takes milliseconds each.
     */
    static CommandLine line(String... args) {
        CommandLine line = new CommandLine(new JvisorCommand());
        return switch (args.length == 0 ? "" : args[0]) {
            case "run" -> line.addSubcommand(new RunCommand());
            case "image" -> line.addSubcommand(new ImageCommand());
            case "disk" -> line.addSubcommand(new DiskCommand());
            case "cpu-check" -> line.addSubcommand(new CpuCheckCommand());
            default ->
                    line.addSubcommand(new RunCommand())
                            .addSubcommand(new ImageCommand())
                            .addSubcommand(new DiskCommand())
                            .addSubcommand(new CpuCheckCommand());
        };
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: try jvisor run");
    }
}
