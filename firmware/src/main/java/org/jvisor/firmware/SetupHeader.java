package org.jvisor.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jvisor.firmware.BootException.Reason;

/**
 * The real-mode setup header of a bzImage (Linux: Documentation/arch/x86/boot.rst, "The Real-Mode
 * Kernel Header"). Offsets are from the start of the file, and the same in the zero page.
 */
final class SetupHeader {
    static final int SETUP_SECTS = 0x1f1;
    static final int SYSSIZE = 0x1f4;
    static final int VID_MODE = 0x1fa;
    static final int BOOT_FLAG = 0x1fe;
    static final int JUMP = 0x200;
    static final int HEADER = 0x202;
    static final int VERSION = 0x206;
    static final int TYPE_OF_LOADER = 0x210;
    static final int LOADFLAGS = 0x211;
    static final int RAMDISK_IMAGE = 0x218;
    static final int RAMDISK_SIZE = 0x21c;
    static final int CMD_LINE_PTR = 0x228;
    static final int INITRD_ADDR_MAX = 0x22c;
    static final int KERNEL_ALIGNMENT = 0x230;
    static final int RELOCATABLE_KERNEL = 0x234;
    static final int XLOADFLAGS = 0x236;
    static final int CMDLINE_SIZE = 0x238;
    static final int PAYLOAD_OFFSET = 0x248;
    static final int PAYLOAD_LENGTH = 0x24c;
    static final int PREF_ADDRESS = 0x258;
    static final int INIT_SIZE = 0x260;

    /** The largest header there can be: the zero page has something else at 0x290. */
    static final int MAX_END = 0x290;

    static final int MAGIC = 0x53726448; // "HdrS"
    static final int BOOT_FLAG_VALUE = 0xaa55;
    static final int XLF_KERNEL_64 = 1;

    private final byte[] bytes;
    private final ByteBuffer in;

    /**
     * Wraps a header.
     *
     * @param bytes the file's first {@link #MAX_END} bytes
     */
    SetupHeader(byte[] bytes) {
        this.bytes = bytes;
        this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether a file that starts with these bytes is a bzImage. */
    static boolean matches(byte[] head) {
        if (head.length < MAX_END) {
            return false;
        }
        ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        return Short.toUnsignedInt(in.getShort(BOOT_FLAG)) == BOOT_FLAG_VALUE
                && in.getInt(HEADER) == MAGIC;
    }

    /** Checks that the protocol is recent enough for this loader. */
    void check(String tried) throws BootException {
        if (version() < 0x206 || (bytes[LOADFLAGS] & 1) == 0) {
            throw new BootException(
                    Reason.UNSUPPORTED,
                    tried,
                    "its boot protocol is %d.%02d, older than Linux 2.6.22"
                            .formatted(version() >> 8, version() & 0xff),
                    "use a newer kernel");
        }
        if (version() >= 0x20c && (int16(XLOADFLAGS) & XLF_KERNEL_64) == 0) {
            throw new BootException(
                    Reason.NOT_64_BIT,
                    tried,
                    "it is a 32-bit kernel without a 64-bit entry",
                    "use a 64-bit (amd64) kernel");
        }
    }

    int version() {
        return int16(VERSION);
    }

    /** Where the protected-mode part starts in the file. */
    int setupSize() {
        int sectors = bytes[SETUP_SECTS] & 0xff;
        return ((sectors == 0 ? 4 : sectors) + 1) * 512;
    }

    /** Bytes of the protected-mode part. */
    long systemSize() {
        return int32(SYSSIZE) * 16;
    }

    /** Where the payload starts in the file; meaningful from protocol 2.08 on. */
    long payloadOffset() {
        return setupSize() + int32(PAYLOAD_OFFSET);
    }

    long payloadLength() {
        return version() >= 0x208 ? int32(PAYLOAD_LENGTH) : 0;
    }

    /** The highest address the initrd's last byte may have. */
    long initrdAddressMax() {
        return int32(INITRD_ADDR_MAX);
    }

    /** The longest command line in bytes, its terminator not counted. */
    long commandLineSize() {
        return int32(CMDLINE_SIZE);
    }

    boolean relocatable() {
        return bytes[RELOCATABLE_KERNEL] != 0;
    }

    /** The alignment a relocatable kernel wants, a power of two. */
    long alignment() {
        long alignment = int32(KERNEL_ALIGNMENT);
        return Long.bitCount(alignment) == 1 && alignment >= 4096 ? alignment : 2 << 20;
    }

    /** Where the kernel wants to run. */
    long preferredAddress() {
        return version() >= 0x20a ? in.getLong(PREF_ADDRESS) : 0x10_0000;
    }

    /** Bytes it needs from there until it has looked at the memory map. */
    long initSize() {
        return version() >= 0x20a ? int32(INIT_SIZE) : systemSize() * 8;
    }

    /** Copies the header to where the zero page has it. */
    void copyTo(byte[] zeroPage) {
        int end = Math.min(HEADER + (bytes[JUMP + 1] & 0xff), MAX_END);
        System.arraycopy(bytes, SETUP_SECTS, zeroPage, SETUP_SECTS, end - SETUP_SECTS);
    }

    private int int16(int offset) {
        return Short.toUnsignedInt(in.getShort(offset));
    }

    private long int32(int offset) {
        return Integer.toUnsignedLong(in.getInt(offset));
    }
}
