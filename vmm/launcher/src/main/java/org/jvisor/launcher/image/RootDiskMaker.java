package org.jvisor.launcher.image;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/**
 * Makes an image with a root disk: mmdebstrap (or, for root, debootstrap) installs Debian, {@link
 * RootSetup} fits it to be a guest, and mke2fs puts it on a disk. All of that happens in a work
 * folder of the store; only a whole image gets a name.
 */
public final class RootDiskMaker {
    /** Of mmdebstrap's messages: how far it is when it tells so, in percent. */
    private static final List<Stage> STAGES =
            List.of(
                    new Stage("running apt-get update", "updating package lists", 2),
                    new Stage("downloading packages", "downloading packages", 5),
                    new Stage("extracting archives", "unpacking the essential packages", 20),
                    new Stage("installing essential", "installing the essential packages", 30),
                    new Stage("installing remaining", "installing the other packages", 45),
                    new Stage("running --customize-hook", "setting up the system", 85),
                    new Stage("creating tarball", "packing the system up", 90));

    /** debootstrap's messages of single packages. */
    private static final Pattern PACKAGE =
            Pattern.compile("I: (Retrieving|Extracting|Unpacking|Configuring) ([a-z0-9+.-]+).*");

    private record Stage(String says, String step, int percent) {}

    private final ImageStore store;
    private final Tools tools;
    private final boolean root;
    private final Progress progress;

    /**
     * Prepares it.
     *
     * @param root whether this process is root, which needs no help to make files of others
     */
    RootDiskMaker(ImageStore store, Tools tools, boolean root, Progress progress) {
        this.store = store;
        this.tools = tools;
        this.root = root;
        this.progress = progress;
    }

    /** A maker that uses the host's programs. */
    public static RootDiskMaker onHost(ImageStore store, Progress progress) {
        return new RootDiskMaker(
                store, Tools.onPath(), System.getProperty("user.name").equals("root"), progress);
    }

    /**
     * Makes an image.
     *
     * @throws UserError if there is one of that name, a program is missing or fails, or there is
     *     too little room
     */
    public Image make(RootDisk disk) throws InterruptedException {
        requireTools();
        try (progress) {
            requireNew(disk.name());
            try (WorkFolder work = WorkFolder.in(store.root())) {
                return make(disk, work.path());
            }
        } catch (IOException e) {
            throw new UserError(
                    ExitStatus.IO,
                    "the image cannot be made in %s: %s; make room and permission there, or set XDG_CACHE_HOME to another folder"
                            .formatted(store.root(), DebianImage.describe(e)),
                    e);
        }
    }

    private void requireNew(String name) {
        if (store.has(name)) {
            throw new UserError(
                    ExitStatus.USAGE,
                    "there is an image %1$s already: jvisor image rm %1$s removes it, --name makes another"
                            .formatted(name));
        }
    }

    private void requireTools() {
        List<String> missing = new ArrayList<>();
        if (tools.find("mmdebstrap").isEmpty()
                && !(root && tools.find("debootstrap").isPresent())) {
            missing.add("mmdebstrap");
        }
        if (tools.find("mke2fs").isEmpty()) {
            missing.add("e2fsprogs");
        }
        if (tools.find("tar").isEmpty()) {
            missing.add("tar");
        }
        if (!root && tools.find("fakeroot").isEmpty()) {
            missing.add("fakeroot");
        }
        if (!missing.isEmpty()) {
            throw new UserError(
                    ExitStatus.HOST,
                    "programs that make root disks are missing: install them with apt install %s"
                            .formatted(String.join(" ", missing)));
        }
    }

    private Image make(RootDisk disk, Path work) throws IOException, InterruptedException {
        String uuid = UUID.randomUUID().toString();
        String script = RootSetup.script(disk, uuid);
        Path tree = work.resolve("tree");
        List<String> pack = new ArrayList<>();
        if (tools.find("mmdebstrap").isPresent()) {
            Path tar = work.resolve("root.tar");
            mmdebstrap(disk, script, tar);
            pack.add(
                    "mkdir %1$s && tar -C %1$s --numeric-owner %2$s -xpf %3$s && rm %3$s"
                            .formatted(
                                    word(tree),
                                    // Capabilities of files, which only root can set.
                                    root ? "--xattrs --xattrs-include='*'" : "--exclude='./dev/*'",
                                    word(tar)));
        } else {
            debootstrap(disk, script, tree);
        }
        Path file = work.resolve("disk.raw");
        try (RandomAccessFile empty = new RandomAccessFile(file.toFile(), "rw")) {
            empty.setLength(disk.size());
        }
        // One shell, as fakeroot remembers owners no longer than it runs.
        pack.add("cp %s/boot/vmlinuz-* %s".formatted(word(tree), word(work.resolve("kernel"))));
        pack.add("cp %s/boot/initrd.img-* %s".formatted(word(tree), word(work.resolve("initrd"))));
        pack.add(
                "mke2fs -q -F -t ext4 -L root -U %s -d %s %s"
                        .formatted(uuid, word(tree), word(file)));
        progress.step("making the file system");
        List<String> command = new ArrayList<>();
        if (!root) {
            command.addAll(List.of(required("fakeroot"), "--"));
        }
        command.addAll(List.of("/bin/sh", "-euc", String.join("\n", pack)));
        Tools.Result result = tools.run(command, line -> {});
        if (result.says("Could not allocate")) {
            throw new UserError(
                    ExitStatus.USAGE,
                    "the packages do not fit on a disk of %d MiB: give a larger --size"
                            .formatted(disk.size() >> 20));
        }
        check(result, "making the file system");
        return keep(disk, uuid, work, kernelVersion(tree));
    }

