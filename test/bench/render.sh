#!/bin/sh
# render.sh: documents a second of our writer (layout, deflate, PDF; one page, a file each) against the same page drawn by
# cairo, CPU time, both in this run.  No server.  Prints: quantity, ours, baseline, ratio.
# RENDER_SECONDS: CPU time for each (default 2).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${RENDER_SECONDS:-2}
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-render.XXXXXX")
trap 'rm -rf "$work"' EXIT
core=$top/src/core
${CC:-cc} -std=gnu11 -O2 -I"$top/src" -o "$work/ours" "$top/test/bench/render_page.c" "$core"/port.c "$core"/buffer.c "$core"/deflate.c \
    "$core"/font_*.c "$core"/pdf_*.c "$core"/layout_*.c "$core"/template_data.c "$core"/template_format.c "$core"/template_invoice.c "$core"/template_kind.c "$core"/template_payment.c "$core"/barcode_*.c -lz
rate() { awk -v kind="$2" '{ if (kind == "rate") printf "%.0f", $1 / $3; else if (kind == "pages") printf "%.0f", $2 / $3; else print $4 }' "$1"; }
"$work/ours" "$seconds" "$work/one.pdf" 10 >"$work/ours.txt"
"$work/ours" "$seconds" "$work/long.pdf" 4000 >"$work/long.txt"
ours=$(rate "$work/ours.txt" rate)
if pkg-config --exists cairo-pdf 2>/dev/null &&
    ${CC:-cc} -std=gnu11 -O2 $(pkg-config --cflags cairo-pdf) -o "$work/cairo" "$top/test/bench/cairo_page.c" $(pkg-config --libs cairo-pdf); then
    "$work/cairo" "$seconds" >"$work/cairo.txt"
    cairo=$(rate "$work/cairo.txt" rate)
    printf 'render: documents/s, one page each, against cairo\t%s\t%s\t%s\n' "$ours" "$cairo" "$(awk "BEGIN { printf \"%.1f\", $ours / $cairo }")"
    printf 'render: bytes a document, against cairo\t%s\t%s\t%s\n' "$(rate "$work/ours.txt" bytes)" "$(rate "$work/cairo.txt" bytes)" \
        "$(awk "BEGIN { printf \"%.2f\", $(rate "$work/ours.txt" bytes) / $(rate "$work/cairo.txt" bytes) }")"
else
    printf 'render: documents/s, one page each, against cairo\t%s\tmissing (libcairo2-dev)\t\n' "$ours"
fi
printf 'render: pages/s of an invoice with 4,000 lines\t%s\tnone\t\n' "$(rate "$work/long.txt" pages)"
