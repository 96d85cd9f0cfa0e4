/**
 * User networking: libslirp, a TCP/IP stack in a library, ends the guest's connections and makes
 * the same ones from this process, so that no privileges are needed. It is called through the
 * foreign function API, by one thread for each interface ({@link
 * org.jvisor.virtio.net.user.UserBackend}); it calls back for the time, timers and frames for the
 * guest ({@link org.jvisor.virtio.net.user.SlirpCallbacks}).
 */
@NullMarked
package org.jvisor.virtio.net.user;

import org.jspecify.annotations.NullMarked;
