package org.jvisor.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.machine.AcceleratorKind;
import org.jvisor.machine.ClockKind;
import org.jvisor.machine.DeviceConfig;
import org.jvisor.machine.DiskConfig;
import org.jvisor.machine.MachineException;
import org.jvisor.machine.NetworkConfig;
import org.jvisor.machine.Sizes;
import org.jvisor.machine.SmpMode;
import org.jvisor.machine.TransportKind;
import org.jvisor.virtio.block.DiskFormat;
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

    /** An accelerator by its name. */
    static final class Accelerator extends Named<AcceleratorKind> {
        Accelerator() {
            super(AcceleratorKind.values());
        }
    }

    /** A disk. */
    static final class Disk extends Device<DiskConfig> {
        Disk() {
            super(DiskConfig::parse);
        }
    }

    /** The format of a disk by its name. */
    static final class Format implements ITypeConverter<DiskFormat> {
        @Override
        public DiskFormat convert(String text) {
            try {
                return DiskFormat.of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** A network interface. */
    static final class Network extends Device<NetworkConfig> {
        Network() {
            super(NetworkConfig::parse);
        }
    }

    abstract static class Device<T> implements ITypeConverter<T> {
        private final Function<String, T> parser;

        Device(Function<String, T> parser) {
            this.parser = parser;
        }

        @Override
        public T convert(String text) {
            try {
                return parser.apply(text);
            } catch (MachineException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Sockets between host and guest. */
    static final class Vsock extends Device<DeviceConfig.Vsock> {
        Vsock() {
            super(DeviceConfig.Vsock::parse);
        }
    }

    /** The far end of a console's port. */
    static final class ConsoleEnd implements ITypeConverter<ConsoleTarget> {
        private static final String NAME = ",name=";

        @Override
        public ConsoleTarget convert(String text) {
            int at = text.lastIndexOf(NAME);
            String where = at < 0 ? text : text.substring(0, at);
            String name = at < 0 ? "" : text.substring(at + NAME.length());
            if (at >= 0 && !name.matches("[!-.0-~]{1,64}")) {
                throw new TypeConversionException(
                        "'%s' is not the name of a port: take 1 to 64 characters without spaces and '/'"
                                .formatted(name));
            }
            return new ConsoleTarget(new Serial().convert(where), name);
        }
    }

    /** How devices reach the guest, by its name. */
    static final class Transport extends Named<TransportKind> {
        Transport() {
            super(TransportKind.values());
        }
    }

    /** How several CPUs are run, by its name. */
    static final class Smp extends Named<SmpMode> {
        Smp() {
            super(SmpMode.values());
        }
    }

    /** What the guest's time goes by, by its name. */
    static final class Clock extends Named<ClockKind> {
        Clock() {
            super(ClockKind.values());
        }
    }

    /** One of Debian's kernels by its name. */
    static final class Kernel extends Named<Flavor> {
        Kernel() {
            super(Flavor.values());
        }
    }

    abstract static class Named<T> implements ITypeConverter<T> {
        private final List<T> values;

        Named(T[] values) {
            this.values = List.of(values);
        }

        @Override
        public T convert(String text) {
            for (T value : values) {
                if (value.toString().equals(text)) {
                    return value;
                }
            }
            String names = values.stream().map(Object::toString).collect(Collectors.joining(", "));
            throw new TypeConversionException("'%s' is not one of %s".formatted(text, names));
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
                case "pty" -> new SerialTarget.Pty();
                default ->
                        throw new TypeConversionException(
                                "'%s' is not stdio, null, file=PATH or pty".formatted(text));
            };
        }
    }
}
