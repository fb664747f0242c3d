-- carriers' invoices coming in as files and rows, what clerks decide, cost centres, rights, the drawing
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Claim AB', 'SE', 'Europe/Stockholm', 'SEK') AS one \gset
SELECT mailroom.create_issuer('Claim other AB', 'SE', 'Europe/Stockholm', 'SEK') AS other \gset
INSERT INTO mailroom.issuer_carrier SELECT i, c FROM unnest(ARRAY[:one, :other]::bigint[]) AS i, unnest(ARRAY['demo-se-national', 'demo-se-city']) AS c;
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'May & June', '2026-06-15', 'SE', '2026-06-14') RETURNING mailing_id AS june \gset
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, received_at, currency, buyer_no, other_terms)
	SELECT :one, n, 'file', 'accepted', 'seller', '\x00', 'C' || n, '2026-06-14', 'SEK', 'K' || lpad(n::text, 4, '0'), CASE WHEN n % 2 = 0 THEN '{"bt_19": "4010"}'::jsonb END FROM generate_series(1, 3000) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, n, n, 'invoice', 1, 1, '{0}', '{1}', 1, '\x00', '2026-06-14' FROM generate_series(1, 3000) AS n;
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :one, :june, n, 1, 1 + n % 12, 'Recipient ' || n, CASE WHEN n % 4 < 3 THEN 10000 + n % 2900 ELSE 30000 + n * 17 % 60000 END::text, 'SE' FROM generate_series(1, 3000) AS n;
SELECT mailroom.plan_mailing(:one, :june);

-- cost centres: rules first, then the accounting reference of the invoice
INSERT INTO mailroom.cost_centre_rule (issuer_id, rule_no, buyer_no_from, buyer_no_to, cost_centre) VALUES (:one, 1, 'K0001', 'K0999', 'north'), (:one, 2, 'K0500', 'K1499', 'south');
SELECT mailroom.spread_postage(:one, :june) AS shares;
SELECT cost_centre, carrier, documents, planned > 0 AS planned, actual FROM mailroom.cost_centre_share WHERE issuer_id = :one ORDER BY 1, 2;
SELECT sum(s.planned_micro) = m.cost_micro AS shares_sum_to_cost, sum(s.planned) = (SELECT sum(e.net) FROM mailroom.expected_postage_invoice(:one, :june) e) AS shares_sum_to_invoice, sum(s.documents) = m.letter_count AS all_letters
	FROM mailroom.cost_centre_share s, mailroom.mailing m WHERE s.issuer_id = :one AND m.issuer_id = :one AND m.mailing_id = :june GROUP BY m.cost_micro, m.letter_count;

-- documents that share an envelope share its price, whoever pays for each
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:other, 'shared', '2026-06-15', 'SE', '2026-06-14') RETURNING mailing_id AS shared \gset
INSERT INTO mailroom.cover_setting (issuer_id, merge_by) VALUES (:other, 'customer');
INSERT INTO mailroom.party_group VALUES (:other, 'K2', 'blue');
INSERT INTO mailroom.cost_centre_rule (issuer_id, rule_no, customer_group, cost_centre) VALUES (:other, 1, 'blue', 'blue customers');
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, received_at, currency, buyer_no)
	SELECT :other, n, 'file', 'accepted', 'seller', '\x00', 'S' || n, '2026-06-14', 'SEK', 'K' || n FROM generate_series(1, 3) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :other, n, n, 'invoice', 1, 1, '{0}', '{1}', 1, '\x00', '2026-06-14' FROM generate_series(1, 3) AS n;
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, household)
	SELECT :other, :shared, n, n, n, 'Recipient', '98000', 'SE', 1 FROM generate_series(1, 3) AS n;
SELECT mailroom.plan_mailing(:other, :shared);
SELECT m.letter_count AS envelopes, m.cost_micro, mailroom.spread_postage(:other, :shared) AS shares FROM mailroom.mailing m WHERE m.issuer_id = :other AND m.mailing_id = :shared;
SELECT cost_centre, carrier, documents, planned_micro, planned FROM mailroom.cost_centre_share WHERE issuer_id = :other ORDER BY 1;

