#!/bin/sh
# Makes the AOT cache (JEP 514) of a distribution: runs the launcher's training class once, with the
# flags and the module path of the real command. jvisor runs without the cache too, only slower to
# start, so failing here is not an error.
#
#   train.sh DIST JAVA_HOME STAMP
#
# STAMP, the time at which the build began, becomes the modification time of DIST/stamp, with which
# the jvisor script compares the sources.
set -eu
dist=$1 java=$2/bin/java stamp=$3

# As in the jvisor script; the cache is for what a host's CPUs do unless they are asked otherwise.
set --
[ "$(uname -m)" = x86_64 ] ||
    set -- @"$dist/bytecode.options" -XX:CompilerDirectivesFile="$dist/compiler.json"

rm -f "$dist/jvisor.aot" "$dist/stamp"
"$java" "$(dirname "$0")/ModernizeJar.java" "$dist"/lib/*.jar ||
    echo "jvisor: old class files could not be rewritten; starting will take longer" >&2
# A guest that hangs must not hang the build.
if ! timeout 300 "$java" @"$dist/jvm.options" "$@" \
    -XX:AOTCacheOutput="$dist/jvisor.aot.new" --module-path "$dist/lib" \
    -m org.jvisor.launcher/org.jvisor.launcher.Training </dev/null >"$dist/train.log" 2>&1; then
    echo "jvisor: no AOT cache could be made (see $dist/train.log)" >&2
fi
[ ! -f "$dist/jvisor.aot.new" ] || mv "$dist/jvisor.aot.new" "$dist/jvisor.aot"
touch -d "$stamp" "$dist/stamp"
