package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jvisor.firmware.layout.AcpiDevice;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardPorts;
import org.jvisor.machine.device.AcpiPm;
import org.jvisor.machine.device.BufferedSerialBackend;
import org.jvisor.machine.device.DebugExit;
import org.jvisor.machine.device.FwCfg;
import org.jvisor.machine.device.FwCfgItems;
import org.jvisor.machine.device.Hpet;
import org.jvisor.machine.device.I8042;
import org.jvisor.machine.device.PciHost;
import org.jvisor.machine.device.Pit8254;
import org.jvisor.machine.device.PostCodePort;
import org.jvisor.machine.device.Rtc;
import org.jvisor.machine.device.SerialBackend;
import org.jvisor.machine.device.Uart16550;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Clock;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.InterruptRoutes;
import org.jvisor.vmm.api.IrqLine;

/** The PC: its devices, and their wires to the platform and the machine's life cycle. */
final class PcBoard implements Board {
    /** The type of usable RAM in an E820 map (ACPI 6.5 §15.1). */
    private static final long E820_RAM = 1;

    private static final int IRQ_PIT = 0, IRQ_KEYBOARD = 1, IRQ_RTC = 8;

    private final List<Device> devices = new ArrayList<>();
    private final List<Uart16550> serial = new ArrayList<>();
    private final I8042 keyboard;
    private final AcpiPm power;
    private final VirtioDevices virtio;
    private final List<ConsoleLine> consoles = new ArrayList<>();

    PcBoard(
            Platform platform,
            GuestMemory memory,
            Clock clock,
            AddressMap layout,
            Lifecycle lifecycle,
            Machine.Blueprint blueprint) {
        Bus ports = platform.ports();
        for (int i = 0; i < serialPorts(blueprint); i++) {
            serial.add(add(uart(platform, clock, blueprint, i)));
        }
        IrqLine pitLine = platform.gsi(IRQ_PIT);
        IrqLine rtcLine = platform.gsi(IRQ_RTC);
        if (platform.hasHpet()) {
            Hpet hpet = add(new Hpet(clock, platform::gsi, platform.msi()));
            hpet.attach(platform.mmio());
            pitLine = hpet.pitLine();
            rtcLine = hpet.rtcLine();
        }
        Rtc rtc = add(new Rtc(clock, rtcLine));
        rtc.attach(ports);
        rtc.setMemorySize(layout.lowSize(), layout.highSize());
        keyboard = add(new I8042(platform.gsi(IRQ_KEYBOARD), lifecycle::requestReset));
        keyboard.attach(ports);
        if (platform.needsPit()) {
            add(new Pit8254(clock, pitLine)).attach(ports);
        }
        power =
                add(
                        new AcpiPm(
                                clock,
                                platform.gsi(BoardPorts.SCI_IRQ),
                                BoardPorts.SLEEP_TYPE_S5,
                                () -> lifecycle.requestEnd(new MachineExit.PowerOff())));
        power.attach(ports);
        PciHost pci =
                add(
                        new PciHost(
                                ports,
                                platform.mmio(),
                                AddressMap.ECAM_BASE,
                                new PciWiring(platform),
                                lifecycle::requestReset));
        FwCfgItems items = new FwCfgItems(layout.lowSize(), blueprint.config().cpus());
        items.putE820(
                layout.ram().stream()
                        .flatMapToLong(ram -> LongStream.of(ram.base(), ram.size(), E820_RAM))
                        .toArray());
        add(new FwCfg(memory, items)).attach(ports);
        add(new PostCodePort()).attach(ports);
        add(debugExit(lifecycle)).attach(ports);
        for (Machine.Console console : blueprint.consoles()) {
            String thread = blueprint.config().name() + "-console" + consoles.size();
            consoles.add(new ConsoleLine(console.name(), thread, console.farEnd()));
        }
        virtio = new VirtioDevices(blueprint.config(), consoles, platform, memory, pci);
        devices.addAll(virtio.boardDevices());
    }

    /** The port whose writes end the machine with a status. */
    static DebugExit debugExit(Lifecycle lifecycle) {
        return new DebugExit(status -> lifecycle.requestEnd(new MachineExit.DebugExit(status)));
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

    /** PCI slots on this platform. */
    private record PciWiring(Platform platform) implements PciHost.Wiring {
        @Override
        public IrqLine line(int device, int pin) {
            return platform.gsi(BoardPorts.pciGsi(device, pin));
        }

        @Override
        public InterruptRoutes interrupts() {
            return platform.routes();
        }

        @Override
        public Doorbells doorbells() {
            return platform.doorbells();
        }
    }

    private <T extends Device> T add(T device) {
        devices.add(device);
        return device;
    }

    @Override
    public void powerButton() {
        power.powerButton();
    }

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
    public void consoleInput(int port, byte[] bytes, int offset, int length)
            throws InterruptedException {
        if (port < 0 || port >= consoles.size()) {
            throw new IllegalArgumentException("the machine has no console port " + port);
        }
        consoles.get(port).input(bytes, offset, length);
    }

    @Override
    public DeviceControls controls() {
        return virtio.controls();
    }

    @Override
    public List<AcpiDevice> described() {
        return virtio.described();
    }

    @Override
    public void pause() {
        virtio.pause();
    }

    @Override
    public void resume() {
        virtio.resume();
    }

    @Override
    public void reset() {
        devices.forEach(Device::reset);
    }

    @Override
    public void close() {
        virtio.close();
        devices.forEach(Device::close);
    }
}
