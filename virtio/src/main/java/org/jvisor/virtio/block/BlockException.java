package org.jvisor.virtio.block;

import java.io.IOException;

/** A disk could not do what it was asked; a guest sees VIRTIO_BLK_S_IOERR. */
public final class BlockException extends IOException {
    private static final long serialVersionUID = 1;

    /** What kind of trouble it is. */
    public enum Kind {
        /** The host's storage failed. */
        IO,
        /** The host's storage is full; what was acknowledged before is safe. */
        NO_SPACE,
        /** A write to a disk that is opened for reading. */
        READ_ONLY,
        /** A range that is not on the disk. */
        OUT_OF_RANGE,
        /** The image contradicts itself. */
        CORRUPT,
        /** The image uses, or the caller wants, what is not supported. */
        UNSUPPORTED,
        /** Another virtual machine or tool uses the disk. */
        IN_USE,
        /** A file is not there, or must not be touched. */
        NO_ACCESS
    }

    private final Kind kind;
    private final String text;

    /**
     * Makes the exception.
     *
     * @param message what was tried, what was found, what to do
     */
    public BlockException(Kind kind, String message) {
        super(message);
        this.kind = kind;
        text = message;
    }

    /** As the other constructor, with what caused it. */
    public BlockException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        text = message;
    }

    /** What was tried, what was found, what to do. */
    @Override
    public String getMessage() {
        return text;
    }

    /** What kind of trouble it is. */
    public Kind kind() {
        return kind;
    }
}
