package org.jvisor.benchmarks.jmh;

import java.util.HexFormat;
import java.util.Locale;

/**
 * The guests of the exit benchmarks: a few instructions at {@link #CODE} which leave the guest for
 * one reason, again and again. The C program for comparison gets the same bytes.
 */
public enum GuestLoop {
    /** mov dx, 1234h; out dx, al; jmp. */
    OUT8("OUT, 8 bits", "ba3412 ee ebfd"),
    /** The same with ax. */
    OUT16("OUT, 16 bits", "ba3412 ef ebfd"),
    /** The same with eax. */
    OUT32("OUT, 32 bits", "ba3412 66ef ebfc"),
    /** mov dx, 1234h; in al, dx; jmp. */
    IN8("IN, 8 bits", "ba3412 ec ebfd"),
    /** The same with ax. */
    IN16("IN, 16 bits", "ba3412 ed ebfd"),
    /** The same with eax. */
    IN32("IN, 32 bits", "ba3412 66ed ebfc"),
    /** mov dx, 1234h; cld; mov si, 600h; mov cx, 16; rep outsb; jmp to mov si. */
    OUTS("REP OUTSB, 16 bytes", "ba3412 fc be0006 b91000 f36e ebf6"),
    /** mov dx, 1234h; cld; mov di, 700h; mov cx, 16; rep insb; jmp to mov di. */
    INS("REP INSB, 16 bytes", "ba3412 fc bf0007 b91000 f36c ebf6"),
    /** mov [0d0000000h], eax; jmp. */
    MMIO_WRITE("MMIO write, 32 bits", "a3000000d0 ebf9", true),
    /** mov eax, [0d0000000h]; jmp. */
    MMIO_READ("MMIO read, 32 bits", "a1000000d0 ebf9", true),
    /** mov dx, 510h; out dx, ax; out 80h, al; jmp to out dx. */
    DOORBELL("ioeventfd doorbell, an OUT, draining", "ba1005 ef e680 ebfb"),
    /** sti; hlt; jmp to hlt, without in-kernel controllers; the handler: out 10h, al; iret. */
    INTERRUPT("injected interrupt, its OUT, HLT", "fb f4 ebfd", 0x20, "e610 cf", false),
    /** jmp to itself. */
    IMMEDIATE("immediate exit, kicked before the run", "ebfe"),
    /** hlt; jmp to hlt. */
    REGISTERS("general registers out and in", "f4 ebfd"),
    /** jmp to itself. */
    KICK("kick from another thread", "ebfe"),
    /**
     * Sets the first 8259 up for vectors 20h to 27h, tells at port 80h, then sti; hlt; jmp to hlt.
     * The handler: end of interrupt, out 10h, al, iret.
     */
    IRQFD_WAKE(
            "HLT woken by an irqfd",
            "b011 e620 b020 e621 b004 e621 b001 e621 b000 e621 e680 fb f4 ebfd",
            0x25,
            "b020 e620 e610 cf",
            true);

    /** Where the code is, and where it starts. */
    public static final int CODE = 0x1000;

    /** Where the interrupt handler is. */
    public static final int HANDLER = 0x2000;

    /** The stack pointer at the start. */
    public static final int STACK = 0x8000;

    /** Bytes of guest memory, from address 0. */
    public static final int MEMORY = 1 << 20;

    /** The port of the port loops. */
    public static final int PORT = 0x1234;

    /** The address of the MMIO loops. */
    public static final long MMIO = 0xd000_0000L;

    /** The port an ioeventfd listens to, the one after it, and the handlers' one. */
    public static final int DOORBELL_PORT = 0x510, READY_PORT = 0x80, HANDLER_PORT = 0x10;

    /** The GSI of {@link #IRQFD_WAKE}. */
    public static final int GSI = 5;

    /** Bytes of a string operation. */
    public static final int STRING = 16;

    private final String title;
    private final String code;
    private final boolean protectedMode;
    private final int vector;
    private final String handler;
    private final boolean irqchip;

    GuestLoop(String title, String code) {
        this(title, code, false);
    }

    GuestLoop(String title, String code, boolean protectedMode) {
        this(title, code, protectedMode, 0, "", false);
    }

    GuestLoop(String title, String code, int vector, String handler, boolean irqchip) {
        this(title, code, false, vector, handler, irqchip);
    }

    GuestLoop(
            String title,
            String code,
            boolean protectedMode,
            int vector,
            String handler,
            boolean irqchip) {
        this.title = title;
        this.code = code.replace(" ", "");
        this.protectedMode = protectedMode;
        this.vector = vector;
        this.handler = handler.replace(" ", "");
        this.irqchip = irqchip;
    }

    /** What it measures, for tables. */
    public String title() {
        return title;
    }

    /** Its name in commands, such as {@code out8}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its code in hexadecimal. */
    public String code() {
        return code;
    }

    /** The handler of {@link #vector} in hexadecimal; empty where there is none. */
    public String handler() {
        return handler;
    }

    /** The vector of its interrupt, or 0. */
    public int vector() {
        return vector;
    }

    /** Whether it runs in flat 32-bit protected mode, rather than in real mode. */
    public boolean protectedMode() {
        return protectedMode;
    }

    /** Whether KVM's interrupt controllers are in the kernel. */
    public boolean irqchip() {
        return irqchip;
    }

    /** Whether a second thread takes part, so that what is measured is a latency between two. */
    public boolean twoThreads() {
        return this == KICK || this == IRQFD_WAKE;
    }

    /** Its code as bytes. */
    byte[] codeBytes() {
        return HexFormat.of().parseHex(code);
    }

    /** Its handler as bytes. */
    byte[] handlerBytes() {
        return HexFormat.of().parseHex(handler);
    }
}
