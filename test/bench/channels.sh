#!/bin/sh
# channels.sh: 100,000 invoices in five channels within 60 s on two cores.  An invoice of 8 lines with two charts becomes
#   1. a PDF, archived (mailroom.render_documents)
#   2. a page of HTML with both charts, a text message, and an e-mail with text, HTML and that PDF, archived
#      (mailroom.render_channel_documents, all three in one call)
#   3. the JSON that Kivra takes, with PDF, page and payment, stored as an outgoing file that names its documents, with
#      size and SHA-256 of the bytes to be sent (mailroom.make_packages)
# in two backends at a time, in calls of 500 as the flow makes them.  Prints: quantity, ours, limit, ratio.
# CHANNEL_INVOICES: how many (default 10,000; the limit is taken in proportion).
set -eu
n=${CHANNEL_INVOICES:-10000}
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_channels_$$
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-channels.XXXXXX")
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$database" "$@"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT

chart='<chart channels="html" in="data.use" height="46" kind="bar" title="Förbrukning" unit="kWh" label="{{row.month|date:month}}" value="{{row.kwh}}" second="{{row.before?}}" legend="I år" second-legend="Förra året"/>'
line=$(echo "$chart" | sed 's/kind="bar" title="Förbrukning" unit="kWh"/kind="line" title="Saldo" unit="SEK"/; s/row\.kwh/row.balance/; s/ second="[^"]*"//; s/ second-legend="[^"]*"//')
sed "s#<text>{{payment_terms?}}</text>#&$chart$line#" "$top/data/template/invoice.xml" >"$work/template.xml"
sql -v n="$n" -v source="$(cat "$work/template.xml")" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Nordkraft Kort AB', 'SE', 'Europe/Stockholm', 'SEK');
UPDATE mailroom.issuer SET payee_account = '123-4566', street = 'Hamngatan 1', postcode = '11147', city = 'STOCKHOLM';
SELECT mailroom.set_mail_sender(1, 'faktura@nordkraft.example');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, other_terms, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', 'B-' || n, '2026-11-01', '380', 'SEK', '2026-11-21', 'Nordkraft Kort AB', 'Kund ' || n, n::text,
		'Örnvägen ' || n, 'ÄLMHULT', '34330', 'SE', mailroom.make_reference('se_ocr', (100000 + n)::text), 10 * n, 10 * n, 2.5 * n, 12.5 * n, 12.5 * n, 8, jsonb_build_object('bt_58', 'k' || n || '@kund.example'), now()
	FROM generate_series(1, :n) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT 1, invoice_id, l, 92.35, 'LTR', net_total / 8, 19.959, 25, 'Diesel, station ' || l FROM mailroom.invoice, generate_series(1, 8) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
INSERT INTO mailroom.document_data (issuer_id, invoice_id, template, data)
	SELECT 1, invoice_id, 'invoice', jsonb_build_object('use', (SELECT jsonb_agg(jsonb_build_object('month', '2026-' || lpad(m::text, 2, '0'), 'kwh', 900 + invoice_id * m % 700, 'before', 900 + invoice_id * m % 650, 'balance', 100 + invoice_id * m % 9000) ORDER BY m)
		FROM generate_series(1, 12) AS m)) FROM mailroom.invoice;
INSERT INTO mailroom.invoice_channel (issuer_id, invoice_id, channel, address, reason, steps, chosen_at)
	SELECT 1, invoice_id, 'kivra', '1912' || lpad((invoice_id % 100000000)::text, 8, '0'), 'bench', '{}', now() FROM mailroom.invoice;
SELECT mailroom.publish_template(1, 'invoice', :'source', '2026-01-01');
VACUUM ANALYZE;
SQL

