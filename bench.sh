#!/bin/sh
# bench.sh [NAME ...]: paired benchmarks (all of test/bench/*.sh, or the named ones).  Each prints rows of
# quantity, ours, baseline or limit measured in the same run, and ratio; a peer that is not installed is
# reported as missing.
. "$(dirname "$0")/tools/setup.sh"

setup_packages "make gcc libc6-dev postgresql-15 postgresql-server-dev-15 libxml2-dev zlib1g-dev libqrencode-dev python3 bc zstd"
setup_work
setup_build
setup_cluster "shared_buffers = 512MB" "max_wal_size = 4GB" "fsync = on" "max_parallel_workers_per_gather = 0"
MAILROOM_SHARED=${MAILROOM_SHARED:-$top/../shared}
export MAILROOM_SHARED
printf '%-62s %16s %16s %8s\n' quantity ours "baseline/limit" ratio
[ $# -gt 0 ] || set -- $(ls "$top"/test/bench/*.sh | sed 's|.*/||;s|\.sh$||')
for name in "$@"; do
    $run sh "$work/tree/test/bench/$name.sh" 2>"$work/$name.err" |
        awk -F '\t' '{ printf "%-62s %16s %16s %8s\n", $1, $2, $3, $4 }' || true
    [ ! -s "$work/$name.err" ] || { echo "  ($name:"; tail -5 "$work/$name.err"; echo "  )"; }
done
