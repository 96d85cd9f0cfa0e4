package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;

/**
 * A 16550A UART (National PC16550D) wired as on a PC, where OUT2 gates the interrupt. It sends as
 * fast as its back end takes bytes and receives at the programmed speed. What happens to input that
 * the guest is not ready for is told in {@link UartReceiver}.
 */
public final class Uart16550 implements Device {
    /** The I/O ports of COM1 to COM4. */
    private static final int[] PORTS = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

    private static final int VERSION = 1;

    private static final int RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3;
    private static final int MCR = 4, LSR = 5, MSR = 6, SCR = 7;
    static final int IER_RECEIVED = 0x01, IER_THR_EMPTY = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08;

    private static final int IIR_NONE = 0x01;
    private static final int IIR_MODEM = 0x00;
    private static final int IIR_THR_EMPTY = 0x02;
    private static final int IIR_RECEIVED = 0x04;
    private static final int IIR_LINE = 0x06;
    private static final int IIR_TIMEOUT = 0x0c;
    private static final int IIR_FIFOS = 0xc0;

    private static final int FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02, FCR_CLEAR_TX = 0x04;
    private static final int LCR_BREAK = 0x40, LCR_DLAB = 0x80;
    static final int MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT2 = 0x08, MCR_LOOP = 0x10;
    static final int LSR_READY = 0x01, LSR_OVERRUN = 0x02;
    private static final int LSR_THR_EMPTY = 0x20, LSR_TX_IDLE = 0x40, LSR_FIFO_ERROR = 0x80;

    private static final int MSR_RI = 0x40;

    /** The far end is there and ready: DCD, DSR and CTS. */
    private static final int MSR_CONNECTED = 0xb0;

    private static final int FIFO_SIZE = 16;

    private final String name;
    private final IrqLine irq;
    private final SerialBackend backend;
    private final UartReceiver receiver;

    private int ier;
    private int fcr;
    private int lcr;
    private int mcr;
    private int msr;
    private int scratch;
    private int divisor;
    private boolean thrEmptyPending;

    /** Bytes the back end had no room for. */
    private final byte[] tx = new byte[FIFO_SIZE];

    private int txSize;

    /**
     * Makes a UART in its power-on state.
     *
     * @param name unique on the machine, such as {@code "serial0"}
     * @param irq its interrupt: ISA IRQ 4 or 3
     * @param backend the far end; closed with the UART
     */
    public Uart16550(String name, IrqLine irq, Clock clock, SerialBackend backend) {
        this.name = name;
        this.irq = irq;
        this.backend = backend;
        this.receiver = new UartReceiver(this, clock, this::updateIrq);
        clear();
        characterTimeChanged();
    }

    /** The first I/O port of COM {@code number}, 0 to 3 for COM1 to COM4. */
    public static int port(int number) {
        return PORTS[number];
    }

    /** The ISA IRQ of COM {@code number}, 0 to 3. */
    public static int irq(int number) {
        return number % 2 == 0 ? 4 : 3;
    }