# user and system time of this backend, in s
cpu="SELECT (split_part(s, ' ', 13)::numeric + split_part(s, ' ', 14)::numeric) / 100 FROM (SELECT regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', 'x ') AS s) AS stat"
# "$1" with %s for the invoices, one half of them in each backend; adds up CPU time and time by the clock
total=0
all=0
both()
{
    start=$(date +%s.%N)
    for half in 0 1; do
        sql -c "SELECT count(*) FROM (SELECT invoice_id / 1000 AS part, array_agg(invoice_id ORDER BY invoice_id) AS ids FROM mailroom.invoice WHERE invoice_id % 2 = $half GROUP BY 1) AS p, LATERAL (SELECT $(printf "$1" p.ids)) AS done" -c "$cpu" >"$work/$half" &
    done
    wait
    total=$(calc %.3f "$total + $(date +%s.%N) - $start")
    used=$(cat "$work/0" "$work/1" | awk 'NR % 2 == 0 { sum += $1 } END { print sum }')
    all=$(calc %.3f "$all + $used / 2")
    printf 'channels: CPU us an invoice, %s\t%s\tnone\t\n' "$2" "$(calc %.0f "$used / $n * 1000000")"
}
size() { sql -c "SELECT coalesce(avg(content_bytes)::int, 0) FROM mailroom.document WHERE channel = '$1'"; }
both 'mailroom.render_documents(1, %s)' 'PDF, archived'
both "count(*) FROM mailroom.render_channel_documents(1, %s, ARRAY['html', 'sms', 'email'])" 'HTML with two charts, SMS and e-mail with PDF, archived'
both 'mailroom.make_packages(1, %s)' 'JSON for Kivra with PDF, page and payment, stored'
for channel in print html sms email; do
    [ "$(sql -c "SELECT count(*) FROM mailroom.document WHERE channel = '$channel'")" = "$n" ] || echo "not all were rendered: $channel" >&2
    printf 'channels: bytes of a document, %s (and in the archive)\t%s\t%s\t\n' "$channel" "$(size $channel)" \
        "$(sql -c "SELECT avg(e.stored_bytes)::int FROM mailroom.archive_entry e JOIN mailroom.document d USING (issuer_id, document_id) WHERE d.channel = '$channel'")"
done
[ "$(sql -c "SELECT count(*) FROM mailroom.invoice_package")" = "$n" ] || echo "not all were packed" >&2
charts=$(sql -c "SELECT (length(t) - length(replace(t, '<figure>', ''))) / 8 FROM (SELECT convert_from(mailroom.archive_document(1, max(document_id)), 'UTF8') AS t FROM mailroom.document WHERE channel = 'html') AS page")
[ "$charts" = 2 ] || echo "a page has $charts charts" >&2
# fetched, one is what it says of itself; and what fetching costs
[ "$(sql -c "SELECT bool_and(octet_length(c) = content_bytes AND sha256(c) = content_sha256) FROM (SELECT o.*, mailroom.outgoing_file_content(1, outgoing_file_id) AS c FROM mailroom.outgoing_file o WHERE kind = 'package' LIMIT 200) AS f")" = t ] || echo "a package is not what it says" >&2
fetched=$(sql -c "$cpu" -c "SELECT sum(octet_length(mailroom.outgoing_file_content(1, outgoing_file_id))) FROM (SELECT * FROM mailroom.outgoing_file WHERE kind = 'package' LIMIT 2000) AS f" -c "$cpu" | awk 'NR == 1 { before = $1 } NR == 3 { print ($1 - before) }')
printf 'channels: CPU us to fetch one JSON\t%s\tnone\t\n' "$(calc %.0f "$fetched / ($n < 2000 ? $n : 2000) * 1000000")"
printf 'channels: bytes that one is stored in\t%s\tnone\t\n' "$(sql -c "SELECT avg(pg_column_size(p.*))::int FROM mailroom.outgoing_file_part p")"
printf 'channels: bytes of the JSON for Kivra\t%s\tnone\t\n' "$(sql -c "SELECT avg(content_bytes)::int FROM mailroom.outgoing_file WHERE kind = 'package'")"
limit=$(calc %.2f "60 * $n / 100000")
printf 'channels: s for %s invoices in five, CPU of each of two backends\t%.2f\t%s\t%s\n' "$n" "$all" "$limit" "$(calc %.2f "$limit / $all")"
printf 'channels: s for %s invoices in five, by the clock\t%.2f\t%s\t%s\n' "$n" "$total" "$limit" "$(calc %.2f "$limit / $total")"
