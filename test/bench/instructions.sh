#!/bin/sh
# instructions.sh: instructions an invoice (callgrind on a single-user server), which do not depend on the machine's load:
# parse and rules, import to tables, both for INSTRUCTIONS_INVOICES (default 200) UBL invoices of 10 lines, and import of a
# line of 39-column CSV.  The stored figures of instructions.txt are the baseline: a row that is more than INSTRUCTIONS_PERCENT
# (default 3) above its own says REGRESSION, and the exit code is 1.  They hold for Debian 12's compiler, server and libxml2; whoever
# changes them for a reason writes the new ones there, with the commit that says why.  About half a minute.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
invoices=${INSTRUCTIONS_INVOICES:-200}
percent=${INSTRUCTIONS_PERCENT:-3}
stored=$top/test/bench/instructions.txt
if ! command -v valgrind >/dev/null; then
    printf 'instructions an invoice (valgrind)\tmissing\tmissing\t-\n'
    exit 0
fi
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
bin=$("$PG_CONFIG" --bindir)
work=$(mktemp -d)
cluster() { PG_CONFIG=$PG_CONFIG "$top/tools/cluster.sh" "$@"; }
trap 'cluster stop "$work/db" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
mkdir "$work/db"
ln -s "${MAILROOM_INSTALL:?names the private install of the library}" "$work/db/install"
cluster start "$work/db" "mailroom.jobs_workers = 0" "autovacuum = off"
sql() { psql -XqAt -v ON_ERROR_STOP=1 -h "$work/db" -U postgres -d postgres "$@"; }
sql >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
CREATE TABLE bench (n int, content bytea);
ALTER TABLE bench ALTER content SET STORAGE EXTERNAL;
SQL
perl "$top/test/bench/make_ubl.pl" --count "$invoices" --form copy 2>/dev/null | sql -c 'COPY bench FROM STDIN'
perl "$top/test/bench/make_ubl.pl" --count "$invoices" >"$work/whole.xml" 2>/dev/null
lines=$((invoices * 40))
{
    echo invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
    awk -v rows="$lines" 'BEGIN { for (n = 0; n < rows; n++)
        printf "C-%d,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,,,0.00,500.00,125.00,625.00,0.00,625.00,%d,A1,Diesel,5,LTR,10.00,0.00,50.00,S,25\n", n / 10, n % 10 + 1 }'
} >"$work/flat.csv"
sql -v folder="$work" >/dev/null <<'SQL'
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (1, 'ubl', pg_read_binary_file(:'folder' || '/whole.xml'));
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (1, 'csv', pg_read_binary_file(:'folder' || '/flat.csv'));
CHECKPOINT;
SQL
"$bin/pg_ctl" -D "$work/db/data" -m fast -w -s stop
# counted FUNCTION STATEMENT: instructions in and below the function; once before, so that caches and plans are warm
counted()
{
    printf '%s\n' "$2" | valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no --toggle-collect="$1" \
        "$bin/postgres" --single -D "$work/db/data" postgres >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; return 1; }
    grep -q 'ERROR' "$work/log" && grep 'ERROR' "$work/log" >&2
    sed -n 's/^totals: *//p; s/^summary: *//p' "$work/out" | tail -1
}
parse=$(counted mailroom_validate_invoice "SELECT count(*) FROM bench, mailroom.validate_invoice(content)")
# both imports are rolled back by a division by zero
import=$(counted mailroom_import_contents "SELECT 1 / ('imported' <> ALL ((mailroom.import_contents(1, ARRAY[file_id])).states))::int FROM mailroom.import_file WHERE file_name = 'ubl'" 2>/dev/null)
flat=$(counted mailroom_import_contents "SELECT 1 / ('imported' <> ALL ((mailroom.import_contents(1, ARRAY[file_id])).states))::int FROM mailroom.import_file WHERE file_name = 'csv'" 2>/dev/null)
code=0
# figure KEY TEXT INSTRUCTIONS COUNT
figure()
{
    now=$(($3 / $4))
    base=$(sed -n "s/^$1 //p" "$stored" 2>/dev/null || true)
    verdict=$(awk -v n="$now" -v b="${base:-0}" -v p="$percent" 'BEGIN { if (b == 0) print "-"; else if (n > b * (1 + p / 100)) print "REGRESSION"; else printf "%.3f", n / b }')
    printf '%s\t%s\t%s\t%s\n' "$2" "$now" "${base:--}" "$verdict"
    [ "$verdict" != REGRESSION ] || code=1
}
figure parse "instructions an invoice: parse and rules (stored figure)" "$parse" "$invoices"
figure import "instructions an invoice: import to tables (stored figure)" "$import" "$invoices"
figure flat "instructions a CSV line: import to tables (stored figure)" "$flat" "$lines"
exit $code
