#!/bin/sh
# life.sh: what happens to many letters at once besides planning and printing: channels chosen, brands asked for release, a
# return file booked, posted compared with planned, a mailing withdrawn.  There is no peer: the
# baseline is one plain UPDATE of as many rows of mailroom.invoice in the same run.  Prints: quantity, ours, baseline, ratio.
# LIFE_LETTERS: how many (default 20,000; the figures of docs are of 100,000).
set -eu
n=${LIFE_LETTERS:-20000}
psql -X -q -v ON_ERROR_STOP=1 -d postgres -c 'CREATE DATABASE bench_life'
psql="psql -X -q -At -v ON_ERROR_STOP=1 -d bench_life"
trap 'psql -X -q -d postgres -c "DROP DATABASE bench_life" 2>/dev/null' EXIT
$psql -c 'CREATE EXTENSION mailroom' >/dev/null 2>&1
$psql -v n="$n" >/dev/null <<'SQL'
SELECT mailroom.create_issuer('Nordkraft Kort AS', 'NO', 'Europe/Oslo', 'NOK');
INSERT INTO mailroom.return_policy (issuer_id) VALUES (1);
INSERT INTO mailroom.brand (issuer_id, brand, name) VALUES (1, 'kort', 'Kort'), (1, 'kraft', 'Kraft');
INSERT INTO mailroom.brand_rule (issuer_id, rule_no, brand) VALUES (1, 1, 'kort');
SELECT mailroom.set_channel_rule(1, 1, 'duty', 'peppol', 'public bodies', customer_group => 'public');
SELECT mailroom.set_channel_rule(1, 2, 'sender', 'email', 'cheaper');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, buyer_email, payment_reference, payable_amount, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', 'B-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Nordkraft Kort AS', 'Kunde ' || n, n::text,
		'Gate ' || n, 'OSLO', '0150', 'NO', CASE WHEN n % 3 = 0 THEN 'k' || n || '@kunde.example' END, '000000000012344', n, now()
	FROM generate_series(1, :n) AS n;
INSERT INTO mailroom.recipient_channel (issuer_id, customer_no, channel, since, proof, noted_at, noted_by) SELECT 1, n::text, 'print', '2026-01-01', 'form', now(), 'x' FROM generate_series(1, :n, 4) AS n;
INSERT INTO mailroom.document (issuer_id, invoice_id, channel, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT 1, invoice_id, 'print', 'mailroom-invoice', 1, 1, '{0}', '{1}', 1, '\x00', now() FROM mailroom.invoice;
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, state, letter_count, created_at) VALUES (1, 'life', current_date, 'NO', 'NOK', 'printed', :n, now());
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, city, country) SELECT 1, 1, document_id, 1, 1, 'x', '0150', 'OSLO', 'NO' FROM mailroom.document ORDER BY 3;
-- every tenth letter travels with the one before
UPDATE mailroom.letter SET cover_id = letter_id - 1 WHERE letter_id % 10 = 0;
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, 1, letter_id, 10, 'C5', 'NO', 'a', 1, 0, 1, 1 + letter_id / 500, row_number() OVER (ORDER BY letter_id) FROM mailroom.letter WHERE cover_id IS NULL;
INSERT INTO mailroom.outgoing_file (issuer_id, kind, file_name, media_type, mailing_id, state, created_at) VALUES (1, 'print_file', 'mailing-1.pdf', 'application/pdf', 1, 'fetched', now());
INSERT INTO mailroom.letter_print (issuer_id, mailing_id, letter_id, first_page, pages, content_sha256, outgoing_file_id) SELECT 1, 1, letter_id, letter_id, 1, '\x00', 1 FROM mailroom.letter;
VACUUM ANALYZE;
SQL
# timed(statement): user and system time of the backend that runs it, in s
cpu="SELECT round((split_part(s, ' ', 13)::numeric + split_part(s, ' ', 14)::numeric) / 100, 2) FROM (SELECT regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', 'x ') AS s) AS stat"
timed() { $psql -c "$1" -c "$cpu" | tail -1; }
base=$(timed "UPDATE mailroom.invoice SET due_date = due_date")
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$base" "$(awk "BEGIN { printf \"%.2f\", $2 / ($base + 0.0001) }")"; }
row "life: CPU s, channels of $n invoices chosen by rule and recipient" "$(timed "DO \$\$ BEGIN PERFORM mailroom.choose_channels(1, (SELECT array_agg(invoice_id ORDER BY invoice_id) FROM mailroom.invoice)); END \$\$")"
$psql -c "INSERT INTO mailroom.release_policy (issuer_id, brand) VALUES (1, 'kraft')"
row "life: CPU s, is one of $n letters of a brand (none is)" "$(timed "SELECT mailroom.needs_release(1, 1)")"
$psql -c "UPDATE mailroom.release_policy SET brand = 'kort'; INSERT INTO mailroom.mailing_release (issuer_id, mailing_id, state, letters, documents_sha256, asked_at) VALUES (1, 1, 'waiting', 1, '\\x00', now())"
row "life: CPU s, release sheet of $n letters" "$(timed "SELECT * FROM mailroom.release_sheet")"
# return files: all inserted but every hundredth, then all posted
line="SELECT string_agg(letter_id || ',' || %s || ',,,', E'\\n' ORDER BY letter_id) FROM mailroom.letter_postage"
row "life: CPU s, return file of $n letters, 1 % of them spoiled" "$(timed "SELECT mailroom.read_return(1, 1, convert_to(E'head\\n' || ($(printf "$line" "CASE WHEN letter_id % 100 = 1 THEN 'spoiled' ELSE 'inserted' END")), 'UTF8'))")"
row "life: CPU s, posted against planned of $n letters" "$(timed "SELECT * FROM mailroom.posted_against_planned")"
row "life: CPU s, half of $n letters withdrawn, to be pulled" "$(timed "SET mailroom.clock = '2026-11-01T12:00:00Z'; DO \$\$ BEGIN PERFORM mailroom.take_back(1, 'mailing', 1, 'bench', (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE invoice_id % 2 = 0)); END \$\$")"
row "life: CPU s, return file of $n letters, all posted" "$(timed "SELECT mailroom.read_return(1, 1, convert_to(E'head\\n' || ($(printf "$line" "'posted'")), 'UTF8'))")"
row "life: CPU s, posted against planned of $n letters, half withdrawn" "$(timed "SELECT * FROM mailroom.posted_against_planned")"
