package org.jvisor.launcher.console;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jvisor.launcher.ExitStatus;
import org.jvisor.launcher.UserError;

/** A guest's serial output in a file; there is no input. */
public final class FileLink implements SerialLink {
    private final OutputStream file;

    private FileLink(OutputStream file) {
        this.file = file;
    }

    /**
     * Opens the file; what it held is replaced.
     *
     * @throws UserError if it cannot be written
     */
    public static FileLink open(Path path) {
        try {
            return new FileLink(Files.newOutputStream(path));
        } catch (IOException e) {
            String found =
                    switch (e) {
                        case NoSuchFileException _ -> "its folder does not exist";
                        case AccessDeniedException _ -> "permission is denied";
                        default ->
                                Files.isDirectory(path)
                                        ? "it is a directory"
                                        : String.valueOf(e.getMessage());
                    };
            throw new UserError(
                    ExitStatus.IO,
                    "the serial output cannot go to %s: %s; name a file that can be written"
                            .formatted(path, found),
                    e);
        }
    }

    @Override
    public void output(byte[] bytes, int length) throws IOException {
        file.write(bytes, 0, length);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            // Every write has been reported already, and nothing is buffered.
        }
    }
}
