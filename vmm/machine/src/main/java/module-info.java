/** The virtual machine: accelerator, board, firmware and life cycle composed. */
module org.jvisor.machine {
    requires static transitive org.jspecify;
    requires transitive org.jvisor.vmm.api;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires jdk.jfr;
    requires org.jvisor.cpucheck;
    requires org.jvisor.emulator;
    requires org.jvisor.firmware;
    requires org.jvisor.kvm;
    requires transitive org.jvisor.virtio;

    exports org.jvisor.machine;
}
