package org.jvisor.launcher.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The host's apt, with the host's sources and keys but with lists and caches of our own, so that it
 * works without root and where {@code apt-get update} was never run. apt checks the signatures and
 * the checksums.
 */
final class AptSource implements PackageSource {
    private static final String BUSYBOX = "busybox-static";

    /** apt's progress (APT::Status-Fd): dlstatus:ITEM:PERCENT:TEXT. */
    private static final Pattern STATUS = Pattern.compile("dlstatus:\\d+:(\\d+)\\.\\d+:.*");

    /** Package lists and the packages of the larger kernel take about as much, in bytes. */
    private static final long SPACE = 160 << 20;

    private final Path home;
    private final List<Path> path;

    /**
     * Makes it.
     *
     * @param home the folder for apt's lists; kept, as the next update is then short
     * @param path the folders apt's programs are looked for in
     */
    AptSource(Path home, List<Path> path) {
        this.home = home;
        this.path = path;
    }

    /** Looks for apt's programs where the user's shell does. */
    static AptSource onPath(Path home) {
        String path = System.getenv("PATH");
        return new AptSource(
                home,
                Pattern.compile(":")
                        .splitAsStream(path == null ? "/usr/bin:/bin" : path)
                        .filter(folder -> folder.startsWith("/"))
                        .map(Path::of)
                        .toList());
    }

    @Override
    public Ingredients fetch(Flavor flavor, Path work, Progress progress)
            throws Unavailable, IOException, InterruptedException {
        require("apt-get");
        require("apt-cache");
        Files.createDirectories(home.resolve("state/lists/partial"));
        Files.createDirectories(home.resolve("cache/archives/partial"));
        Path status = home.resolve("state/status");
        if (!Files.exists(status)) {
            Files.createFile(status);
        }
        progress.step("updating package lists");
        // One source that fails does not matter if the others have the packages.
        Result update = run(work, progress, "apt-get", "update");
        Control meta = show(work, progress, flavor.packageName(), update);
        String kernel = meta.dependency("linux-image-");
        Control image = show(work, progress, kernel, update);
        progress.step("downloading %s and %s".formatted(kernel, BUSYBOX));
        Result download = run(work, progress, "apt-get", "download", kernel, BUSYBOX);
        Optional<Path> kernelDeb = deb(work, kernel);
        Optional<Path> busyboxDeb = deb(work, BUSYBOX);
        if (download.status != 0 || kernelDeb.isEmpty() || busyboxDeb.isEmpty()) {
            requireSpace();
            throw new Unavailable(
                    "apt could not download the packages: "
                            + download.complaint()
                                    .orElse("it ended with status " + download.status));
        }
        progress.step("unpacking");
        return Ingredients.unpack(
                kernelDeb.get(),
                busyboxDeb.get(),
                image.field("Version"),
                "Debian packages by apt");
    }

    private Control show(Path work, Progress progress, String name, Result update)
            throws Unavailable, IOException, InterruptedException {
        Result show = run(work, progress, "apt-cache", "show", "--no-all-versions", name);
        if (show.status != 0 || show.output.isEmpty()) {
            requireSpace();
            throw new Unavailable(
                    update.complaint()
                            .map(text -> "apt could not update its lists: " + text)
                            .orElse("apt's sources on this machine have no package " + name));
        }
        return Control.parse(show.output);
    }

    /** Tells a full disk, which apt words in many ways, from other failures. */
    private void requireSpace() throws IOException {
        long free = Files.getFileStore(home).getUsableSpace();
        if (free < SPACE) {
            throw new FileSystemException(
                    home.toString(), null, "only %d MiB are free".formatted(free >> 20));
        }
    }

    private static Optional<Path> deb(Path folder, String name) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(
                            file -> {
                                String deb = file.getFileName().toString();
                                return deb.startsWith(name + "_") && deb.endsWith(".deb");
                            })
                    .findFirst();
        }
    }

    /**
     * How a program ended.
     *
     * @param errors what it wrote on standard error
     */
    private record Result(int status, List<String> output, List<String> errors) {
        /** The first error, else the first warning, as apt words it. */
        Optional<String> complaint() {
            return first("E: ").or(() -> first("W: "));
        }

        private Optional<String> first(String prefix) {
            return errors.stream()
                    .filter(line -> line.startsWith(prefix))
                    .map(line -> line.substring(prefix.length()))
                    .findFirst();
        }
    }

    private Result run(Path work, Progress progress, String program, String... arguments)
            throws Unavailable, IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(require(program).toString(), "-qq"));
        Map.of(
                        "Dir::State", home.resolve("state").toString(),
                        "Dir::State::status", home.resolve("state/status").toString(),
                        "Dir::Cache", home.resolve("cache").toString(),
                        "APT::Architecture", "amd64",
                        "APT::Architectures", "amd64",
                        // Root's apt changes to a user that may not enter our folders.
                        "APT::Sandbox::User", System.getProperty("user.name"),
                        "APT::Status-Fd", "1",
                        "Acquire::Languages", "none",
                        "Acquire::Retries", "1",
                        "Acquire::http::Timeout", "20")
                .forEach((key, value) -> command.addAll(List.of("-o", key + "=" + value)));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(work.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        FutureTask<List<String>> errors =
                new FutureTask<>(() -> process.errorReader().readAllLines());
        Thread.ofVirtual().start(errors);
        List<String> output = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            String line;
            while ((line = lines.readLine()) != null) {
                Matcher status = STATUS.matcher(line);
                if (status.matches()) {
                    progress.percent(Integer.parseInt(status.group(1)));
                } else {
                    output.add(line);
                }
            }
            return new Result(process.waitFor(), output, errors.get());
        } catch (ExecutionException e) {
            throw new IOException("reading the output of %s failed".formatted(program), e);
        } finally {
            process.destroy();
        }
    }

    /** The program of that name in the first folder that has it. */
    private Path require(String program) throws Unavailable {
        return path.stream()
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new Unavailable(program + " is not on this machine"));
    }
}
