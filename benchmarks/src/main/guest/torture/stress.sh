# The stress of a Debian guest for $MINUTES minutes: the torture programs in a crowd, compilations,
# shared objects, interpreters, and changes to the kernel's own text. Sourced by the guest's init.
# Each round tells the memory that is left; what goes wrong is told as an error.

mkdir -p /tmp/stress && cd /tmp/stress || echo "@@ error stress: no folder to work in"
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm

# Runs a command in the background; its output is told only if it fails.
crowd() {
    name=$1
    shift
    {
        "$@" >$name.log 2>&1 || sed "s/^/@@ error stress $name, round $round: /" $name.log
        rm -f $name.log
    } &
}

# Twelve shared objects, opened and closed in turn.
objects() {
    number=0
    list=
    while [ $number -lt 12 ]; do
        echo "static int calls; int answer(int x) { return 3 * x + $number + calls++; }" >object$number.c
        tcc -shared -o object$number.so object$number.c || return 1
        list="$list ./object$number.so"
        number=$((number + 1))
    done
    tcc -o plugins /bench/plugins.c -ldl && ./plugins 30 $list
}

# A program of 600 functions, compiled and run; perl knows what it has to print.
compile() {
    perl -e '
        my ($seed, $sum) = ($ARGV[0], 0);
        print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n";
        for my $i (0 .. 599) {
            my $k = ($seed * 7919 + $i * 104729) % 65521;
            print "static unsigned f$i(unsigned x) { for (unsigned i = 0; i < 50; i++) x += i * $k % 7; return x & 0xffffff; }\n";
            my $x = $i;
            $x += $_ * $k % 7 for 0 .. 49;
            $sum += $x & 0xffffff;
        }
        print "int main(void) { unsigned sum = 0;\n";
        print "sum += f$_($_);\n" for 0 .. 599;
        print "if (sum != ${sum}u) { printf(\"%u\\n\", sum); return 1; } return 0; }\n";
    ' $round >program.c && tcc -o program program.c && ./program
}

# Interpreters with many modules; two hashes of the same bytes.
interpreters() {
    python3 -c '
import ctypes, decimal, hashlib, http.client, json, sqlite3, ssl, subprocess, threading, zlib
data = bytes((i * i >> 3) & 255 for i in range(200000))
open("data", "wb").write(data)
assert zlib.decompress(zlib.compress(data)) == data
table = sqlite3.connect(":memory:")
table.execute("create table t (n integer)")
table.executemany("insert into t values (?)", [(i,) for i in range(2000)])
assert table.execute("select sum(n) from t").fetchone() == (1999000,)
assert json.loads(json.dumps({str(i): [i / 3] for i in range(500)}))["9"] == [3.0]
assert ctypes.CDLL("libm.so.6").abs(-7) == 7
done = []
crowd = [threading.Thread(target=lambda i=i: done.append(sum(range(i * 1000)))) for i in range(8)]
[t.start() for t in crowd]; [t.join() for t in crowd]
assert sorted(done)[7] == sum(range(7000))
other = subprocess.run(["sha256sum", "data"], capture_output=True, text=True).stdout.split()[0]
assert other == hashlib.sha256(data).hexdigest(), other
' && perl -MDigest::SHA=sha256_hex -MStorable=freeze,thaw -MPOSIX=floor -e '
        my %words = map { $_ => $_ ** 2 } 1 .. 3000;
        my $copy = thaw(freeze(\%words));
        die "copy" if sha256_hex(join ",", map { $copy->{$_} } sort keys %$copy)
                   ne sha256_hex(join ",", map { $words{$_} } sort keys %words);
        die "floor" if floor(-2.5) != -3;
    ' && apt-cache policy >/dev/null
}

# Static keys and, where the kernel has it, the function tracer: both patch the kernel's text.
kernel_text() {
    for value in 1 0 1 0 1 0 1 0; do
        [ ! -w /proc/sys/kernel/sched_schedstats ] || echo $value >/proc/sys/kernel/sched_schedstats
    done
    tracer=/sys/kernel/tracing/current_tracer
    if [ $((round % 5)) -eq 0 ] && [ -w $tracer ]; then
        echo function >$tracer 2>/dev/null
        /bin/true
        echo nop >$tracer
    fi
}

end=$(($(date +%s) + ${MINUTES:-1} * 60))
round=0
while [ $(date +%s) -lt $end ]; do
    round=$((round + 1))
    crowd processes /bench/torture processes --rounds 3 --seed $round
    crowd threads /bench/torture threads --rounds 1 --seed $round
    crowd selfmod /bench/torture selfmod generated --rounds 10 --seed $round
    crowd alias /bench/torture alias --rounds 200 --seed $round
    crowd objects objects
    crowd compile compile
    crowd interpreters interpreters
    kernel_text
    wait
    echo "@@ note round $round:" $(grep -E 'MemAvailable|^Slab|PageTables|KernelStack' /proc/meminfo)
done
cd /
