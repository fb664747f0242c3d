-- templates: published, versions, used, and refused with the place named
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Mal AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency,
		buyer_name, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'M-' || n, '2026-11-01', '380', 'NOK', 'Kunde ' || n, 'NO', 100, 25, 125, 125, 1, now()
	FROM generate_series(1, 3) AS n;
UPDATE mailroom.invoice SET due_date = '2026-11-21' WHERE issuer_id = :issuer AND invoice_number <> 'M-2';
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name)
	SELECT issuer_id, invoice_id, 1, 1, 100, 100, 'Vare' FROM mailroom.invoice WHERE issuer_id = :issuer;
SELECT invoice_id AS first FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'M-1' \gset
SELECT invoice_id AS second FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'M-2' \gset
\set plain '<template name="plain" proof="number due_date"><flow><text>{{number}} {{due_date}}</text><table in="lines"><column head="x"><text>{{line.item_name}}</text></column></table></flow></template>'

-- broken ones; each error names template, block and what is wrong
SELECT mailroom.check_template('');
SELECT mailroom.check_template('no xml');
SELECT mailroom.check_template('<template name="t"><flow><text>cut');
SELECT mailroom.check_template('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><template name="t"><flow/></template>');
SELECT mailroom.check_template('<template><flow/></template>');
SELECT mailroom.check_template('<template name="t"/>');
SELECT mailroom.check_template('<text>x</text>');
SELECT mailroom.check_template('<template name="t"><flow><script>x</script></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><column/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow>x</flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text src="x">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text size="200">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text size="-1">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text align="up">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{nummer}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{line.item_name}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{number|roman}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{number</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{label:hello}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><if test="sunny"><text>x</text></if></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><each in="customers"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><zone pages="next"><table in="taxes"/></zone><flow/></template>');
SELECT mailroom.check_template('<template name="t" top="200" bottom="100"><flow/></template>');
SELECT mailroom.check_template(repeat('<template name="t">', 30));
SELECT mailroom.check_template('<template name="t"><flow>' || repeat('<rule/>', 1000) || '</flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>' || repeat('x', 300000) || '</text></flow></template>');
-- the line is in the detail
\set VERBOSITY default
SELECT mailroom.check_template(E'<template name="t">\n<flow>\n<text>{{nummer}}</text></flow></template>');
\set VERBOSITY terse

-- publishing looks at a sample
SELECT mailroom.publish_template(:issuer, 'invoice', :'plain', NULL, :first);
DO $$ BEGIN PERFORM mailroom.publish_template(t.issuer_id, t.name, t.source, NULL, i.invoice_id)
		FROM mailroom.template t JOIN mailroom.invoice i USING (issuer_id) WHERE i.invoice_number = 'M-2';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT mailroom.publish_template(:issuer, NULL, :'plain');
-- a version never changes
UPDATE mailroom.template SET source = 'x' WHERE issuer_id = :issuer;
DELETE FROM mailroom.template WHERE issuer_id = :issuer;
-- rendering takes it; an invoice that lacks a field is set aside, the others go on
SELECT mailroom.render_documents(:issuer, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :issuer));
SELECT i.invoice_number, i.state, d.template, d.template_version
	FROM mailroom.invoice i LEFT JOIN mailroom.document d USING (issuer_id, invoice_id)
	WHERE issuer_id = :issuer ORDER BY 1;
SELECT rule, message FROM mailroom.finding WHERE issuer_id = :issuer;
-- tomorrow's version is not used today, and a text must fit its place
SELECT mailroom.publish_template(:issuer, 'invoice', replace(:'plain', '{{due_date}}', '{{due_date?}}'), mailroom.today(:issuer) + 1);
SELECT count(DISTINCT sha256(mailroom.render_invoice(:issuer, i.invoice_id))) FROM mailroom.invoice i WHERE i.issuer_id = :issuer AND i.invoice_number <> 'M-2';
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, '<template name="t"><zone x="20" y="20" width="30" height="10"><text>' || repeat('word ', 50) || '</text></zone><flow/></template>', i.invoice_id)
		FROM mailroom.invoice i WHERE i.invoice_number = 'M-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, '<template name="t"><flow><barcode width="20" value="{{number}} and much more than fits"/></flow></template>', i.invoice_id)
		FROM mailroom.invoice i WHERE i.invoice_number = 'M-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;

-- rights
CREATE ROLE template_reader;
CREATE ROLE template_operator;
SELECT mailroom.create_issuer('Annen AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
SELECT mailroom.grant_role('reader', 'template_reader', ARRAY[:issuer]);
SELECT mailroom.grant_role('operator', 'template_operator', ARRAY[:other]);
SET ROLE template_reader;
SELECT count(*) FROM mailroom.template;
SELECT mailroom.publish_template(:issuer, 'invoice', :'plain');
SET ROLE template_operator;
SELECT count(*) FROM mailroom.template;
DO $$ BEGIN PERFORM mailroom.publish_template((SELECT max(issuer_id) - 1 FROM mailroom.issuer), 'invoice', '<template name="t" proof="none"><flow/></template>');
	EXCEPTION WHEN insufficient_privilege THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT mailroom.publish_template(:other, 'invoice', :'plain');
RESET ROLE;
DROP OWNED BY template_reader, template_operator;
DROP ROLE template_reader, template_operator;
