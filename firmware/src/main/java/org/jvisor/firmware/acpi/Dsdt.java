package org.jvisor.firmware.acpi;

import java.util.ArrayList;
import java.util.List;
import org.jvisor.firmware.layout.AcpiDevice;
import org.jvisor.firmware.layout.AddressMap;
import org.jvisor.firmware.layout.BoardDescription;
import org.jvisor.firmware.layout.BoardPorts;

/** The DSDT: the board's devices in AML. */
final class Dsdt {
    /** The UUID by which the operating system asks for PCI Express features (PCI FW 3.2 §4.5). */
    private static final String PCI_OSC_UUID = "33db4d5b-1ff7-401c-9657-7441c03dd766";

    private final BoardDescription board;

    private Dsdt(BoardDescription board) {
        this.board = board;
    }

    /** The table's contents after its header. */
    static byte[] build(BoardDescription board) {
        Dsdt dsdt = new Dsdt(board);
        return Aml.list(
                Aml.name(
                        "\\_S5",
                        Aml.pack(
                                Aml.integer(BoardPorts.SLEEP_TYPE_S5),
                                Aml.integer(0),
                                Aml.integer(0),
                                Aml.integer(0))),
                Aml.scope("\\_SB", Aml.list(dsdt.devices())));
    }

    private List<byte[]> devices() {
        List<byte[]> devices = new ArrayList<>();
        if (board.pci()) {
            devices.add(hostBridge());
        }
        devices.add(chipset());
        addIsaDevices(devices);
        for (AcpiDevice device : board.devices()) {
            AmlResources resources = new AmlResources();
            device.resources().forEach(resources::resource);
            devices.add(device(device.name(), device.hid(), device.uid(), resources));
        }
        for (int cpu = 0; cpu < board.cpus(); cpu++) {
            devices.add(
                    Aml.device(
                            "C%03X".formatted(cpu),
                            Aml.name("_HID", Aml.string("ACPI0007")),
                            Aml.name("_UID", Aml.integer(cpu))));
        }
        return devices;
    }

    private static byte[] device(String name, String hid, int uid, AmlResources resources) {
        return Aml.device(
                name,
                Aml.name("_HID", Aml.hardwareId(hid)),
                Aml.name("_UID", Aml.integer(Integer.toUnsignedLong(uid))),
                Aml.name("_CRS", resources.build()));
    }

    private byte[] hostBridge() {
        AmlResources windows =
                new AmlResources()
                        .buses(0, AddressMap.PCI_BUSES - 1)
                        .ports(BoardPorts.PCI_CONFIG, 8)
                        .portWindow(0, BoardPorts.PCI_CONFIG - 1)
                        .portWindow(BoardPorts.PCI_CONFIG + 8, 0xffff);
        for (AddressMap.Range window : AddressMap.pciWindows()) {
            windows.memoryWindow(window.base(), window.size());
        }
        AddressMap.Range high = board.memory().pciWindow64();
        windows.memoryWindow64(high.base(), high.size());
        return Aml.device(
                "PCI0",
                Aml.name("_HID", Aml.hardwareId("PNP0A08")),
                Aml.name("_CID", Aml.hardwareId("PNP0A03")),
                Aml.name("_UID", Aml.integer(0)),
                Aml.name("_SEG", Aml.integer(0)),
                Aml.name("_BBN", Aml.integer(0)),
                Aml.name("_CCA", Aml.integer(1)),
                Aml.name("_CRS", windows.build()),
                Aml.name("_PRT", interruptRouting()),
                osc());
    }

    /** Each pin of each device on bus 0, wired to a fixed GSI (§6.2.13). */
    private static byte[] interruptRouting() {
        List<byte[]> routes = new ArrayList<>();
        for (int device = 0; device < 32; device++) {
            for (int pin = 0; pin < 4; pin++) {
                routes.add(
                        Aml.pack(
                                Aml.integer((long) device << 16 | 0xffff),
                                Aml.integer(pin),
                                Aml.integer(0),
                                Aml.integer(BoardPorts.pciGsi(device, pin))));
            }
        }
        return Aml.pack(routes.toArray(byte[][]::new));
    }

    /** Grants every PCI Express feature that is asked for, and refuses other questions. */
    private static byte[] osc() {
        int unknownUuid = 4;
        return Aml.method(
                "_OSC",
                4,
                Aml.when(
                        Aml.equal(Aml.argument(0), Aml.uuid(PCI_OSC_UUID)),
                        Aml.result(Aml.argument(3))),
                Aml.otherwise(
                        Aml.createDwordField(Aml.argument(3), 0, "CDW1"),
                        Aml.or(Aml.path("CDW1"), Aml.integer(unknownUuid), Aml.path("CDW1")),
                        Aml.result(Aml.argument(3))));
    }

    /** What no other device claims, so that nothing is ever placed over it. */
    private byte[] chipset() {
        AmlResources resources =
                new AmlResources()
                        .ports(BoardPorts.PM1A_EVENT, 0x10)
                        .ports(BoardPorts.GPE0, BoardPorts.GPE0_LENGTH)
                        .memory(AddressMap.IOAPIC_BASE, 0x1000)
                        .memory(AddressMap.LAPIC_BASE, 0x1000);
        if (board.pci()) {
            resources.memory(AddressMap.ECAM_BASE, AddressMap.ECAM_SIZE);
        }
        return device("MBRD", "PNP0C02", 0, resources);
    }

    private void addIsaDevices(List<byte[]> devices) {
        devices.add(
                device(
                        "PIC_",
                        "PNP0000",
                        0,
                        new AmlResources().ports(0x20, 2).ports(0xa0, 2).isaInterrupt(2)));
        devices.add(
                device("PIT_", "PNP0100", 0, new AmlResources().ports(0x40, 4).isaInterrupt(0)));
        devices.add(
                device("RTC_", "PNP0B00", 0, new AmlResources().ports(0x70, 2).isaInterrupt(8)));
        if (board.keyboard()) {
            devices.add(
                    device(
                            "KBD_",
                            "PNP0303",
                            0,
                            new AmlResources().ports(0x60, 1).ports(0x64, 1).isaInterrupt(1)));
        }
        if (board.hpet()) {
            devices.add(
                    device(
                            "HPET",
                            "PNP0103",
                            0,
                            new AmlResources().memory(AddressMap.HPET_BASE, 0x400)));
        }
        for (int i = 0; i < board.serialPorts(); i++) {
            devices.add(
                    device(
                            "COM" + (i + 1),
                            "PNP0501",
                            i + 1,
                            new AmlResources()
                                    .ports(BoardPorts.serialPort(i), 8)
                                    .isaInterrupt(BoardPorts.serialIrq(i))));
        }
    }
}
