-- letters of a list, without an invoice: the whole way to the printed mailing; data and brand beside an invoice
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Brev og Varsel AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') IS NOT NULL AS loaded;
CALL mailroom.run_jobs();
\set source '<template name="notice" proof="none"><palette><colour name="accent" rgb="#0A5C36"/></palette><zone x="20" y="44" width="85" height="38"><text>{{recipient.name}}</text><text>{{recipient.street?}}</text><text>{{recipient.postcode}} {{recipient.city?}}</text></zone><flow><text bold="yes" colour="accent">{{brand.name?}}</text><text>{{data.heading}}</text><text>{{issue_date|date:long}}: {{data.greeting}}</text><table in="data.rows" keep-last="yes"><column head="x"><text>{{row.what}}</text></column><column align="right" width="30"><text>{{row.amount|money:EUR}}</text></column></table><total label="{{count:data.rows}}" value="{{sum:data.rows.amount|money:EUR}}"/></flow></template>'
SELECT mailroom.publish_template(:issuer, 'notice', :'source');
INSERT INTO mailroom.brand (issuer_id, brand, name, palette) VALUES (:issuer, 'nord', 'Nordlys Kort', '{"accent": "#113355"}'), (:issuer, 'vest', 'Vestavind', NULL);
INSERT INTO mailroom.brand_rule (issuer_id, rule_no, brand, template) VALUES (:issuer, 1, 'nord', 'notice');

-- refused as a whole: no list, no such template
SELECT mailroom.create_letters(:issuer, 'notice', '{}', 'L');
SELECT mailroom.create_letters(:issuer, 'nothing', '[]', 'L');
-- ten letters; row 3 has nobody to send it to, row 5 lacks a field, row 7 a list, row 9 has a list that is none
SELECT mailroom.create_letters(:issuer, 'notice', (SELECT jsonb_agg(CASE n WHEN 3 THEN '{"heading": "Pris"}' WHEN 5 THEN l - 'greeting' WHEN 7 THEN l - 'rows' WHEN 9 THEN l || '{"rows": 1}' ELSE l END ORDER BY n)
	FROM (SELECT n, jsonb_build_object('recipient', jsonb_build_object('name', 'Mottaker ' || n, 'street', 'Østre gate ' || n, 'postcode', '7012', 'city', 'TRONDHEIM', 'customer_no', n::text),
			'heading', 'Nye priser', 'greeting', 'Hei ' || n, 'brand', CASE n WHEN 2 THEN 'vest' END,
			'rows', jsonb_build_array(jsonb_build_object('what', 'Kort', 'amount', 10.5), jsonb_build_object('what', 'Gebyr', 'amount', n))) AS l
		FROM generate_series(1, 10) AS n) AS made), 'priser') AS batch \gset
SELECT document_count, accepted_count, set_aside_count FROM mailroom.import_batch WHERE issuer_id = :issuer;
-- the same key again makes none
SELECT mailroom.create_letters(:issuer, 'notice', '[{}]', 'priser') = :batch AS same;
CALL mailroom.run_jobs();
SELECT document_no, invoice_number, state, origin FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY 1;
SELECT location, rule, message FROM mailroom.finding WHERE issuer_id = :issuer ORDER BY document_no, finding_no;
SELECT template, template_version, count(*) FROM mailroom.document WHERE issuer_id = :issuer GROUP BY 1, 2;
SELECT count(*) AS printed FROM mailroom.letter_print WHERE issuer_id = :issuer;
SELECT kind, state, count(*) FROM mailroom.outgoing_file WHERE issuer_id = :issuer GROUP BY 1, 2 ORDER BY 1;
SELECT bool_and(sha256(mailroom.archive_document(d.issuer_id, d.document_id)) = d.content_sha256) AS archived FROM mailroom.document d WHERE d.issuer_id = :issuer;
SELECT check_integrity.* FROM mailroom.check_integrity(:issuer);
-- the brand of the row comes before the rule: the two names do not set the same page
SELECT count(DISTINCT octet_length(mailroom.archive_document(d.issuer_id, d.document_id))) > 1 AS brands_differ FROM mailroom.document d WHERE d.issuer_id = :issuer;

-- data beside an invoice; not any more when its document was made
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency,
		buyer_name, buyer_postcode, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (:issuer, 'file', 'accepted', 'S', '\x00', 'LETTER-D-1', '2026-11-01', '380', 'NOK', 'Kunde', '0150', 'NO', 100, 25, 125, 125, 0, now())
	RETURNING invoice_id AS invoice \gset
SELECT mailroom.set_document_data(:issuer, :invoice, '{"heading": "a", "greeting": "b", "rows": []}', NULL, 'notice');
SELECT octet_length(mailroom.render_invoice(:issuer, :invoice)) > 1000 AS rendered;
SELECT mailroom.set_document_data(:issuer, -1, '{}');
SELECT mailroom.render_documents(:issuer, ARRAY[:invoice]);
DO $$ BEGIN PERFORM mailroom.set_document_data(i.issuer_id, i.invoice_id, '{}') FROM mailroom.invoice i WHERE i.invoice_number = 'LETTER-D-1';
	EXCEPTION WHEN SQLSTATE 'MR004' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
-- rights
CREATE ROLE letter_reader;
SELECT mailroom.grant_role('reader', 'letter_reader', ARRAY[:issuer]);
SET ROLE letter_reader;
SELECT count(*) FROM mailroom.brand;
SELECT mailroom.create_letters(:issuer, 'notice', '[]', 'M');
RESET ROLE;
DROP OWNED BY letter_reader;
DROP ROLE letter_reader;
