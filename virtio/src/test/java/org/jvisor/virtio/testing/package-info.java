/**
 * A guest to test devices with: its RAM, a driver's side of split and packed rings, and a driver
 * that finds, negotiates and runs a device through the registers of either transport.
 */
@NullMarked
package org.jvisor.virtio.testing;

import org.jspecify.annotations.NullMarked;
