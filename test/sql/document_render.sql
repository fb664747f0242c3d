-- invoices become documents: preview, batch, idempotence, refusals
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Rendér Ærlig AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321',
	vat_id = 'NO987654321MVA', payee_account = '15030012345' WHERE issuer_id = :issuer;
CREATE TEMP TABLE made AS
	WITH new AS (
		INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code,
				currency, due_date, seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country,
				payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
			SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'R-' || n, '2026-11-01', CASE n WHEN 2 THEN '381' ELSE '380' END,
				'NOK', '2026-11-21', 'Rendér Ærlig AS', 'Kunde ' || n, n::text, 'Østre gate ' || n, 'TRONDHEIM', '7012',
				CASE n WHEN 3 THEN 'SE' ELSE 'NO' END, '00000' || n, 100 * n, 25 * n, 125 * n, 125 * n,
				CASE n WHEN 4 THEN 400 ELSE n END, now()
				FROM generate_series(1, 6) AS n
			RETURNING invoice_id, invoice_number)
	SELECT invoice_id, substr(invoice_number, 3)::int AS n FROM new;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name)
	SELECT :issuer, invoice_id, l, l, 1, 'C62', 100, 100, 'S', 25, 'Vare ' || l
	FROM made, generate_series(1, CASE n WHEN 4 THEN 400 ELSE n END) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT :issuer, invoice_id, 1, 'S', 25, 100 * n, 25 * n FROM made;
-- number 5 has nobody to send it to, number 6 a character that no font has
UPDATE mailroom.invoice SET buyer_name = NULL WHERE issuer_id = :issuer AND invoice_number = 'R-5';
UPDATE mailroom.invoice_line l SET item_name = 'Привет' FROM made m WHERE l.issuer_id = :issuer AND l.invoice_id = m.invoice_id AND m.n = 6 AND l.line_no = 3;
SELECT invoice_id AS first FROM made WHERE n = 1 \gset

-- preview stores nothing, and two renders are equal
SELECT substr(mailroom.render_invoice(:issuer, :first), 1, 8) = '%PDF-1.4' AS pdf,
	mailroom.render_invoice(:issuer, :first) = mailroom.render_invoice(:issuer, :first) AS equal;
SELECT count(*) FROM mailroom.document WHERE issuer_id = :issuer;
-- nor do the session's settings matter
SELECT sha256(mailroom.render_invoice(:issuer, :first)) AS before \gset
SET datestyle = german;
SET search_path = pg_temp;
SELECT sha256(mailroom.render_invoice(:issuer, :first)) = :'before' AS equal;
RESET datestyle;
RESET search_path;
SELECT mailroom.render_invoice(:issuer, -1);
\set VERBOSITY default
DO $$ BEGIN PERFORM mailroom.render_invoice(i.issuer_id, i.invoice_id) FROM mailroom.invoice i WHERE i.invoice_number = 'R-5';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.render_invoice(i.issuer_id, i.invoice_id) FROM mailroom.invoice i WHERE i.invoice_number = 'R-6';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
\set VERBOSITY terse

-- the batch: four documents, two invoices set aside; a second run finds nothing to do
SELECT mailroom.render_documents(:issuer, (SELECT array_agg(invoice_id) FROM made));
SELECT mailroom.render_documents(:issuer, (SELECT array_agg(invoice_id) FROM made));
SELECT i.invoice_number, i.state, d.template, d.pages, d.channel, cardinality(d.page_offsets) = d.pages AS offsets,
		cardinality(d.page_lengths) = d.pages AS lengths
	FROM mailroom.invoice i
		LEFT JOIN mailroom.document d USING (issuer_id, invoice_id)
	WHERE i.issuer_id = :issuer
	ORDER BY 1;
SELECT rule, severity, message FROM mailroom.finding WHERE issuer_id = :issuer ORDER BY 1;
-- what is archived is what was rendered
SELECT bool_and(sha256(mailroom.archive_document(d.issuer_id, d.document_id)) = d.content_sha256) AS hashes,
	bool_and(octet_length(mailroom.archive_document(d.issuer_id, d.document_id)) = d.content_bytes) AS sizes,
	bool_and(mailroom.archive_document(d.issuer_id, d.document_id) = mailroom.render_invoice(d.issuer_id, d.invoice_id)) AS bytes
	FROM mailroom.document d WHERE d.issuer_id = :issuer;
-- a page's place: a zlib stream of the stated length, then the end of the stream object
SELECT count(*) AS pages, bool_and(substr(p.content, p.start + 1, 1) = '\x78') AS zlib,
		bool_and(substr(p.content, p.start + p.length + 1, 10) = '\x0a656e6473747265616d') AS ends
	FROM (SELECT mailroom.archive_document(d.issuer_id, d.document_id) AS content, o.start::int, o.length::int
		FROM mailroom.document d, ROWS FROM (unnest(d.page_offsets), unnest(d.page_lengths)) AS o (start, length)
		WHERE d.issuer_id = :issuer) AS p;

-- rights
CREATE ROLE document_reader;
SELECT mailroom.grant_role('reader', 'document_reader', ARRAY[:issuer]);
SET ROLE document_reader;
SELECT octet_length(mailroom.render_invoice(:issuer, :first)) > 1000 AS readable;
SELECT mailroom.render_documents(:issuer, ARRAY[:first]);
RESET ROLE;
DROP OWNED BY document_reader;
DROP ROLE document_reader;
