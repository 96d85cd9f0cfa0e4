package org.jvisor.firmware.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Assembles ACPI machine language (ACPI 6.5 §20.2). Every method returns the encoding of one term;
 * terms nest as arguments.
 */
final class Aml {
    private Aml() {}

    /** Terms one after the other. */
    static byte[] list(byte[]... terms) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] term : terms) {
            out.writeBytes(term);
        }
        return out.toByteArray();
    }

    /** Terms one after the other. */
    static byte[] list(List<byte[]> terms) {
        return list(terms.toArray(byte[][]::new));
    }

    /** DefName. */
    static byte[] name(String path, byte[] value) {
        return list(op(0x08), path(path), value);
    }

    /** DefScope. */
    static byte[] scope(String path, byte[]... terms) {
        return packaged(op(0x10), path(path), list(terms));
    }

    /** DefDevice. */
    static byte[] device(String path, byte[]... terms) {
        return packaged(op(0x5b, 0x82), path(path), list(terms));
    }

    /** DefMethod, not serialized. */
    static byte[] method(String path, int arguments, byte[]... terms) {
        return packaged(op(0x14), path(path), op(arguments), list(terms));
    }

    /** DefPackage. */
    static byte[] pack(byte[]... elements) {
        return packaged(op(0x12), op(elements.length), list(elements));
    }

    /** DefBuffer with these contents. */
    static byte[] buffer(byte[] contents) {
        return packaged(op(0x11), integer(contents.length), contents);
    }

    /** DefIfElse without its else part. */
    static byte[] when(byte[] predicate, byte[]... terms) {
        return packaged(op(0xa0), predicate, list(terms));
    }

    /** DefElse; follows {@link #when}. */
    static byte[] otherwise(byte[]... terms) {
        return packaged(op(0xa1), list(terms));
    }

    /** DefLEqual. */
    static byte[] equal(byte[] left, byte[] right) {
        return list(op(0x93), left, right);
    }

    /** DefOr. */
    static byte[] or(byte[] left, byte[] right, byte[] target) {
        return list(op(0x7d), left, right, target);
    }

    /** DefReturn. */
    static byte[] result(byte[] value) {
        return list(op(0xa4), value);
    }

    /** DefCreateDWordField. */
    static byte[] createDwordField(byte[] source, int offset, String name) {
        return list(op(0x8a), source, integer(offset), path(name));
    }

    /** ArgObj. */
    static byte[] argument(int index) {
        return op(0x68 + index);
    }

    /** The shortest ComputationalData for an unsigned value. */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return op((int) value);
        }
        if (value >>> 8 == 0) {
            return list(op(0x0a), little(value, 1));
        }
        if (value >>> 16 == 0) {
            return list(op(0x0b), little(value, 2));
        }
        if (value >>> 32 == 0) {
            return list(op(0x0c), little(value, 4));
        }
        return list(op(0x0e), little(value, 8));
    }

    /** String. */
    static byte[] string(String value) {
        return list(op(0x0d), value.getBytes(StandardCharsets.US_ASCII), op(0));
    }

    /** A hardware ID: a number if it has the form of an EISA ID, otherwise a string. */
    static byte[] hardwareId(String id) {
        if (id.length() != 7) {
            return string(id);
        }
        int vendor = (id.charAt(0) - '@') << 10 | (id.charAt(1) - '@') << 5 | (id.charAt(2) - '@');
        int product = Integer.parseInt(id.substring(3), 16);
        // §19.3.4: stored with the most significant byte first.
        return list(op(0x0c), little(Integer.reverseBytes(vendor << 16 | product), 4));
    }

    /** A UUID in the byte order of ToUUID (§19.6.142): the first three fields are swapped. */
    static byte[] uuid(String text) {
        String digits = text.replace("-", "");
        int[] order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i++) {
            bytes[i] =
                    (byte) Integer.parseInt(digits.substring(order[i] * 2, order[i] * 2 + 2), 16);
        }
        return buffer(bytes);
    }

    /** NameString (§20.2.2): optional root, then four-character segments separated by dots. */
    static byte[] path(String path) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String rest = path;
        if (rest.startsWith("\\")) {
            out.write('\\');
            rest = rest.substring(1);
        }
        String[] segments = rest.isEmpty() ? new String[0] : rest.split("\\.", -1);
        switch (segments.length) {
            case 0 -> out.write(0);
            case 1 -> {}
            case 2 -> out.write(0x2e);
            default -> {
                out.write(0x2f);
                out.write(segments.length);
            }
        }
        for (String segment : segments) {
            if (segment.isEmpty() || segment.length() > 4) {
                throw new IllegalArgumentException("'" + path + "' is not an ACPI path");
            }
            out.writeBytes((segment + "___").substring(0, 4).getBytes(StandardCharsets.US_ASCII));
        }
        return out.toByteArray();
    }

    /** The low {@code bytes} bytes of a value, least significant first. */
    static byte[] little(long value, int bytes) {
        byte[] out = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            out[i] = (byte) (value >>> 8 * i);
        }
        return out;
    }

    private static byte[] op(int... bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            out[i] = (byte) bytes[i];
        }
        return out;
    }

    /** An opcode, the length of all that follows it, and what follows. */
    private static byte[] packaged(byte[] opcode, byte[]... parts) {
        byte[] body = list(parts);
        return list(opcode, packageLength(body.length), body);
    }

    /** PkgLength (§20.2.4): counts itself; four bits in the first byte of a longer one. */
    private static byte[] packageLength(int body) {
        if (body + 1 < 1 << 6) {
            return op(body + 1);
        }
        int extra = body + 2 < 1 << 12 ? 1 : body + 3 < 1 << 20 ? 2 : 3;
        int length = body + 1 + extra;
        byte[] out = new byte[1 + extra];
        out[0] = (byte) (extra << 6 | length & 15);
        for (int i = 1; i <= extra; i++) {
            out[i] = (byte) (length >>> 4 + 8 * (i - 1));
        }
        return out;
    }
}
