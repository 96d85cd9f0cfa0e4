/** Measures jvisor: its exits and parts by JMH, and whole machines beside other monitors. */
module org.jvisor.benchmarks {
    requires static org.jspecify;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires jmh.core;
    requires org.apache.commons.compress;
    requires org.jvisor.cpucheck;
    requires org.jvisor.emulator;
    requires org.jvisor.kvm;
    requires org.jvisor.launcher;
    requires org.jvisor.virtio;

    exports org.jvisor.benchmarks.guest;

    opens org.jvisor.benchmarks to
            info.picocli;
}