    /** Maps its eight ports at {@code base}. */
    public void attach(Bus ports, int base) {
        ports.map(base, 8, new Registers());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized void reset() {
        clear();
        receiver.reset();
        characterTimeChanged();
        updateIrq();
    }

    private void clear() {
        ier = 0;
        fcr = 0;
        lcr = 0;
        mcr = 0;
        msr = MSR_CONNECTED;
        scratch = 0;
        divisor = 1;
        thrEmptyPending = false;
        txSize = 0;
    }

    // ---- The back end's side

    /**
     * Hands over input as far as there is room, without waiting.
     *
     * @return how many bytes were taken, 0 to {@code length}
     */
    public synchronized int offer(byte[] bytes, int offset, int length) {
        return receiver.offer(bytes, offset, length);
    }

    /**
     * Hands over all of the input, waiting for the guest to take it. Returns early when the UART is
     * closed.
     *
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public synchronized void receive(byte[] bytes, int offset, int length)
            throws InterruptedException {
        int done = 0;
        while (!receiver.closed()) {
            done += receiver.offer(bytes, offset + done, length - done);
            if (done == length) {
                return;
            }
            wait();
        }
    }

    /** A break condition from the far end, as Magic SysRq wants it. */
    public synchronized void receiveBreak() {
        receiver.breakReceived();
    }

    /** The back end has room again after it had refused a byte. */
    public synchronized void outputReady() {
        int sent = 0;
        while (sent < txSize && backend.transmit(tx[sent] & 0xff)) {
            sent++;
        }
        txSize -= sent;
        System.arraycopy(tx, sent, tx, 0, txSize);
        if (sent > 0 && txSize == 0) {
            thrEmptyPending = true;
            updateIrq();
        }
    }

    // ---- Interrupts

    boolean fifosEnabled() {
        return (fcr & FCR_ENABLE) != 0;
    }

    /** Bytes in the receive FIFO that raise the interrupt. */
    private int triggerLevel() {
        if (!fifosEnabled()) {
            return 1;
        }
        return switch (fcr >>> 6) {
            case 0 -> 1;
            case 1 -> 4;
            case 2 -> 8;
            default -> 14;
        };
    }

    /** The interrupt of highest priority (PC16550D table V). */
    private int interrupt() {
        if ((ier & IER_LINE) != 0 && receiver.lineStatus() >>> 1 != 0) {
            return IIR_LINE;
        }
        if ((ier & IER_RECEIVED) != 0) {
            if (receiver.size() >= triggerLevel()) {
                return IIR_RECEIVED;
            }
            if (receiver.timedOut()) {
                return IIR_TIMEOUT;
            }
        }
        if ((ier & IER_THR_EMPTY) != 0 && thrEmptyPending) {
            return IIR_THR_EMPTY;
        }
        if ((ier & IER_MODEM) != 0 && (msr & 0x0f) != 0) {
            return IIR_MODEM;
        }
        return IIR_NONE;
    }

    private void updateIrq() {
        // In loopback the OUT2 pin is inactive, and with it the PC's interrupt.
        boolean gate = (mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
        irq.set(gate && interrupt() != IIR_NONE);
    }

    // ---- Ports

    private final class Registers extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (Uart16550.this) {
                return readRegister(offset);
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (Uart16550.this) {
                writeRegister(offset, value);
            }
        }
    }

    private boolean dlab() {
        return (lcr & LCR_DLAB) != 0;
    }

    private boolean loopback() {
        return (mcr & MCR_LOOP) != 0;
    }

    private int readRegister(int offset) {
        switch (offset) {
            case RBR_THR:
                if (dlab()) {
                    return divisor & 0xff;
                }
                int value = receiver.read();
                notifyAll();
                updateIrq();
                return value;
            case IER:
                return dlab() ? divisor >>> 8 : ier;
            case IIR_FCR:
                int interrupt = interrupt();
                if (interrupt == IIR_THR_EMPTY) {
                    thrEmptyPending = false;
                    updateIrq();
                }
                return interrupt | (fifosEnabled() ? IIR_FIFOS : 0);
            case LCR:
                return lcr;
            case MCR:
                return mcr;
            case LSR:
                int status = receiver.readLineStatus(txSize > 0);
                updateIrq();
                return status
                        | (fifosEnabled() && receiver.hasError() ? LSR_FIFO_ERROR : 0)
                        | (txSize == 0 ? LSR_THR_EMPTY | LSR_TX_IDLE : 0);
            case MSR:
                int lines = msr;
                msr &= 0xf0;
                updateIrq();
                return lines;
            default:
                return scratch;
        }
    }

    private void writeRegister(int offset, int value) {
        switch (offset) {
            case RBR_THR:
                if (dlab()) {
                    divisor = divisor & 0xff00 | value;
                    characterTimeChanged();
                } else {
                    transmit(value);
                }
                break;
            case IER:
                if (dlab()) {
                    divisor = divisor & 0xff | value << 8;
                    characterTimeChanged();
                } else {
                    writeIer(value & 0x0f);
                }
                break;
            case IIR_FCR:
                writeFcr(value);
                break;
            case LCR:
                writeLcr(value);
                break;
            case MCR:
                writeMcr(value & 0x1f);
                break;
            case SCR:
                scratch = value;
                break;
            default:
                break; // LSR and MSR are for reading
        }
        updateIrq();
    }

    private void transmit(int value) {
        thrEmptyPending = false;
        receiver.guestSent();
        if (loopback()) {
            receiver.loop(value);
            thrEmptyPending = true;
        } else if (txSize == 0 && backend.transmit(value)) {
            thrEmptyPending = true;
        } else if (txSize < (fifosEnabled() ? FIFO_SIZE : 1)) {
            tx[txSize++] = (byte) value;
        }
        // else the guest wrote to a full transmitter: the byte is lost
    }

    private void writeIer(int value) {
        if ((value & IER_THR_EMPTY) == 0) {
            thrEmptyPending = false;
        } else if ((ier & IER_THR_EMPTY) == 0 && txSize == 0) {
            thrEmptyPending = true; // enabling it while empty interrupts at once
        }
        ier = value;
        followReadiness();
    }

    private void writeFcr(int value) {
        boolean toggled = ((value ^ fcr) & FCR_ENABLE) != 0;
        boolean enabled = (value & FCR_ENABLE) != 0;
        fcr = enabled ? value & 0xc9 : 0;
        // The other bits count only together with the enable bit.
        if (toggled || enabled && (value & FCR_CLEAR_RX) != 0) {
            receiver.clear();
        }
        if (toggled || enabled && (value & FCR_CLEAR_TX) != 0) {
            thrEmptyPending |= txSize > 0;
            txSize = 0;
        }
        followReadiness();
    }

    private void writeLcr(int value) {
        boolean breaks = (value & ~lcr & LCR_BREAK) != 0;
        lcr = value;
        characterTimeChanged();
        if (breaks && loopback()) {
            receiver.loopBreak();
        }
    }

    private void writeMcr(int value) {
        boolean entered = (value & ~mcr & MCR_LOOP) != 0;
        mcr = value;
        if (entered) {
            receiver.clear();
        }
        // In loopback RTS, DTR, OUT1, OUT2 read as CTS, DSR, RI, DCD.
        int lines =
                loopback()
                        ? (mcr & MCR_RTS) << 3
                                | (mcr & MCR_DTR) << 5
                                | (mcr & 0x04) << 4
                                | (mcr & MCR_OUT2) << 4
                        : MSR_CONNECTED;
        int changed = (lines ^ msr) & 0xf0;
        int deltas = (changed & ~MSR_RI) >>> 4;
        if ((changed & MSR_RI) != 0 && (lines & MSR_RI) == 0) {
            deltas |= 0x04; // only RI's trailing edge counts
        }
        msr = lines | msr & 0x0f | deltas;
        followReadiness();
    }

    private void characterTimeChanged() {
        int bits = 2 + 5 + (lcr & 3) + ((lcr & 4) != 0 ? 1 : 0) + ((lcr & 8) != 0 ? 1 : 0);
        long nanosPerBit = Math.max(divisor, 1) * Ticks.NANOS_PER_SECOND / 115_200;
        receiver.setCharacterTime(bits * nanosPerBit);
    }

    private void followReadiness() {
        receiver.setLine(ier, mcr, fifosEnabled() ? FIFO_SIZE : 1);
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        out.writeByte(ier);
        out.writeByte(fcr);
        out.writeByte(lcr);
        out.writeByte(mcr);
        out.writeByte(msr);
        out.writeByte(scratch);
        out.writeShort(divisor);
        out.writeBoolean(thrEmptyPending);
        out.writeByte(txSize);
        out.write(tx, 0, txSize);
        receiver.save(out);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name, VERSION);
        ier = in.readUnsignedByte() & 0x0f;
        fcr = in.readUnsignedByte() & 0xc9;
        lcr = in.readUnsignedByte();
        mcr = in.readUnsignedByte() & 0x1f;
        msr = in.readUnsignedByte();
        scratch = in.readUnsignedByte();
        divisor = in.readUnsignedShort();
        thrEmptyPending = in.readBoolean();
        txSize = SavedState.range(in.readUnsignedByte(), 0, FIFO_SIZE, "the UART's output");
        in.readFully(tx, 0, txSize);
        characterTimeChanged();
        followReadiness();
        receiver.restore(in);
        outputReady();
        updateIrq();
    }

    @Override
    public void close() {
        synchronized (this) {
            receiver.close();
            notifyAll();
        }
        backend.close();
    }
}
