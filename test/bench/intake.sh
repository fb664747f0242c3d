#!/bin/sh
# intake.sh: a flat file of 39 columns (INTAKE_ROWS rows, default 200000, ten lines an invoice) into the tables,
# with rules, numbers and balance, against COPY of the same bytes into one table of text columns; reading and
# checking alone against the same COPY; and a file uploaded in parts (INTAKE_UPLOAD_MB, default 200), whose row
# says what private memory its import takes.  Rows: quantity, ours, baseline, ratio.  Best of three.
set -eu
database=mailroom_bench_intake_$$
rows=${INTAKE_ROWS:-200000}
upload_mb=${INTAKE_UPLOAD_MB:-200}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
best() { sort -n | head -1; }
timed() { sql -c '\timing on' -c "$1" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }

createdb "$database"
work=$(mktemp -d)
chmod 755 "$work"
trap 'dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
sql >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
CREATE TABLE content (prefix text, content bytea);
SQL
head=invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
# flat PREFIX ROWS: the file
flat()
{
    echo "$head"
    awk -v prefix="$1" -v rows="$2" 'BEGIN {
        for (n = 0; n < rows; n++)
            printf "%s-%d,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,,,0.00,500.00,125.00,625.00,0.00,625.00,%d,A1,Diesel,5,LTR,10.00,0.00,50.00,S,25\n", prefix, n / 10, n % 10 + 1
    }'
}
columns=$(echo "$head" | sed 's/,/ text, /g')
for prefix in A B C; do
    flat $prefix "$rows" >"$work/$prefix.csv"
    chmod 644 "$work/$prefix.csv"
    sql -c "INSERT INTO content SELECT '$prefix', pg_read_binary_file('$work/$prefix.csv')"
done
bytes=$(wc -c <"$work/A.csv")
copy=$(for prefix in A B C; do
    sql -c "DROP TABLE IF EXISTS plain; CREATE TABLE plain ($columns text)" 2>/dev/null
    timed "COPY plain FROM '$work/$prefix.csv' (FORMAT csv, HEADER)"
done | best)
# rolled back, so that no worker takes the invoices on while we measure
imported="state = 'imported' AND document_count * 10 = $rows AND set_aside_count = 0 AND NOT EXISTS (SELECT FROM mailroom.reconciliation WHERE difference <> 0 OR difference_sum <> 0)"
import=$(for prefix in A B C; do
    sql >"$work/out" <<SQL
SET mailroom.import_value_limit = '512MB';
BEGIN;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, prefix, content FROM content WHERE prefix = '$prefix';
\timing on
SELECT mailroom.import_file_job(1, 0, jsonb_build_object('file_id', file_id)) FROM mailroom.import_file;
\timing off
SELECT CASE WHEN $imported THEN 'good' ELSE 'wrong' END FROM mailroom.import_file;
ROLLBACK;
SQL
    grep -q good "$work/out" || echo "an import failed" >&2
    sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$work/out"
done | best)
read=$(for prefix in A B C; do
    timed "SELECT count(*) FROM content, mailroom.validate_invoice(content) WHERE prefix = '$prefix'"
done | best)
per_second() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n * 1000 / ms }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
row "flat import to tables, lines/s (limit: COPY to one table)" "$(per_second "$rows" "$import")" "$(per_second "$rows" "$copy")" "$(ratio "$copy" "$import")"
row "flat file read and checked, MB/s (baseline: the same COPY)" "$(awk -v b="$bytes" -v ms="$read" 'BEGIN { printf "%.0f", b / ms / 1000 }')" \
    "$(awk -v b="$bytes" -v ms="$copy" 'BEGIN { printf "%.0f", b / ms / 1000 }')" "$(ratio "$copy" "$read")"

# an upload in parts of 16 MB, cut anywhere: the parts repeat the rows under other numbers
upload_rows=$((rows * upload_mb * 1000000 / bytes))
flat U "$upload_rows" >"$work/U.csv"
chmod 644 "$work/U.csv"
size=$(wc -c <"$work/U.csv")
hash=$(sha256sum "$work/U.csv" | cut -d ' ' -f 1)
file=$(sql -c "SELECT mailroom.open_upload(1, 'upload')")
part=1
while [ $(((part - 1) * 16777216)) -lt "$size" ]; do
    sql -c "SELECT mailroom.upload_part(1, $file, $part, pg_read_binary_file('$work/U.csv', ($part - 1) * 16777216::bigint, 16777216))" >/dev/null
    part=$((part + 1))
done
sql >"$work/out" <<SQL
BEGIN;
SELECT mailroom.close_upload(1, $file, $size, '\\x$hash');
SELECT mailroom.import_file_job(1, 0, '{"file_id": $file}');
SELECT 'peak ' || substring(s FROM 'VmHWM:\s+(\d+)')::bigint - substring(s FROM 'RssShmem:\s+(\d+)')::bigint
	FROM pg_read_file('/proc/' || pg_backend_pid() || '/status') AS s;
SELECT 'state ' || state FROM mailroom.import_file WHERE file_id = $file;
ROLLBACK;
SQL
peak=$(sed -n 's/^peak //p' "$work/out")
state=$(sed -n 's/^state //p' "$work/out")
row "upload of $((size / 1000000)) MB in $((part - 1)) parts: $state, peak memory without shared buffers, MB" "$((peak / 1024))" "-" "-"