-- an invoice as e-invoice, by the article of the expected one, order number in the header
INSERT INTO mailroom.carrier_order VALUES (:one, 'demo-se-city', 'ORD-77', :june);
CREATE FUNCTION pg_temp.e_invoice(issuer bigint, mailing bigint, carrier text, bill_no text, order_no text, extra numeric DEFAULT 0) RETURNS jsonb LANGUAGE sql AS $$
	WITH l AS (SELECT e.line_no, e.article, e.quantity, e.unit_micro / 1000000.0 AS price, round(e.discount_micro / 1000000.0, 2) AS discount, e.net + CASE WHEN e.line_no = min(e.line_no) OVER () THEN extra ELSE 0 END AS net, e.product
		FROM mailroom.expected_postage_invoice(issuer, mailing) e WHERE e.carrier = $3),
	t AS (SELECT sum(net) AS net, round(sum(net) * 0.25, 2) AS tax FROM l)
	SELECT jsonb_build_object('bt_1', bill_no, 'bt_2', '2026-06-30', 'bt_3', '380', 'bt_5', 'SEK', 'bt_9', '2026-07-30', 'bt_13', order_no,
		'bt_27', 'Demonstration City Mail Sweden', 'bt_40', 'SE', 'bt_31', 'SE556677889901', 'bt_44', 'Claim AB', 'bt_55', 'SE',
		'bt_106', t.net, 'bt_109', t.net, 'bt_110', t.tax, 'bt_112', t.net + t.tax, 'bt_115', t.net + t.tax,
		'bg_23', jsonb_build_array(jsonb_build_object('bt_116', t.net, 'bt_117', t.tax, 'bt_118', 'S', 'bt_119', 25)),
		'bg_25', (SELECT jsonb_agg(jsonb_build_object('bt_126', l.line_no::text, 'bt_129', l.quantity, 'bt_130', 'C62', 'bt_131', l.net, 'bt_146', abs(l.price), 'bt_151', 'S', 'bt_152', 25, 'bt_153', coalesce(l.product, l.article), 'bt_155', l.article)
				|| CASE WHEN l.price < 0 THEN jsonb_build_object('bt_129', - l.quantity) ELSE '{}' END
				|| CASE WHEN l.discount <> 0 THEN jsonb_build_object('bg_27', jsonb_build_array(jsonb_build_object('bt_136', l.discount, 'bt_139', 'Discount'))) ELSE '{}' END ORDER BY l.line_no) FROM l)) FROM t $$;
SELECT mailroom.write_invoice(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'CITY-1', 'ORD-77'), 'ubl', false) AS ubl \gset
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-city', :'ubl') AS city1 \gset
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-city', :'ubl') = :city1 AS again_is_the_same;
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-city', mailroom.write_invoice(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'CITY-1', 'ORD-78'), 'cii', false));
SELECT mailroom.load_carrier_invoice(:one, 'nobody', :'ubl');
SELECT mailroom.audit_carrier_invoice(:one, :city1) AS differences;
SELECT carrier, invoice_number, state, net_total = (SELECT sum(e.net) FROM mailroom.expected_postage_invoice(:one, :june) e WHERE e.carrier = 'demo-se-city') AS as_expected FROM mailroom.carrier_invoice WHERE issuer_id = :one;
-- the same letters on a later invoice are billed twice
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-city', mailroom.write_invoice(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'CITY-2', 'ORD-77'), 'cii', false)) AS city2 \gset
SELECT mailroom.audit_carrier_invoice(:one, :city2) > 0 AS has_differences;
SELECT code, in_right, count(*), sum(amount) = (SELECT net_total FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier_invoice_id = :city2) AS all_of_it, sum(vat_amount) > 0 AS with_tax FROM mailroom.audit_difference WHERE carrier_invoice_id = :city2 AND issuer_id = :one GROUP BY 1, 2 ORDER BY 1, 2;

