module org.jvisor.machine {
    requires static org.jspecify;
    requires transitive org.jvisor.vmm.api;
    requires org.jvisor.emulator;
    requires org.jvisor.kvm;
    requires org.jvisor.firmware;
    requires org.jvisor.cpucheck;
    requires com.fasterxml.jackson.databind;
}
