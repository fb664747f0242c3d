#!/bin/sh
# printjob.sh: the print file of a mailing and its ticket, from invoices of one page with a Code 128 and a QR code that were rendered
# and archived before, in an order that is not the archive's; against 5,000 pages/s of one core, 2.6 KB a page and 64 MB of memory.
# The PDF is opened by qpdf, poppler and mutool where they are installed.  Prints: quantity, ours, limit, ratio.
# PRINTJOB_INVOICES: how many (default 10,000; 100,000 is what the limits speak of and takes some minutes to prepare).
set -eu
n=${PRINTJOB_INVOICES:-10000}
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_printjob_$$
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-printjob.XXXXXX")
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT

# the house's template with a QR code of 165 bytes beside its bar code
sed 's|<zone pages="every".*|<zone pages="last" if="payment" x="74" y="246" width="30"><qr width="30" value="{{issuer.name}} / {{title}} {{number}} / {{issue_date}} / {{due_date}} / {{payable_amount}} {{currency}} / {{payment_reference}} / {{recipient.name}} / {{recipient.city}}"/></zone>&|' \
    "$top/data/template/invoice.xml" >"$work/template.xml"
sql -v n="$n" -v source="$(cat "$work/template.xml")" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Nordkraft Kort AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET payee_account = '15030012345', street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321', vat_id = 'NO987654321MVA';
CREATE TEMP TABLE words AS SELECT '{Heimdal,Åsane,Sørlandsparken,Gävle Södra,Alnabru,Bergheim,Drammen,Elverum,Fjellhamar,Grimstad,Haugesund,Inderøy,Jessheim,Kongsberg,Lillehammer,Mosjøen,Narvik,Orkdal,Porsgrunn,Råholt,Sandnes,Tønsberg,Ulsteinvik,Vestby,Ytrebygda,Ålesund,Ørsta,Ås,Bodø,Florø,Gjøvik,Hamar,Kirkenes,Levanger,Molde,Namsos,Odda,Røros,Steinkjer,Tromsø}'::text[] AS place,
	'{Transport,Spedisjon,Anlegg,Maskin,Bygg,Rør,Elektro,Fisk,Gartneri,Lager,Renhold,Taxi}'::text[] AS trade;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, buyer_reference, period_start, period_end, payment_reference,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, payment_terms, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', '2026-' || 100000 + n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Nordkraft Kort AS',
		w.place[1 + n * 7 % 40] || ' ' || w.trade[1 + n / 3 % 12] || ' og ' || w.trade[1 + n / 40 % 12] || ' AS', (7000000 + n)::text,
		w.place[1 + n / 7 % 40] || 'veien ' || 1 + n % 240, 'TRONDHEIM', lpad((7010 + n % 40)::text, 4, '0'), 'NO', 'Bil ' || n % 50 || ' / Åse Østgård', '2026-10-01', '2026-10-31',
		'2026100017' || lpad(n::text, 15, '0'), 17.31 * n, 17.31 * n, 4.3275 * n, 21.6375 * n, 21.6375 * n, 10,
		'Betales innen forfall. Ved forsinket betaling beregnes rente etter forsinkelsesrenteloven.', now()
	FROM generate_series(1, :n) AS n, words AS w;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name, item_description)
	SELECT 1, n, l, l, (n * l) % 900 / 10.0 + 1, 'LTR', (n::bigint * l * 7919) % 1000000 / 100.0, (n + l) % 900 / 100.0 + 10, 'S', 25,
		(ARRAY['Diesel', 'Blyfri 95', 'AdBlue', 'Bilvask'])[1 + (n + l) % 4] || ', stasjon ' || w.place[1 + (n * l + l) % 40],
		CASE WHEN l = 3 THEN 'Program 3 med voks og underspyling; kort **** ' || 1000 + n * 7 % 9000 END
	FROM generate_series(1, :n) AS n, generate_series(1, 10) AS l, words AS w;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
ANALYZE;
SELECT mailroom.publish_template(1, 'invoice', :'source', '2026-01-01');
SQL
# rendered by two backends, a thousand at a time
for half in 0 1; do
    sql -v half=$half -v n="$n" >/dev/null <<'SQL' &
