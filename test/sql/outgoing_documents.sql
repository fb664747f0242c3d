-- outgoing files that carry documents of the archive: the bytes of the composed message, stored without them
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
SELECT mailroom.create_issuer('Post & Bud AB', 'SE', 'Europe/Stockholm', 'SEK') AS issuer \gset
UPDATE mailroom.issuer SET payee_account = '5050-1055', street = 'Hamngatan 1', postcode = '11147', city = 'STOCKHOLM' WHERE issuer_id = :issuer;
SELECT mailroom.set_mail_sender(:issuer, 'faktura@bud.example');
-- 1-4 by kivra, 5 digipost, 6 mailbox, 7 email; 1, 5, 6 and 7 are of 2010
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country,
		payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'P-' || n, CASE WHEN n IN (1, 5, 6, 7) THEN date '2010-11-01' ELSE '2026-11-01' END, '380', 'SEK', '2026-11-21', 'Åsa "Kund" ' || n, 'C' || n, 'Gatan ' || n, 'ÄLMHULT', '34330', 'SE',
		mailroom.make_reference('se_ocr', '1000' || n), 100, 25, 125, 125, 1, now() FROM generate_series(1, 7) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name) SELECT :issuer, invoice_id, 1, 1, 'C62', 100, 100, 25, 'Kort 99110' || substr(invoice_number, 3) FROM mailroom.invoice WHERE issuer_id = :issuer;
INSERT INTO mailroom.invoice_channel (issuer_id, invoice_id, channel, address, reason, steps, chosen_at)
	SELECT :issuer, i.invoice_id, c.channel, c.address, 'test', '{}', now()
		FROM (SELECT invoice_id, row_number() OVER (ORDER BY invoice_id) AS n FROM mailroom.invoice WHERE issuer_id = :issuer) AS i
			JOIN (VALUES (1, 'kivra', '191212121212'), (2, 'kivra', '191212121212'), (3, 'kivra', 'asa@kund.example'), (4, 'kivra', 'SE556840226601'), (5, 'digipost', '01043100358'), (6, 'mailbox', 'box 6'), (7, 'email', 'k7@kund.example')) AS c (n, channel, address) USING (n);
SELECT array_agg(invoice_id ORDER BY invoice_id) AS ids FROM mailroom.invoice WHERE issuer_id = :issuer \gset
SELECT mailroom.render_documents(:issuer, :'ids'::bigint[]);
SELECT mailroom.make_packages(:issuer, :'ids'::bigint[]);

SELECT count(*) AS rendered FROM mailroom.render_channel_documents(:issuer, (:'ids'::bigint[])[3:4], ARRAY['text', 'sms', 'email'], ARRAY['a@b.example', 'c@d.example']) WHERE rule IS NULL;
-- each document of an invoice is found by what its lines say, those of the others are not
SELECT q.words, (SELECT string_agg(f.invoice_number || ' ' || d.channel, ', ' ORDER BY d.document_id) FROM mailroom.find_documents(:issuer, q.words) f JOIN mailroom.document d ON d.issuer_id = :issuer AND d.document_id = f.document_id) AS found
	FROM (VALUES ('991102'), ('991103'), ('991104'), ('991106'), ('991107')) AS q (words);

-- what each is to be, put together from the archived documents
CREATE FUNCTION pg_temp.document(issuer bigint, invoice bigint, channel text) RETURNS bytea STABLE LANGUAGE sql AS $$
	SELECT mailroom.archive_document(issuer, d.document_id) FROM mailroom.document d WHERE d.issuer_id = issuer AND d.invoice_id = invoice AND d.channel = $3 $$;
CREATE TEMPORARY VIEW package AS
	SELECT i.invoice_number, c.channel, p.part_no, o.*, CASE WHEN p.part_no = 2 THEN mailroom.mailbox_metadata(i.issuer_id, i.invoice_id, c.address, 'mailbox-' || i.issuer_id || '-' || i.invoice_id || '.pdf', octet_length(d.pdf), sha256(d.pdf))
				ELSE CASE c.channel WHEN 'kivra' THEN mailroom.kivra_content(i.issuer_id, i.invoice_id, c.address, d.pdf, pg_temp.document(i.issuer_id, i.invoice_id, 'html'))
					WHEN 'digipost' THEN mailroom.digipost_message(i.issuer_id, i.invoice_id, c.address, d.pdf)
					WHEN 'mailbox' THEN d.pdf
					WHEN 'email' THEN pg_temp.document(i.issuer_id, i.invoice_id, 'email') END END AS composed,
			(SELECT sum(pg_column_size(f.content)) FROM mailroom.outgoing_file_part f WHERE f.issuer_id = o.issuer_id AND f.outgoing_file_id = o.outgoing_file_id) AS stored
		FROM mailroom.invoice i JOIN mailroom.issuer s USING (issuer_id) JOIN mailroom.invoice_channel c USING (issuer_id, invoice_id) JOIN mailroom.invoice_package p USING (issuer_id, invoice_id) JOIN mailroom.outgoing_file o USING (issuer_id, outgoing_file_id),
			LATERAL (SELECT pg_temp.document(i.issuer_id, i.invoice_id, 'print') AS pdf) AS d
		WHERE s.name LIKE 'Post & Bud%';
