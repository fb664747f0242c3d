#!/bin/sh
# archive_large.sh: one document, and searches of every kind, as a client asks for them, from an archive of ARCHIVE_DOCUMENTS
# documents (default 200000; 10000000 takes half an hour and 30 GB with its log).  Some thousands are archived by archive_store; the others are
# their volumes and entries once more under other numbers, with search terms and words of their own (words go through the
# index's own code).  The middle and the 99th of 100 of 2,000 calls (ARCHIVE_CALLS) of a
# prepared statement, in ms of the server's CPU time and elapsed: the former says more while the machine does other work.  ARCHIVE_DATABASE: take this one, and leave it.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
documents=${ARCHIVE_DOCUMENTS:-200000}
calls=${ARCHIVE_CALLS:-2000}
database=${ARCHIVE_DATABASE:-mailroom_bench_large_$$}
real=5000
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-large.XXXXXX")
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
if [ -n "${ARCHIVE_DATABASE:-}" ]; then
    trap 'rm -rf "$work"' EXIT
    createdb "$database" 2>/dev/null && build=1 || build=0
else
    trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
    createdb "$database"
    build=1
fi

if [ "$build" = 1 ]; then
    sql -v real="$real" -v documents="$documents" >/dev/null <<'SQL'
SET client_min_messages = warning;
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
SELECT mailroom.set_archive_index(1, 'none');
-- what stands on document n: a customer of 25 documents in the mean, some of many; prices that many share; days in order
CREATE FUNCTION bench_draw(n bigint, what integer, below bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN mod(mod(hashint8extended(n, what), below) + below, below);
CREATE FUNCTION bench_pick(n bigint, what integer, below bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN floor(below * power(bench_draw(n, what, 1000003) / 1000003.0::float8, 2.5))::bigint;
CREATE FUNCTION bench_syllables(n bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN (ARRAY['ber','nor','sol','hau','lin','kris','jo','ås','Øst','man','vik','tor','el','sæ','ru','ek'])[1 + n % 16] || (ARRAY['land','heim','gård','dal','sen','strøm','mann','by','nes','rud','berg','son','stad','ø','lund','bakk'])[1 + n / 16 % 16] || CASE WHEN n >= 256 THEN (ARRAY['e','er','ing','a','en','ssen','s','in'])[1 + n / 256 % 8] ELSE '' END;
CREATE FUNCTION bench_customer(n bigint, documents bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN CASE WHEN n % 50 = 0 THEN bench_draw(n, 1, 20) ELSE 20 + bench_draw(n, 2, documents / 25) END;
CREATE FUNCTION bench_name(customer bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN initcap(bench_syllables(bench_pick(customer, 3, 120))) || ' ' || initcap(bench_syllables(bench_pick(customer, 4, 2000))) || CASE WHEN customer % 10 = 0 THEN ' Transport AS' ELSE '' END;
CREATE FUNCTION bench_card(customer bigint, card bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN '7082 ' || 1000 + bench_draw(customer, 5 + card::integer, 9000) || ' ' || 1000 + bench_draw(customer, 15 + card::integer, 9000) || ' ' || 1000 + bench_draw(customer, 25 + card::integer, 9000);
CREATE FUNCTION bench_vehicle(customer bigint, card bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN chr(65 + bench_draw(customer, 35 + card::integer, 26)::integer) || chr(65 + bench_draw(customer, 45 + card::integer, 26)::integer) || ' ' || 10000 + bench_draw(customer, 55 + card::integer, 90000);
CREATE TABLE customer AS
	SELECT c, bench_name(c) AS name, ARRAY(SELECT bench_card(c, l) FROM generate_series(1, 4) AS l) AS cards, ARRAY(SELECT bench_vehicle(c, l) FROM generate_series(1, 4) AS l) AS vehicles
	FROM generate_series(0, 19 + :documents / 25) AS c;
ALTER TABLE customer ADD PRIMARY KEY (c);
ANALYZE customer;
CREATE FUNCTION bench_content(n bigint) RETURNS bytea IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN convert_to('<Invoice><ID>' || n * 7919 || '</ID><Name>' || bench_name(n) || '</Name><Date>' || date '2026-01-01' + n::integer % 300 || '</Date>' || (
		SELECT string_agg('<Line><Item>' || (ARRAY['Diesel','Toll','Parking','Washing','Electricity'])[1 + bench_draw(n, 60 + l, 5)] || '</Item><Card>' || bench_card(n, l) || '</Card><Amount>' || bench_draw(n, 70 + l, 900000) || '</Amount></Line>', '') FROM generate_series(1, 12) AS l) || '</Invoice>', 'UTF8');
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT 1, n, n, 'invoice', 1, 1, '{0}', '{0}', octet_length(c), sha256(c), now() FROM generate_series(1, :real) AS n, bench_content(n) AS c;
SELECT mailroom.archive_store(1, array_agg(n ORDER BY n), array_agg(bench_content(n) ORDER BY n)) FROM generate_series(1, :real) AS n GROUP BY (n - 1) / 500;
SELECT max(volume_id) AS volumes FROM mailroom.archive_volume \gset
CREATE TABLE index_definition AS SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = 'mailroom.archive_entry'::regclass AND NOT indisprimary AND indexrelid <> 'mailroom.archive_entry_leaf'::regclass;
SELECT format('DROP INDEX %s', name) FROM index_definition \gexec
SET mailroom.allow_archive_change = on;
CREATE TABLE first_entry AS SELECT * FROM mailroom.archive_entry;
CREATE TABLE first_volume AS SELECT * FROM mailroom.archive_volume;
TRUNCATE mailroom.archive_entry;
ALTER TABLE mailroom.archive_entry SET (autovacuum_enabled = off);
INSERT INTO mailroom.archive_volume (issuer_id, volume_id, format, document_count, content, merkle_root, sealed_at, volume_hash)
	SELECT 1, v.volume_id + k * :volumes, 1, v.document_count, v.content, v.merkle_root, v.sealed_at, v.volume_hash FROM generate_series(1, :documents / :real - 1) AS k, first_volume AS v;
INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash, invoice_id, invoice_number, customer_no, customer_name, payment_reference, issue_date, amount_minor, currency)
	SELECT 1, d, e.volume_id + k * :volumes, e.leaf_no, e.stored_in + k * :volumes, e.stored_at, e.stored_bytes, e.dictionary_id, e.content_bytes, e.content_sha256, e.salt, e.leaf_hash, d, 'F-' || 5000000 + d, (20000 + c)::text, name, lpad((d * 97 % 100000000007)::text, 14, '7'),
			date '2017-01-01' + (d * 3600 / :documents)::integer, CASE WHEN d % 3 = 0 THEN (ARRAY[39900, 49900, 129900])[1 + d % 7 % 3] ELSE 1000 + bench_draw(d, 9, 50000000) END, 'NOK'
		FROM generate_series(0, :documents / :real - 1) AS k, (SELECT * FROM first_entry ORDER BY document_id OFFSET 0) AS e, LATERAL (SELECT e.document_id + k * :real) AS n (d), LATERAL (SELECT bench_customer(d, :documents) OFFSET 0) AS x (customer) JOIN customer ON c = customer;
SELECT definition FROM index_definition \gexec
-- words: the customer's name, numbers, and one to three cards with their vehicles, as text of the document
UPDATE mailroom.archive_index SET words = 'text';
DO $$
BEGIN
	FOR start IN 1 .. (SELECT max(document_id) FROM mailroom.archive_entry) BY 10000 LOOP
		PERFORM mailroom.index_archived(1, array_agg(document_id ORDER BY document_id), array_agg(content ORDER BY document_id))
			FROM (SELECT e.document_id, convert_to('<p>' || array_to_string(cards[1 + d % 2:2 + (d + d / 2) % 3] || vehicles[1 + d % 2:2 + (d + d / 2) % 3], '<br>'), 'UTF8') AS content
				FROM mailroom.archive_entry e, LATERAL (SELECT e.document_id::integer) AS x (d), LATERAL (SELECT e.customer_no::bigint - 20000 OFFSET 0) AS y (customer) JOIN customer ON c = customer
				WHERE e.issuer_id = 1 AND e.document_id >= start AND e.document_id < start + 10000) AS s;
		COMMIT;
	END LOOP;
END $$;
-- questions, by kind
CREATE TABLE question AS
	SELECT n, d AS document_id, e.invoice_number, e.customer_no, e.payment_reference, e.issue_date, e.amount_minor, e.customer_name AS name, split_part(e.customer_name, ' ', 1) AS name_1, split_part(e.customer_name, ' ', 2) AS name_2,
			left(split_part(e.customer_name, ' ', 2), 3) AS prefix, bench_card(e.customer_no::bigint - 20000, 1 + n % 4) AS card, bench_vehicle(e.customer_no::bigint - 20000, 1 + n % 4) AS vehicle, right(bench_card(e.customer_no::bigint - 20000, 1 + n % 4), 4) AS digits
		FROM generate_series(1, 2000) AS n, LATERAL (SELECT 1 + bench_draw(n, 99, :documents)) AS x (d) JOIN mailroom.archive_entry e ON e.issuer_id = 1 AND e.document_id = d;
ALTER TABLE question ADD PRIMARY KEY (n);
VACUUM ANALYZE;
SQL
fi
documents=$(sql -c "SELECT max(document_id) FROM mailroom.archive_entry")
row "archive of $documents documents: bytes a document on disk, all | words" \
    "$(sql -c "SELECT round(sum(pg_total_relation_size(c)) / $documents) FROM unnest('{mailroom.archive_volume,mailroom.archive_entry}'::regclass[]) c")" "$(sql -c "SELECT round(pg_total_relation_size('mailroom.archive_word_page') / $documents::numeric)")" "-"
# one NAME QUERY: of so many calls as prepared statements, what the middle and the 99th of 100 took in the server
{
    echo 'SET client_min_messages = log; SET log_statement_stats = on;'
    awk -v calls="$calls" 'BEGIN { for (n = 1; n <= calls; n++) print "EXECUTE question(" n ");" }'
} >"$work/calls.sql"
one()
{
    echo "PREPARE question (integer) AS $2; EXECUTE question(1); EXECUTE question(2); EXECUTE question(3); EXECUTE question(4); EXECUTE question(5); EXECUTE question(6); EXECUTE question(7);" |
        cat - "$work/calls.sql" | sql 2>&1 >/dev/null | sed -n '/s elapsed/s/^[^0-9]*//p' | awk '{ print ($1 + $4) * 1000, $7 * 1000 }' >"$work/times"
    for column in 1 2; do
        cut -d ' ' -f $column "$work/times" | sort -n | awk '{ t[NR] = $1 } END { printf "%.2f | %.2f\n", t[int(NR / 2) + 1], t[int(NR * 0.99)] }'
    done >"$work/two"
    row "$1" "$(head -1 "$work/two")" "$(tail -1 "$work/two")" "-"
}
row "of $documents documents, ms of CPU | elapsed, 50 | 99 of 100" "-" "-" "-"
one "nothing (SELECT 1)" "SELECT \$1"
one "one document, rights and hash checked" "SELECT octet_length(mailroom.archive_document(1, document_id)) FROM question WHERE n = \$1"
search() { one "$1" "SELECT count(*) FROM question q, mailroom.search_archive(1, $2) AS s WHERE q.n = \$1"; }
search "number" "q.invoice_number"
search "reference" "payment_reference => q.payment_reference"
search "customer" "customer_no => q.customer_no"
search "customer and day" "customer_no => q.customer_no, issued_from => q.issue_date, issued_to => q.issue_date"
search "customer and amount" "customer_no => q.customer_no, amount_from => q.amount_minor, amount_to => q.amount_minor"
search "day" "issued_from => q.issue_date, issued_to => q.issue_date"
search "month" "issued_from => q.issue_date - 30, issued_to => q.issue_date"
search "amount" "amount_from => q.amount_minor, amount_to => q.amount_minor"
search "amount within 1 in 1,000" "amount_from => q.amount_minor, amount_to => q.amount_minor * 1001 / 1000"
search "amount, from a large one up" "amount_from => 49900000 + q.amount_minor / 500"
search "amount and day" "amount_from => q.amount_minor, amount_to => q.amount_minor, issued_from => q.issue_date, issued_to => q.issue_date"
search "the newest" "max_rows => 50"
search "nothing there: number" "'X' || q.invoice_number"
words() { one "words: $1" "SELECT count(*) FROM question q, mailroom.find_documents(1, $2) AS s WHERE q.n = \$1"; }
words "one name" "q.name_2"
words "two names" "q.name"
words "three letters" "q.prefix"
words "two beginnings" "left(q.name_1, 3) || ' ' || q.prefix"
words "number" "q.invoice_number"
words "card" "q.card"
words "vehicle" "q.vehicle"
words "name and last digits of a card" "q.name_2 || ' ' || q.digits"
words "all that every tenth has" "'transport as'"
words "nothing there" "'zzz' || q.n"