-- a flat file by a layout of the issuer; one order is unknown, and what is missing comes with the second file
SELECT mailroom.load_layout(:one, 'carrier-flat', '{"kind": "delimited", "charset": "UTF-8", "delimiter": ";", "quote": "\"", "header_row": true, "derive": ["tax", "totals"], "records": [{"name": "row", "role": "row", "fields": [
	{"column": "invoice", "term": "bt_1"}, {"column": "date", "term": "bt_2", "type": "D"}, {"column": "currency", "term": "bt_5"}, {"name": "type", "term": "bt_3", "constant": "380"},
	{"column": "line", "term": "bt_126"}, {"column": "order", "term": "bt_128"}, {"column": "article", "term": "bt_155"}, {"column": "text", "term": "bt_153"}, {"column": "pieces", "term": "bt_129", "type": "N"}, {"name": "unit", "term": "bt_130", "constant": "C62"},
	{"column": "price", "term": "bt_146", "type": "N"}, {"column": "discount", "term": "bt_136", "type": "N", "blank_zero": true}, {"name": "why", "term": "bt_139", "constant": "Discount"}, {"column": "net", "term": "bt_131", "type": "N"}, {"name": "vat", "term": "bt_151", "constant": "S"}, {"column": "rate", "term": "bt_152", "type": "N"}]}]}');
