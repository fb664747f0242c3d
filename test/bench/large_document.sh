#!/bin/sh
# large_document.sh: one invoice of 100,000 rows as PDF by the templates that are shipped and the house's own layout, in the
# other channels and profiles, and archived: each in a fresh backend, after the first small document.  CPU time and time by
# the clock in s, growth of the backend's memory (VmHWM, which counts the shared buffers that it touched, told apart).
# Limit: 3 s, 100 MB.  And the house's layout in plain core without a server.  Prints: quantity, ours, limit, ratio.
# LARGE_ROWS: how many (default 100,000; the limits are taken in proportion).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
rows=${LARGE_ROWS:-100000}
database=mailroom_bench_large_document_$$
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / (b > 0 ? b : 1) }'; }
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-large.XXXXXX")
trap 'dropdb --force --if-exists "$database"; rm -rf "$work"' EXIT
createdb "$database"
sql -c 'CREATE EXTENSION mailroom' 2>/dev/null
sql -v rows="$rows" -v top="$top" >/dev/null <<'SQL'
CREATE TABLE bench (kind text, issuer_id bigint);
INSERT INTO bench SELECT kind, mailroom.create_issuer('Nordlys Kort AS ' || kind, 'NO', 'Europe/Oslo', 'NOK')
	FROM unnest(ARRAY['invoice', 'fuel-card', 'utility', 'self-billing', 'house']) AS kind;
UPDATE mailroom.issuer SET street = 'Havnegata 14', postcode = '7010', city = 'Trondheim', registration_no = '987654325', vat_id = 'NO987654325MVA', payee_account = '86011117947';
SELECT mailroom.publish_template(issuer_id, 'invoice', convert_from(pg_read_binary_file(:'top' || '/data/template/' || kind || '.xml'), 'UTF8')) FROM bench WHERE kind <> 'house';
SELECT mailroom.set_mail_sender(issuer_id, 'faktura@nordlys.example') FROM bench;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, seller_name,
		seller_vat_id, buyer_name, buyer_no, buyer_street, buyer_postcode, buyer_city, buyer_country, period_start, period_end, payment_reference, line_count, received_at, other_terms)
	SELECT b.issuer_id, 'file', 'accepted', 'S', '\x00', 'L-' || n, '2026-11-02', CASE kind WHEN 'self-billing' THEN '389' ELSE '380' END, 'NOK', '2026-11-23', 'Nordlys Kort AS',
			'NO987654325MVA', 'Fjord Transport AS', '100482', 'Østre Rosten 84', '7075', 'Tiller', 'NO', '2026-10-01', '2026-10-31', '100482000123457', n, now(),
			'{"bt_35": "Havnegata 14", "bt_37": "Trondheim", "bt_38": "7010", "bt_40": "NO", "bt_58": "post@fjord.example"}'
		FROM bench b, unnest(ARRAY[10, :rows]) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_description, accounting_reference, note, period_start)
	SELECT i.issuer_id, i.invoice_id, n, n, q.quantity, 'LTR', q.price, round(q.quantity * q.price, 2), 'S', 25, (ARRAY['Diesel', 'Blyfri 95', 'AdBlue', 'Diesel', 'Diesel'])[n * 31 % 5 + 1],
			(ARRAY['Tiller', 'Oppdal', 'Dovre', 'Lillehammer Nord', 'Minnesund', 'Klett', 'Støren', 'Otta', 'Ringebu'])[n % 9 + 1],
			'7033 4210 00' || lpad((n % 2000 / 100)::text, 2, '0') || ' ' || lpad((n % 2000)::text, 4, '0'), 'EK ' || 21000 + n % 2000, date '2026-10-01' + (n * 30 / i.line_count)::integer
		FROM mailroom.invoice i
			CROSS JOIN LATERAL generate_series(1, i.line_count) AS n
			CROSS JOIN LATERAL (SELECT round(40 + n * 7.31 % 310, 2) AS quantity, round(13.9 + n % 7 * 0.31, 3) AS price) q;
UPDATE mailroom.invoice i SET line_total = s, net_total = s, tax_total = round(s * 0.25, 2), gross_total = s + round(s * 0.25, 2), payable_amount = s + round(s * 0.25, 2)
	FROM (SELECT issuer_id, invoice_id, sum(net_amount) AS s FROM mailroom.invoice_line GROUP BY 1, 2) t
	WHERE t.issuer_id = i.issuer_id AND t.invoice_id = i.invoice_id;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT issuer_id, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
