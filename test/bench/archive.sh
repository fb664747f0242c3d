#!/bin/sh
# archive.sh: rendered documents into and out of the archive, against the same documents one by one through
# zlib level 6 (what ZIP, WARC and gzip do; Perl's Compress::Raw::Zlib) and as bytea in a table (pglz).
# ARCHIVE_DOCUMENTS gives another number, default 10000.
set -eu
database=mailroom_bench_archive_$$
documents=${ARCHIVE_DOCUMENTS:-10000}
work=$(mktemp -d)
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
# milliseconds of CPU time that the statement of standard input took in the server
timed()
{
    { echo "SET client_min_messages = log; SET log_statement_stats = on;"; cat; } | sql 2>&1 |
        awk '/s user, .* s elapsed/ { gsub(/^[^0-9]*/, ""); ms = ($1 + $4) * 1000 } END { printf "%.2f\n", ms }'
}
row() { awk -v what="$1" -v ours="$2" -v base="$3" -v ratio="$4" 'BEGIN { printf "%s\t%s\t%s\t%s\n", what, ours, base, ratio }'; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
sql -v n="$documents" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321', vat_id = 'NO987654321MVA', payee_account = '15030012345';
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, seller_name,
		buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, payable_minor, line_count, received_at)
	SELECT 1, n, 'file', 'accepted', 'S', '\x00', 'F' || 1000000 + n, date '2026-11-01' + (n % 28)::integer, '380', 'NOK', '2026-12-21', 'Bench AS',
			initcap(substr(md5('a' || n), 1, 6)) || ' ' || initcap(substr(md5('b' || n), 1, 9)), (20000 + n % 4000)::text, initcap(substr(md5('c' || n), 1, 8)) || ' gate ' || n % 99, 'OSLO', lpad((n % 9999)::text, 4, '0'), 'NO',
			lpad(n::text, 12, '0'), 100 * n, 25 * n, 125 * n, 125 * n, 12500 * n, 1 + n % 9, now()
		FROM generate_series(1, :n) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name)
	SELECT 1, n, l, l, (n * l) % 900 / 10.0 + 1, 'LTR', (n * l * 7919) % 1000000 / 100.0, (n + l) % 900 / 100.0 + 10, 'S', 25, (ARRAY['Diesel', 'Blyfri 95', 'AdBlue', 'Bilvask'])[1 + (n + l) % 4] || ' ' || initcap(substr(md5((n * l % 300)::text), 1, 8))
		FROM generate_series(1, :n) AS n, generate_series(1, 1 + n % 9) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount) SELECT 1, n, 1, 'S', 25, 100 * n, 25 * n FROM generate_series(1, :n) AS n;