INSERT INTO mailroom.carrier_article (issuer_id, carrier, article, kind, offer, area, format, up_to_grams) VALUES (:one, 'demo-se-national', '4711', 'postage', 'SE-NAT-SORTED', 'domestic', 'C5', 50);
CREATE FUNCTION pg_temp.flat(issuer bigint, mailing bigint, bill_no text, part integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT convert_to(E'invoice;date;currency;line;order;article;text;pieces;price;discount;net;rate\n' || string_agg(concat_ws(';', bill_no, '2026-07-0' || part, 'SEK', e.line_no, mailing,
			CASE WHEN e.article = 'SE-NAT-SORTED/domestic/C5/50' THEN '4711' ELSE e.article END, 'x', e.quantity, e.unit_micro / 1000000.0, round(e.discount_micro / 1000000.0, 2), e.net, 25), E'\n' ORDER BY e.line_no)
			|| CASE part WHEN 1 THEN E'\n' || concat_ws(';', bill_no, '2026-07-01', 'SEK', 99, 'NO-SUCH-ORDER', '4711', 'x', 10, 8.40, 0, 84.00, 25) ELSE '' END || E'\n', 'UTF8')
		FROM mailroom.expected_postage_invoice(issuer, mailing) e WHERE e.carrier = 'demo-se-national' AND (e.article = 'SE-NAT-SORTED/domestic/C4/100') = (part = 2) $$;
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-national', pg_temp.flat(:one, :june, 'NAT-1', 1), 'carrier-flat') AS nat1 \gset
SELECT mailroom.audit_carrier_invoice(:one, :nat1) AS differences;
SELECT difference_no, line_no, code, offer, area, up_to_grams, amount < 0 AS owed, in_right, state FROM mailroom.audit_difference WHERE issuer_id = :one AND carrier_invoice_id = :nat1 ORDER BY 1;
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-national', pg_temp.flat(:one, :june, 'NAT-2', 2), 'carrier-flat') AS nat2 \gset
SELECT mailroom.audit_carrier_invoice(:one, :nat2) AS differences;
SELECT code, state, reason FROM mailroom.audit_difference WHERE issuer_id = :one AND carrier_invoice_id = :nat1 ORDER BY difference_no;

-- what a clerk decides
CREATE ROLE audit_clerk;
CREATE ROLE audit_reader;
CREATE ROLE audit_importer;
SELECT mailroom.grant_role('clerk', 'audit_clerk', ARRAY[:one]);
SELECT mailroom.grant_role('reader', 'audit_reader', ARRAY[:one]);
SELECT mailroom.grant_role('importer', 'audit_importer', ARRAY[:one]);
SET ROLE audit_reader;
SELECT count(*) > 0 AS sees FROM mailroom.audit_difference;
SELECT mailroom.claim_differences(:one, :city2);
RESET ROLE;
SET ROLE audit_importer;
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, order_reference, net_total) VALUES (:one, 'demo-se-city', 'CITY-3', '2026-07-05', 'SEK', 'ORD-77', 100) RETURNING carrier_invoice_id AS city3 \gset
INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, unit_price, net_amount) VALUES (:one, :city3, 1, 'PALLET', 90, 90);
\set VERBOSITY sqlstate
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, net_total) VALUES (:other, 'demo-se-city', 'X', '2026-07-05', 'SEK', 100);
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, net_total, state) VALUES (:one, 'demo-se-city', 'Y', '2026-07-05', 'SEK', 100, 'settled');
SELECT mailroom.audit_carrier_invoice(:one, :city3);
RESET ROLE;
SET ROLE audit_clerk;
SELECT mailroom.audit_carrier_invoice(:other, :city3);
\set VERBOSITY terse
SELECT mailroom.audit_carrier_invoice(:one, :city3) AS differences;
SELECT line_no, code, amount, in_right, message FROM mailroom.audit_difference WHERE carrier_invoice_id = :city3 ORDER BY difference_no;
SELECT mailroom.claim_differences(:one, :city2, NULL, 'billed on CITY-1') = (SELECT net_total FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier_invoice_id = :city2) AS claims_all;
SELECT mailroom.accept_differences(:one, :city3, ARRAY[1], 'agreed by telephone') AS accepted;
\set VERBOSITY sqlstate
SELECT mailroom.accept_differences(:one, :city3, ARRAY[1], 'again');
SELECT mailroom.audit_carrier_invoice(:one, :city2);
SELECT mailroom.settle_claim(:one, :city2, 1.234, 'CN-1');
\set VERBOSITY terse
SELECT net_total - 10.00 AS credit FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier_invoice_id = :city2 \gset
SELECT mailroom.settle_claim(:one, :city2, :credit, 'credit note CN-1') AS not_credited;
SELECT state, sum(credited_amount) = :credit AS credit_is_spread FROM mailroom.audit_difference WHERE carrier_invoice_id = :city2 GROUP BY state;
SELECT carrier, month, invoices, settled_invoices, billed - expected = difference AS sums, to_claim, to_clear, claimed, given_up, still_to_pay, open_differences FROM mailroom.audit_summary ORDER BY 1, 2;
RESET ROLE;
-- actual cost: what was billed less what was credited, by cost centre
SELECT s.carrier, sum(s.actual) = (SELECT sum(b.net_amount) FROM mailroom.carrier_line_match b JOIN mailroom.carrier_invoice c USING (issuer_id, carrier_invoice_id) WHERE b.issuer_id = :one AND b.mailing_id = :june AND c.carrier = s.carrier)
		- coalesce((SELECT sum(d.credited_amount) FROM mailroom.audit_difference d WHERE d.issuer_id = :one AND d.carrier = s.carrier), 0) AS actual_is_billed
	FROM mailroom.cost_centre_share s WHERE s.issuer_id = :one GROUP BY s.carrier ORDER BY 1;
SELECT month, cost_centre, carrier, currency, mailings, documents, difference = actual - planned AS sums FROM mailroom.cost_centre_month WHERE issuer_id = :one ORDER BY 2, 3;

-- a credit note is no invoice to audit; an imported invoice may be a carrier's
SELECT mailroom.load_carrier_invoice(:one, 'demo-se-city', mailroom.write_invoice(jsonb_set(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'CN-1', 'ORD-77'), '{bt_3}', '"381"'), 'ubl', false)) AS cn1 \gset
SELECT net_total < 0 AS is_negative, is_credit_note FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier_invoice_id = :cn1;
SELECT mailroom.audit_carrier_invoice(:one, :cn1);
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, received_at, currency, seller_name, net_total, tax_total, order_reference)
	VALUES (:one, 9001, 'file', 'accepted', 'seller', '\x00', 'IMP-1', '2026-07-09', '2026-07-10', 'SEK', 'demonstration city mail sweden', 79.00, 19.75, 'ORD-77');
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, price, net_amount, tax_rate, item_id, other_terms) VALUES (:one, 9001, 1, 10, 7.90, 79.00, 25, 'SE-CITY', '{"bg_32": [{"bt_160": "Area", "bt_161": "city"}, {"bt_160": "Format", "bt_161": "C5"}, {"bt_160": "Grams", "bt_161": "18 g"}]}');
SELECT mailroom.load_carrier_invoice(:one, 9001) AS imp1 \gset
SELECT mailroom.audit_carrier_invoice(:one, :imp1) AS differences;
SELECT code, offer, area, format, up_to_grams, quantity, amount, vat_amount FROM mailroom.audit_difference WHERE issuer_id = :one AND carrier_invoice_id = :imp1;

