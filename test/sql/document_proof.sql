-- proof of content: what the pages say is read back and compared with the invoice
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Bevis AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET payee_account = '86011117947', vat_id = 'NO999999999MVA' WHERE issuer_id = :issuer;

-- makes an invoice, publishes a template, renders: what stays of it
CREATE FUNCTION pg_temp.tried(issuer bigint, source text, country text DEFAULT 'NO', amount numeric DEFAULT 1250.00, reference text DEFAULT '1234567897',
		due date DEFAULT '2026-12-01', currency text DEFAULT 'NOK', data jsonb DEFAULT NULL, OUT verdict text)
	LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, due_date, type_code, currency, payment_reference, payee_account,
			buyer_name, buyer_no, buyer_country, line_total, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
		SELECT $1, 'file', 'accepted', 'S', '\x00', 'B-' || 1000 + (SELECT count(*) FROM mailroom.invoice i WHERE i.issuer_id = $1), '2026-11-01', $6, '380', $7, $5, CASE WHEN $7 = 'EUR' THEN 'FI2112345600000785' ELSE '86011117947' END,
			'Kunde', '77', $3, $4 * 0.8, $4 * 0.8, $4 * 0.2, $4, $4, 1, now()
		RETURNING invoice_id INTO id;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name) VALUES ($1, id, 1, 1, $4 * 0.8, $4 * 0.8, 'Vare');
	IF $8 IS NOT NULL THEN
		PERFORM mailroom.set_document_data($1, id, $8);
	END IF;
	IF $2 IS NOT NULL THEN
		PERFORM mailroom.publish_template($1, 'invoice', $2);
	END IF;
	PERFORM mailroom.render_documents($1, ARRAY[id]);
	SELECT coalesce((SELECT format('proven %s %s %s %s', d.proven_number, d.proven_amount, d.proven_reference, to_char(d.proven_due_date, 'YYYY-MM-DD')) FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = id),
			(SELECT f.rule || ' ' || regexp_replace(f.message, '^template "t", ', '') FROM mailroom.finding f WHERE f.issuer_id = $1 AND f.invoice_id = id)) INTO verdict;
