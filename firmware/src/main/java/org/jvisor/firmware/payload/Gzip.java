package org.jvisor.firmware.payload;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * One gzip member (RFC 1952), and where it ends: {@link java.util.zip.GZIPInputStream} does not say
 * whether something else follows the members it read.
 */
final class Gzip {
    private static final int DEFLATE = 8;
    private static final int FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16;
    private static final int CHUNK = 256 << 10;

    private final byte[] data;
    private final int end;
    private int at;

    private Gzip(byte[] data, int at, int end) {
        this.data = data;
        this.at = at;
        this.end = end;
    }

    /**
     * Unpacks the member at {@code offset}.
     *
     * @return the offset after it
     */
    static <E extends Exception> int unpack(byte[] data, int offset, int end, Sink<E> sink)
            throws PayloadException, E {
        Gzip member = new Gzip(data, offset, end);
        member.header();
        member.body(sink);
        return member.at;
    }

    private void header() throws PayloadException {
        need(10);
        int flags = data[at + 3] & 0xff;
        if (data[at + 2] != DEFLATE) {
            throw damaged("an unknown method");
        }
        at += 10;
        if ((flags & FEXTRA) != 0) {
            need(2);
            at += 2 + (data[at] & 0xff | (data[at + 1] & 0xff) << 8);
        }
        if ((flags & FNAME) != 0) {
            text();
        }
        if ((flags & FCOMMENT) != 0) {
            text();
        }
        if ((flags & FHCRC) != 0) {
            at += 2;
        }
        need(0);
    }

    private void text() throws PayloadException {
        do {
            need(1);
        } while (data[at++] != 0);
    }

    private <E extends Exception> void body(Sink<E> sink) throws PayloadException, E {
        byte[] chunk = new byte[CHUNK];
        CRC32 crc = new CRC32();
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(data, at, end - at);
            while (!inflater.finished()) {
                int count = inflater.inflate(chunk);
                if (count > 0) {
                    crc.update(chunk, 0, count);
                    sink.accept(chunk, 0, count);
                } else if (!inflater.finished()) {
                    throw damaged("the data ends early");
                }
            }
            at += (int) inflater.getBytesRead();
            need(8);
            if (Bytes.int32(data, at) != (int) crc.getValue()
                    || Bytes.int32(data, at + 4) != (int) inflater.getBytesWritten()) {
                throw damaged("its checksum or size is wrong");
            }
            at += 8;
        } catch (DataFormatException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private void need(int bytes) throws PayloadException {
        if (bytes > end - at) {
            throw damaged("the data ends early");
        }
    }

    private static PayloadException damaged(String what) {
        return new PayloadException("damaged gzip data: " + what);
    }
}
