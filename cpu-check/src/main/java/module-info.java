module org.jvisor.cpucheck {
    requires static org.jspecify;
    requires org.jvisor.kvm;
    requires com.fasterxml.jackson.databind;
}
