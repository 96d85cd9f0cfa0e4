package org.jvisor.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The programs there are. */
final class Suite {
    /** The suite of {@code jvisor bench guest}, in the order in which it runs. */
    static final Map<String, Program> PROGRAMS =
            byName(
                    Program.own("sieve", Group.INTEGER, true),
                    Program.own("hash", Group.INTEGER, true),
                    Program.own("qsort", Group.INTEGER, true),
                    Program.own("fib", Group.INTEGER, true),
                    Program.own("nbody", Group.DOUBLE, true),
                    Program.own("matrix", Group.DOUBLE, true),
                    Program.own("getppid", Group.KERNEL, true),
                    Program.own("fork", Group.KERNEL, true),
                    Program.own("mmap", Group.KERNEL, true),
                    Program.own("pipe", Group.KERNEL, true),
                    new Program(
                            "sha256sum",
                            Group.INTEGER,
                            true,
                            8 << 20,
                            "",
                            "$BUSYBOX head -c AMOUNT /dev/zero | $BUSYBOX sha256sum"),
                    new Program(
                            "awk",
                            Group.DOUBLE,
                            true,
                            80_000,
                            "",
                            "$BUSYBOX awk 'BEGIN { for (i = 1; i <= AMOUNT; i++) s += i * 0.5 / (i + 1);"
                                    + " printf \"%.9f\\n\", s }'"),
                    new Program(
                            "exec-true",
                            Group.KERNEL,
                            true,
                            200,
                            "",
                            "i=0; while [ $i -lt AMOUNT ]; do $BUSYBOX true; i=$((i + 1)); done; echo $i"),
                    Program.own("strings", Group.INTEGER, false),
                    Program.own("division", Group.INTEGER, false),
                    Program.own("indirect", Group.INTEGER, false),
                    Program.own("bytecode", Group.INTEGER, false),
                    Program.own("pointers", Group.INTEGER, false),
                    new Program(
                            "gzip",
                            Group.INTEGER,
                            false,
                            1 << 20,
                            "$GUEST text AMOUNT >$TMP/text",
                            "$BUSYBOX gzip -c $TMP/text | $BUSYBOX gzip -dc | $BUSYBOX md5sum"),
                    Program.own("x87", Group.X87, false),
                    Program.own("exec", Group.KERNEL, false),
                    Program.own("faults", Group.KERNEL, false),
                    Program.own("signals", Group.KERNEL, false));

    /** The programs of {@code jvisor bench userland}, whose first pass is what counts. */
    static final Map<String, Program> USERLAND =
            byName(
                    userland("apt-cache", "apt-cache policy | grep -c release"),
                    userland(
                            "python",
                            "python3 -c 'import json,http.client; print(json.dumps([1]))'"),
                    userland(
                            "perl",
                            "perl -e 'my %h; $h{$_ % 97} += $_ for 1..20000;"
                                    + " print join(\",\", map {\"$_=$h{$_}\"} sort {$a <=> $b} keys %h)'"),
                    userland(
                            "perl-modules",
                            "perl -MPOSIX=floor -MData::Dumper -e '$_ = \"aXbXc\" x 500; my @w = split /X/;"
                                    + " print Dumper([map {floor(length($_) / 2)} @w[0..9]])'"),
                    userland(
                            "tcc",
                            "printf '#include <stdio.h>\\nint main(void) {puts(\"hello\");}\\n' >/tmp/hello.c;"
                                    + " tcc -o /tmp/hello /tmp/hello.c && /tmp/hello"));

    private Suite() {}

    private static Program userland(String name, String script) {
        return new Program(name, Group.USERLAND, false, 1, "", script);
    }

    private static Map<String, Program> byName(Program... programs) {
        Map<String, Program> map = new LinkedHashMap<>();
        for (Program program : programs) {
            map.put(program.name(), program);
        }
        return map;
    }

    /**
     * The programs of those names or groups, in the suite's order; all where none is named.
     *
     * @throws BenchException naming what is unknown
     */
    static List<Program> select(Map<String, Program> from, Collection<String> names) {
        List<Program> chosen = new ArrayList<>();
        for (String name : names) {
            if (from.values().stream().noneMatch(program -> matches(program, name))) {
                throw new BenchException(
                        "there is no program or group %s; there are %s"
                                .formatted(name, String.join(", ", from.keySet())));
            }
        }
        for (Program program : from.values()) {
            if (names.isEmpty() || names.stream().anyMatch(name -> matches(program, name))) {
                chosen.add(program);
            }
        }
        return chosen;
    }

    private static boolean matches(Program program, String name) {
        return program.name().equals(name)
                || program.group().title().equals(name)
                || (name.equals("reference") && program.reference());
    }
}
