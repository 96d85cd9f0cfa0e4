package org.jvisor.launcher;

import java.nio.file.Path;
import org.jvisor.machine.Sizes;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How option values are read from text. */
final class Converters {
    private Converters() {}

    /** A size in bytes, such as {@code 512M}. */
    static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Sizes.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** A guest-physical address, such as {@code 0x7c00}. */
    static final class Address implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                long address = Long.decode(text);
                if (address >= 0) {
                    return address;
                }
            } catch (NumberFormatException e) {
                // Told below, as a negative one is.
            }
            throw new TypeConversionException(
                    "'%s' is not an address: write it as 0x7c00".formatted(text));
        }
    }

    /** The far end of a serial line. */
    static final class Serial implements ITypeConverter<SerialTarget> {
        @Override
        public SerialTarget convert(String text) {
            if (text.startsWith("file=") && text.length() > "file=".length()) {
                return new SerialTarget.File(Path.of(text.substring("file=".length())));
            }
            return switch (text) {
                case "stdio" -> new SerialTarget.Stdio();
                case "null" -> new SerialTarget.Null();
                default ->
                        throw new TypeConversionException(
                                "'%s' is not stdio, null or file=PATH".formatted(text));
            };
        }
    }
}