    private static String word(Path path) {
        return RootSetup.quoted(path.toString());
    }

    private void mmdebstrap(RootDisk disk, String script, Path tar)
            throws IOException, InterruptedException {
        progress.step("starting mmdebstrap");
        Tools.Result result =
                tools.run(
                        List.of(
                                required("mmdebstrap"),
                                "--variant=minbase",
                                "--architectures=amd64",
                                "--aptopt=Acquire::Languages \"none\"",
                                "--include=" + packages(disk),
                                "--customize-hook=" + script,
                                disk.suite(),
                                tar.toString(),
                                disk.mirror()),
                        this::follow);
        if (result.says("unable to pick chroot mode")) {
            throw new UserError(
                    ExitStatus.HOST,
                    "mmdebstrap can make no root of its own here: install uidmap (user namespaces), or fakechroot, with apt, or run it as root");
        }
        check(result, "mmdebstrap");
    }

    private void debootstrap(RootDisk disk, String script, Path tree)
            throws IOException, InterruptedException {
        progress.step("installing Debian by debootstrap");
        check(
                tools.run(
                        List.of(
                                required("debootstrap"),
                                "--arch=amd64",
                                "--variant=minbase",
                                "--include=" + packages(disk),
                                disk.suite(),
                                tree.toString(),
                                disk.mirror()),
                        this::follow),
                "debootstrap");
        progress.step("setting up the system");
        check(
                tools.run(List.of("/bin/sh", "-c", script, "setup", tree.toString()), line -> {}),
                "setting up the system");
    }

    private static String packages(RootDisk disk) {
        List<String> all = new ArrayList<>(RootSetup.PACKAGES);
        all.addAll(disk.packages());
        return String.join(",", all);
    }

    private void follow(String line) {
        for (Stage stage : STAGES) {
            if (line.startsWith("I: " + stage.says)) {
                progress.step(stage.step);
                progress.percent(stage.percent);
                return;
            }
        }
        Matcher one = PACKAGE.matcher(line);
        if (one.matches()) {
            progress.detail(one.group(1).toLowerCase(java.util.Locale.ROOT) + " " + one.group(2));
        }
    }

    private String required(String program) {
        return tools.find(program)
                .orElseThrow(
                        () ->
                                new UserError(
                                        ExitStatus.HOST, program + " has gone from this machine"))
                .toString();
    }

    private void check(Tools.Result result, String what) {
        if (result.good()) {
            return;
        }
        if (result.says("No space left on device")) {
            throw new UserError(
                    ExitStatus.IO,
                    "%s failed, as a disk is full: make room in %s and in the folder for temporary files (TMPDIR)"
                            .formatted(what, store.root()));
        }
        result.last().forEach(progress::note);
        throw new UserError(
                ExitStatus.NO_IMAGE,
                "%s failed: %s; are the mirror, the release and the packages there?"
                        .formatted(what, result.complaint()));
    }

    /** The version of the newest kernel, by the name of its modules' folder. */
    private static String kernelVersion(Path tree) throws IOException {
        try (var folders = Files.list(tree.resolve("usr/lib/modules"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .max(Comparator.naturalOrder())
                    .orElse("of unknown version");
        }
    }

    private Image keep(RootDisk disk, String uuid, Path work, String version) throws IOException {
        progress.step("keeping the image");
        try (ImageStore.Lock _ = store.lock(() -> {})) {
            requireNew(disk.name());
            return store.save(
                    new ImageManifest(
                                    disk.name(),
                                    store.put(Files.readAllBytes(work.resolve("kernel"))),
                                    store.put(Files.readAllBytes(work.resolve("initrd"))),
                                    "console=ttyS0,115200 root=UUID=%s rw".formatted(uuid),
                                    version,
                                    "Debian " + disk.suite(),
                                    Instant.now(),
                                    Initramfs.LAYOUT)
                            .withDisk(store.adopt(work.resolve("disk.raw"), disk.name()), ""));
        }
    }
}
