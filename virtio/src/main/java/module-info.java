/** Virtio transports, queues and devices, and their back ends. */
module org.jvisor.virtio {
    requires static transitive org.jspecify;
    requires aircompressor.v3;
    requires transitive org.jvisor.vmm.api;
    requires transitive org.jvisor.kvm;

    exports org.jvisor.virtio;
    exports org.jvisor.virtio.balloon;
    exports org.jvisor.virtio.block;
    exports org.jvisor.virtio.block.qcow2;
    exports org.jvisor.virtio.console;
    exports org.jvisor.virtio.entropy;
    exports org.jvisor.virtio.net;
    exports org.jvisor.virtio.queue;
    exports org.jvisor.virtio.transport;
    exports org.jvisor.virtio.vsock;
}
