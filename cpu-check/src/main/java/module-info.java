/** The capability probe: what this host offers a virtual machine, and what follows from it. */
module org.jvisor.cpucheck {
    requires static transitive org.jspecify;
    requires org.jvisor.kvm;
    requires com.fasterxml.jackson.databind;

    exports org.jvisor.cpucheck;
}
