-- what does not fit is a fault that names block and text, never an overlap or something nobody can read
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Plass AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_country, note, order_reference, payment_reference, payee_account, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (:issuer, 'file', 'accepted', 'S', '\x00', 'FIT-1', '2026-11-01', '380', 'NOK', '2026-12-01', 'Kunde', 'NO', 'Ord ' || repeat('lang', 60), repeat('A1B2', 20), '1234567897', '86011117947', 1000, 250, 1250, 123456789012345.67, 1, now()),
		(:issuer, 'file', 'accepted', 'S', '\x00', 'FIT-2', '2026-11-01', '380', 'NOK', '2026-12-01', 'Kunde', 'NO', E'Pris 5 \u2713', 'x', '1234567897', '86011117947', 1000, 250, 1250, 1250, 1, now());
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name) SELECT issuer_id, invoice_id, 1, 1, 1000, 1000, 'Vare ' || repeat('x', 3000) FROM mailroom.invoice WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.said(number text, source text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mailroom.preview_template(i.issuer_id, '<template name="t">' || $2 || '</template>', i.invoice_id) FROM mailroom.invoice i WHERE i.invoice_number = $1;
	RETURN 'set';
EXCEPTION WHEN SQLSTATE 'MR006' THEN
	RETURN regexp_replace(SQLERRM, '^invoice \d+: ', '');
END $$;
-- a zone, a figure, a cell, a bar code
SELECT pg_temp.said('FIT-1', '<zone x="20" y="20" width="60" height="10"><text>{{note}}</text></zone><flow/>') AS zone;
SELECT pg_temp.said('FIT-1', '<zone x="20" y="20" width="60" height="10"><text lines="1">{{note}}</text></zone><flow/>') AS zone_cut;
SELECT pg_temp.said('FIT-1', '<zone x="20" y="275" width="60"><text>{{note}}</text><text>{{note}}</text></zone><flow/>') AS page_end;
SELECT pg_temp.said('FIT-1', '<flow><columns><text width="40">x</text><text x="41" width="3" align="right">{{payable_amount}}</text></columns></flow>') AS figure;
SELECT pg_temp.said('FIT-1', '<flow><columns><text width="40">x</text><text x="41" width="30" align="right">{{payable_amount}}</text></columns></flow>') AS figure_smaller;
SELECT pg_temp.said('FIT-1', '<flow><keep width="20"><total label="{{label:net_total}}" value="{{order_reference}}"/></keep></flow>') AS total;
SELECT pg_temp.said('FIT-1', '<flow><table in="lines"><column width="100"><text>{{line.item_name}}</text></column><column width="1.5" align="right"><text>{{line.net_amount}}</text></column></table></flow>') AS cell;
SELECT pg_temp.said('FIT-1', '<flow><table in="lines"><column width="2"><text>{{line.item_name}}</text></column></table></flow>') AS lines;
SELECT pg_temp.said('FIT-1', '<flow><barcode width="40" value="{{order_reference}}"/></flow>') AS bars;
SELECT pg_temp.said('FIT-1', '<flow><qr width="8" value="{{order_reference}}"/></flow>') AS modules;
-- known when it is published
SELECT mailroom.check_template('<template name="t"><flow><text x="150" width="45">x</text></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><keep x="90"><text x="60" width="60">x</text></keep></flow></template>');
SELECT mailroom.check_template('<template name="t"><zone x="150" y="20" width="50"><box x="20" width="60" height="5"/></zone><flow/></template>');
SELECT mailroom.check_template('<template name="t"><flow><columns><text width="80">x</text><text x="70" width="80">y</text></columns></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow><columns><text width="80">x</text><text x="70" width="80" if="credit">y</text><text x="80" width="80">z</text></columns></flow></template>') IS NOT NULL AS alternatives;
SELECT mailroom.check_template('<template name="t"><flow><table in="lines"><column width="120"/><column width="60"/></table></flow></template>');
-- a character that no font has, by a template and by the house's own layout
SELECT pg_temp.said('FIT-2', E'<flow>\n<text>{{number}}</text>\n<text>{{note}}</text></flow>') AS glyph;
SELECT mailroom.render_documents(:issuer, array_agg(invoice_id)) FROM mailroom.invoice WHERE issuer_id = :issuer;
SELECT i.invoice_number, i.state, f.rule, f.message FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer ORDER BY 1;