ANALYZE;
CREATE TABLE rendered (id bigint PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE rendered ALTER COLUMN content SET STORAGE EXTERNAL;
INSERT INTO rendered SELECT i.invoice_id, mailroom.render_invoice(1, i.invoice_id) FROM mailroom.invoice i;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT 1, id, id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), now() FROM rendered;
CREATE TABLE plain (id bigint PRIMARY KEY, content bytea NOT NULL);
CREATE FUNCTION store(batch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR start IN 1 .. (SELECT max(id) FROM rendered) BY batch LOOP
		PERFORM mailroom.archive_store(1, array_agg(id ORDER BY id), array_agg(content ORDER BY id)) FROM rendered WHERE id >= start AND id < start + batch;
	END LOOP;
END $$;
VACUUM ANALYZE;
CHECKPOINT;
SQL
bytes=$(sql -c "SELECT sum(octet_length(content)) FROM rendered")
megabytes=$(calc %.3f "$bytes / 1e6")

# in
start=$(sql -c "SELECT pg_current_wal_lsn()")
ours=$(echo "SELECT store(1000)" | timed)
wal=$(sql -c "SELECT pg_current_wal_lsn() - '$start'")
sql -c "CHECKPOINT" -c "VACUUM ANALYZE"
toast=$(echo "INSERT INTO plain SELECT id, content FROM rendered ORDER BY id" | timed)
sql -c "VACUUM ANALYZE plain"
sql -c "COPY (SELECT encode(content, 'hex') FROM rendered ORDER BY id) TO STDOUT" >"$work/hex"
# bytes and seconds of zlib 6, each document by itself, one kept state
perl -MCompress::Raw::Zlib -ne 'chomp; push @d, pack("H*", $_);
	END { my ($d) = Compress::Raw::Zlib::Deflate->new(-Level => 6, -AppendOutput => 1); my $b = 0; my $s = (times)[0];
		for my $x (@d) { my $o = ""; $d->deflate($x, $o); $d->flush($o); $b += length $o; $d->deflateReset } printf "%d %.4f\n", $b, (times)[0] - $s }' "$work/hex" >"$work/zlib" || echo "missing" >"$work/zlib"
read -r zlib_bytes zlib_seconds <"$work/zlib"
if [ "$zlib_bytes" = missing ]; then zlib_ratio=missing zlib_speed=missing zlib_faster=missing zlib_each=missing; else
    zlib_each=$(calc %.0f "$zlib_bytes / $documents") zlib_speed=$(calc %.0f "$megabytes / $zlib_seconds") zlib_faster=$(calc %.2f "$zlib_seconds * 1000 / $ours")
fi
volume=$(sql -c "SELECT sum(octet_length(content)) FROM mailroom.archive_volume")
dictionary=$(sql -c "SELECT sum(octet_length(shared) + octet_length(preset) + coalesce(octet_length(structure), 0)) FROM mailroom.archive_dictionary")
[ "$zlib_bytes" = missing ] || zlib_ratio=$(calc %.1f "$zlib_bytes / $volume")
disk=$(sql -c "SELECT sum(pg_total_relation_size(c)) FROM unnest('{mailroom.archive_volume,mailroom.archive_dictionary,mailroom.archive_link,mailroom.archive_chain}'::regclass[]) AS c")
rows=$(sql -c "SELECT pg_total_relation_size('mailroom.archive_entry')")
toast_disk=$(sql -c "SELECT pg_total_relation_size('plain')")
row "archive, bytes a document of $(calc %.0f "$bytes / $documents") (zlib 6 each)" "$(calc %.0f "$volume / $documents")" "$zlib_each" "$zlib_ratio"
row "archive, bytes on disk with search rows (bytea, pglz)" "$(calc %.0f "($disk + $rows) / $documents")" "$(calc %.0f "$toast_disk / $documents")" "$(calc %.1f "$toast_disk / ($disk + $rows)")"
row "archive, KB on disk in all at $documents documents (wanted)" "$(calc %.2f "($disk + $rows) / $documents / 1024")" 3 "$(calc %.2f "3072 * $documents / ($disk + $rows)")"
row "archive, of that: volumes | search rows and 8 indexes" "$(calc %.0f "$disk / $documents")" "$(calc %.0f "$rows / $documents")" "-"
row "archive, dictionary, KB in all" "$(calc %.1f "$dictionary / 1024")" "-" "-"
row "archive, WAL bytes a document" "$(calc %.0f "$wal / $documents")" "-" "-"
row "archive, MB/s in with hashes and rows (zlib 6 outside)" "$(calc %.0f "$megabytes / $ours * 1000")" "$zlib_speed" "$zlib_faster"
row "archive, MB/s in with hashes and rows (bytea, pglz)" "$(calc %.0f "$megabytes / $ours * 1000")" "$(calc %.0f "$megabytes / $toast * 1000")" "$(calc %.2f "$toast / $ours")"

# out
bulk=$(echo "SELECT sum(octet_length(a.content)) FROM generate_series(1, $documents, 50) AS f, mailroom.archive_documents(1, ARRAY(SELECT g FROM generate_series(f, least(f + 49, $documents)) AS g)) a" | timed)
bulk_toast=$(echo "SELECT count(sha256(content)) FROM plain" | timed)
one=$(echo "SELECT count(mailroom.archive_document(1, 1 + n * 7919 % $documents)) FROM generate_series(1, 2000) AS n" | timed)
one_toast=$(echo "SELECT count((SELECT sha256(p.content) FROM plain p WHERE p.id = 1 + n * 7919 % $documents)) FROM generate_series(1, 2000) AS n" | timed)
row "archive, documents/s out in bulk, hash checked (wanted)" "$(calc %.0f "$documents / $bulk * 1000")" 20000 "$(calc %.2f "$documents / $bulk / 20")"
row "archive, documents/s out in bulk, hash checked (bytea, pglz, hashed)" "$(calc %.0f "$documents / $bulk * 1000")" "$(calc %.0f "$documents / $bulk_toast * 1000")" "$(calc %.2f "$bulk_toast / $bulk")"
row "archive, one document out, us (bytea, pglz, hashed)" "$(calc %.0f "$one / 2")" "$(calc %.0f "$one_toast / 2")" "$(calc %.2f "$one_toast / $one")"
verify=$(echo "SELECT count(*) FROM mailroom.verify_archive(1)" | timed)
row "archive, documents/s verified" "$(calc %.0f "$documents / $verify * 1000")" "-" "-"

# search, each 500 times; baseline: the bare query by its index
search()
{
    ours=$(echo "SELECT count(s) FROM generate_series(1, 500) AS n, LATERAL mailroom.search_archive(1, $2) s" | timed)
    bare=$(echo "SELECT count(s) FROM generate_series(1, 500) AS n, LATERAL (SELECT * FROM mailroom.archive_entry e WHERE e.issuer_id = 1 AND $3 ORDER BY issue_date DESC NULLS LAST, document_id DESC LIMIT 50) s" | timed)
    row "archive, search by $1, ms (bare query)" "$(calc %.3f "$ours / 500")" "$(calc %.3f "$bare / 500")" "$(calc %.2f "$bare / $ours")"
}
key="(n * 7919 % $documents)"
search number "invoice_number => 'F' || 1000000 + $key" "e.invoice_number = 'F' || 1000000 + $key"
search reference "payment_reference => lpad($key::text, 12, '0')" "e.payment_reference = lpad($key::text, 12, '0')"
search customer "customer_no => (20000 + n)::text" "e.customer_no = (20000 + n)::text"
search amount "amount_from => 12500 * $key, amount_to => 12500 * $key" "e.amount_minor = 12500 * $key"
search date "issued_from => date '2026-11-01' + n % 28, issued_to => date '2026-11-01' + n % 28" "e.issue_date >= date '2026-11-01' + n % 28 AND e.issue_date <= date '2026-11-01' + n % 28"
