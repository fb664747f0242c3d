#!/bin/sh
# make_fields.sh [check]: writes docs/invoice_fields.md, the place of every field in each format, out of the tables of the
# readers and writers; with check, compares only.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# C("due_date", BT_9) below #define HEADER_COLUMNS is {"bt_9", "invoice.due_date"}; allowances and charges share their columns
awk '/^#define [A-Z]*_COLUMNS\(C\)/ { table = $2 ~ /HEADER/ ? "invoice" : $2 ~ /LINE/ ? "invoice_line" : "invoice_tax" }
    match($0, /C\("[a-z_0-9]*", BT_[0-9_]*\)/) {
        split(substr($0, RSTART, RLENGTH), part, "[\",() ]+")
        printf "{\"%s\", \"%s.%s\"},\n", tolower(part[3]), table, part[2]
    }' src/invoice/write_stored.c >"$work/fields_columns.inc"
for column in "amount 92 99 136 141" "base_amount 93 100 137 142" "percentage 94 101 138 143" "reason 97 104 139 144" "reason_code 98 105 140 145" \
    "tax_category 95 102" "tax_rate 96 103"; do
    set -- $column
    name=$1
    shift
    for term in "$@"; do echo "{\"bt_$term\", \"invoice_adjustment.$name\"},"; done
done >>"$work/fields_columns.inc"
cat >>"$work/fields_columns.inc" <<'COLUMNS'
{"bt_22", "invoice.note"}, {"bt_25", "invoice.preceding_invoice"}, {"bt_84", "invoice.payee_account"},
COLUMNS
${CC:-cc} -std=gnu11 -O0 -Wall -Isrc -I"$work" $(xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2) -o "$work/make_fields" \
    tools/make_fields.c src/core/*.c $(xml2-config --libs 2>/dev/null || echo -lxml2) -lz -lm
"$work/make_fields" >"$work/invoice_fields.md"
if [ "${1:-}" = check ]; then
    diff -u docs/invoice_fields.md "$work/invoice_fields.md" | head -40
    cmp -s docs/invoice_fields.md "$work/invoice_fields.md" || { echo "docs/invoice_fields.md is stale: run tools/make_fields.sh"; exit 1; }
else
    cp "$work/invoice_fields.md" docs/invoice_fields.md
fi