END;
$$;
-- a page of the four values, of which one is said otherwise
CREATE FUNCTION pg_temp.page(instead text DEFAULT '', wrong text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT replace('<template name="t"><flow><total label="{{label:invoice_no}}" value="{{number}}"/><total label="{{label:due_date}}" value="{{due_date}}"/>'
		|| '<total label="{{label:reference}}" value="{{payment_reference|reference}}"/><total label="{{label:payable}} {{currency}}" value="{{payable_amount}}"/></flow></template>', $1, $2) $$;

-- the house's own layout, and the page as it should be, in eight languages
\set own '<template name="t"><flow><text>{{title}} {{number}}, {{label:due_date}} {{due_date|date:long}}</text><text size="7">{{label:payable}} {{currency}}</text><space height="1"/><text>{{payable_amount}}</text><text>{{label:reference}}: {{payment_reference|reference}}.</text></flow></template>'
SELECT pg_temp.tried(:issuer, NULL);
SELECT c.country, pg_temp.tried(:issuer, pg_temp.page(), c.country, 1234567.89, due => '2026-05-04') AS short,
		pg_temp.tried(:issuer, :'own', c.country, -0.5, due => '2026-03-14') AS long
	FROM unnest('{GB,NO,SE,DK,FI,PL,RO,DE}'::text[]) WITH ORDINALITY AS c (country, n) ORDER BY n;
SELECT count(*) AS months, count(*) FILTER (WHERE m.verdict ~ '^proven') AS proven
	FROM unnest('{GB,NO,SE,DK,FI,PL,RO,DE}'::text[]) AS c (country), generate_series(1, 12) AS n,
		pg_temp.tried(:issuer, NULL, c.country, due => make_date(2026, n, 11)) AS m;

-- wrong values: another total, another reference, a constant, half the amount, another invoice
SELECT w.wrong, pg_temp.tried(:issuer, pg_temp.page(w.instead, w.wrong))
	FROM (VALUES ('"{{payable_amount}}', '"{{net_total}}'), ('"{{payable_amount}}', '"125,00'), ('"{{payable_amount}}', '"{{payable_amount|raw}}'), ('{{currency}}', 'SEK'),
		('"{{payable_amount}}', '"{{payable_amount|money:EUR}}'), ('{{payment_reference|reference}}', '{{buyer.no}}'), ('"{{number}}', '"{{payment_reference}}'), ('"{{due_date}}', '"{{issue_date}}'),
		('"{{due_date}}', '"{{due_date|date:month}}'), ('"{{number}}', '"{{number}}0'), ('"{{payable_amount}}', '"-{{payable_amount}}'), ('"{{payable_amount}}', '"9 {{payable_amount}}'), ('"{{payable_amount}}"', '"{{payable_amount}},00"'), ('"{{due_date}}', '"01/12/2026'), ('value="{{payable_amount}}"', 'value="{{net_total}}" proof="payable_amount"')) AS w (instead, wrong);
-- a label above a value names it, and one above another word does not
SELECT pg_temp.tried(:issuer, pg_temp.page('<flow>', '<flow><text>{{label:due_date}}</text><space height="1"/><text>' || v.below || '</text>'))
	FROM unnest(ARRAY['31.12.2026', '{{issue_date|date}}', '{{due_date}}', 'Customer']) WITH ORDINALITY AS v (below, n) ORDER BY n;
-- minor digits that are lost, day and month in the wrong order, texts of the data
SELECT pg_temp.tried(:issuer, pg_temp.page('{{payable_amount}}', '{{payable_amount|number:0}}'), amount => 1250.40);
SELECT pg_temp.tried(:issuer, pg_temp.page('{{payable_amount}}', '{{payable_amount|number:0}}'), amount => 1250);
SELECT pg_temp.tried(:issuer, pg_temp.page('{{payable_amount}}', '{{payable_amount|number:1}}'), amount => 1250.50);
SELECT d.written, pg_temp.tried(:issuer, pg_temp.page('{{due_date}}', '{{data.due}}'), data => jsonb_build_object('due', d.written))
	FROM unnest('{12.01.2026,01.12.2026,2026-12-01,1. desember 2026,1. november 2026,December}'::text[]) WITH ORDINALITY AS d (written, n) ORDER BY n;
SELECT a.written, pg_temp.tried(:issuer, pg_temp.page('{{payable_amount}}', '{{data.sum}}'), data => jsonb_build_object('sum', a.written))
	FROM unnest('{1 250,1.250 kr,"1250,00 NOK","1,250.00","kr 1.250,00","12,50","1 250,00 kr","1 250,00 €",1 25 0}'::text[]) WITH ORDINALITY AS a (written, n) ORDER BY n;
-- cut by its place
SELECT pg_temp.tried(:issuer, '<template name="t" proof="number"><flow><text lines="1" width="8">{{number}}</text></flow></template>');
SELECT pg_temp.tried(:issuer, '<template name="t" proof="payment_reference"><flow><text width="9">{{payment_reference|reference}}</text></flow></template>', reference => '12345678901234567890123');
SELECT pg_temp.tried(:issuer, '<template name="t" proof="payment_reference"><flow><text width="9" lines="2">{{payment_reference|reference}}</text></flow></template>', reference => '12345678901234567890123');
-- not there at all; a template says so itself
SELECT pg_temp.tried(:issuer, pg_temp.page('value="{{payment_reference|reference}}"', 'value="{{payment_reference|reference}}" if="credit"'));
SELECT pg_temp.tried(:issuer, '<template name="t" proof="number payable_amount"><flow><text>{{number}} {{payable_amount}}</text></flow></template>');
SELECT pg_temp.tried(:issuer, '<template name="t" proof="none"><flow><text>{{net_total}}</text></flow></template>');
SELECT pg_temp.tried(:issuer, pg_temp.page('value="{{due_date}}"', 'value="{{issue_date}}" proof="none"'));
SELECT mailroom.template_proof_gaps(pg_temp.page('"{{due_date}}"', '"x" channels="html"')), mailroom.template_proof_gaps(pg_temp.page());
SELECT mailroom.publish_template(:issuer, 'invoice', pg_temp.page('<total label="{{label:due_date}}" value="{{due_date}}"/>', '')) > 0 AS told;
SELECT mailroom.check_template('<template name="t" proof="total"><flow/></template>');

-- bar codes and payment codes hold the same
SELECT pg_temp.tried(:issuer, pg_temp.page('</flow>', '<barcode value="{{payment_reference}}"/></flow>'));
SELECT pg_temp.tried(:issuer, pg_temp.page('</flow>', '<barcode proof="payment_reference" value="{{buyer.no}}"/></flow>'));
SELECT pg_temp.tried(:issuer, pg_temp.page('</flow>', '<qr value="{{number}};{{payable_amount|raw}};{{currency}}"/></flow>'));
SELECT pg_temp.tried(:issuer, pg_temp.page('</flow>', '<qr kind="epc"/></flow>'), 'FI', reference => 'RF18539007547034', currency => 'EUR');
SELECT pg_temp.tried(:issuer, pg_temp.page('</flow>', '<barcode kind="fi" width="150"/></flow>'), 'FI', reference => r, currency => 'EUR', due => d)
	FROM (VALUES ('RF18539007547034', date '2026-12-31'), ('1234561', '2026-12-31')) AS v (r, d);

-- a payment slip shows amount, reference and due date, and its code line holds them
SELECT pg_temp.tried(:issuer, '<template name="t"><flow><text>{{number}}</text></flow><giro country="NO"' || more || '/></template>', reference => r, amount => 1543.05)
	FROM (VALUES ('', '1234567897'), ('', NULL), (' amount="blank"', '1234567897')) AS v (more, r);
SELECT pg_temp.tried(:issuer, '<template name="t"><flow><text>{{number}}</text></flow><giro country="SE" account="{{data.giro}}"/></template>', 'SE', amount => 1543.05, currency => 'SEK', data => '{"giro": "5050-1055"}');

-- one wrong document of a batch harms no other; what was compared is kept
SELECT mailroom.create_issuer('Bevis To AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, due_date, type_code, currency, payment_reference, payee_account,
		buyer_name, buyer_no, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :two, 'file', 'accepted', 'S', '\x00', 'C-' || n, '2026-11-01', '2026-12-01', CASE n WHEN 5 THEN '381' ELSE '380' END, 'NOK', '1234567897', '86011117947', 'Kunde ' || n, '77', 'NO', 100, CASE n WHEN 3 THEN 0 ELSE 25 END, 125, 125, 0, now()
	FROM generate_series(1, 6) AS n;
SELECT mailroom.publish_template(:two, 'invoice', pg_temp.page('"{{payable_amount}}"', '"{{payable_amount}}" if="tax_total"/><total if="!tax_total" label="{{label:payable}}" value="{{net_total}}"'));
SELECT mailroom.render_documents(:two, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :two));
SELECT invoice_number, proven, changed, is_proven FROM mailroom.document_proof WHERE issuer_id = :two ORDER BY 1;
SELECT documents, proven, set_aside FROM mailroom.document_proof_total WHERE issuer_id = :two;
SELECT i.invoice_number, i.state, f.rule, f.message FROM mailroom.finding f JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE f.issuer_id = :two;
-- an invoice that is changed behind its document's back
UPDATE mailroom.invoice SET payable_amount = 126 WHERE issuer_id = :two AND invoice_number = 'C-2';
SELECT invoice_number, changed, is_proven FROM mailroom.document_proof WHERE issuer_id = :two AND NOT is_proven;