SELECT mailroom.set_document_data(issuer_id, invoice_id, '{"meter": {"id": "7359992901482736", "address": "Østre Rosten 84", "from": 48211, "to": 48809, "used": 598},
		"change": "less", "change_percent": 11, "used": 598, "last_year": 672, "consumption": [{"month": "2026-10", "kwh": 598, "last_year": 672}]}')
	FROM mailroom.invoice JOIN bench USING (issuer_id) WHERE kind = 'utility';
VACUUM ANALYZE;
CREATE VIEW clock AS SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1e9 AS cpu, clock_timestamp() AS at,
		substring(status FROM 'VmHWM:\s+(\d+)')::bigint AS memory, substring(status FROM 'RssShmem:\s+(\d+)')::bigint AS shared
	FROM pg_read_file('/proc/self/status') AS status;
SQL

# measure LABEL KIND EXPRESSION: bytes of an expression over :issuer and :invoice, in a fresh backend
measure()
{
    sql >"$work/out" 2>"$work/error" <<SQL || { row "large document: $1" "$(head -1 "$work/error" | cut -c1-40)" none -; return 0; }
SELECT issuer_id AS issuer FROM bench WHERE kind = '$2' \\gset
SELECT min(invoice_id) AS small, max(invoice_id) AS invoice FROM mailroom.invoice WHERE issuer_id = :issuer \\gset
SELECT length(mailroom.render_invoice(:issuer, :small)) AS first \\gset
SELECT * FROM clock \\gset
SELECT * FROM clock \\gset
SELECT $3 AS bytes \\gset
SELECT :bytes, round(cpu - :cpu, 2), round(extract(epoch FROM at - :'at'), 2), round((memory - :memory) / 1024.0), round((shared - :shared) / 1024.0) FROM clock;
SQL
    IFS='|' read -r bytes cpu elapsed memory shared <"$work/out"
    size="$bytes bytes"
    [ "$bytes" != 1 ] || size="1 document"
    row "large document: $1, $size, CPU s" "$cpu" none -
    row "large document: $1, s by the clock" "$elapsed" "$seconds" "$(ratio "$elapsed" "$seconds")"
    row "large document: $1, MB more ($shared of shared buffers)" "$memory" "$megabytes" "$(ratio "$memory" "$megabytes")"
}
seconds=$(awk "BEGIN { print 3 * $rows / 100000 }")
megabytes=$(awk "BEGIN { print 100 * ($rows > 100000 ? $rows / 100000 : 1) }")
for kind in invoice fuel-card utility self-billing house; do
    measure "PDF by $kind" $kind 'length(mailroom.render_invoice(:issuer, :invoice))'
done
for profile in pdfa-1b pdfa-1a pdfa-3a factur-x factur-x-tagged; do
    measure "PDF as $profile" invoice "length(mailroom.render_invoice(:issuer, :invoice, '$profile', NULL))"
done
for channel in html text email; do
    measure "$channel" invoice "(SELECT length(content) FROM mailroom.preview_channel(:issuer, :invoice, '$channel', NULL, 'post@fjord.example'))"
done
measure "PDF by invoice, stored and archived" invoice 'mailroom.render_documents(:issuer, ARRAY[:invoice]::bigint[])'
sql -c "SELECT pages FROM mailroom.document" | while read -r pages; do row "large document: pages by invoice" "$pages" none -; done
# in core alone
core=$top/src/core
writer=
for part in collection document file icc_srgb image metadata packed page profile shared structure tags used; do writer="$writer $core/pdf_$part.c"; done
if ${CC:-cc} -std=gnu11 -O2 -I"$top/src" -o "$work/core" "$top/test/bench/render_page.c" "$core"/port.c "$core"/buffer.c "$core"/deflate.c "$core"/decimal.c \
    $writer "$core"/font_*.c "$core"/jpeg_gray.c "$core"/content_parse.c "$core"/content_proof.c "$core"/layout_page.c "$core"/print_check.c "$core"/template_data.c "$core"/template_foot.c "$core"/template_format.c "$core"/template_invoice.c "$core"/template_kind.c "$core"/template_rows.c "$core"/template_totals.c \
    "$core"/template_payment.c "$core"/barcode_*.c -lz 2>"$work/error"; then
    "$work/core" -1 "$work/core.pdf" "$rows" >"$work/core.txt"
    row "large document: core alone, $(cut -f2 "$work/core.txt") pages, CPU s" "$(cut -f3 "$work/core.txt")" "$seconds" "$(ratio "$(cut -f3 "$work/core.txt")" "$seconds")"
else
    row "large document: core alone" "$(head -1 "$work/error")" none -
fi
