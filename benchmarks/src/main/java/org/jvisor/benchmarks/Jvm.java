package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands that run Java with the flags of {@code jvisor run}. */
final class Jvm {
    private static final String ARCHITECTURE = System.getProperty("os.arch");
    private static final boolean BYTECODE =
            translatesToBytecode(ARCHITECTURE, System.getenv("JVISOR_TRANSLATOR"));

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
        Path dist = root.resolve("vmm/launcher/src/main/dist");
        command.addAll(flags(Files.readAllLines(dist.resolve("jvm.options"))));
        if (BYTECODE) {
            command.addAll(flags(Files.readAllLines(dist.resolve("bytecode.options"))));
            command.add(directives(dist));
        }
        command.addAll(flags);
        command.add("-cp");
        command.add(root.resolve("benchmarks/target/dist/lib") + "/*");
        command.add(mainClass);
        return command;
    }

    /**
     * What the {@code jvisor} script hands over to.
     *
     * @param dist the launcher's distribution
     * @param cache whether to use the AOT cache, which is there and {@linkplain #hasCache fits}
     */
    static List<String> launcher(Path dist, boolean cache) {
        List<String> command = new ArrayList<>(List.of(java()));
        command.add("@" + dist.resolve("jvm.options"));
        if (cache) {
            command.add("-XX:AOTCache=" + dist.resolve("jvisor.aot"));
        }
        if (BYTECODE) {
            command.add("@" + dist.resolve("bytecode.options"));
            command.add(directives(dist));
        }
        command.addAll(List.of("--module-path", dist.resolve("lib").toString()));
        command.addAll(List.of("-m", "org.jvisor.launcher/org.jvisor.launcher.Main"));
        return command;
    }

    /** Whether a distribution has an AOT cache for the flags that {@link #launcher} gives. */
    static boolean hasCache(Path dist) {
        return BYTECODE == translatesToBytecode(ARCHITECTURE, null)
                && Files.exists(dist.resolve("jvisor.aot"));
    }

    private static String directives(Path dist) {
        return "-XX:CompilerDirectivesFile=" + dist.resolve("compiler.json");
    }

    /**
     * Whether software CPUs translate to bytecode, as the {@code jvisor} script decides it.
     *
     * @param architecture the host's, as Java names it
     * @param asked JVISOR_TRANSLATOR in the environment, or null
     */
    static boolean translatesToBytecode(String architecture, @Nullable String asked) {
        return !architecture.equals("amd64") || "bytecode".equals(asked);
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
