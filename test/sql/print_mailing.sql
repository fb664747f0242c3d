-- a mailing is printed: order, blanks, ticket, twice, and refusals
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Trykk AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345'
	WHERE issuer_id = :issuer;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code,
		currency, due_date, buyer_name, buyer_street, buyer_city, buyer_postcode, buyer_country,
		payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'T-' || n, '2026-11-01', '380', 'NOK', '2026-11-21',
		CASE n WHEN 2 THEN 'Kunde "Nord", Sør & Co' ELSE 'Kunde ' || n END, 'Gate ' || n, 'OSLO', '0150', 'NO', '00000' || n,
		100, 25, 125, 125, CASE n WHEN 3 THEN 90 ELSE 1 END, now()
	FROM generate_series(1, 4) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT issuer_id, invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare ' || l
	FROM mailroom.invoice, generate_series(1, line_count) AS l
	WHERE issuer_id = :issuer;
SELECT mailroom.render_documents(:issuer, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :issuer));
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	VALUES (:issuer, 'November', '2026-11-23', 'NO', now()) RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT d.issuer_id, :mailing, d.document_id, d.pages, (d.pages + 1) / 2, i.buyer_name, i.buyer_postcode, i.buyer_country
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	WHERE issuer_id = :issuer
	ORDER BY i.invoice_number;

-- not planned yet, and half planned
SELECT mailroom.print_mailing(:issuer, :mailing);
UPDATE mailroom.mailing SET state = 'planned' WHERE issuer_id = :issuer;
SELECT mailroom.print_mailing(:issuer, :mailing);
SELECT mailroom.print_mailing(:issuer, -1);
-- postal order is not the order of the letters
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT issuer_id, mailing_id, letter_id, 10 * sheets, 'C5', 'NO', 'post-a', 1, 0, 1, 1, 5 - row_number() OVER (ORDER BY letter_id)
	FROM mailroom.letter WHERE issuer_id = :issuer;
SELECT mailroom.print_mailing(:issuer, :mailing) AS file \gset
SELECT kind, media_type, state, content_bytes > 500 AS filled, content_sha256 = sha256(mailroom.outgoing_file_content(issuer_id, outgoing_file_id)) AS hash
	FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND mailing_id = :mailing ORDER BY kind;
SELECT state FROM mailroom.mailing WHERE issuer_id = :issuer;
-- each letter starts on a sheet of its own
SELECT g.sequence_no, p.first_page, p.pages, l.sheets, p.content_sha256 = d.content_sha256 AS hash
	FROM mailroom.letter_print p
		JOIN mailroom.letter l USING (issuer_id, mailing_id, letter_id)
		JOIN mailroom.letter_postage g USING (issuer_id, mailing_id, letter_id)
		JOIN mailroom.document d USING (issuer_id, document_id)
	WHERE issuer_id = :issuer ORDER BY 1;
-- the ticket, without ids and hashes
SELECT regexp_replace(regexp_replace(line, '^(\d+),\d+,\d+', '\1,L,D'), '[0-9a-f]{64}$', 'H') AS line
	FROM mailroom.outgoing_file f,
		regexp_split_to_table(rtrim(convert_from(mailroom.outgoing_file_content(f.issuer_id, f.outgoing_file_id), 'UTF8'), E'\n'), E'\n') WITH ORDINALITY AS t (line, n)
	WHERE f.issuer_id = :issuer AND f.kind = 'ticket' ORDER BY n;
-- the total's hash is the print file's
SELECT right(rtrim(convert_from(mailroom.outgoing_file_content(t.issuer_id, t.outgoing_file_id), 'UTF8'), E'\n'), 64) = encode(p.content_sha256, 'hex') AS total_hash
	FROM mailroom.outgoing_file t JOIN mailroom.outgoing_file p USING (issuer_id, mailing_id)
	WHERE issuer_id = :issuer AND t.kind = 'ticket' AND p.kind = 'print_file';
-- every page of every document stands in the print file as it is archived, in postal order
WITH page AS (
	SELECT g.sequence_no, o.n, position(
			substr(mailroom.archive_document(d.issuer_id, d.document_id), o.start::int + 1, o.length::int)
			IN mailroom.outgoing_file_content(:issuer, :file)) AS place
		FROM mailroom.letter l
			JOIN mailroom.letter_postage g USING (issuer_id, mailing_id, letter_id)
			JOIN mailroom.document d USING (issuer_id, document_id),
			ROWS FROM (unnest(d.page_offsets), unnest(d.page_lengths)) WITH ORDINALITY AS o (start, length, n)
		WHERE issuer_id = :issuer)
SELECT count(*) AS pages, bool_and(place > 0) AS found, array_agg(place ORDER BY sequence_no, n) = array_agg(place ORDER BY place) AS ordered FROM page;
-- twice changes nothing
SELECT mailroom.print_mailing(:issuer, :mailing) = :file AS same;
SELECT count(*) FROM mailroom.outgoing_file WHERE issuer_id = :issuer;
-- a document that is not what was rendered is not printed
UPDATE mailroom.mailing SET state = 'planned' WHERE issuer_id = :issuer;
DELETE FROM mailroom.letter_print WHERE issuer_id = :issuer;
UPDATE mailroom.document d SET content_sha256 = '\x0000000000000000000000000000000000000000000000000000000000000000'
	WHERE issuer_id = :issuer AND pages = 3;
DO $$ BEGIN PERFORM mailroom.print_mailing(m.issuer_id, m.mailing_id) FROM mailroom.mailing m JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Trykk AS';
	EXCEPTION WHEN SQLSTATE 'MR007' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT count(*) FROM mailroom.outgoing_file WHERE issuer_id = :issuer;
SELECT count(*) FROM mailroom.letter_print WHERE issuer_id = :issuer;
