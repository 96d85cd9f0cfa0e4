/** The contracts of a virtual machine: guest memory, buses, interrupts, time, devices and vCPUs. */
module org.jvisor.vmm.api {
    requires static transitive org.jspecify;
    requires jdk.jfr;

    exports org.jvisor.vmm.api;
    exports org.jvisor.vmm.api.pci;
}
