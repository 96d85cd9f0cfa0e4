package org.jvisor.virtio.block.qcow2;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** A number for each cluster of a file that may be sparse: 0 until it is changed. */
final class Counts {
    private static final int PAGE_BITS = 12;

    private final Map<Long, int[]> pages = new HashMap<>();

    void add(long cluster) {
        int[] page = pages.computeIfAbsent(cluster >>> PAGE_BITS, at -> new int[1 << PAGE_BITS]);
        int at = (int) cluster & (1 << PAGE_BITS) - 1;
        page[at] = Math.max(page[at], page[at] + 1); // does not overflow
    }

    int get(long cluster) {
        int[] page = pages.get(cluster >>> PAGE_BITS);
        return page == null ? 0 : page[(int) cluster & (1 << PAGE_BITS) - 1];
    }

    /** The clusters whose number is not 0, in ascending order. */
    long[] clusters() {
        long[] result = new long[1024];
        int count = 0;
        for (long index : new TreeSet<>(pages.keySet())) {
            int[] page = pages.getOrDefault(index, new int[0]);
            for (int i = 0; i < page.length; i++) {
                if (page[i] != 0) {
                    if (count == result.length) {
                        result = Arrays.copyOf(result, count * 2);
                    }
                    result[count++] = (index << PAGE_BITS) + i;
                }
            }
        }
        return Arrays.copyOf(result, count);
    }
}
