package org.jvisor.launcher;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jvisor.machine.BalloonStatistics;
import org.jvisor.machine.Machine;
import org.jvisor.machine.MachineException;
import org.jvisor.machine.Sizes;

/** The monitor's commands for the devices of a running machine. */
final class DeviceCommands {
    private DeviceCommands() {}

    /**
     * Does what a command says.
     *
     * @param words its name and what follows
     * @return what to show
     * @throws IllegalArgumentException if it cannot be done: a sentence that says why
     */
    static String execute(Machine vm, List<String> words) {
        try {
            return switch (words.getFirst()) {
                case "disk" -> disk(vm, words);
                case "link" -> link(vm, words);
                default -> balloon(vm, words);
            };
        } catch (MachineException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static String disk(Machine vm, List<String> words) {
        int disk = number(words, "disk N [SIZE], such as disk 0 8G");
        if (words.size() > 2) {
            vm.resizeDisk(disk, Sizes.parse(words.get(2)));
        }
        return "disk %d has %s".formatted(disk, Sizes.format(vm.diskSize(disk)));
    }

    private static String link(Machine vm, List<String> words) {
        String usage = "link N [up|down], such as link 0 down";
        int network = number(words, usage);
        if (words.size() > 2) {
            switch (words.get(2)) {
                case "up" -> vm.setLink(network, true);
                case "down" -> vm.setLink(network, false);
                default -> throw new IllegalArgumentException("write " + usage);
            }
        }
        return "the link of interface %d is %s"
                .formatted(network, vm.linkUp(network) ? "up" : "down");
    }

    private static String balloon(Machine vm, List<String> words) {
        if (words.size() > 2) {
            throw new IllegalArgumentException("write balloon [SIZE], such as balloon 256M");
        }
        if (words.size() == 2) {
            vm.setBalloonTarget(Sizes.parse(words.get(1)));
        }
        BalloonStatistics now = vm.balloonStatistics();
        String guest =
                now.guest().entrySet().stream()
                        .map(
                                entry ->
                                        ", %s %d"
                                                .formatted(
                                                        entry.getKey()
                                                                .toString()
                                                                .toLowerCase(Locale.ROOT)
                                                                .replace('_', ' '),
                                                        entry.getValue()))
                        .collect(Collectors.joining());
        return "the balloon has %s of %s%s"
                .formatted(Sizes.format(now.actual()), Sizes.format(now.target()), guest);
    }

    private static int number(List<String> words, String usage) {
        if (words.size() < 2 || words.size() > 3 || !words.get(1).matches("[0-9]{1,4}")) {
            throw new IllegalArgumentException("write " + usage);
        }
        return Integer.parseInt(words.get(1));
    }
}
