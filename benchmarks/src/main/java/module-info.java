/** Measures jvisor: side by side with QEMU on the same guests. */
module org.jvisor.benchmarks {
    requires static org.jspecify;
    requires com.fasterxml.jackson.core;
    requires info.picocli;
    requires org.apache.commons.compress;
    requires org.jvisor.launcher;

    exports org.jvisor.benchmarks.guest;

    opens org.jvisor.benchmarks to
            info.picocli;
}