-- what is settled when the year ends is part of the cost, but no invoice is expected to bill it
\set pack 'tariff audit-lu version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency EUR\ncarrier lu-post "Post" country=LU national\ncarrier lu-city "City" country=LU\ncoverage lu-all LU * land\noffer LU-P carrier=lu-post product="Letter" class=A days=2 formats=C5 coverage=lu-all vat=17%\nprice LU-P land C5 50:1.00\noffer LU-C carrier=lu-city product="City" class=B days=3 formats=C5 coverage=lu-all min-mailing=2000\nprice LU-C land C5 50:0.95\nscheme LU-YEAR mode=all offers=LU-P period=calendar-year retroactive=true 0:0% 100:10%\nobligation LU-TAKE take-or-pay carrier=lu-city period=calendar-year least=3000 penalty=0.20\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
INSERT INTO mailroom.issuer_carrier VALUES (:one, 'lu-post'), (:one, 'lu-city');
INSERT INTO mailroom.scheme_base (issuer_id, scheme, year_from, counted, money_micro) VALUES (:one, 'LU-YEAR', '2026-01-01', 90, 90000000);
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, created_at) VALUES (:one, 'year', '2026-12-15', 'LU', 'EUR', '2026-12-14') RETURNING mailing_id AS year \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :one, :year, 5000 + n, 1, 1, 'Recipient ' || n, (1000 + n)::text, 'LU' FROM generate_series(1, 20) AS n;
SELECT mailroom.plan_mailing(:one, :year);
SELECT line_no, carrier, article, kind, quantity, net_micro, net, vat FROM mailroom.expected_postage_invoice(:one, :year) ORDER BY 1;
SELECT sum(e.net_micro) = m.cost_micro AS sums_to_cost FROM mailroom.mailing m, mailroom.expected_postage_invoice(:one, :year) e WHERE m.issuer_id = :one AND m.mailing_id = :year GROUP BY m.cost_micro;
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total) VALUES (:one, 'lu-post', 'L-1', '2026-12-31', 'EUR', :year, 18.00, 3.06) RETURNING carrier_invoice_id AS lu1 \gset
INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, discount_amount, net_amount, vat_rate) VALUES (:one, :lu1, 1, 'LU-P', 20, 1, 2, 18, 17);
SELECT mailroom.audit_carrier_invoice(:one, :lu1) AS differences;

-- the cost against the split: the plan is the least of all, and the drawing is well-formed and says so
SELECT count(*) > 20 AS has_points, count(*) FILTER (WHERE is_plan) = 1 AS plan_is_there, min(cost_micro) = (SELECT cost_micro FROM mailroom.mailing WHERE issuer_id = :one AND mailing_id = :june) AS plan_is_least,
		count(DISTINCT tiers -> 'SE-CITY-VOLUME') > 1 AS tiers_change FROM mailroom.postage_split(:one, :june);
SELECT mailroom.postage_chart(:one, :june) AS chart \gset
SELECT (xpath('count(//*[local-name() = "polyline"])', x))[1]::text AS curves, (xpath('//*[local-name() = "title"]/text()', x))[1]::text AS title, (xpath('string-length(//*[local-name() = "desc"]) > 80', x))[1]::text AS has_description,
		(xpath('count(//*[local-name() = "image" or local-name() = "script" or local-name() = "style"])', x))[1]::text AS foreign_parts, :'chart' = mailroom.postage_chart(:one, :june) AS same_again FROM (SELECT :'chart'::xml AS x) d;
