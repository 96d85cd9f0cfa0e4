module org.jvisor.firmware {
    requires static org.jspecify;
    requires transitive org.jvisor.vmm.api;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;
    requires aircompressor.v3;
}
