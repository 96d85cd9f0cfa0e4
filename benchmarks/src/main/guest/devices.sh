#!/bin/sh
# The first process of the guests that measure disks and networks: loads the drivers, runs fio and
# iperf3 from the Debian on the first disk, and switches the machine off. The second disk is what
# fio reads and writes. /bench/parameters sets SECONDS_EACH and, where there is a server, PORT.
export PATH=/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for file in /sys/bus/pci/devices/*/modalias; do
    read -r alias <"$file"
    case $alias in pci:v00001AF4*) modprobe -q "$alias" ;; esac
done
for file in /sys/bus/virtio/devices/*/modalias; do
    read -r alias <"$file"
    modprobe -q "$alias"
done
exec </dev/null >/dev/console 2>&1
. /bench/parameters
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
mount -t ext4 -o ro,noload /dev/vda /mnt
mount -o bind /proc /mnt/proc
mount -o bind /sys /mnt/sys
mount -o bind /dev /mnt/dev
mount -t tmpfs tmp /mnt/tmp

# disk NAME OPTION...: KiB/s and requests/s of reading, then of writing
disk() {
    name=$1
    shift
    chroot /mnt fio --name="$name" --filename=/dev/vdb --direct=1 --ioengine=libaio --time_based \
        --ramp_time="$((SECONDS_EACH / 2))" --runtime="$SECONDS_EACH" --output-format=terse \
        --terse-version=3 "$@" | cut -d ';' -f 3,7,8,48,49 | sed -n 's/^/@@ disk /p'
}
# net NAME OPTION...: the receiver's line
net() {
    name=$1
    shift
    chroot /mnt iperf3 -c 10.0.2.2 -p "$PORT" -f k -O "$((SECONDS_EACH / 2))" -t "$SECONDS_EACH" "$@" |
        sed -n "s/.* \([0-9.]*\) Kbits.sec.*receiver/@@ net $name;\1/p"
}
disk seq-read --rw=read --bs=1M --iodepth=4
disk seq-write --rw=write --bs=1M --iodepth=4
disk rand-read-1 --rw=randread --bs=4k --iodepth=1
disk rand-read-32 --rw=randread --bs=4k --iodepth=32
disk rand-write-1 --rw=randwrite --bs=4k --iodepth=1
disk rand-write-32 --rw=randwrite --bs=4k --iodepth=32
if [ -n "$PORT" ]; then
    net guest-to-host
    net host-to-guest -R
fi
dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|I/O error' | sed 's/^/@@ error /'
echo "@@ finished"
poweroff -f