\set VERBOSITY sqlstate
SELECT mailroom.postage_chart(:one, :june, 'nobody');
SELECT mailroom.postage_chart(:one, -1);
SELECT mailroom.spread_postage(:one, -1);
\set VERBOSITY terse
-- a credit note that names the invoice and credits what is claimed settles it, whichever comes first; others are shown
CREATE FUNCTION pg_temp.note(issuer bigint, bill_no text, preceding text, amount numeric) RETURNS bytea LANGUAGE sql AS $$
	SELECT mailroom.write_invoice(jsonb_build_object('bt_1', bill_no, 'bt_2', '2026-07-20', 'bt_3', '381', 'bt_5', 'SEK', 'bg_3', CASE WHEN preceding IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('bt_25', preceding)) END,
		'bt_27', 'Demonstration City Mail Sweden', 'bt_40', 'SE', 'bt_31', 'SE556677889901', 'bt_44', 'Claim AB', 'bt_55', 'SE', 'bt_106', amount, 'bt_109', amount, 'bt_110', round(amount / 4, 2), 'bt_112', amount + round(amount / 4, 2), 'bt_115', amount + round(amount / 4, 2),
		'bg_23', jsonb_build_array(jsonb_build_object('bt_116', amount, 'bt_117', round(amount / 4, 2), 'bt_118', 'S', 'bt_119', 25)),
		'bg_25', jsonb_build_array(jsonb_build_object('bt_126', '1', 'bt_129', 1, 'bt_130', 'C62', 'bt_131', amount, 'bt_146', amount, 'bt_151', 'S', 'bt_152', 25, 'bt_153', 'Credit'))), 'ubl', false) $$;
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total) SELECT :one, 'demo-se-city', 'N-' || n, '2026-07-15', 'SEK', :june, 100, 25 FROM generate_series(1, 4) AS n;
INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, net_amount, vat_rate)
	SELECT :one, c.carrier_invoice_id, 1, 'HANDLING', 1, 100, 100, 25 FROM mailroom.carrier_invoice c WHERE c.issuer_id = :one AND c.invoice_number LIKE 'N-_';
SELECT c.invoice_number, mailroom.audit_carrier_invoice(:one, c.carrier_invoice_id) > 0 AS audited FROM mailroom.carrier_invoice c WHERE c.issuer_id = :one AND c.invoice_number LIKE 'N-_' ORDER BY 1;
CREATE FUNCTION pg_temp.claim(issuer bigint, bill_no text) RETURNS numeric LANGUAGE sql AS $$
	SELECT mailroom.claim_differences(issuer, c.carrier_invoice_id, ARRAY(SELECT d.difference_no FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = c.issuer_id AND d.carrier_invoice_id = c.carrier_invoice_id AND d.code = 'FEE-UNKNOWN'))
		FROM mailroom.carrier_invoice c WHERE c.issuer_id = issuer AND c.invoice_number = bill_no $$;
