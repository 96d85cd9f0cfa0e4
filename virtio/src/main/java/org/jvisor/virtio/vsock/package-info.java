/**
 * The socket device (virtio 1.2 §5.10): stream connections between programs in the guest and on the
 * host, where they are Unix sockets. The host connects to the device's socket and writes {@code
 * CONNECT port}; the guest's connections to the host's port N reach the socket of that name with
 * {@code _N} added. That is the convention of Firecracker, so its clients work here.
 */
@NullMarked
package org.jvisor.virtio.vsock;

import org.jspecify.annotations.NullMarked;
