package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.IrqLine;

/**
 * The keyboard controller with a keyboard and no mouse, and system control port A (0x92). What goes
 * to the auxiliary port is answered at once as on a board that has none, so that no driver waits.
 */
public final class I8042 implements Device {
    private static final int VERSION = 1;

    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM = 0x04;
    private static final int STATUS_COMMAND = 0x08;
    private static final int STATUS_UNLOCKED = 0x10;

    private static final int MODE_KEYBOARD_INTERRUPT = 0x01;
    private static final int MODE_SYSTEM = 0x04;
    private static final int MODE_KEYBOARD_DISABLED = 0x10;
    private static final int MODE_AUX_DISABLED = 0x20;
    private static final int MODE_TRANSLATE = 0x40;
    private static final int MODE_POWER_ON =
            MODE_KEYBOARD_INTERRUPT | MODE_SYSTEM | MODE_AUX_DISABLED | MODE_TRANSLATE;

    private static final int OUTPUT_NO_RESET = 0x01;
    private static final int OUTPUT_A20 = 0x02;

    private static final int KEY_CTRL = 0x14, KEY_ALT = 0x11, KEY_DELETE = 0x71;

    private final IrqLine irq;
    private final Runnable resetRequested;
    private final Ps2Keyboard keyboard = new Ps2Keyboard();
    private final byte[] ram = new byte[32];
    private int mode;
    private int outputPort;
    private int outputBuffer;
    private boolean outputFull;
    private boolean lastWasCommand;

    /** The controller command whose byte comes next at port 0x60, or 0. */
    private int command;

    /** The keyboard said 0xf0: the next code is a release. */
    private boolean release;

    private int portA;

    /**
     * Makes the controller in its power-on state.
     *
     * @param irq ISA IRQ 1
     * @param resetRequested called, with this object's monitor held and on the vCPU's thread, when
     *     the guest resets the machine; it must not block
     */
    public I8042(IrqLine irq, Runnable resetRequested) {
        this.irq = irq;
        this.resetRequested = resetRequested;
        clear();
    }

    /** Maps ports 0x60, 0x64 and 0x92. */
    public void attach(Bus ports) {
        ports.map(0x60, 1, new DataPort());
        ports.map(0x64, 1, new CommandPort());
        ports.map(0x92, 1, new SystemControlPort());
    }

    @Override
    public String name() {
        return "i8042";
    }

    @Override
    public synchronized void reset() {
        clear();
        updateIrq();
    }

    private void clear() {
        keyboard.reset();
        java.util.Arrays.fill(ram, (byte) 0);
        mode = MODE_POWER_ON;
        outputPort = OUTPUT_NO_RESET | OUTPUT_A20;
        outputBuffer = 0;
        outputFull = false;
        lastWasCommand = false;
        command = 0;
        release = false;
        portA = 0x02;
    }

    // ---- The user's side

    /**
     * Presses or releases a key.
     *
     * @param code its scan code in set 2, 1 to 0x84
     * @param extended whether the code has the prefix 0xe0
     */
    public synchronized void key(int code, boolean extended, boolean down) {
        keyboard.key(code, extended, down);
        pump();
    }

    /** Presses and releases Ctrl-Alt-Del. */
    public synchronized void ctrlAltDelete() {
        keyboard.key(KEY_CTRL, false, true);
        keyboard.key(KEY_ALT, false, true);
        keyboard.key(KEY_DELETE, true, true);
        keyboard.key(KEY_DELETE, true, false);
        keyboard.key(KEY_ALT, false, false);
        keyboard.key(KEY_CTRL, false, false);
        pump();
    }

    // ---- Output buffer

    private void pump() {
        while (!outputFull
                && (mode & MODE_KEYBOARD_DISABLED) == 0
                && command == 0
                && keyboard.hasByte()) {
            int value = keyboard.nextByte();
            if ((mode & MODE_TRANSLATE) != 0) {
                if (value == 0xf0) {
                    release = true;
                    continue;
                }
                value = ScanCodes.toSet1(value) | (release ? 0x80 : 0);
                release = false;
            }
            outputBuffer = value;
            outputFull = true;
        }
        updateIrq();
    }

    private void answer(int value) {
        outputBuffer = value;
        outputFull = true;
        updateIrq();
    }

    private void updateIrq() {
        irq.set(outputFull && (mode & MODE_KEYBOARD_INTERRUPT) != 0);
    }