SELECT pg_temp.claim(:one, 'N-1') AS one, pg_temp.claim(:one, 'N-3') AS three;
SELECT count(*) AS notes FROM (VALUES (1, 'N-1', 100), (2, 'N-2', 100), (3, 'N-3', 60), (4, 'N-9', 100), (5, NULL, 100)) AS k (n, of, amount), mailroom.load_carrier_invoice(:one, 'demo-se-city', pg_temp.note(:one, 'K-' || k.n, k.of, k.amount));
SELECT invoice_number, preceding_invoice, credited, claimed, state, finding FROM mailroom.carrier_credit_note WHERE issuer_id = :one AND invoice_number LIKE 'K-_' ORDER BY 1;
SELECT pg_temp.claim(:one, 'N-2') AS two;
SELECT carrier_invoice_id AS n3 FROM mailroom.carrier_invoice WHERE issuer_id = :one AND invoice_number = 'N-3' \gset
SELECT carrier_invoice_id AS k3 FROM mailroom.carrier_invoice WHERE issuer_id = :one AND invoice_number = 'K-3' \gset
SELECT carrier_invoice_id AS k4 FROM mailroom.carrier_invoice WHERE issuer_id = :one AND invoice_number = 'K-4' \gset
SELECT mailroom.settle_by_credit_note(:one, :k3, :n3) AS not_credited;
SELECT invoice_number, preceding_invoice, credited, claimed, state, finding FROM mailroom.carrier_credit_note WHERE issuer_id = :one AND invoice_number LIKE 'K-_' ORDER BY 1;
SELECT c.invoice_number, d.code, d.state, d.credited_amount, d.reason FROM mailroom.carrier_invoice_difference d JOIN mailroom.carrier_invoice c USING (issuer_id, carrier_invoice_id) WHERE d.issuer_id = :one AND c.invoice_number LIKE 'N-_' AND d.code = 'FEE-UNKNOWN' ORDER BY 1;
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT mailroom.audit_carrier_invoice(:one, :k4);
SELECT mailroom.settle_by_credit_note(:one, :k3, :n3);
\set VERBOSITY sqlstate
SELECT mailroom.settle_by_credit_note(:one, -1, :n3);
\set VERBOSITY default
SELECT mailroom.settle_by_credit_note(:one, :k4, -1);
\set VERBOSITY terse

-- an invoice that comes from a carrier is not rendered: it goes to the audit; with other content it waits
SELECT mailroom.create_issuer('Received AB', 'SE', 'Europe/Stockholm', 'SEK') AS received \gset
SELECT mailroom.create_issuer('Demonstration City Mail Sweden', 'SE', 'Europe/Stockholm', 'SEK') AS city \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content)
	SELECT i, 'in-' || n || '.xml', mailroom.write_invoice(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'IN-1', 'ORD-77', n) || jsonb_build_object('bt_1', 'IN-' || n, 'bt_27', s, 'bt_24', 'urn:cen.eu:en16931:2017'), 'ubl', false)
	FROM (VALUES (:received::bigint, 0, 'demonstration city MAIL Sweden'), (:received, 1, 'Someone else'), (:city, 0, 'Demonstration City Mail Sweden')) AS k (i, n, s);
CALL mailroom.run_jobs();
SELECT s.name, i.seller_name, i.state, (SELECT count(*) FROM mailroom.document d WHERE d.issuer_id = i.issuer_id AND d.invoice_id = i.invoice_id) AS documents, c.carrier, c.invoice_number, c.state AS audit
	FROM mailroom.invoice i JOIN mailroom.issuer s USING (issuer_id) LEFT JOIN mailroom.carrier_invoice c ON c.issuer_id = i.issuer_id AND c.invoice_id = i.invoice_id WHERE i.issuer_id IN (:received, :city) ORDER BY 1, 2;
SELECT r.name, r.received, r.in_work, r.passed_on, r.passed_on_sum = r.received_sum AS whole, r.difference, r.difference_sum FROM mailroom.reconciliation r WHERE r.issuer_id = :received ORDER BY 1;
SELECT count(*) AS problems FROM mailroom.check_integrity(:received);
INSERT INTO mailroom.import_file (issuer_id, file_name, content)
	VALUES (:received, 'in-2.xml', mailroom.write_invoice(pg_temp.e_invoice(:one, :june, 'demo-se-city', 'IN-0', 'ORD-78', 2) || jsonb_build_object('bt_27', 'demonstration city MAIL Sweden', 'bt_24', 'urn:cen.eu:en16931:2017'), 'ubl', false));
CALL mailroom.run_jobs();
SELECT i.state, f.rule, regexp_replace(f.message, 'file [0-9]+', 'file N') AS message FROM mailroom.invoice i JOIN mailroom.import_file g USING (issuer_id, file_id) LEFT JOIN mailroom.finding f ON f.issuer_id = i.issuer_id AND f.invoice_id = i.invoice_id AND f.severity = 'fatal' WHERE g.issuer_id = :received AND g.file_name = 'in-2.xml';
DROP OWNED BY audit_clerk, audit_reader, audit_importer;
DROP ROLE audit_clerk, audit_reader, audit_importer;
