package org.jvisor.machine;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.firmware.layout.AcpiDevice;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardPorts;
import org.jvisor.machine.device.PciHost;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.balloon.VirtioBalloon;
import org.jvisor.virtio.block.VirtioBlock;
import org.jvisor.virtio.net.VirtioNet;
import org.jvisor.virtio.transport.VirtioMmio;
import org.jvisor.virtio.transport.VirtioPci;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.GuestMemory;

/** A machine's virtio devices on their transport. */
final class VirtioDevices {
    /** What the devices are told by when the machine stops and goes on. */
    private interface Attached {
        void pause();

        void resume();

        void close();
    }

    /** Bytes from one memory-mapped device to the next: a page, so that each has its own. */
    private static final long MMIO_STRIDE = 4096;

    /** The hardware ID of a virtio-mmio device, as Linux and QEMU have it. */
    private static final String MMIO_HID = "LNRO0005";

    /** Interrupt inputs that nothing but PCI uses, and which may be shared. */
    private static final int MMIO_GSIS = 8;

    private final Platform platform;
    private final GuestMemory memory;
    private final PciHost pci;
    private final TransportKind transport;
    private final List<Attached> attached = new ArrayList<>();
    private final List<Device> boardDevices = new ArrayList<>();
    private final List<AcpiDevice> described = new ArrayList<>();
    private final DeviceControls controls;

    /**
     * Makes the devices that a configuration names and puts them on its transport.
     *
     * @param consoles the ports of a console; none if there are none
     * @throws MachineException if one cannot be had; nothing is left open then
     */
    VirtioDevices(
            MachineConfig config,
            List<ConsoleLine> consoles,
            Platform platform,
            GuestMemory memory,
            PciHost pci) {
        this.platform = platform;
        this.memory = memory;
        this.pci = pci;
        transport = config.transport();
        VirtioFactory factory = new VirtioFactory(config);
        try {
            List<VirtioBlock> disks = new ArrayList<>();
            for (int i = 0; i < config.disks().size(); i++) {
                disks.add(attach(factory.disk(i)));
            }
            List<VirtioNet> networks = new ArrayList<>();
            for (int i = 0; i < config.networks().size(); i++) {
                networks.add(attach(factory.network(i)));
            }
            VirtioBalloon balloon = null;
            for (DeviceConfig device : config.devices()) {
                VirtioDevice made = attach(factory.device(device));
                balloon = made instanceof VirtioBalloon it ? it : balloon;
            }
            controls = new DeviceControls(disks, networks, balloon);
            if (!consoles.isEmpty()) {
                attach(VirtioFactory.console(consoles));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends VirtioDevice> T attach(T device) {
        switch (transport) {
            case PCI -> attachPci(device);
            case MMIO -> attachMmio(device);
        }
        return device;
    }

    private void attachPci(VirtioDevice device) {
        VirtioPci function = new VirtioPci(device, memory);
        attached.add(
                new Attached() {
                    @Override
                    public void pause() {
                        function.pause();
                    }

                    @Override
                    public void resume() {
                        function.resume();
                    }

                    @Override
                    public void close() {
                        function.close();
                    }
                });
        pci.plug(function);
    }

    private void attachMmio(VirtioDevice device) {
        int index = described.size();
        long base = AddressMap.PLATFORM_BASE + index * MMIO_STRIDE;
        int gsi = BoardPorts.PCI_GSI_BASE + index % MMIO_GSIS;
        VirtioMmio window =
                new VirtioMmio(device, memory, platform.gsi(gsi), platform.doorbells().from(base));
        attached.add(
                new Attached() {
                    @Override
                    public void pause() {
                        window.pause();
                    }

                    @Override
                    public void resume() {
                        window.resume();
                    }

                    @Override
                    public void close() {
                        window.close();
                    }
                });
        boardDevices.add(window);
        platform.mmio().map(base, VirtioMmio.SIZE, window);
        described.add(
                new AcpiDevice(
                        "VR%02X".formatted(index),
                        MMIO_HID,
                        index,
                        List.of(
                                new AcpiDevice.Memory(base, VirtioMmio.SIZE),
                                new AcpiDevice.Interrupt(gsi, false))));
    }

    /** What the host may change about them. */
    DeviceControls controls() {
        return controls;
    }

    /** Those that are devices of the board on their own; PCI functions belong to their bus. */
    List<Device> boardDevices() {
        return List.copyOf(boardDevices);
    }

    /** Those the guest must be told of. */
    List<AcpiDevice> described() {
        return List.copyOf(described);
    }

    /** Returns once no device touches guest memory; no vCPU runs. */
    void pause() {
        attached.forEach(Attached::pause);
    }

    /** Lets the devices go on. */
    void resume() {
        attached.forEach(Attached::resume);
    }

    /** Ends the devices and their back ends. */
    void close() {
        attached.forEach(Attached::close);
        attached.clear();
    }
}
