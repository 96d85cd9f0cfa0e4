package org.jvisor.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the sources are: the guest programs are compiled from them. */
final class Checkout {
    /** Names the repository's root; the {@code jvisor} script sets it. */
    static final String ROOT_PROPERTY = "jvisor.root";

    private Checkout() {}

    /** The repository's root, as the property says or upwards from the working directory. */
    static Path root() {
        String named = System.getProperty(ROOT_PROPERTY);
        for (Path folder = Path.of(named == null ? "" : named).toAbsolutePath().normalize();
                folder != null;
                folder = parent(folder)) {
            if (Files.isExecutable(folder.resolve("jvisor"))
                    && Files.isDirectory(folder.resolve("benchmarks/src/main/guest"))) {
                return folder;
            }
        }
        throw new BenchException(
                "no jvisor checkout was found from %s upwards: run ./jvisor bench in one"
                        .formatted(Path.of("").toAbsolutePath()));
    }

    private static @Nullable Path parent(Path folder) {
        return folder.getParent();
    }
}
