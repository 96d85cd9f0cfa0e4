package org.jvisor.virtio.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs Jazzer on one target in a JVM of its own, with everything on the class path. */
final class Jazzer {
    private static final String DRIVER = "com.code_intelligence.jazzer.Jazzer";

    /** What is guided by coverage: this module and what it stands on, not the tests' guest. */
    private static final String INSTRUMENTED =
            "org.jvisor.virtio.**:org.jvisor.vmm.api.**:org.jvisor.linux.**";

    private static final String NOT_INSTRUMENTED = "org.jvisor.virtio.testing.**";

    /** Jazzer's detectors look for what a program that serves the web would do. */
    private static final String DETECTORS =
            Stream.of(
                            "BigDecimal",
                            "ClojureLangHooks",
                            "Deserialization",
                            "ExpressionLanguageInjection",
                            "FilePathTraversal",
                            "LdapInjection",
                            "NamingContextLookup",
                            "OsCommandInjection",
                            "ReflectiveCall",
                            "RegexInjection",
                            "RegexRoadblocks",
                            "ScriptEngineInjection",
                            "ServerSideRequestForgery",
                            "SqlInjection",
                            "TemplateInjection",
                            "UnsafeSanitizer",
                            "XPathInjection",
                            "XmlParserSsrfGuidance")
                    .map(name -> "com.code_intelligence.jazzer.sanitizers." + name)
                    .collect(Collectors.joining(":"));

    /** The longest that one input may take, in seconds, on a machine that does much else. */
    private static final int HANG = 60;

    private Jazzer() {}

    /**
     * Fuzzes a target.
     *
     * @param folder for the corpus that grows, the log, and inputs that break something
     * @param seconds how long
     * @return what Jazzer said, or what broke
     */
    static String run(FuzzTarget target, Path folder, long seconds)
            throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Path seeds = Files.createDirectories(folder.resolve("seeds"));
        List<byte[]> inputs = target.seeds();
        for (int i = 0; i < inputs.size(); i++) {
            Files.write(seeds.resolve("seed-" + i), inputs.get(i));
        }
        Path log = folder.resolve("log");
        Process process =
                new ProcessBuilder(command(target, seconds))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            if (!process.waitFor(seconds + 300, TimeUnit.SECONDS)) {
                throw new AssertionError(target + " did not end; see " + log + " in " + corpus);
            }
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(log);
        if (process.exitValue() != 0) {
            throw new AssertionError(
                    "%s ended with status %d; the input is in %s:%n%s"
                            .formatted(target, process.exitValue(), folder, fault(said)));
        }
        return said;
    }

    private static List<String> command(FuzzTarget target, long seconds) {
        boolean brief = seconds < 30;
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx768m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=" + (brief ? 1 : 4),
                "-XX:+EnableDynamicAgentLoading",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.util.logging.config.file="
                        + System.getProperty("java.util.logging.config.file"),
                "-cp",
                classPath(),
                DRIVER,
                "--target_class=" + target.entry.getName(),
                "--instrumentation_includes=" + INSTRUMENTED,
                "--instrumentation_excludes=" + NOT_INSTRUMENTED,
                "--custom_hook_includes=" + INSTRUMENTED,
                "--disabled_hooks=" + DETECTORS,
                "-max_total_time=" + seconds,
                "-max_len=" + target.mostBytes,
                "-len_control=0",
                "-timeout=" + HANG,
                "-print_final_stats=1",
                "corpus",
                "seeds");
    }

    /** What the tests run with, modules and all. */
    private static String classPath() {
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path", "");
        String tests = Path.of("target", "test-classes").toAbsolutePath().toString();
        return Stream.of(tests, modules, classes)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The lines of a log that tell what went wrong. */
    private static String fault(String said) {
        int at = said.indexOf("== Java Exception");
        String from =
                at >= 0 ? said.substring(at) : said.substring(Math.max(0, said.length() - 4000));
        return from.substring(0, Math.min(from.length(), 4000));
    }
}
