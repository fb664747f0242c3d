#!/bin/sh
# channels.sh: an invoice of 8 lines in the channels PDF, HTML, text, SMS and e-mail (with HTML, text and PDF), rendered and
# archived, two backends at a time; against the limit of 60 s for 100,000 invoices.  Prints: quantity, ours, limit, ratio.
# CHANNEL_INVOICES: how many (default 10,000; the limit is taken in proportion).
set -eu
n=${CHANNEL_INVOICES:-10000}
psql="psql -X -q -v ON_ERROR_STOP=1 -d postgres"
$psql -c 'CREATE DATABASE bench_channels' 2>/dev/null
psql="psql -X -q -At -v ON_ERROR_STOP=1 -d bench_channels"
trap 'psql -X -q -d postgres -c "DROP DATABASE bench_channels" 2>/dev/null' EXIT
$psql -c 'CREATE EXTENSION mailroom' >/dev/null 2>&1
$psql -v n="$n" >/dev/null <<'SQL'
SELECT mailroom.create_issuer('Nordkraft Kort AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET payee_account = '15030012345', street = 'Havnegata 1', postcode = '0150', city = 'OSLO';
SELECT mailroom.set_mail_sender(1, 'faktura@nordkraft.example');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, other_terms, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', 'B-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Nordkraft Kort AS', 'Kunde ' || n, n::text,
		'Ørneveien ' || n, 'ÅLESUND', '6002', 'NO', '000000000012344', 10 * n, 10 * n, 2.5 * n, 12.5 * n, 12.5 * n, 8, jsonb_build_object('bt_58', 'k' || n || '@kunde.example'), now()
	FROM generate_series(1, :n) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT 1, invoice_id, l, 92.35, 'LTR', net_total / 8, 19.959, 25, 'Diesel, stasjon ' || l FROM mailroom.invoice, generate_series(1, 8) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
VACUUM ANALYZE;
SQL

# user and system time of this backend, in s
cpu="SELECT (split_part(s, ' ', 13)::numeric + split_part(s, ' ', 14)::numeric) / 100 FROM (SELECT regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', 'x ') AS s) AS stat"
# one half of the invoices in each backend; says the CPU time of both
both()
{
    for half in 0 1; do
        $psql -c "DO \$\$ BEGIN PERFORM $(printf "$1" "(SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE invoice_id % 2 = $half)"); END \$\$" -c "$cpu" >"$work/$half" &
    done
    wait
    cat "$work/0" "$work/1" | awk '{ sum += $1 } END { print sum }'
}
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-channels.XXXXXX")
total=0
all=0
for channel in print html text sms email; do
    start=$(date +%s.%N)
    if [ $channel = print ]; then
        both 'mailroom.render_documents(1, %s)' >"$work/cpu"
    else
        both "count(*) FROM mailroom.render_channel_documents(1, %s, '$channel')" >"$work/cpu"
    fi
    total=$(awk "BEGIN { print $total + $(date +%s.%N) - $start }")
    all=$(awk "BEGIN { print $all + $(cat "$work/cpu") / 2 }")
    [ "$($psql -c "SELECT count(*) FROM mailroom.document WHERE channel = '$channel'")" = "$n" ] || echo "not all were rendered: $channel" >&2
    bytes=$($psql -c "SELECT avg(content_bytes)::int FROM mailroom.document WHERE channel = '$channel'")
    printf 'channels: CPU us a document, %s (%s bytes), with archive\t%s\tnone\t\n' "$channel" "$bytes" "$(awk "BEGIN { printf \"%.0f\", $(cat "$work/cpu") / $n * 1000000 }")"
done
rm -rf "$work"
limit=$(awk "BEGIN { print 60 * $n / 100000 }")
printf 'channels: s for %s invoices in five, CPU of each of two backends\t%.2f\t%s\t%s\n' "$n" "$all" "$limit" "$(awk "BEGIN { printf \"%.2f\", $all / $limit }")"
printf 'channels: s for %s invoices in five, by the clock\t%.2f\t%s\t%s\n' "$n" "$total" "$limit" "$(awk "BEGIN { printf \"%.2f\", $total / $limit }")"
