#!/bin/sh
# intake.sh: flat files into the tables, with rules, known numbers and balance: 39-column CSV (INTAKE_ROWS lines, default
# 200000, ten an invoice) against COPY of the same bytes into one table of 39 columns, as text without a key, and with types
# and its primary key; fixed-width records of 200 bytes with control totals.  Reading and checking alone as well.
# CPU time of the session, in turn, best of three.  Rows: quantity, ours, baseline, ratio.
set -eu
database=mailroom_bench_intake_$$
rows=${INTAKE_ROWS:-200000}
turns=${INTAKE_TURNS:-3}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
best() { sort -n "$work/cpu_$1" | head -1; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
setting()
{
    psql -XqAt -d postgres -c "ALTER SYSTEM $1" -c 'SELECT pg_reload_conf()' >/dev/null
}

work=$(mktemp -d)
chmod 755 "$work"
trap 'setting "RESET mailroom.jobs_workers"; dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
setting 'SET mailroom.jobs_workers = 0'
createdb "$database"
head=invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
{
    echo "$head"
    awk -v rows="$rows" 'BEGIN {
        for (n = 0; n < rows; n++)
            printf "C-%d,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,,,0.00,500.00,125.00,625.00,0.00,625.00,%d,A1,Diesel,5,LTR,10.00,0.00,50.00,S,25\n", n / 10, n % 10 + 1
    }'
} >"$work/csv"
# the shipped layout, each record filled up to 198 bytes and CR LF
awk -v rows="$rows" 'function record(text) { printf "%-198s\r\n", text; records++ } BEGIN {
    record("00INVPRT01B0000001    20261010CARDSYS")
    for (i = 0; i < rows / 10; i++)
    {
        record(sprintf("10%-20s3802026071020260720NOK%-25s%-34s%-20s%-20s2026060120260630", i + 1, 6669247709 + i, "NO2415945354405", "4100/211", "PO-76506"))
        record(sprintf("11S%-40s%-15s%-18s%-4s%-20s%-35s%-25s%-9sNO", "Nordkort AS", "954822095", "NO954822095MVA", "0192", "954822095", "Havnegata 84", "Oslo", "0150"))
        record(sprintf("11B%-40s%-15s%-18s%-4s%-20s%-35s%-25s%-9sNO", "Fjellbygg AS", "832901040", "NO832901040MVA", "0192", "832901040", "Havnegata 1", "Bergen", "5003"))
        for (l = 1; l <= 10; l++)
            record(sprintf("20%05dA4683       %-40s+000000050000LTR+000000100000+000000000000+%014d0025003211", l, "Diesel", 5000))
        record("30S 02500+00000000050000+00000000012500")
        record("40+00000000050000+00000000000000+00000000050000+00000000012500+00000000062500+00000000000000+00000000062500")
    }
    record(sprintf("99B0000001    %07d%09d+%017d%09d", rows / 10, rows, rows / 10 * 62500, records + 1))
}' >"$work/fixed"
chmod 644 "$work/csv" "$work/fixed"
sql -v csv="$work/csv" -v fixed="$work/fixed" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
-- imports only: nothing takes the invoices on
DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices';
CREATE TABLE bench (name text, content bytea);
ALTER TABLE bench ALTER content SET STORAGE EXTERNAL;
INSERT INTO bench VALUES ('csv', pg_read_binary_file(:'csv')), ('fixed', pg_read_binary_file(:'fixed'));
CREATE VIEW clock AS SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::numeric / 1e6 AS cpu;
SQL
text=$(echo "$head" | sed 's/,/ text, /g')
typed=$(echo "$head" | sed 's/,/ text, /g; s/\(_date\) text/\1 date/g; s/\(_total\|rounding\|payable\|quantity\|unit_price\|line_discount\|line_net\) text/\1 numeric/g')

# measured NAME: CPU milliseconds of the statements of standard input, noted in NAME
measured()
{
    {
        echo "SELECT cpu FROM clock \\gset"
        cat
        echo "SELECT 'cpu ' || round(c.cpu - :cpu) FROM clock c;"
    } | sql >"$work/out" 2>"$work/error" || { cat "$work/error" >&2; return 1; }
    sed -n 's/^cpu //p' "$work/out" >>"$work/cpu_$1"
}
empty_tables()
{
    sql >/dev/null 2>&1 <<SQL
TRUNCATE mailroom.import_file, mailroom.import_file_part, mailroom.invoice, mailroom.invoice_line, mailroom.invoice_tax, mailroom.invoice_adjustment,
	mailroom.finding, mailroom.event, mailroom.outgoing_file, mailroom.outgoing_file_part CASCADE;
DROP TABLE IF EXISTS plain, keyed;
CREATE TABLE plain ($text text);
CREATE TABLE keyed ($typed numeric, PRIMARY KEY (invoice_number, line_id));
CHECKPOINT;
SQL
}
run_import()
{
    empty_tables
    sql -c "SET mailroom.import_value_limit = '512MB'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, name, content FROM bench WHERE name = '$1'"
    echo 'CALL mailroom.run_jobs();' | measured "$1"
    good=$(sql -c "SELECT f.state, f.accepted_count, f.fault_count, r.difference = 0 AND r.difference_sum = 0 FROM mailroom.import_file f JOIN mailroom.reconciliation r USING (issuer_id, file_id)")
    [ "$good" = "imported|$((rows / 10))|0|t" ] || { { echo "wrong: $1 $good"; sql -c "SELECT rule, location, message FROM mailroom.finding LIMIT 5"; } >&2; exit 1; }
}
for turn in $(seq "$turns"); do
    run_import csv
    empty_tables
    echo "COPY plain FROM '$work/csv' (FORMAT csv, HEADER);" | measured plain
    echo "COPY keyed FROM '$work/csv' (FORMAT csv, HEADER);" | measured keyed
    run_import fixed
    for name in csv fixed; do
        echo "SELECT count(*) FROM bench, mailroom.validate_invoice(content) WHERE name = '$name';" | measured "read_$name"
    done
done
per_second() { awk -v n="$1" -v ms="$(best "$2")" 'BEGIN { printf "%.0f", n * 1000 / ms }'; }
megabytes() { awk -v b="$(wc -c <"$work/$1")" -v ms="$(best "$2")" 'BEGIN { printf "%.0f", b / ms / 1000 }'; }
ratio() { awk -v a="$(best "$1")" -v b="$(best "$2")" 'BEGIN { printf "%.2f", b / a }'; }
records=$(($(wc -c <"$work/fixed") / 200))
row "flat: 39-column CSV to tables, lines/s (COPY to one table, text, no key)" "$(per_second "$rows" csv)" "$(per_second "$rows" plain)" "$(ratio csv plain)"
row "the same against COPY to one table with types and its key" "$(per_second "$rows" csv)" "$(per_second "$rows" keyed)" "$(ratio csv keyed)"
row "the same read and checked alone, MB/s (COPY with types and key)" "$(megabytes csv read_csv)" "$(megabytes csv keyed)" "$(ratio read_csv keyed)"
row "flat: 200-byte records to tables with control totals, records/s" "$(per_second "$records" fixed)" "-" "-"
row "the same read and checked alone, MB/s" "$(megabytes fixed read_fixed)" "-" "-"
