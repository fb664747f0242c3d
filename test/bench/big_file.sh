#!/bin/sh
# big_file.sh: one file of BIG_MB megabytes (default 200; the figures of docs/intake.md are from 5000) of UBL invoices of about
# 10 KB in one wrapper element, generated as it is sent, uploaded in parts of 16 MB, closed with size and hash, and imported
# with policy set_aside; every 1,000th invoice is faulty.  BIG_ATTACH=BYTES gives each an attached document of that size.
# Rows: seconds of each step, elapsed; private memory of the importing session, sampled, in the first quarter of the import
# and over all of it; and the balance, which must be zero.  Disk: about three times the file.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_big_$$
megabytes=${BIG_MB:-200}
attach=${BIG_ATTACH:-0}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
now() { date +%s%N; }
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", (b - a) / 1e9 }'; }
setting()
{
    psql -XqAt -d postgres -c "ALTER SYSTEM $1" -c 'SELECT pg_reload_conf()' >/dev/null
}

work=$(mktemp -d)
chmod 755 "$work"
trap 'setting "RESET mailroom.jobs_workers"; dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
setting 'SET mailroom.jobs_workers = 0'
createdb "$database"
sql >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Big AS', 'NO', 'Europe/Oslo', 'NOK');
DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices';
SQL

# each part goes as soon as it is there; the whole never lies anywhere but in the database
cat >"$work/part.sh" <<'SH'
number=$(($(cat "$WORK/number" 2>/dev/null || echo 0) + 1))
echo "$number" >"$WORK/number"
cat >"$WORK/part"
chmod 644 "$WORK/part"
psql -XqAt -v ON_ERROR_STOP=1 -d "$DATABASE" -c "SELECT mailroom.upload_part(1, $UPLOAD, $number, pg_read_binary_file('$WORK/part'))" >/dev/null
SH
started=$(now)
file=$(sql -c "SELECT mailroom.open_upload(1, 'big.xml')")
mkfifo "$work/sum"
sha256sum <"$work/sum" | cut -d ' ' -f 1 >"$work/sha256" &
perl "$top/test/bench/make_ubl.pl" --bytes $((megabytes * 1000000)) --faulty 1000 --attach "$attach" 2>"$work/generated" | tee "$work/sum" |
    WORK=$work DATABASE=$database UPLOAD=$file split -b 16777216 --filter="sh $work/part.sh" -
wait
read -r count sum bytes <"$work/generated"
uploaded=$(now)
[ "$(sql -c "SELECT mailroom.close_upload(1, $file, $bytes, '\\x$(cat "$work/sha256")')")" = received ] || { echo "the upload was not received" >&2; exit 1; }
closed=$(now)

echo "SELECT pg_backend_pid(); CALL mailroom.run_jobs(1);" | sql >"$work/pid" &
until [ -s "$work/pid" ]; do sleep 0.05; done
status=/proc/$(cat "$work/pid")/status
processor=/proc/$(cat "$work/pid")/schedstat
: >"$work/memory"
while anonymous=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "$status" 2>/dev/null) && [ -n "$anonymous" ]; do
    echo "$anonymous" >>"$work/memory"
    cut -d' ' -f1 "$processor" >"$work/cpu.new" 2>/dev/null && [ ! -s "$work/cpu.new" ] || mv "$work/cpu.new" "$work/cpu"
    sleep 0.2
done
wait
imported=$(now)
rows=$(sql -c "SELECT (SELECT count(*) FROM mailroom.invoice), (SELECT count(*) FROM mailroom.invoice_line), (SELECT count(*) FROM mailroom.finding)")
outcome=$(sql -F ' ' -c "SELECT f.state, f.document_count, (f.totals -> 'NOK' ->> 'sum')::numeric = $sum, r.received - r.set_aside - r.in_work, r.set_aside, r.difference, r.difference_sum
    FROM mailroom.import_file f JOIN mailroom.reconciliation r USING (issuer_id, file_id) WHERE file_id = $file")
[ "$outcome" = "imported $count t 0 $((count / 1000)) 0 0" ] || [ "$outcome" = "imported $count t 0 $((count / 1000)) 0 0.00" ] || { echo "wrong: $outcome" >&2; exit 1; }
samples=$(wc -l <"$work/memory")
quarter=$(head -$(((samples + 3) / 4)) "$work/memory" | sort -n | tail -1)
peak=$(sort -n "$work/memory" | tail -1)
row "upload of $((bytes / 1000000)) MB in $(cat "$work/number") parts, generated on the way, s" "$(seconds "$started" "$uploaded")" "-" "-"
row "close: size and SHA-256 of the whole, s" "$(seconds "$uploaded" "$closed")" "-" "-"
row "import of $count invoices, $(echo "$rows" | cut -d'|' -f2) lines, s" "$(seconds "$closed" "$imported")" "-" "-"
row "the same in seconds of processor time, invoices/s of them" "$(awk '{ printf "%.1f", $1 / 1e9 }' "$work/cpu")" "$(awk -v n="$count" '{ printf "%.0f", n * 1e9 / $1 }' "$work/cpu")" "-"
row "the same elapsed, invoices/s, MB/s" "$(awk -v n="$count" -v a="$closed" -v b="$imported" 'BEGIN { printf "%.0f", n * 1e9 / (b - a) }')" \
    "$(awk -v n="$bytes" -v a="$closed" -v b="$imported" 'BEGIN { printf "%.0f MB/s", n * 1e3 / (b - a) }')" "-"
row "private memory, first quarter and peak, MB ($samples samples)" "$((quarter / 1024))" "$((peak / 1024))" "$(awk -v a="$peak" -v b="$quarter" 'BEGIN { printf "%.2f", a / b }')"
row "balance: difference of count, of sum (set aside: $((count / 1000)))" "0" "0" "-"
