/**
 * passt as a back end: a process beside this one that translates the guest's traffic to the host's
 * sockets. It is spoken to over a Unix stream socket, on which each frame follows its length as 32
 * bits, highest byte first.
 */
@NullMarked
package org.jvisor.virtio.net.passt;

import org.jspecify.annotations.NullMarked;
