-- blocks of a template: palette, channels, charts, groups, sums; and what is refused
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Blokk AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency,
		buyer_name, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (:issuer, 'file', 'accepted', 'S', '\x00', 'BLOCK-1', '2026-11-01', '380', 'NOK', 'Kunde', 'NO', 100, 25, 125, 125, 6, now())
	RETURNING invoice_id AS invoice \gset
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name, accounting_reference)
	SELECT :issuer, :invoice, n, n, 10 * n, 10, 'Vare ' || n, 'kort ' || n % 2 FROM generate_series(1, 6) AS n;
-- what a template sets, compared by size: a block that shows nothing adds nothing
CREATE FUNCTION pg_temp.pdf_bytes(issuer bigint, invoice bigint, flow text) RETURNS integer LANGUAGE sql
	RETURN octet_length(mailroom.preview_template(issuer, '<template name="t"><palette><colour name="brand" rgb="#0A5C36"/></palette><flow>'
		|| flow || '</flow></template>', invoice));
SELECT pg_temp.pdf_bytes(:issuer, :invoice, '<text>x</text>') AS plain \gset
SELECT pg_temp.pdf_bytes(:issuer, :invoice, '<text>x</text><text channels="html email">only there</text>') = :plain AS other_channels,
	pg_temp.pdf_bytes(:issuer, :invoice, '<text>x</text><text channels="print sms">here</text>') > :plain AS this_channel,
	pg_temp.pdf_bytes(:issuer, :invoice, '<text colour="brand" align="centre">x</text>') > :plain AS coloured,
	pg_temp.pdf_bytes(:issuer, :invoice, '<text>x</text><each in="data.rows?"><text>{{row.a}}</text></each>') = :plain AS no_rows,
	pg_temp.pdf_bytes(:issuer, :invoice, '<chart in="lines" label="{{line.no}}" value="{{line.net_amount}}" title="Sums"/>') > :plain AS chart;

-- refused when it is checked
SELECT mailroom.check_template('<template name="t"><palette><colour name="a" rgb="green"/></palette><flow/></template>');
SELECT mailroom.check_template('<template name="t"><flow><text colour="a">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text channels="print fax">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><table><column/></table></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><table in="rows"><column/></table></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><each in="taxes" group="tax.rate"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><table in="lines" carry="number"><column/></table></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{sum:line.item_name}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{sum:data}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{count:cards}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{issue_date|date:week}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><chart in="lines" kind="pie"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><text>{{row.amount}}</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><table in="lines"><column width="120"/><column width="60"/></table></flow></template>');
SELECT mailroom.check_template('<template name="t"><zone x="100" y="20" width="120"><rule/></zone><flow/></template>');
SELECT mailroom.check_template('<template name="t"><flow><columns><keep width="60"><table in="taxes"><column width="40"/><column width="30"/></table></keep></columns></flow></template>');
-- and when the data is there
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, f.source, i.invoice_id)
		FROM mailroom.invoice i, (VALUES ('<template name="t"><flow><each in="data.rows"><text>x</text></each></flow></template>')) AS f (source)
		WHERE i.invoice_number = 'BLOCK-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, f.source, i.invoice_id)
		FROM mailroom.invoice i, (VALUES ('<template name="t"><flow><text>{{data.name}}</text></flow></template>')) AS f (source)
		WHERE i.invoice_number = 'BLOCK-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, f.source, i.invoice_id)
		FROM mailroom.invoice i, (VALUES ('<template name="t"><flow><chart in="lines" label="{{line.no}}" value="{{line.item_name}}"/></flow></template>')) AS f (source)
		WHERE i.invoice_number = 'BLOCK-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, f.source, i.invoice_id)
		FROM mailroom.invoice i, (VALUES ('<template name="t" top="40"><zone x="20" y="30" width="170">' || repeat('<text>x</text>', 4) || '</zone><flow/></template>')) AS f (source)
		WHERE i.invoice_number = 'BLOCK-1';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
