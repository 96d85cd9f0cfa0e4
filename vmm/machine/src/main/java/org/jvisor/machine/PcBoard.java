package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.machine.device.BufferedSerialBackend;
import org.jvisor.machine.device.I8042;
import org.jvisor.machine.device.Pit8254;
import org.jvisor.machine.device.Rtc;
import org.jvisor.machine.device.SerialBackend;
import org.jvisor.machine.device.Uart16550;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;

/** The PC: its devices, and their wires to the platform and the machine's life cycle. */
final class PcBoard implements Board {
    private static final int IRQ_PIT = 0, IRQ_KEYBOARD = 1, IRQ_RTC = 8;

    private final List<Device> devices = new ArrayList<>();
    private final List<Uart16550> serial = new ArrayList<>();
    private final I8042 keyboard;

    PcBoard(
            Platform platform,
            Clock clock,
            AddressMap layout,
            Lifecycle lifecycle,
            Machine.Blueprint blueprint) {
        for (int i = 0; i < serialPorts(blueprint); i++) {
            serial.add(add(uart(platform, clock, blueprint, i)));
        }
        Rtc rtc = add(new Rtc(clock, platform.gsi(IRQ_RTC)));
        rtc.attach(platform.ports());
        rtc.setMemorySize(layout.lowSize(), layout.highSize());
        keyboard = add(new I8042(platform.gsi(IRQ_KEYBOARD), lifecycle::requestReset));
        keyboard.attach(platform.ports());
        if (platform.needsPit()) {
            add(new Pit8254(clock, platform.gsi(IRQ_PIT))).attach(platform.ports());
        }
        DebugExitPort.attach(platform.ports(), lifecycle);
    }

    /** How many serial lines there are: COM1 always, and up to the last one connected. */
    static int serialPorts(Machine.Blueprint blueprint) {
        return 1 + blueprint.serial().keySet().stream().mapToInt(i -> i).max().orElse(0);
    }

    private static Uart16550 uart(
            Platform platform, Clock clock, Machine.Blueprint blueprint, int index) {
        String name = "serial" + index;
        SerialPort port = blueprint.serial().get(index);
        BufferedSerialBackend line =
                port == null
                        ? null
                        : new BufferedSerialBackend(
                                blueprint.config().name() + "-" + name, port::output);
        Uart16550 uart =
                new Uart16550(
                        name,
                        platform.gsi(Uart16550.irq(index)),
                        clock,
                        line == null ? SerialBackend.NONE : line);
        if (line != null) {
            line.connect(uart);
        }
        uart.attach(platform.ports(), Uart16550.port(index));
        return uart;
    }

    private <T extends Device> T add(T device) {
        devices.add(device);
        return device;
    }

    @Override
    public void powerButton() {}

    @Override
    public void ctrlAltDelete() {
        keyboard.ctrlAltDelete();
    }

    @Override
    public void serialInput(int port, byte[] bytes, int offset, int length)
            throws InterruptedException {
        if (port < 0 || port >= serial.size()) {
            throw new IllegalArgumentException("the machine has no COM" + (port + 1));
        }
        serial.get(port).receive(bytes, offset, length);
    }

    @Override
    public void reset() {
        devices.forEach(Device::reset);
    }

    @Override
    public void close() {
        devices.forEach(Device::close);
    }
}
