#!/bin/sh
# import_tables.sh: UBL invoices that lie as bytea rows into all tables, with rules, known numbers, findings and balance,
# against the same rows through XMLTABLE into two tables (header of 22 columns, lines of 9; no rules, no keys but the primary
# ones), in turn, best of three.  Each invoice is its own row of import_file (one statement inserts them all, run_jobs()
# imports them), or all are one file.  TABLES_INVOICES (default 10000) of TABLES_LINES lines (default 10, about 10 KB; the
# second set has 4).  Rows: quantity, ours, baseline, ratio.
# Figures are invoices a second of the session's CPU time, so that neighbours count less; "wall" says where they are not.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_tables_$$
invoices=${TABLES_INVOICES:-10000}
turns=${TABLES_TURNS:-3}
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
best() { sort -n | head -1; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
per_second() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n * 1000 / (ms > 0 ? ms : 1) }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / (b > 0 ? b : 1) }'; }

work=$(mktemp -d)
chmod 755 "$work"
setting()
{
    psql -XqAt -d postgres -c "ALTER SYSTEM $1" -c 'SELECT pg_reload_conf()' >/dev/null
}
trap 'setting "RESET mailroom.jobs_workers"; dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
setting 'SET mailroom.jobs_workers = 0'
createdb "$database"
sql >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer(name, 'NO', 'Europe/Oslo', 'NOK') FROM (VALUES ('First AS'), ('Second AS')) AS v (name);
-- imports only: nothing takes the invoices on
DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices';
CREATE TABLE bench (lines int, n int, content bytea);
CREATE TABLE whole (lines int, content bytea);
CREATE TABLE plain_header (n int PRIMARY KEY, bt_1 text, bt_2 date, bt_3 text, bt_5 text, bt_9 date, bt_10 text, bt_13 text, bt_22 text, bt_27 text,
	bt_30 text, bt_31 text, bt_34 text, bt_44 text, bt_50 text, bt_52 text, bt_53 text, bt_73 date, bt_74 date, bt_83 text, bt_84 text, bt_112 numeric, bt_115 numeric);
CREATE TABLE plain_line (n int, line_no bigint, bt_126 text, bt_129 numeric, bt_130 text, bt_131 numeric, bt_133 text, bt_146 numeric, bt_151 text, bt_152 numeric, bt_153 text,
	PRIMARY KEY (n, line_no));
-- CPU of this session in ms, time, and WAL position
CREATE VIEW clock AS SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::numeric / 1e6 AS cpu,
	extract(epoch FROM clock_timestamp()) * 1000 AS wall, pg_current_wal_insert_lsn() AS wal;
SQL
sets="${TABLES_LINES:-10} 4"
for lines in $sets; do
    perl "$top/test/bench/make_ubl.pl" --count "$invoices" --lines "$lines" --form copy 2>/dev/null |
        sed "s/^/$lines\t/" | sql -c 'COPY bench FROM STDIN'
    perl "$top/test/bench/make_ubl.pl" --count "$invoices" --lines "$lines" >"$work/whole.xml" 2>/dev/null
    chmod 644 "$work/whole.xml"
    sql -c "INSERT INTO whole VALUES ($lines, pg_read_binary_file('$work/whole.xml'))"
done
sql -c 'VACUUM ANALYZE bench'

