#!/bin/sh
# barcode.sh: QR symbols of 165 bytes (version 9, level M) with the choice of the mask, symbols/s of one core, against
# libqrencode in the same program.  Rows: quantity, ours, baseline, ratio.  CPU time, best of three runs.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -e /usr/include/qrencode.h ] || { echo "missing: libqrencode-dev" >&2; exit 0; }
${CC:-cc} -O2 -std=gnu11 "-I$top/src" -o "$work/barcode" "$top/test/bench/barcode_qr_rate.c" "$top"/src/core/barcode_qr*.c "$top/src/core/port.c" -lqrencode
for turn in 1 2 3; do "$work/barcode"; done | awk '{ if ($1 > ours) ours = $1; if ($2 > theirs) theirs = $2 }
    END { printf "QR version 9-M, symbols/s vs libqrencode\t%d\t%d\t%.1f\n", ours, theirs, ours / theirs }'
