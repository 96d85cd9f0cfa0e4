package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a guest that measures disks and networks wrote.
 *
 * @param values by what was measured: requests a second, or MB/s
 * @param errors it told of
 * @param finished whether it came to its end
 */
record DeviceOutput(Map<String, Double> values, List<String> errors, boolean finished) {
    private static final String DISK = "@@ disk ";
    private static final String NET = "@@ net ";
    private static final String ERROR = "@@ error ";
    private static final double KIB_IN_MB = 1024 / 1e6;
    private static final double KBIT_IN_MB = 1 / 8e3;

    /** Reads the lines of the guest's console. */
    static DeviceOutput parse(List<String> lines) {
        Map<String, Double> values = new LinkedHashMap<>();
        List<String> errors = new ArrayList<>();
        boolean finished = false;
        for (String line : lines) {
            String text = line.strip();
            try {
                if (text.startsWith(DISK)) {
                    disk(text.substring(DISK.length()).split(";", -1), values);
                } else if (text.startsWith(NET)) {
                    String[] parts = text.substring(NET.length()).split(";", -1);
                    values.put("net " + parts[0] + ", MB/s", positive(parts[1]) * KBIT_IN_MB);
                } else if (text.startsWith(ERROR)) {
                    errors.add(text.substring(ERROR.length()));
                } else if (text.equals("@@ finished")) {
                    finished = true;
                }
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                errors.add("not understood: " + text);
            }
        }
        return new DeviceOutput(values, errors, finished);
    }

    /** Name, KiB/s and requests/s of reading, KiB/s and requests/s of writing. */
    private static void disk(String[] parts, Map<String, Double> values) {
        int at = parts[0].contains("read") ? 1 : 3;
        if (parts[0].startsWith("seq")) {
            values.put("disk " + parts[0] + ", MB/s", positive(parts[at]) * KIB_IN_MB);
        } else {
            values.put("disk " + parts[0] + ", 1/s", positive(parts[at + 1]));
        }
    }

    private static double positive(String number) {
        double value = Double.parseDouble(number);
        if (!(value > 0)) {
            throw new NumberFormatException(number);
        }
        return value;
    }
}
