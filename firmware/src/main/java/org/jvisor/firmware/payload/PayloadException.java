package org.jvisor.firmware.payload;

import java.io.IOException;

/** Packed data that cannot be unpacked: damaged, cut short, or of an unsupported kind. */
public final class PayloadException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * Made where the data stops making sense.
     *
     * @param message what was found, as half a sentence
     */
    public PayloadException(String message) {
        super(message);
    }

    PayloadException(String message, Throwable cause) {
        super(message, cause);
    }
}
