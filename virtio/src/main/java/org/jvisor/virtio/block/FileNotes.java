package org.jvisor.virtio.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import org.jspecify.annotations.Nullable;

/**
 * Notes on a file in its extended attributes, which no guest can write and no copy takes along.
 * Where the file system has none, notes are lost at once.
 */
final class FileNotes {
    private FileNotes() {}

    /** The note of a name, or null. */
    static @Nullable String read(Path file, String name) {
        try {
            UserDefinedFileAttributeView view = view(file);
            if (view == null || !view.list().contains(name)) {
                return null;
            }
            ByteBuffer text = ByteBuffer.allocate(view.size(name));
            view.read(name, text);
            return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    /** Writes a note, or removes it. */
    static void write(Path file, String name, @Nullable String text) {
        try {
            UserDefinedFileAttributeView view = view(file);
            if (view == null) {
                return;
            }
            if (text != null) {
                view.write(name, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            } else if (view.list().contains(name)) {
                view.delete(name);
            }
        } catch (IOException | UnsupportedOperationException e) {
            // no such attributes on this file system, or no room for them
        }
    }

    private static @Nullable UserDefinedFileAttributeView view(Path file) {
        return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    }
}
