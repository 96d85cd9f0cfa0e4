/** The {@code jvisor} command line. */
module org.jvisor.launcher {
    requires static org.jspecify;
    requires aircompressor.v3;
    requires com.fasterxml.jackson.core;
    requires info.picocli;
    requires java.net.http;
    requires org.apache.commons.compress;
    requires org.jvisor.cpucheck;
    requires org.jvisor.kvm;
    requires org.jvisor.machine;
    requires org.jvisor.virtio;
    requires org.tukaani.xz;

    exports org.jvisor.launcher to
            org.jvisor.benchmarks;
    exports org.jvisor.launcher.image to
            org.jvisor.benchmarks;

    opens org.jvisor.launcher to
            info.picocli;
}
