package org.jvisor.virtio.block.qcow2;

import org.jspecify.annotations.Nullable;
import org.jvisor.virtio.block.BlockBackend;
import org.jvisor.virtio.block.BlockException;

/** Opens the file that an image names as its backing file. */
@FunctionalInterface
public interface BackingOpener {
    /**
     * Opens it for reading.
     *
     * @param name as in the image
     * @param format as in the image; null if it tells none
     */
    BlockBackend open(String name, @Nullable String format) throws BlockException;
}
