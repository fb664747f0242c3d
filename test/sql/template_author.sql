-- what a template's author meets: faults that name place and value, brands, groups, texts that are derived
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Forfatter AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345' WHERE issuer_id = :issuer;
INSERT INTO mailroom.brand (issuer_id, brand, name) VALUES (:issuer, 'green', 'Green Cards'), (:issuer, 'Blue', 'Blue Cards');
SELECT mailroom.publish_template(:issuer, 'notice', '<template name="notice" proof="none"><zone x="20" y="46" width="85" height="33"><text>{{recipient.name}}</text><text>{{recipient.postcode}}</text></zone>
<flow>
<text>{{data.since?|date:month}} {{data.until?|date}} {{data.met?|date:long}}</text>
<text>{{data.price?|money}} {{data.used?|number:1}} {{sum:data.rows.amount}}</text>
<text>{{brand.name?}}</text></flow></template>') AS version;
CREATE FUNCTION pg_temp.said(data jsonb, channel text DEFAULT 'text', source text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN btrim(convert_from((mailroom.preview_data(t.issuer_id, coalesce($3, t.source), $1 || '{"recipient": {"name": "Ola", "postcode": "0150", "city": "OSLO"}}', $2)).content, 'UTF8'), E'\n')
		FROM mailroom.template t JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Forfatter AS' AND t.name = 'notice' AND t.version = 1;
EXCEPTION WHEN SQLSTATE 'MR006' THEN
	RETURN regexp_replace(SQLERRM, '^invoice \d+: ', '');
END $$;

-- there is one flow
SELECT mailroom.check_template(E'<template name="two">\n<flow><text>a</text></flow>\n<zone x="20" y="20" width="50"><text>b</text></zone>\n<flow><text>c</text></flow></template>');

-- a value that its format cannot show is named with its path; one that is missing may be optional
SELECT d.data, pg_temp.said(d.data::jsonb) FROM (VALUES (1, '{"since": "2026-11"}'), (2, '{"since": "2026-02-29"}'), (3, '{"since": "2024-02-29", "until": "2026-12-31", "met": "2026-07"}'), (4, '{"since": "2026-13"}'),
		(5, '{"since": "11.2026"}'), (6, '{"until": "2026-11"}'), (7, '{"until": "31.12.2026"}'), (8, '{"met": "2026-11-31"}'), (9, '{"met": "soon"}'), (10, '{"since": "20x6-11"}'),
		(11, '{"price": "12,50"}'), (12, '{"price": "12.50", "used": -3.25}'), (13, '{"used": "many"}'),
		(14, '{"rows": [{"amount": 1.5}, {"amount": "2.5"}, {"amount": null}, {}]}'), (15, '{"rows": [{"amount": 1.5}, {"amount": "2,5"}]}')) AS d (n, data)
	ORDER BY d.n;

-- a brand that does not exist: refused where it is set, a fault of the row of a list, a fault of the document where it went meanwhile
SELECT mailroom.create_letters(:issuer, 'notice', '[{"reference": "R-1", "brand": "green", "recipient": {"name": "Ola", "street": "Gata 1", "postcode": "0150"}},
	{"reference": "R-2", "brand": "grene", "recipient": {"name": "Kari", "street": "Gata 2", "postcode": "0150"}}, {"reference": "R-3", "brand": "Blue", "recipient": {"name": "Per", "street": "Gata 3", "postcode": "0150"}}]', 'brands') IS NOT NULL AS batch;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_postcode, buyer_country,
		payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (:issuer, 'file', 'accepted', 'S', '\x00', 'AUTHOR-1', '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde', 'Gata 4', '0150', 'NO', '1234567897', 100, 25, 125, 125, 1, now())
	RETURNING invoice_id AS invoice \gset
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name) VALUES (:issuer, :invoice, 1, 1, 100, 100, 'Vare');
\set VERBOSITY default
DO $$ BEGIN PERFORM mailroom.set_document_data(i.issuer_id, i.invoice_id, '{}', 'gren') FROM mailroom.invoice i WHERE i.invoice_number = 'AUTHOR-1'; END $$;
\set VERBOSITY terse
SELECT mailroom.set_document_data(:issuer, :invoice, '{}', 'green');
DELETE FROM mailroom.brand WHERE issuer_id = :issuer AND brand = 'green';
DO $$ BEGIN PERFORM mailroom.render_channel(i.issuer_id, i.invoice_id, c) FROM mailroom.invoice i, unnest(ARRAY['html', 'sms']) AS c WHERE i.invoice_number = 'AUTHOR-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT mailroom.brand_names(:issuer), mailroom.brand_names(-1);
SELECT mailroom.render_documents(:issuer, array_agg(invoice_id)) FROM mailroom.invoice WHERE issuer_id = :issuer;
SELECT i.invoice_number, i.state, f.rule, f.message FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer ORDER BY 1;
-- what is told of one letter and one invoice
SET datestyle = iso;
SELECT step, regexp_replace(detail, '[0-9a-f]{64}|\d{4}-\d\d-\d\d|(batch|volume|^document) \d+|\d+(?= bytes)', '\1 N', 'g') AS detail FROM mailroom.invoice_trace(:issuer, 'R-3') ORDER BY step_no;
RESET datestyle;
SELECT step, detail FROM mailroom.invoice_trace(:issuer, 'AUTHOR-1') WHERE step IN ('invoice', 'to pay') ORDER BY step_no;

-- images in every channel: as large as fits, once in an e-mail however often they are shown; the brand's own comes in their place
SELECT mailroom.set_mail_sender(:issuer, 'post@forfatter.example');
SELECT octet_length(mailroom.store_resource(:issuer, 'mark', decode('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGPgzvP///8/AxADWQA0TAeLusHd/wAAAABJRU5ErkJggg==', 'base64'))) AS stored;
SELECT octet_length(mailroom.store_resource(:issuer, 'blue-logo', '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6348000000620061b19879f20000000049454e44ae426082')) AS stored;
UPDATE mailroom.brand SET logo = 'blue-logo' WHERE issuer_id = :issuer AND brand = 'Blue';
\set pictured '<template name="p" proof="none"><zone x="20" y="20" width="170"><image name="logo" width="40" height="20" alt="Logo of {{brand.name?}}" if="brand.logo"/></zone><zone x="20" y="46" width="85"><text>{{recipient.name}}</text></zone><flow><image name="mark" width="60" alt="Our &quot;mark&quot;"/><text>{{data.brand?}}</text><image name="mark" width="20" height="40" alt="Small"/></flow></template>'
CREATE TEMP TABLE mail AS SELECT n, convert_from((mailroom.preview_data(:issuer, :'pictured', d.data::jsonb || '{"recipient": {"name": "Ola", "postcode": "0150", "city": "OSLO"}}', 'email')).content, 'UTF8') AS source
	FROM (VALUES (1, '{}'), (2, '{"brand": "Blue"}')) AS d (n, data);
SELECT n, array(SELECT m[1] FROM regexp_matches(source, 'Content-Type: ([a-z]+/[a-z]+)', 'g') AS m) AS parts FROM mail ORDER BY 1;
-- what the HTML names is what the message carries, byte for byte
SELECT n, array(SELECT m[1] FROM regexp_matches(replace(replace(source, E'=\r\n', ''), '=3D', '='), 'src="cid:([^"]+)"', 'g') AS m) AS named,
		array(SELECT m[1] FROM regexp_matches(source, E'Content-ID: <([^>]+)>', 'g') AS m) AS carried,
		array(SELECT r.name FROM regexp_matches(source, E'filename="picture-[0-9][.]png"\r\n\r\n([A-Za-z0-9+/=\r\n]+)', 'g') AS m LEFT JOIN mailroom.template_resource r ON r.issuer_id = :issuer AND r.content = decode(m[1], 'base64')) AS images
	FROM mail ORDER BY 1;
SELECT n, m[1] AS shown FROM mail, regexp_matches(replace(replace(source, E'=\r\n', ''), '=3D', '='), '" (width="[^>]*)/>', 'g') AS m ORDER BY 1, 2;
SELECT m[1] AS page FROM regexp_matches(pg_temp.said('{}', 'html', :'pictured'), '(<img src="data:image/png;base64,.{8}|" width=[^>]*>)', 'g') AS m;
-- an image that is not stored
SELECT mailroom.check_template('<template name="t"><flow><image name="mark" x="140" width="60" alt="x"/></flow></template>');
UPDATE mailroom.brand SET logo = 'red-logo' WHERE issuer_id = :issuer AND brand = 'Blue';
SELECT pg_temp.said('{"brand": "Blue"}', 'print', :'pictured');
SELECT mailroom.publish_template(:issuer, 'pictured', '<template name="t" proof="none"><flow><image name="mark" width="20"/><image name="other" width="20"/></flow></template>');

-- an SMS out of the blocks of the template: what they say and the words beside it, each once, as long as <sms> does not say it
CREATE FUNCTION pg_temp.sms(source text, invoice text DEFAULT 'SMS-1') RETURNS text LANGUAGE sql AS
	$$SELECT convert_from((mailroom.preview_channel(i.issuer_id, i.invoice_id, 'sms', '<template name="s" proof="none">' || $1 || '</template>')).content, 'UTF8') FROM mailroom.invoice i WHERE i.invoice_number = $2$$;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_country, payment_reference, net_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'SMS-' || n, '2026-11-01', (ARRAY['380', '381', '389', '380'])[n], 'NOK', '2026-11-21', 'Kunde', CASE n WHEN 4 THEN 'PL' ELSE 'NO' END, '1234567897', 1234.5, 1234.5, 1234.5, 0, now() FROM generate_series(1, 4) AS n;
-- totals, a label above its value, a sentence, other words, none of it
SELECT t.what, pg_temp.sms(t.source) FROM (VALUES
		(1, 'totals', '<flow><text size="16" bold="yes">{{title}}</text><total label="{{label:payable}} {{currency}}" value="{{payable_amount}}"/><total label="Betales innen:" value="{{due_date|date:long}}"/><total label="{{label:reference}}" value="{{payment_reference|reference}}"/><total label="Til" value="{{payee_account|account}}"/></flow>'),
		(2, 'above', '<zone x="20" y="20" width="100"><columns><keep width="40"><text>{{label:payable}}</text><text>{{payable_amount}}</text></keep><keep x="50" width="40"><text>{{label:due_date}}</text><text>{{due_date}}</text></keep></columns></zone><flow/>'),
		(3, 'sentence', '<flow><text>{{title}} nr. {{number}}</text><text>Vi trekker {{payable_amount}} {{currency}} den {{due_date}}.</text></flow>'),
		(4, 'best', '<flow><text>Beløp {{payable_amount|money:NOK}} i alt</text><total label="Sum" value="{{payable_amount|money:NOK}}"/></flow>'),
		(5, 'named', '<flow><text channels="html sms">Gjelder {{number}}: {{payable_amount|money:NOK}} – «takk»…</text><each in="lines" channels="sms"><text>{{line.item_name}}</text></each></flow>'),
		(6, 'not here', '<flow><total channels="print html" label="Konto" value="{{payee_account}}"/><total channels="print" label="KID" value="{{payment_reference}}"/></flow>'),
		(7, 'none', '<flow><text>Hei</text></flow>'),
		(8, 'heading', '<flow><text size="14" bold="yes">Purring på faktura {{number}}</text></flow>'),
		(9, 'giro', '<flow/><giro country="NO" account="{{payee_account}}"/>'),
		(10, 'named in all', '<flow><total channels="print html email sms" label="Sum" value="{{gross_total|money:NOK}}"/></flow>'),
		(11, 'own', '<sms><text>Bare {{number}}</text></sms><flow><total label="{{label:payable}}" value="{{payable_amount}}"/></flow>')) AS t (n, what, source)
	ORDER BY t.n;
SELECT i, pg_temp.sms('<flow><text>{{title}}</text><total label="{{label:payable}} {{currency}}" value="{{payable_amount}}"/></flow>', i) FROM unnest(ARRAY['SMS-1', 'SMS-2', 'SMS-3', 'SMS-4']) AS i ORDER BY 1;
-- a letter: subject, heading, bold text, number
SELECT t.what, regexp_replace(pg_temp.said('{"reference": "L-1", "brand": "Blue", "heading": "Nye priser"}', 'sms', '<template name="l" proof="none">' || t.source || '</template>'), 'preview', 'N') FROM (VALUES
		(1, 'subject', '<subject><text>{{data.heading}} fra januar</text></subject><flow><text bold="yes" size="14">{{data.heading}}</text></flow>'),
		(2, 'heading', '<zone x="20" y="20" width="100"><text bold="yes" size="18">{{issuer.name}}</text></zone><flow><text>{{label:date}} {{issue_date}}</text><text bold="yes" size="14">{{data.heading}}</text></flow>'),
		(3, 'bold', '<flow><text>Hei</text><text bold="yes">{{data.heading}}</text></flow>'), (4, 'number', '<flow><text>Hei</text></flow>'),
		(5, 'named', '<flow><text bold="yes">{{data.heading}}</text><text channels="sms">Les mer i posten</text></flow>')) AS t (n, what, source)
	ORDER BY t.n;
-- a change in one place shows in all channels
\set one '<template name="o" proof="none"><labels lang="nb"><label key="payable">WORD</label></labels><flow><total label="{{label:payable}}" value="{{payable_amount}}"/></flow></template>'
SELECT c.channel, convert_from((mailroom.preview_channel(:issuer, i.invoice_id, c.channel, :'one')).content, 'UTF8') LIKE '%WORD%' AS before,
		convert_from((mailroom.preview_channel(:issuer, i.invoice_id, c.channel, replace(:'one', 'WORD', 'Skyldig'))).content, 'UTF8') LIKE '%Skyldig%' AS after,
		convert_from((mailroom.preview_channel(:issuer, i.invoice_id, c.channel, replace(:'one', 'WORD', 'Skyldig'))).content, 'UTF8') LIKE '%WORD%' AS left_over
	FROM mailroom.invoice i, unnest(ARRAY['html', 'text', 'sms']) AS c (channel) WHERE i.invoice_number = 'SMS-1' ORDER BY 1;
-- what it costs is told beside it
SELECT substring(mailroom.proof_cell(convert_to(m, 'UTF8'), 'sms'), '<p>.*') FROM unnest(ARRAY['Faktura', 'Zapłać', repeat('x', 200)]) WITH ORDINALITY AS t (m, n) ORDER BY n;

-- groups of a list of the data: in the order of their first elements, sums and lists of the group, groups inside groups, the list itself again behind them
\set cards '{"rows": [{"card": "B", "day": "2026-11-02", "amount": 5}, {"card": "A", "day": "2026-11-01", "amount": "2.50"}, {"card": "B", "day": "2026-11-01", "amount": 7}, {"amount": 1}, {"card": "A", "day": "2026-11-01", "amount": 4}]}'
\set grouped '<template name="g" proof="none"><flow><each in="data.rows" group="row.card"><text bold="yes">Card {{row.card?}}{{row.none?}}: {{count:data.rows}} of {{sum:data.rows.amount|money}}</text><table in="data.rows"><column head="Day"><text>{{row.day?}}</text></column><column head="Amount"><text>{{row.amount|money}}</text></column></table><each in="data.rows" as="r" group="r.day"><text>Day {{r.day?}}: {{sum:data.rows.amount}}</text><each in="data.rows" as="q"><text>one {{q.amount}}</text></each></each></each><text>All {{count:data.rows}} of {{sum:data.rows.amount|money}}</text></flow></template>'
SELECT pg_temp.said(:'cards', 'text', :'grouped');
SELECT octet_length(mailroom.preview_data(:issuer, :'grouped', :'cards'::jsonb || '{"recipient": {"name": "Ola", "postcode": "0150", "city": "OSLO"}}', 'print')::text) > 1000 AS printed;
-- lists of an element, by the element's own name; an empty list; one that is missing
\set inner '<template name="g" proof="none"><flow><each in="data.cards" as="card"><each in="card.rows?" as="row" group="row.kind"><text>{{card.name}} {{row.kind}}: {{sum:card.rows.n}}</text></each></each></flow></template>'
SELECT pg_temp.said('{"cards": [{"name": "A", "rows": [{"kind": "x", "n": 1}, {"kind": "y", "n": 2}, {"kind": "x", "n": 3}]}, {"name": "B", "rows": []}, {"name": "C"}, {"name": "D", "rows": [{"kind": "x", "n": 9}]}]}', 'text', :'inner');
SELECT pg_temp.said('{}', 'text', :'grouped');
SELECT pg_temp.said('{"rows": [1, 2]}', 'text', :'grouped');
SELECT mailroom.check_template('<template name="t"><flow><each in="data.rows" group="data.card"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><each in="data.rows" group="row"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><each in="taxes" group="tax.rate"/></flow></template>');
-- lines in groups of groups
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name, accounting_reference, note)
	SELECT i.issuer_id, i.invoice_id, n, 1, n, n, 'Vare', (ARRAY['K1', 'K2'])[1 + n % 2], (ARRAY['x', 'y', 'z'])[1 + n % 3] FROM mailroom.invoice i, generate_series(1, 9) AS n WHERE i.invoice_number = 'SMS-1' AND i.issuer_id = :issuer;
