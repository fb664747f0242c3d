#!/bin/sh
# large_invoice.sh: one invoice of 20,000 and of 100,000 lines, read and checked by the rules;
# limit: a bare SAX pass of libxml2.  And the first validation of a new connection.  CPU
# time, best of LARGE_TURNS (default 3); the first validation: median of 15 connections.  Rows: quantity, ours, limit, ratio.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_large_$$
turns=${LARGE_TURNS:-3}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / (b > 0 ? b : 1) }'; }

work=$(mktemp -d)
chmod 755 "$work"
trap 'dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
createdb "$database"
perl "$top/test/bench/make_ubl.pl" --lines 20000 --wide --form plain >"$work/20000" 2>/dev/null
perl "$top/test/bench/make_ubl.pl" --lines 100000 --wide --form plain >"$work/100000" 2>/dev/null
perl "$top/test/bench/make_ubl.pl" --form plain >"$work/10" 2>/dev/null
chmod 644 "$work"/1* "$work"/2*
sql -v folder="$work" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
CREATE TABLE bench (lines int, content bytea);
ALTER TABLE bench ALTER content SET STORAGE EXTERNAL;
INSERT INTO bench SELECT n, pg_read_binary_file(:'folder' || '/' || n) FROM unnest(ARRAY[10, 20000, 100000]) AS n;
VACUUM ANALYZE bench;
-- milliseconds on a processor, kilobytes
CREATE VIEW clock AS SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::numeric / 1e6 AS cpu,
	substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'RssAnon:\s+(\d+)')::bigint AS memory;
SQL
${CC:-cc} -O2 $(xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2) -o "$work/sax_limit" "$top/test/bench/sax_limit.c" $(xml2-config --libs 2>/dev/null || echo -lxml2) || echo "sax_limit: not built (missing compiler or libxml2-dev)" >&2

# validated LINES: CPU milliseconds
validated()
{
    sql <<SQL | tail -1
SELECT cpu FROM clock \\gset
SELECT count(*) AS findings FROM bench, mailroom.validate_invoice(content) WHERE lines = $1 \\gset
SELECT CASE :findings WHEN 0 THEN round(c.cpu - :cpu) END FROM clock c;
SQL
}
for lines in 20000 100000; do
    for turn in $(seq "$turns"); do
        validated $lines >>"$work/cpu_$lines"
        [ ! -x "$work/sax_limit" ] || "$work/sax_limit" 0.5 "$work/$lines" | awk '{ printf "%.1f\n", 1000 / $1 }' >>"$work/sax_$lines"
    done
    ours=$(sort -n "$work/cpu_$lines" | head -1)
    if [ -s "$work/sax_$lines" ]; then
        limit=$(sort -n "$work/sax_$lines" | head -1)
        row "invoice of $lines lines, $(($(wc -c <"$work/$lines") / 1000)) kB, parse and rules, ms (limit: SAX pass)" "$ours" "$limit" "$(ratio "$ours" "$limit")"
    else
        row "invoice of $lines lines, parse and rules, ms" "$ours" missing -
    fi
done
row "100,000 lines against 20,000: times as long (5 is linear)" "$(ratio "$(sort -n "$work/cpu_100000" | head -1)" "$(sort -n "$work/cpu_20000" | head -1)")" "5" "-"
for connection in $(seq 15); do
    sql <<'SQL' | tail -1
SELECT cpu, memory FROM clock \gset
SELECT cpu, memory FROM clock \gset
SELECT count(*) AS findings FROM bench, mailroom.validate_invoice(content) WHERE lines = 10 \gset
SELECT round(c.cpu - :cpu, 1), c.memory - :memory FROM clock c;
SQL
done | tr '|' ' ' >"$work/first"
row "first validation of a new connection, ms, median; kB" "$(cut -d' ' -f1 "$work/first" | sort -n | sed -n 8p)" "$(cut -d' ' -f2 "$work/first" | sort -n | sed -n 8p)" "-"
