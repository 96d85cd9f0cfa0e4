/** The software accelerator. */
module org.jvisor.emulator {
    requires static org.jspecify;
    requires transitive org.jvisor.vmm.api;
    requires jdk.jfr;
    requires org.jvisor.kvm;

    exports org.jvisor.emulator;
}
