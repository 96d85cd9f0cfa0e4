package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jvisor.vmm.api.Clock;

/**
 * The receiving half of a {@link Uart16550}, guarded by it.
 *
 * <p>Input waits in a queue, the cable, from where characters arrive in the FIFO at the line's
 * speed. Three rules make it a cable with perfect flow control, so that input piped into a machine
 * survives its boot: characters arrive only while the FIFO has room; only while the guest looks for
 * them, by enabling the receive interrupt or by reading LSR again and again without sending; and
 * characters that a guest throws away unread, by resetting the FIFO, go back into the cable. A
 * guest that has DTR on and RTS off has asked the sender to hold.
 */
final class UartReceiver {
    private static final int CABLE = 4096;
    private static final int FIFO = 16;

    /** Fruitless reads of LSR after which a guest counts as polling for input. */
    private static final int POLLS = 16;

    private static final int BREAK = 0x10, FRAMING_ERROR = 0x08;
    private static final int ERRORS = 0x1c;

    /** Marks an entry that did not come over the cable. */
    private static final int LOCAL = 1 << 16;

    private final Uart16550 lock;
    private final Clock clock;
    private final Clock.Timer arrival;
    private final Clock.Timer timeout;
    private final Runnable changed;

    /** A ring with room for what the FIFO may give back. */
    private final byte[] cable = new byte[CABLE + FIFO];

    private int cableHead;
    private int cableSize;

    /** Characters in bits 7:0 and their errors, as in LSR, in bits 12:8. */
    private final int[] fifo = new int[FIFO];

    private int fifoSize;
    private int capacity = 1;
    private int lastRead;
    private boolean overrun;
    private boolean errorSeen;

    private boolean interruptsOn;
    private boolean held;
    private boolean loopback;
    private int polls;
    private boolean closed;

    private long characterTime;
    private long nextArrival;
    private long idleSince;
    private boolean timedOut;

    /**
     * Makes a receiver.
     *
     * @param lock what guards it
     * @param changed called with {@code lock} held when an interrupt may have come or gone
     */
    UartReceiver(Uart16550 lock, Clock clock, Runnable changed) {
        this.lock = lock;
        this.clock = clock;
        this.changed = changed;
        this.arrival = clock.newTimer(this::onArrival);
        this.timeout = clock.newTimer(this::onTimeout);
    }

    void reset() {
        clear();
        capacity = 1;
        interruptsOn = false;
        held = false;
        loopback = false;
        polls = 0;
        lastRead = 0;
    }

    void close() {
        closed = true;
        arrival.disarm();
        timeout.disarm();
    }

    boolean closed() {
        return closed;
    }

    // ---- The cable

    int offer(byte[] bytes, int offset, int length) {
        int taken = Math.min(length, CABLE - cableSize);
        if (taken <= 0) {
            return 0;
        }
        for (int i = 0; i < taken; i++) {
            cable[(cableHead + cableSize + i) % cable.length] = bytes[offset + i];
        }
        cableSize += taken;
        arrive();
        return taken;
    }

    private boolean wanted() {
        return !closed && !loopback && !held && (interruptsOn || polls >= POLLS);
    }

    /** Lets one character arrive if it is due, and sees to it that the next one will. */
    private void arrive() {
        if (cableSize == 0 || fifoSize >= capacity || !wanted()) {
            return;
        }
        long now = clock.nanoTime();
        if (now >= nextArrival) {
            int value = cable[cableHead] & 0xff;
            cableHead = (cableHead + 1) % cable.length;
            cableSize--;
            nextArrival = now + characterTime;
            push(value, now);
            lock.notifyAll();
            changed.run();
        }
        if (cableSize > 0 && fifoSize < capacity) {
            arrival.arm(nextArrival);
        }
    }

    private void onArrival() {
        synchronized (lock) {
            arrive();
        }
    }

    private void push(int entry, long now) {
        fifo[fifoSize++] = entry;
        polls = Math.min(polls, POLLS);
        touched(now);
    }

    // ---- The character time-out (PC16550D "FIFO interrupt mode operation")

    private void touched(long now) {
        idleSince = now;
        timedOut = false;
        if (fifoSize > 0 && capacity > 1) {
            timeout.arm(now + 4 * characterTime);
        }
    }

    private void onTimeout() {
        synchronized (lock) {
            if (fifoSize == 0 || capacity == 1 || timedOut || closed) {
                return;
            }
            long due = idleSince + 4 * characterTime;
            if (clock.nanoTime() < due) {
                timeout.arm(due);
                return;
            }
            timedOut = true;
            changed.run();
        }
    }

    boolean timedOut() {
        return timedOut && fifoSize > 0;
    }

    // ---- The guest's side

    int size() {
        return fifoSize;
    }