SELECT convert_from((mailroom.preview_channel(:issuer, i.invoice_id, 'text', '<template name="g" proof="none"><flow><each in="lines" group="line.accounting_reference"><text>{{line.accounting_reference}}: {{sum:line.net_amount}}</text><each in="lines" group="line.note"><text>- {{line.note}}: {{sum:line.net_amount}}, {{count:lines}}</text></each></each><text>{{sum:line.net_amount}}</text></flow></template>')).content, 'UTF8') AS lines
	FROM mailroom.invoice i WHERE i.invoice_number = 'SMS-1' AND i.issuer_id = :issuer;

-- a letter is about its heading; a total without its value is left out; accounts and postcodes of Poland
\set letter '<template name="l" proof="none"><labels lang="en"><label key="head">New terms</label></labels><zone x="20" y="20" width="100"><text bold="yes" size="18">{{issuer.name}}</text></zone><flow><text bold="yes" size="14">{{label:head}}</text><total label="Nothing" value="{{data.none?}}"/><total label="{{label:account}}" value="{{data.account|account}}"/><total label="Alone"/><text bold="yes" size="12">Further</text></flow></template>'
SELECT m[1] AS head FROM regexp_matches(pg_temp.said('{"account": "12345678901"}', 'html', :'letter'), '(<title>.*?</title>|<h[12].*?</h[12]>|<d[td][ >].*?</d[td]>)', 'g') AS m;
SELECT convert_from((mailroom.preview_data(:issuer, :'letter', '{"account": "12345678901", "recipient": {"name": "Ola", "postcode": "0150", "city": "OSLO"}}', 'email')).content, 'UTF8') ~ E'\r\nSubject: Forfatter AS: New terms\r\n' AS subject, pg_temp.said('{"account": "12345678901"}', 'sms', :'letter') AS sms, pg_temp.said('{"account": "12345678901"}', 'text', :'letter') AS plain;
UPDATE mailroom.issuer SET country = 'PL', postcode = '00838' WHERE issuer_id = :issuer;
SELECT pg_temp.said('{"account": "61109010140000071219812874"}', 'text', '<template name="l" proof="none"><flow><text>{{data.account|account}}, {{issuer.postcode|postcode}}</text></flow></template>');
-- texts side by side are a line of sums behind a table alone, and short ones
SELECT t.what, pg_temp.said('{"rows": [{"a": 1}]}', 'html', '<template name="c" proof="none"><flow>' || t.source || '</flow></template>') LIKE '%class="sumline"%' AS sums FROM (VALUES
		(1, 'behind a table', '<table in="data.rows"><column><text>{{row.a}}</text></column></table><space height="3"/><columns><text width="50">Sum</text><text x="60" width="50">1</text></columns>'),
		(2, 'one more', '<table in="data.rows"><column><text>{{row.a}}</text></column></table><columns><text width="50">Sum</text><text x="60" width="50">1</text></columns><columns><text width="50">All</text><text x="60" width="50">1</text></columns>'),
		(3, 'by themselves', '<columns><text width="50">Sum</text><text x="60" width="50">1</text></columns>'),
		(4, 'behind a text', '<table in="data.rows"><column><text>{{row.a}}</text></column></table><text>Hei</text><columns><text width="50">Sum</text><text x="60" width="50">1</text></columns>'),
		(5, 'long', '<table in="data.rows"><column><text>{{row.a}}</text></column></table><columns><text width="80">Cennik stanowi integralną część umowy, a jego treść jest w biurze.</text><text x="90" width="50">1</text></columns>')) AS t (n, what, source)
	ORDER BY t.n;
