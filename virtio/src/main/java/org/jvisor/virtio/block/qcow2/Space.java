package org.jvisor.virtio.block.qcow2;

/**
 * Clusters of the file for new data.
 *
 * @param host where the first one is
 * @param clusters how many there are, one after another
 * @param zeros whether they read as zeros now
 */
record Space(long host, int clusters, boolean zeros) {}