# measured NAME: runs the statements of standard input and notes "cpu wall wal" in NAME
measured()
{
    {
        echo "SELECT cpu, wall, wal FROM clock \\gset"
        cat
        echo "SELECT round(c.cpu - :cpu), round(c.wall - :wall), pg_wal_lsn_diff(c.wal, :'wal') FROM clock c;"
    } | sql -F ' ' >"$work/out" 2>"$work/error" || { cat "$work/error" >&2; return 1; }
    tail -1 "$work/out" >>"$work/$1"
}
empty_tables()
{
    sql >/dev/null 2>&1 <<'SQL'
TRUNCATE mailroom.import_file, mailroom.import_file_part, mailroom.invoice, mailroom.invoice_line, mailroom.invoice_tax, mailroom.invoice_adjustment,
	mailroom.finding, mailroom.event, mailroom.outgoing_file, mailroom.outgoing_file_part, plain_header, plain_line CASCADE;
CHECKPOINT;
SQL
}
# check COUNT: so many invoices are in work, and everything is in balance
check()
{
    good=$(sql -c "SELECT (SELECT count(*) FROM mailroom.invoice WHERE state = 'accepted') || ' ' || (SELECT count(*) FROM mailroom.finding) || ' '
        || (SELECT count(*) FROM mailroom.reconciliation WHERE difference <> 0 OR difference_sum <> 0)")
    [ "$good" = "$1 0 0" ] || { echo "wrong: $good" >&2; exit 1; }
}
run_rows()
{
    empty_tables
    echo "INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, n::text, content FROM bench WHERE lines = $1 ORDER BY n;" | measured "send$1"
    echo "CALL mailroom.run_jobs();" | measured "rows$1"
    check "$invoices"
}
run_file()
{
    empty_tables
    sql -c "SET mailroom.import_value_limit = '512MB'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT 1, 'whole', content FROM whole WHERE lines = $1"
    echo "CALL mailroom.run_jobs();" | measured "file$1"
    check "$invoices"
}
spaces="XMLNAMESPACES('urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' AS i, 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2' AS cac, 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' AS cbc)"
run_xmltable()
{
    empty_tables
    measured "xmltable$1" <<SQL
WITH x AS MATERIALIZED (SELECT n, xmlparse(DOCUMENT convert_from(content, 'UTF8')) AS doc FROM bench WHERE lines = $1),
header AS (INSERT INTO plain_header SELECT x.n, h.* FROM x, XMLTABLE($spaces,
		'/i:Invoice' PASSING doc COLUMNS bt_1 text PATH 'cbc:ID', bt_2 date PATH 'cbc:IssueDate', bt_3 text PATH 'cbc:InvoiceTypeCode', bt_5 text PATH 'cbc:DocumentCurrencyCode',
		bt_9 date PATH 'cbc:DueDate', bt_10 text PATH 'cbc:BuyerReference', bt_13 text PATH 'cac:OrderReference/cbc:ID', bt_22 text PATH 'cbc:Note',
		bt_27 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName', bt_30 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID',
		bt_31 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID', bt_34 text PATH 'cac:AccountingSupplierParty/cac:Party/cbc:EndpointID',
		bt_44 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName', bt_50 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:StreetName',
		bt_52 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:CityName', bt_53 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:PostalZone',
		bt_73 date PATH 'cac:InvoicePeriod/cbc:StartDate', bt_74 date PATH 'cac:InvoicePeriod/cbc:EndDate', bt_83 text PATH 'cac:PaymentMeans/cbc:PaymentID',
		bt_84 text PATH 'cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID', bt_112 numeric PATH 'cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount', bt_115 numeric PATH 'cac:LegalMonetaryTotal/cbc:PayableAmount') AS h)
INSERT INTO plain_line SELECT x.n, l.* FROM x, XMLTABLE($spaces,
		'/i:Invoice/cac:InvoiceLine' PASSING doc COLUMNS line_no FOR ORDINALITY, bt_126 text PATH 'cbc:ID', bt_129 numeric PATH 'cbc:InvoicedQuantity', bt_130 text PATH 'cbc:InvoicedQuantity/@unitCode', bt_131 numeric PATH 'cbc:LineExtensionAmount',
		bt_133 text PATH 'cbc:AccountingCost', bt_146 numeric PATH 'cac:Price/cbc:PriceAmount', bt_151 text PATH 'cac:Item/cac:ClassifiedTaxCategory/cbc:ID', bt_152 numeric PATH 'cac:Item/cac:ClassifiedTaxCategory/cbc:Percent', bt_153 text PATH 'cac:Item/cbc:Name') AS l;
SQL
}
# two sessions, each with the same file of another issuer, against one session with one
run_two()
{
    empty_tables
    sql -c "SET mailroom.import_value_limit = '512MB'; INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT i.issuer_id, 'whole', content FROM whole, mailroom.issuer i WHERE lines = $1"
    started=$(date +%s%N)
    for session in a b; do
        {
            echo "SELECT cpu FROM clock \\gset"
            echo "CALL mailroom.run_jobs(1);"
            echo "SELECT round(c.cpu - :cpu) FROM clock c;"
        } | sql >"$work/session_$session" &
    done
    wait
    echo "$(cat "$work/session_a" "$work/session_b" | awk '{ s += $1 } END { print s / 2 }') $((($(date +%s%N) - started) / 1000000))" >>"$work/two$1"
    check $((2 * invoices))
}
cpu() { cut -d' ' -f1 "$work/$1" | best; }
wall() { cut -d' ' -f2 "$work/$1" | best; }
wal() { cut -d' ' -f3 "$work/$1" | best; }

for lines in $sets; do
    for turn in $(seq "$turns"); do
        run_file "$lines"
        run_xmltable "$lines"
        run_rows "$lines"
        run_two "$lines"
    done
    bytes=$(sql -c "SELECT round(avg(length(content))) FROM bench WHERE lines = $lines")
    base=$(per_second "$invoices" "$(cpu "xmltable$lines")")
    file=$(per_second "$invoices" "$(cpu "file$lines")")
    rows=$(per_second "$invoices" "$(cpu "rows$lines")")
    row "$bytes-byte UBL, a row each, to all tables + findings, /s vs XMLTABLE" "$rows" "$base" "$(ratio "$rows" "$base")"
    row "the same as one file, /s vs XMLTABLE" "$file" "$base" "$(ratio "$file" "$base")"
    row "the same, wall time, /s vs XMLTABLE" "$(per_second "$invoices" "$(wall "file$lines")")" "$(per_second "$invoices" "$(wall "xmltable$lines")")" \
        "$(ratio "$(wall "xmltable$lines")" "$(wall "file$lines")")"
    row "the same, rows inserted into import_file, /s" "$(per_second "$invoices" "$(cpu "send$lines")")" "-" "-"
    row "the same, WAL bytes an invoice vs XMLTABLE" "$(($(wal "file$lines") / invoices))" "$(($(wal "xmltable$lines") / invoices))" \
        "$(ratio "$(wal "file$lines")" "$(wal "xmltable$lines")")"
    row "two sessions, a file each, /s vs one session (wall)" "$(per_second $((2 * invoices)) "$(wall "two$lines")")" "$(per_second "$invoices" "$(wall "file$lines")")" \
        "$(ratio $((2 * $(wall "file$lines"))) "$(wall "two$lines")")"
    row "two sessions: rate of two by CPU an invoice vs one" "$(per_second $((2 * invoices)) "$(cpu "two$lines")")" "$file" \
        "$(ratio $((2 * $(cpu "file$lines"))) "$(cpu "two$lines")")"
done