CREATE TEMPORARY TABLE expected AS SELECT invoice_number, part_no, outgoing_file_id, composed FROM package;
SELECT invoice_number, channel, part_no, state, mailroom.outgoing_file_content(issuer_id, outgoing_file_id) = composed AS bytes, content_bytes = octet_length(composed) AS size, content_sha256 = sha256(composed) AS hash,
		mailroom.outgoing_file_hash(issuer_id, outgoing_file_id) = content_sha256 AS hash_again, content_bytes > 10000 AND stored < 2000 AS small
	FROM package ORDER BY invoice_number, part_no;
SELECT octet_length(decode(k.j #>> '{parts,0,data}', 'base64')) = d.content_bytes AS pdf, decode(k.j #>> '{parts,0,responsive_part,data}', 'base64') = pg_temp.document(:issuer, d.invoice_id, 'html') AS page
	FROM package p JOIN mailroom.invoice i USING (issuer_id, invoice_number) JOIN mailroom.document d ON d.issuer_id = i.issuer_id AND d.invoice_id = i.invoice_id AND d.channel = 'print',
		LATERAL (SELECT convert_from(mailroom.outgoing_file_content(:issuer, p.outgoing_file_id), 'UTF8')::jsonb AS j) AS k WHERE p.channel = 'kivra' ORDER BY p.invoice_number;
-- one that is made by itself is the same as one of many
SELECT f.content = e.composed AS same, f.document_ids = k.document_ids AS documents
	FROM mailroom.invoice i JOIN expected e USING (invoice_number) JOIN mailroom.outgoing_file_part k USING (issuer_id, outgoing_file_id),
		LATERAL (SELECT mailroom.outgoing_part_content(i.issuer_id, p.content, p.document_ids, p.document_places, p.document_in_base64) AS content, p.document_ids FROM mailroom.package_parts(i.issuer_id, i.invoice_id, 'kivra', '191212121212') p) AS f
	WHERE i.issuer_id = :issuer AND i.invoice_number = 'P-2';
-- fetched: the bytes again, and the state
SELECT f.part_no, f.content = e.composed AS bytes FROM expected e, LATERAL mailroom.fetch_outgoing_file(:issuer, e.outgoing_file_id) f WHERE e.invoice_number = 'P-3';
SELECT invoice_number, state FROM package WHERE channel = 'kivra' ORDER BY 1;

-- any number of documents, in any place, as they are or in base64, of any length modulo three
SELECT d.document_id AS a, octet_length(pg_temp.document(:issuer, d.invoice_id, 'print')) AS a_bytes FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE d.issuer_id = :issuer AND d.channel = 'print' AND i.invoice_number = 'P-2' \gset
SELECT bool_and(mailroom.outgoing_part_content(:issuer, 'abcdef', ARRAY[:a, :a, :a], ARRAY[x, y, z], ARRAY[true, false, x = y])
		= substr('abcdef'::bytea, 1, x) || convert_to(replace(encode(p, 'base64'), E'\n', ''), 'UTF8') || substr('abcdef'::bytea, x + 1, y - x) || p || substr('abcdef'::bytea, y + 1, z - y)
			|| CASE WHEN x = y THEN convert_to(replace(encode(p, 'base64'), E'\n', ''), 'UTF8') ELSE p END || substr('abcdef'::bytea, z + 1)) AS composed, count(*)
	FROM generate_series(0, 6, 2) AS x, generate_series(0, 6, 2) AS y, generate_series(0, 6, 3) AS z, mailroom.archive_document(:issuer, :a) AS p WHERE x <= y AND y <= z;
SELECT f.n, f.files[1] IS NOT NULL AS stored, mailroom.outgoing_file_content(:issuer, f.files[1]) = f.whole AS bytes
	FROM (SELECT n, mailroom.store_outgoing_files(:issuer, 'report', ARRAY['x' || n || '.bin'], ARRAY['application/octet-stream'], ARRAY[convert_to(repeat('x', n), 'UTF8')]) AS files, convert_to(repeat('x', n), 'UTF8') AS whole FROM generate_series(0, 1) AS n) AS f ORDER BY 1;

-- refused: what contradicts itself, what is not in the archive, what is too large
SELECT mailroom.outgoing_part_content(:issuer, 'abc', ARRAY[:a], ARRAY[4], ARRAY[true]);
SELECT mailroom.outgoing_part_content(:issuer, 'abc', ARRAY[:a, :a], ARRAY[2, 1], ARRAY[true, true]);
SELECT mailroom.outgoing_part_content(:issuer, 'abc', ARRAY[:a], ARRAY[1, 2], ARRAY[true]);
SELECT mailroom.outgoing_part_content(:issuer, 'abc', ARRAY[:a], NULL, ARRAY[true]);
SELECT mailroom.outgoing_part_content(:issuer, 'abc', ARRAY[-1], ARRAY[1], ARRAY[true]);
SELECT mailroom.store_outgoing_files(:issuer, 'report', ARRAY['x.bin'], ARRAY['x/y'], ARRAY['abc'::bytea], ARRAY[2], ARRAY[:a], ARRAY[1], ARRAY[true]);
\set VERBOSITY sqlstate
SELECT mailroom.store_outgoing_files(:issuer, 'report', ARRAY['x.bin'], ARRAY['x/y'], ARRAY[convert_to(repeat('x', 16777216), 'UTF8')], ARRAY[1], ARRAY[:a], ARRAY[1], ARRAY[true]);
UPDATE mailroom.outgoing_file_part SET document_places = '{1}' WHERE issuer_id = :issuer AND cardinality(document_ids) = 2;
\set VERBOSITY terse
-- a document that was changed in the archive does not leave the house
SELECT e.stored_in AS volume, e.stored_at AS place FROM mailroom.archive_entry e WHERE e.issuer_id = :issuer AND e.document_id = :a \gset
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_volume SET content = set_byte(content, :place + 20, 255 - get_byte(content, :place + 20)) WHERE issuer_id = :issuer AND volume_id = :volume;
DO $$ BEGIN PERFORM mailroom.outgoing_file_content(p.issuer_id, p.outgoing_file_id) FROM package p WHERE p.invoice_number = 'P-2';
	EXCEPTION WHEN SQLSTATE 'MR007' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
ROLLBACK;

-- a document whose time is over takes what was sent of it along, and no other
SELECT count(*) AS to_erase FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE d.issuer_id = :issuer AND i.issue_date < '2011-01-01';
SELECT mailroom.erase_documents(:issuer, ARRAY(SELECT d.document_id FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE d.issuer_id = :issuer AND i.issue_date < '2011-01-01' AND (i.invoice_number <> 'P-1' OR d.channel = 'print')), 'time is over') IS NOT NULL AS erased;
CREATE FUNCTION pg_temp.tried(what text, issuer bigint, file bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	bytes bytea;
BEGIN
	EXECUTE format(what, issuer, file) INTO bytes;
	RETURN CASE WHEN bytes = (SELECT composed FROM expected WHERE outgoing_file_id = file) THEN 'the bytes' ELSE 'other bytes' END;
EXCEPTION WHEN OTHERS THEN
	RETURN concat_ws(' ', sqlstate, regexp_replace(sqlerrm, 'file \d+', 'file N'));
END $$;
SELECT e.invoice_number, e.part_no, pg_temp.tried('SELECT mailroom.outgoing_file_content(%s, %s)', :issuer, e.outgoing_file_id) AS looked_at, pg_temp.tried('SELECT content FROM mailroom.fetch_outgoing_file(%s, %s)', :issuer, e.outgoing_file_id) AS fetched,
		(SELECT count(*) FROM mailroom.outgoing_file_part f WHERE f.issuer_id = :issuer AND f.outgoing_file_id = e.outgoing_file_id) AS parts
	FROM expected e ORDER BY 1, 2;
SELECT o.file_name IS NOT NULL AS kept, o.content_bytes = octet_length(e.composed) AS size, o.sha256 = encode(sha256(e.composed), 'hex') AS hash FROM expected e JOIN mailroom.outgoing o USING (outgoing_file_id) WHERE o.issuer_id = :issuer AND e.invoice_number = 'P-1';
SELECT mailroom.acknowledge_outgoing_file(:issuer, outgoing_file_id) FROM expected WHERE invoice_number = 'P-1';
SELECT * FROM mailroom.verify_archive(:issuer);

-- documents in a volume that is still open are read from there, and from the sealed one when it is
SELECT mailroom.set_archive_sealing(:issuer, 1000);
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_no, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'P-' || n, '2026-11-01', '380', 'SEK', '2026-11-21', 'Kund', 'C' || n, mailroom.make_reference('se_ocr', '1000' || n), 100, 25, 125, 125, 0, now() FROM generate_series(8, 9) AS n;
SELECT array_agg(invoice_id ORDER BY invoice_id) AS ids FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number IN ('P-8', 'P-9') \gset
INSERT INTO mailroom.invoice_channel (issuer_id, invoice_id, channel, address, reason, steps, chosen_at) SELECT :issuer, id, 'kivra', '191212121212', 'test', '{}', now() FROM unnest(:'ids'::bigint[]) AS id;
SELECT mailroom.render_documents(:issuer, :'ids'::bigint[]);
SELECT mailroom.make_packages(:issuer, :'ids'::bigint[]);
SELECT count(*) AS open_volumes FROM mailroom.archive_open WHERE issuer_id = :issuer;
SELECT invoice_number, mailroom.outgoing_file_content(issuer_id, outgoing_file_id) = composed AS bytes, content_sha256 = sha256(composed) AS hash FROM package WHERE invoice_number IN ('P-8', 'P-9') ORDER BY 1;
SELECT mailroom.seal_open_volumes(:issuer);
SELECT count(*) AS open_volumes FROM mailroom.archive_open WHERE issuer_id = :issuer;
SELECT invoice_number, mailroom.outgoing_file_content(issuer_id, outgoing_file_id) = composed AS bytes FROM package WHERE invoice_number IN ('P-8', 'P-9') ORDER BY 1;