    private final class DataPort extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (I8042.this) {
                int value = outputBuffer;
                outputFull = false;
                updateIrq(); // an edge for the next byte
                pump();
                return value;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (I8042.this) {
                lastWasCommand = false;
                int pending = command;
                command = 0;
                if (pending == 0) {
                    mode &= ~MODE_KEYBOARD_DISABLED; // writing to the keyboard enables it
                    keyboard.receive(value);
                } else {
                    argument(pending, value);
                }
                pump();
            }
        }
    }

    private void argument(int pending, int value) {
        switch (pending) {
            case 0xd1 -> writeOutputPort(value);
            case 0xd2 -> answer(value);
            // Without an auxiliary port its loop answers as the keyboard's, and commands to it fail
            // as for want of an answer.
            case 0xd3 -> answer(value);
            case 0xd4 -> answer(0xfe);
            default -> {
                if (pending == 0x60) {
                    mode = value;
                } else {
                    ram[pending & 0x1f] = (byte) value;
                }
            }
        }
    }

    // ---- Commands

    private final class CommandPort extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (I8042.this) {
                return (outputFull ? STATUS_OUTPUT_FULL : 0)
                        | ((mode & MODE_SYSTEM) != 0 ? STATUS_SYSTEM : 0)
                        | (lastWasCommand ? STATUS_COMMAND : 0)
                        | STATUS_UNLOCKED;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (I8042.this) {
                lastWasCommand = true;
                command = 0;
                execute(value);
                pump();
            }
        }
    }

    private void execute(int value) {
        if (value >= 0xf0) {
            // Pulses the output port's low bits that are 0 in the command.
            if ((value & OUTPUT_NO_RESET) == 0) {
                resetRequested.run();
            }
            return;
        }
        if (value >= 0x20 && value < 0x40) {
            answer(value == 0x20 ? mode : ram[value & 0x1f] & 0xff);
            return;
        }
        switch (value) {
            case 0xa4 -> answer(0xf1); // no password
            case 0xa7 -> mode |= MODE_AUX_DISABLED;
            case 0xa8 -> mode &= ~MODE_AUX_DISABLED;
            case 0xa9 -> answer(0x01); // auxiliary clock line stuck low: nothing there
            case 0xaa -> {
                mode |= MODE_SYSTEM;
                answer(0x55);
            }
            case 0xab -> answer(0x00);
            case 0xad -> mode |= MODE_KEYBOARD_DISABLED;
            case 0xae -> mode &= ~MODE_KEYBOARD_DISABLED;
            case 0xc0 -> answer(0x80); // input port: keyboard not locked
            case 0xd0 -> answer(outputPort | (outputFull ? 0x10 : 0));
            case 0xd1, 0xd2, 0xd3, 0xd4 -> command = value;
            case 0xdd -> outputPort &= ~OUTPUT_A20;
            case 0xdf -> outputPort |= OUTPUT_A20;
            case 0xe0 -> answer(0x00);
            default -> {
                if (value >= 0x60 && value < 0x80) {
                    command = value;
                }
            }
        }
    }

    private void writeOutputPort(int value) {
        outputPort = value;
        if ((value & OUTPUT_NO_RESET) == 0) {
            outputPort |= OUTPUT_NO_RESET;
            resetRequested.run();
        }
    }

    private final class SystemControlPort extends ByteRegion {
        @Override
        int readByte(int offset) {
            synchronized (I8042.this) {
                return portA;
            }
        }

        @Override
        void writeByte(int offset, int value) {
            synchronized (I8042.this) {
                boolean reset = (value & 1) != 0 && (portA & 1) == 0;
                portA = value & 0x03;
                if (reset) {
                    resetRequested.run();
                }
            }
        }
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        keyboard.save(out);
        out.write(ram);
        out.writeByte(mode);
        out.writeByte(outputPort);
        out.writeByte(outputBuffer);
        out.writeBoolean(outputFull);
        out.writeBoolean(lastWasCommand);
        out.writeByte(command);
        out.writeBoolean(release);
        out.writeByte(portA);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        keyboard.restore(in);
        in.readFully(ram);
        mode = in.readUnsignedByte();
        outputPort = in.readUnsignedByte();
        outputBuffer = in.readUnsignedByte();
        outputFull = in.readBoolean();
        lastWasCommand = in.readBoolean();
        command = in.readUnsignedByte();
        release = in.readBoolean();
        portA = in.readUnsignedByte();
        updateIrq();
    }
}
