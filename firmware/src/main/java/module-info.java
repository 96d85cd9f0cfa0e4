/** Boot protocols, ACPI and SMBIOS tables, and the address map they describe. */
module org.jvisor.firmware {
    requires static org.jspecify;
    requires transitive org.jvisor.vmm.api;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;

    exports org.jvisor.firmware;
    exports org.jvisor.firmware.acpi;
    exports org.jvisor.firmware.layout;
    exports org.jvisor.firmware.smbios;
}
