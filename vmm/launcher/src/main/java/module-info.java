module org.jvisor.launcher {
    requires static org.jspecify;
    requires org.jvisor.machine;
    requires org.jvisor.cpucheck;
    requires info.picocli;
    requires org.jline;
    requires org.apache.commons.compress;
}
