package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands that run Java with the flags of {@code jvisor run}. */
final class Jvm {
    private Jvm() {}

    /** The java that runs this. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /**
     * A command that runs a class of the benchmarks from the class path, where JMH needs them.
     *
     * @param root the checkout
     * @param flags more flags of the JVM
     * @param mainClass its full name
     */
    static List<String> classPath(Path root, List<String> flags, String mainClass)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(java()));
        Path launcher = root.resolve("vmm/launcher");
        command.addAll(flags(Files.readAllLines(launcher.resolve("src/main/dist/jvm.options"))));
        command.add(
                "-XX:CompilerDirectivesFile=" + launcher.resolve("src/main/dist/compiler.json"));
        command.addAll(flags);
        command.add("-cp");
        command.add(root.resolve("benchmarks/target/dist/lib") + "/*");
        command.add(mainClass);
        return command;
    }

    /**
     * The flags in a file of {@code jvisor run}'s, for the class path: there all code is one
     * unnamed module.
     */
    static List<String> flags(List<String> lines) {
        List<String> flags = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("--enable-native-access")) {
                flags.add("--enable-native-access=ALL-UNNAMED");
            } else if (!line.isBlank() && !line.startsWith("#")) {
                flags.add(line.strip());
            }
        }
        return flags;
    }
}