    int read() {
        polls = Math.min(polls, POLLS);
        if (fifoSize > 0) {
            lastRead = fifo[0] & 0xff;
            System.arraycopy(fifo, 1, fifo, 0, --fifoSize);
            errorSeen = false;
            touched(clock.nanoTime());
            arrive();
        }
        return lastRead;
    }

    /** DR and the error bits, without the effects of reading LSR. */
    int lineStatus() {
        int errors = fifoSize > 0 && !errorSeen ? fifo[0] >>> 8 & ERRORS : 0;
        return (fifoSize > 0 ? Uart16550.LSR_READY : 0)
                | (overrun ? Uart16550.LSR_OVERRUN : 0)
                | errors;
    }

    /**
     * A read of LSR.
     *
     * @param transmitting whether the guest may be waiting for the transmitter instead
     */
    int readLineStatus(boolean transmitting) {
        if (!transmitting && fifoSize == 0 && polls < POLLS && ++polls == POLLS) {
            arrive();
        }
        int status = lineStatus();
        overrun = false;
        errorSeen = true;
        return status;
    }

    boolean hasError() {
        for (int i = 0; i < fifoSize; i++) {
            if ((fifo[i] >>> 8 & ERRORS) != 0) {
                return true;
            }
        }
        return false;
    }

    /** The guest sends: its reading of LSR was for the transmitter. */
    void guestSent() {
        polls = 0;
    }

    /** Empties the FIFO; what came over the cable goes back into it. */
    void clear() {
        for (int i = fifoSize - 1; i >= 0; i--) {
            if ((fifo[i] & LOCAL) == 0) {
                cableHead = (cableHead + cable.length - 1) % cable.length;
                cable[cableHead] = (byte) fifo[i];
                cableSize++;
            }
        }
        fifoSize = 0;
        overrun = false;
        errorSeen = false;
        timedOut = false;
        timeout.disarm();
    }

    /** Follows the registers that say whether the guest wants input, and how much fits. */
    void setLine(int ier, int mcr, int capacity) {
        this.capacity = capacity;
        interruptsOn = (ier & Uart16550.IER_RECEIVED) != 0;
        loopback = (mcr & Uart16550.MCR_LOOP) != 0;
        held = (mcr & (Uart16550.MCR_DTR | Uart16550.MCR_RTS)) == Uart16550.MCR_DTR;
        arrive();
    }

    /** Sets how long a character takes on the line, in nanoseconds. */
    void setCharacterTime(long nanos) {
        characterTime = nanos;
        nextArrival = Math.min(nextArrival, clock.nanoTime() + nanos);
        arrive();
    }

    /** A character the guest sends to itself. */
    void loop(int value) {
        pushLocal(LOCAL | value);
    }

    /** A break the guest sends to itself. */
    void loopBreak() {
        pushLocal(LOCAL | (BREAK | FRAMING_ERROR) << 8);
    }

    void breakReceived() {
        if (!loopback) {
            pushLocal(LOCAL | (BREAK | FRAMING_ERROR) << 8);
            changed.run();
        }
    }

    private void pushLocal(int entry) {
        if (fifoSize < capacity) {
            push(entry, clock.nanoTime());
            return;
        }
        overrun = true;
        if (capacity == 1) {
            fifo[0] = entry; // without FIFOs the newer character replaces the older
            errorSeen = false;
        }
    }

    // ---- State

    void save(DataOutput out) throws IOException {
        out.writeShort(cableSize);
        for (int i = 0; i < cableSize; i++) {
            out.writeByte(cable[(cableHead + i) % cable.length]);
        }
        out.writeByte(fifoSize);
        SavedState.writeInts(out, fifo);
        out.writeByte(lastRead);
        out.writeBoolean(overrun);
        out.writeBoolean(errorSeen);
        out.writeByte(polls);
        long now = clock.nanoTime();
        out.writeBoolean(timedOut);
        out.writeLong(Math.max(0, nextArrival - now));
        out.writeLong(now - idleSince);
    }

    void restore(DataInput in) throws IOException {
        cableHead = 0;
        cableSize = SavedState.range(in.readUnsignedShort(), 0, cable.length, "the UART's input");
        in.readFully(cable, 0, cableSize);
        fifoSize = SavedState.range(in.readUnsignedByte(), 0, FIFO, "the UART's FIFO");
        SavedState.readInts(in, fifo);
        Arrays.setAll(fifo, i -> fifo[i] & (LOCAL | ERRORS << 8 | 0xff));
        lastRead = in.readUnsignedByte();
        overrun = in.readBoolean();
        errorSeen = in.readBoolean();
        polls = SavedState.range(in.readUnsignedByte(), 0, POLLS, "the UART's polls");
        long now = clock.nanoTime();
        boolean late = in.readBoolean();
        nextArrival = now + Math.clamp(in.readLong(), 0, characterTime);
        touched(now - Math.max(0, in.readLong()));
        timedOut = late;
        arrive();
    }
}