SELECT count(mailroom.render_documents(1, ARRAY(SELECT g FROM generate_series(f, least(f + 999, :n)) AS g))) FROM generate_series(1 + 1000 * :half, :n, 2000) AS f;
SQL
done
wait
sql -v n="$n" >/dev/null <<'SQL'
INSERT INTO mailroom.mailing (issuer_id, mailing_id, name, state, hand_in_date, origin_country, created_at) VALUES (1, 1, 'bench', 'planned', '2026-11-22', 'NO', now());
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, city, country)
	SELECT 1, 1, d.document_id, d.document_id, d.pages, d.pages, i.buyer_name, i.buyer_postcode, i.buyer_city, 'NO'
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id);
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, 1, letter_id, 20, 'C5', 'NO', 'NO-CITY', 9000000, 0, 9000000, 1 + (row_number() OVER w - 1) / 50, row_number() OVER w FROM mailroom.letter WINDOW w AS (ORDER BY postcode, md5(recipient));
VACUUM ANALYZE;
CHECKPOINT;
SQL
pages=$(sql -c "SELECT coalesce(sum(pages), 0) FROM mailroom.document")
[ "$pages" = "$n" ] || { echo "not all invoices were rendered on one page" >&2; sql -c "SELECT DISTINCT message FROM mailroom.finding LIMIT 3" >&2; exit 1; }

# what the backend says of itself before and after, in one session
state="SELECT (split_part(s, ' ', 13)::numeric + split_part(s, ' ', 14)::numeric) / 100, substring(m FROM 'VmHWM:\\s+(\\d+)'), substring(m FROM 'RssAnon:\\s+(\\d+)'), substring(m FROM 'RssShmem:\\s+(\\d+)'), substring(m FROM 'RssFile:\\s+(\\d+)'), pg_current_wal_insert_lsn() - '0/0'
	FROM (SELECT regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', 'x ') AS s, pg_read_file('/proc/self/status') AS m) AS proc"
sql -F ' ' >"$work/run" <<SQL
SELECT mailroom.print_mailing(1, 0) FROM (SELECT) AS one WHERE false;
$state;
\\timing on
SELECT mailroom.print_mailing(1, 1);
\\timing off
$state;
SQL
awk -v n="$n" -v pages="$pages" 'NR == 1 { for (i = 1; i <= NF; i++) before[i] = $i } /^Time:/ { ms = $2 } { for (i = 1; i <= NF; i++) last[i] = $i }
    END { cpu = last[1] - before[1]
        printf "printjob: pages/s of %d pages, by the clock\t%.0f\t5000\t%.2f\n", pages, pages / ms * 1000, pages / ms / 5
        if (cpu > 0) printf "printjob: pages/s of %d pages, CPU time of the backend\t%.0f\t5000\t%.2f\n", pages, pages / cpu, pages / cpu / 5000
        printf "printjob: WAL bytes a page\t%.0f\tnone\t\n", (last[6] - before[6]) / pages
        growth = (last[2] - before[2]) - (last[4] - before[4]) - (last[5] - before[5])
        printf "printjob: growth of the backend at its peak, MB (without shared buffers and program pages)\t%.1f\t64\t%.2f\n", growth / 1024, 64 * 1024 / (growth + 1)
        printf "printjob: private memory of the backend before and after, MB\t%.1f\t%.1f\t\n", last[3] / 1024, before[3] / 1024 }' "$work/run"
sql -c "SELECT format(E'printjob: bytes a page of the PDF\t%s\t2600\t%s', o.content_bytes / $pages, round(2600.0 * $pages / o.content_bytes, 2)) FROM mailroom.outgoing_file o WHERE o.kind = 'print_file'"
sql -c "COPY (SELECT encode(p.content, 'hex') FROM mailroom.outgoing_file_part p JOIN mailroom.outgoing_file o USING (issuer_id, outgoing_file_id) WHERE o.kind = 'print_file' ORDER BY p.part_no) TO STDOUT" |
    perl -ne 'chomp; print pack("H*", $_)' >"$work/print.pdf"
# number of pages that another program sees
judge()
{
    name=$1
    shift
    if command -v "$1" >/dev/null 2>&1; then
        seen=$("$@" 2>/dev/null | tr -cd '0-9\n' | tail -1) || seen=refused
        printf 'printjob: pages that %s finds\t%s\t%s\t\n' "$name" "$seen" "$pages"
    else
        printf 'printjob: pages that %s finds\tmissing\t%s\t\n' "$name" "$pages"
    fi
}
judge qpdf qpdf --show-npages "$work/print.pdf"
judge poppler sh -c "pdfinfo '$work/print.pdf' | grep '^Pages:'"
judge mutool sh -c "mutool info '$work/print.pdf' 1 | grep '^Pages:'"
if command -v qpdf >/dev/null 2>&1; then
    qpdf --check "$work/print.pdf" >"$work/check" 2>&1 && sound=yes || sound=no
    printf 'printjob: qpdf --check finds nothing wrong\t%s\tyes\t\n' $sound
fi
[ -z "${PRINTJOB_KEEP:-}" ] || cp "$work/print.pdf" "$PRINTJOB_KEEP"
