package org.jvisor.launcher.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tukaani.xz.XZInputStream;

/**
 * A Debian mirror over HTTPS, for hosts without apt: {@code InRelease} gives the checksum of the
 * package index, the index those of the packages. Who serves InRelease is vouched for by TLS alone;
 * its signature is apt's business.
 */
final class MirrorSource implements PackageSource {
    private static final String INDEX = "main/binary-amd64/Packages.xz";
    private static final String BUSYBOX = "busybox-static";

    /** A checksum, a size, a path. */
    private static final Pattern INDEX_LINE =
            Pattern.compile("([0-9a-f]{64})\\s+\\d+\\s+" + Pattern.quote(INDEX));

    /** A package index is some 10 MB, a kernel package some 70. */
    private static final long MAX_FILE = 512L << 20;

    private final URI mirror;
    private final String suite;

    private MirrorSource(URI mirror, String suite) {
        this.mirror = mirror;
        this.suite = suite;
    }

    /**
     * A mirror.
     *
     * @param url the folder that holds {@code dists} and {@code pool}
     * @throws Unavailable if it is not an https URL (or http on this very host)
     */
    static MirrorSource at(String url, String suite) throws Unavailable {
        URI uri;
        try {
            uri = URI.create(url.endsWith("/") ? url : url + "/");
        } catch (IllegalArgumentException e) {
            throw new Unavailable("'%s' is not a URL".formatted(url), e);
        }
        String host = String.valueOf(uri.getHost());
        boolean local =
                host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
        boolean allowed =
                "https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && local);
        if (!allowed) {
            throw new Unavailable(
                    "the mirror %s is not an https URL, and nothing else vouches for what it serves"
                            .formatted(url));
        }
        return new MirrorSource(uri, suite);
    }

    @Override
    public Ingredients fetch(Flavor flavor, Path work, Progress progress)
            throws Unavailable, IOException, InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .connectTimeout(Duration.ofSeconds(20))
                        .build()) {
            Path release = work.resolve("InRelease");
            progress.step("reading the package index");
            download(client, "dists/" + suite + "/InRelease", "", release, progress);
            String indexSum = indexChecksum(Files.readString(release));
            Path index = work.resolve("Packages.xz");
            download(client, "dists/" + suite + "/" + INDEX, indexSum, index, progress);
            List<Control> packages = readIndex(index);
            Control kernel =
                    find(packages, find(packages, flavor.packageName()).dependency("linux-image-"));
            Control busybox = find(packages, BUSYBOX);
            Path kernelDeb = work.resolve("kernel.deb");
            Path busyboxDeb = work.resolve("busybox.deb");
            for (var wanted :
                    List.of(new Wanted(kernel, kernelDeb), new Wanted(busybox, busyboxDeb))) {
                progress.step("downloading " + wanted.control.field("Package"));
                download(
                        client,
                        wanted.control.field("Filename"),
                        wanted.control.field("SHA256"),
                        wanted.file,
                        progress);
            }
            progress.step("unpacking");
            return Ingredients.unpack(
                    kernelDeb,
                    busyboxDeb,
                    kernel.field("Version"),
                    "Debian packages from " + mirror);
        }
    }

    private record Wanted(Control control, Path file) {}

    private static String indexChecksum(String release) throws Unavailable {
        // Within the signed text, before the signature's own armour.
        Control control =
                Control.parseAll(release.lines().toList()).stream()
                        .filter(paragraph -> paragraph.fields().containsKey("SHA256"))
                        .findFirst()
                        .orElseThrow(
                                () -> new Unavailable("the mirror's InRelease has no SHA256 list"));
        return control.field("SHA256")
                .lines()
                .map(INDEX_LINE::matcher)
                .filter(Matcher::matches)
                .map(line -> line.group(1))
                .findFirst()
                .orElseThrow(
                        () -> new Unavailable("the mirror's InRelease does not list " + INDEX));
    }

    private static List<Control> readIndex(Path index) throws IOException {
        try (InputStream in =
                new XZInputStream(new ByteArrayInputStream(Files.readAllBytes(index)))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Control.parseAll(text.lines().toList());
        }
    }

    private static Control find(List<Control> packages, String name) throws Unavailable {
        return packages.stream()
                .filter(control -> name.equals(control.fields().get("Package")))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new Unavailable("the mirror has no package " + name));
    }

    /** Downloads a file; an empty checksum is not checked. */
    private void download(
            HttpClient client, String path, String sha256, Path file, Progress progress)
            throws Unavailable, IOException, InterruptedException {
        URI uri = mirror.resolve(path);
        HttpResponse<InputStream> response;
        try {
            response =
                    client.send(
                            HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).build(),
                            HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new Unavailable("%s cannot be reached: %s".formatted(uri, describe(e)), e);
        }
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                throw new Unavailable(
                        "%s answers with HTTP status %d".formatted(uri, response.statusCode()));
            }
            long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
            String found = copy(body, file, length, progress);
            if (!sha256.isEmpty() && !found.equalsIgnoreCase(sha256)) {
                throw new Unavailable(
                        "%s has the SHA-256 %s but should have %s: the mirror is damaged or being updated"
                                .formatted(uri, found, sha256));
            }
        }
    }

    private static String describe(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String copy(InputStream body, Path file, long length, Progress progress)
            throws IOException, Unavailable {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no SHA-256 in this JDK", e);
        }
        try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
            byte[] buffer = new byte[64 << 10];
            long done = 0;
            int count;
            while ((count = body.read(buffer)) >= 0) {
                out.write(buffer, 0, count);
                done += count;
                if (done > MAX_FILE) {
                    throw new Unavailable("the mirror sends more than any package holds");
                }
                if (length > 0) {
                    progress.percent((int) (100 * done / length));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
