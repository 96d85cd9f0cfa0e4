package org.jvisor.launcher.image;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A Debian package (deb(5)): an ar archive whose member {@code data.tar}, compressed with xz, zstd,
 * gzip or not at all, holds the files to install.
 */
final class DebArchive {
    /** No kernel or busybox comes near it; a damaged or hostile length may exceed it. */
    private static final long MAX_FILE = 256L << 20;

    private DebArchive() {}

    /**
     * Reads the first regular file whose path satisfies {@code wanted}.
     *
     * @param wanted is given paths without the leading {@code ./}
     * @throws IOException if the package is damaged or holds no such file
     */
    static Entry read(Path deb, Predicate<String> wanted) throws IOException {
        List<Entry> found = read(deb, wanted, true);
        if (found.isEmpty()) {
            throw new IOException(
                    "%s does not hold the file looked for".formatted(deb.getFileName()));
        }
        return found.getFirst();
    }

    /**
     * Reads all regular files whose paths satisfy {@code wanted}.
     *
     * @param wanted is given paths without the leading {@code ./}
     * @throws IOException if the package is damaged
     */
    static List<Entry> readAll(Path deb, Predicate<String> wanted) throws IOException {
        return read(deb, wanted, false);
    }

    private static List<Entry> read(Path deb, Predicate<String> wanted, boolean first)
            throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(deb));
                ArArchiveInputStream members = new ArArchiveInputStream(file)) {
            ArArchiveEntry member;
            while ((member = members.getNextEntry()) != null) {
                if (member.getName().startsWith("data.tar")) {
                    return find(deb, decompress(member.getName(), members), wanted, first);
                }
            }
        } catch (RuntimeException e) {
            // The decompressors tell some damage by unchecked exceptions.
            throw new IOException("%s is damaged: %s".formatted(deb.getFileName(), e), e);
        }
        throw new IOException("%s has no data.tar member".formatted(deb.getFileName()));
    }

    /**
     * A file of a package.
     *
     * @param path without a leading {@code ./}
     */
    record Entry(String path, byte[] content) {}

    private static InputStream decompress(String name, InputStream in) throws IOException {
        return switch (name) {
            case "data.tar" -> in;
            case "data.tar.xz" -> new XZInputStream(in);
            case "data.tar.zst" -> new ZstdInputStream(in);
            case "data.tar.gz" -> new GZIPInputStream(in);
            default -> throw new IOException("%s is compressed in an unknown way".formatted(name));
        };
    }

    private static List<Entry> find(
            Path deb, InputStream data, Predicate<String> wanted, boolean first)
            throws IOException {
        List<Entry> found = new ArrayList<>();
        TarArchiveInputStream tar = new TarArchiveInputStream(data);
        TarArchiveEntry entry;
        while ((entry = tar.getNextEntry()) != null) {
            String path =
                    entry.getName().startsWith("./")
                            ? entry.getName().substring(2)
                            : entry.getName();
            if (entry.isFile() && wanted.test(path)) {
                if (entry.getSize() > MAX_FILE) {
                    throw new IOException(
                            "%s in %s is too large: %d bytes"
                                    .formatted(path, deb.getFileName(), entry.getSize()));
                }
                byte[] content = tar.readNBytes((int) entry.getSize());
                if (content.length != entry.getSize()) {
                    throw new IOException("%s is truncated".formatted(deb.getFileName()));
                }
                found.add(new Entry(path, content));
                if (first) {
                    return found;
                }
            }
        }
        return found;
    }
}
