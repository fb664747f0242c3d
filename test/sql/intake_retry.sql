-- a refused file or batch is kept, and goes through once what it was refused for is put right, kind by kind
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\pset format unaligned
-- everything is rolled back, so that no worker takes the files on
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Retry AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET fault_policy = 'refuse_file' WHERE issuer_id = :issuer;
CREATE ROLE retry_importer;
SELECT FROM mailroom.grant_role('importer', 'retry_importer', ARRAY[:issuer]);
CREATE TEMPORARY TABLE place AS SELECT :issuer AS issuer_id;
-- one row a line, everything else is derived; what is given replaces a key of the layout, or of its field "date"
CREATE FUNCTION pg_temp.small(keys jsonb DEFAULT '{}', rate text DEFAULT '25', fields jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ('{"kind": "delimited", "delimiter": ";", "header_row": true, "decimal_sign": ",", "derive": ["tax", "totals"]}'::jsonb || keys)
		|| jsonb_build_object('records', jsonb_build_array(jsonb_build_object('name', 'row', 'role', 'row', 'fields', '[
			{"column": "number", "term": "bt_1"}, {"column": "date", "type": "D", "term": "bt_2"}, {"column": "date", "type": "D", "term": "bt_9"},
			{"column": "net", "type": "N", "term": "bt_131"}, {"column": "net", "type": "N", "term": "bt_146"}, {"column": "item", "term": "bt_153"},
			{"term": "bt_3", "constant": "380"}, {"term": "bt_5", "constant": "NOK"}, {"term": "bt_27", "constant": "Retry AS"}, {"term": "bt_31", "constant": "NO855828332MVA"},
			{"term": "bt_40", "constant": "NO"}, {"term": "bt_55", "constant": "NO"}, {"term": "bt_44", "constant": "Somebody"}, {"term": "bt_126", "constant": "1"}, {"term": "bt_129", "constant": "1"}, {"term": "bt_130", "constant": "C62"}, {"term": "bt_151", "constant": "S"}]'::jsonb
			|| jsonb_build_array(jsonb_build_object('term', 'bt_152', 'constant', rate)) || fields))) $$;
CREATE FUNCTION pg_temp.outcome(file_name text) RETURNS TABLE (state text, documents bigint, accepted bigint, faults bigint, rules text) LANGUAGE plpgsql AS $$
DECLARE f mailroom.import_file;
BEGIN
	SELECT o.* INTO f FROM mailroom.import_file o JOIN place USING (issuer_id) WHERE o.file_name = outcome.file_name ORDER BY o.file_id DESC LIMIT 1;
	PERFORM mailroom.import_file_job(f.issuer_id, 0, jsonb_build_object('file_id', f.file_id));
	RETURN QUERY SELECT o.state, o.document_count, o.accepted_count, o.fault_count,
			(SELECT string_agg(d.rule, ' ' ORDER BY d.finding_no) FROM mailroom.finding d WHERE d.issuer_id = o.issuer_id AND d.file_id = o.file_id)
		FROM mailroom.import_file o WHERE o.issuer_id = f.issuer_id AND o.file_id = f.file_id;
END $$;
CREATE FUNCTION pg_temp.id(file_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT max(f.file_id) FROM mailroom.import_file f JOIN place USING (issuer_id) WHERE f.file_name = $1 $$;
CREATE FUNCTION pg_temp.rows(mark text, date_text text DEFAULT '2026-10-01', sign text DEFAULT ',') RETURNS bytea LANGUAGE sql AS $$
	SELECT convert_to(E'number;date;net;item\n' || format(E'%s-1;%s;100%s00;Diesel\n%1$s-2;%2$s;80%3$s00;Oil\n', mark, date_text, sign), 'UTF8') $$;
CREATE TEMPORARY VIEW balance AS SELECT r.name, r.state, r.currency, r.received, r.refused, r.in_work, r.difference, r.difference_sum FROM mailroom.reconciliation r JOIN place USING (issuer_id) ORDER BY r.file_id, r.batch_id, r.currency;

-- the layout is not there yet; it has another decimal sign, date, delimiter, header, a wrong control
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'none.csv', pg_temp.rows('A'), 'small');
SELECT * FROM pg_temp.outcome('none.csv');
SELECT mailroom.load_layout(:issuer, 'small', pg_temp.small());
SELECT mailroom.retry_import(:issuer, pg_temp.id('none.csv'));
SELECT * FROM pg_temp.outcome('none.csv');
SELECT n.name, l.* FROM (VALUES ('sign.csv', pg_temp.small('{"decimal_sign": "."}')), ('date.csv', pg_temp.small('{"date_format": "DD.MM.YYYY"}')), ('column.csv', pg_temp.small('{"delimiter": "|"}')),
		('charset.csv', pg_temp.small('{"charset": "UTF-8"}')), ('control.csv', pg_temp.small(fields => '[{"column": "item", "equals": "Diesel"}]')), ('rate.csv', pg_temp.small(rate => '2x'))) AS n (name, definition),
	LATERAL mailroom.load_layout(:issuer, replace(n.name, '.csv', ''), n.definition) AS l;
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout)
	SELECT :issuer, n, CASE n WHEN 'charset.csv' THEN convert_to(E'number;date;net;item\nC-1;2026-10-01;100,00;Sm\u00f8rolje\nC-2;2026-10-01;80,00;Oil\n', 'LATIN1') ELSE pg_temp.rows(left(n, 4)) END, replace(n, '.csv', '')
		FROM unnest(ARRAY['sign.csv', 'date.csv', 'column.csv', 'charset.csv', 'control.csv', 'rate.csv']) AS n;
SELECT n, o.* FROM unnest(ARRAY['sign.csv', 'date.csv', 'column.csv', 'charset.csv', 'control.csv', 'rate.csv']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;
SELECT mailroom.retry_import(:issuer, pg_temp.id('sign.csv')); -- not put right: refused again, its faults are there once
SELECT * FROM pg_temp.outcome('sign.csv');
SELECT mailroom.load_layout(:issuer, replace(n, '.csv', ''), pg_temp.small(CASE n WHEN 'charset.csv' THEN '{"charset": "ISO-8859-1"}'::jsonb ELSE '{}' END)) FROM unnest(ARRAY['sign.csv', 'date.csv', 'column.csv', 'charset.csv', 'control.csv', 'rate.csv']) AS n;
SELECT mailroom.retry_import(:issuer, pg_temp.id(n)) FROM unnest(ARRAY['sign.csv', 'date.csv', 'column.csv', 'charset.csv', 'control.csv', 'rate.csv']) AS n;
SELECT n, o.* FROM unnest(ARRAY['sign.csv', 'date.csv', 'column.csv', 'charset.csv', 'control.csv', 'rate.csv']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;

-- what was said about the content was wrong: layout, format, count, sum, currency; the content need not come again
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'misspelt.csv', pg_temp.rows('M'), 'smal');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, format) VALUES (:issuer, 'format.csv', pg_temp.rows('F'), 'edigas');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout, expected_count, expected_total) VALUES (:issuer, 'count.csv', pg_temp.rows('N'), 'small', 3, 225.01);
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout, expected_total, expected_currency) VALUES (:issuer, 'currency.csv', pg_temp.rows('O'), 'small', 225, 'SEK');
SELECT n, o.* FROM unnest(ARRAY['misspelt.csv', 'format.csv', 'count.csv', 'currency.csv']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;
SELECT * FROM balance WHERE state = 'refused';
SET ROLE retry_importer;
SELECT mailroom.retry_import(:issuer, file_id, layout => 'small', format => '') FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name IN ('misspelt.csv', 'format.csv');
SELECT mailroom.retry_import(:issuer, file_id, expected_count => 2) FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'count.csv';
RESET ROLE;
SELECT mailroom.retry_import(:issuer, pg_temp.id('currency.csv'), expected_currency => 'NOK');
SELECT n, o.* FROM unnest(ARRAY['misspelt.csv', 'format.csv', 'count.csv', 'currency.csv']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;
SELECT mailroom.retry_import(:issuer, pg_temp.id('count.csv'), expected_total => 225.00);
SELECT * FROM pg_temp.outcome('count.csv');
SELECT f.file_name, e.detail FROM mailroom.event e JOIN mailroom.import_file f ON f.issuer_id = e.issuer_id AND f.file_id = e.object_id WHERE e.issuer_id = :issuer AND e.object_kind = 'file' AND e.activity = 'retried' AND e.detail <> '{}' ORDER BY e.event_id;

-- a limit of the house was too low
SELECT convert_to(replace(replace(convert_from(mailroom.write_invoice(i.issuer_id, i.invoice_id, 'ubl'), 'UTF8'), 'A-1', 'X-1'), 'Diesel', repeat('Diesel ', 400)), 'UTF8') AS ubl
	FROM mailroom.invoice i WHERE i.issuer_id = :issuer AND i.invoice_number = 'A-1' \gset
SET mailroom.invoice_value_limit = '1kB';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'limit.xml', :'ubl');
SELECT state, rules FROM pg_temp.outcome('limit.xml');
RESET mailroom.invoice_value_limit;
SELECT mailroom.retry_import(:issuer, pg_temp.id('limit.xml'), 'set_aside');
SELECT state, documents FROM pg_temp.outcome('limit.xml');

-- its number is that of an invoice that is taken back; only then may the house take it
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'known.csv', convert_to(replace(convert_from(pg_temp.rows('A'), 'UTF8'), '80,00', '90,00'), 'UTF8'), 'small');
SELECT * FROM pg_temp.outcome('known.csv');
SELECT count(*) FROM mailroom.withdraw_file(:issuer, pg_temp.id('none.csv'), 'wrong price of oil');
SELECT mailroom.retry_import(:issuer, pg_temp.id('known.csv'));
SELECT * FROM pg_temp.outcome('known.csv');
-- an invoice in it is wrong: the sound one is taken after all, by an operator
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'wrong.csv', convert_to(replace(convert_from(pg_temp.rows('W'), 'UTF8'), '80,00', '8O,00'), 'UTF8'), 'small');
SELECT * FROM pg_temp.outcome('wrong.csv');
SET ROLE retry_importer;
\set VERBOSITY sqlstate
SELECT mailroom.retry_import(:issuer, file_id, 'set_aside') FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'wrong.csv';
\set VERBOSITY default
RESET ROLE;
SELECT mailroom.retry_import(:issuer, pg_temp.id('wrong.csv'), 'set_aside');
SELECT * FROM pg_temp.outcome('wrong.csv');
-- what is in the content stays wrong: it is said again, once, and another file comes
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'empty', ''), (:issuer, 'cut.xml', '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID');
SELECT n, o.* FROM unnest(ARRAY['empty', 'cut.xml']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;
SELECT mailroom.retry_import(:issuer, pg_temp.id(n)) FROM unnest(ARRAY['empty', 'cut.xml', 'cut.xml']) AS n;
SELECT n, o.* FROM unnest(ARRAY['empty', 'cut.xml']) WITH ORDINALITY AS n (n, no), LATERAL pg_temp.outcome(n.n) AS o ORDER BY n.no;
-- its job gave up: it is still received
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'stuck.csv', pg_temp.rows('S'), 'small');
SELECT mailroom.retry_import(:issuer, pg_temp.id('stuck.csv'));
SELECT * FROM pg_temp.outcome('stuck.csv');
SELECT mailroom.retry_import(:issuer, pg_temp.id('stuck.csv'));

-- batches: count, sum, currency; a line without its invoice; a wrong invoice among sound ones
CREATE FUNCTION pg_temp.stage(batch_key text, number text, lines integer DEFAULT 1, heads integer DEFAULT 1) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_name) SELECT p.issuer_id, batch_key, number, '2026-10-31', '2026-11-20', 'NOK', 'Somebody AS' FROM place p, generate_series(1, heads);
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		SELECT p.issuer_id, batch_key, number, 1, 'LTR', 100, 100, 'S', 25, 'Diesel' FROM place p, generate_series(1, lines) $$;
CREATE FUNCTION pg_temp.batch(key text) RETURNS TABLE (state text, documents bigint, accepted bigint, set_aside bigint, rules text) LANGUAGE plpgsql AS $$
DECLARE b mailroom.import_batch;
BEGIN
	SELECT o.* INTO b FROM mailroom.import_batch o JOIN place USING (issuer_id) WHERE o.batch_key = key;
	PERFORM mailroom.import_batch_job(b.issuer_id, 0, jsonb_build_object('batch_id', b.batch_id));
	RETURN QUERY SELECT o.state, o.document_count, o.accepted_count, o.set_aside_count, (SELECT string_agg(d.rule, ' ' ORDER BY d.finding_no) FROM mailroom.finding d WHERE d.issuer_id = o.issuer_id AND d.batch_id = o.batch_id)
		FROM mailroom.import_batch o WHERE o.issuer_id = b.issuer_id AND o.batch_id = b.batch_id;
END $$;
SELECT pg_temp.stage('before', 'Q-5');
SELECT FROM mailroom.close_batch(:issuer, 'before', 1, 125);
SELECT * FROM pg_temp.batch('before');
SELECT pg_temp.stage('count', 'Q-1'), pg_temp.stage('currency', 'Q-2'), pg_temp.stage('orphan', 'Q-3', heads => 0), pg_temp.stage('wrong', 'Q-4'), pg_temp.stage('wrong', 'Q-5');
SELECT k, c > 0 AS closed FROM (VALUES ('count', 2, 250, NULL), ('currency', 1, 125, 'SEK'), ('orphan', 1, 125, NULL), ('wrong', 2, 250, NULL)) AS b (k, n, s, cur), LATERAL mailroom.close_batch(:issuer, k, n, s, cur) AS c;
SELECT k, o.* FROM unnest(ARRAY['count', 'currency', 'orphan', 'wrong']) WITH ORDINALITY AS k (k, no), LATERAL pg_temp.batch(k) AS o ORDER BY k.no;
SELECT FROM mailroom.retry_batch(:issuer, 'count', 1, 125);
SELECT FROM mailroom.retry_batch(:issuer, 'currency', expected_currency => 'NOK');
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, buyer_name) VALUES (:issuer, 'orphan', 'Q-3', '2026-10-31', '2026-11-20', 'Somebody AS');
SELECT FROM mailroom.retry_batch(:issuer, 'orphan');
SET ROLE retry_importer;
\set VERBOSITY sqlstate
SELECT FROM mailroom.retry_batch(:issuer, 'wrong', fault_policy => 'set_aside');
\set VERBOSITY default
RESET ROLE;
SELECT FROM mailroom.retry_batch(:issuer, 'wrong', fault_policy => 'set_aside');
SELECT k, o.* FROM unnest(ARRAY['count', 'currency', 'orphan', 'wrong']) WITH ORDINALITY AS k (k, no), LATERAL pg_temp.batch(k) AS o ORDER BY k.no;
-- withdrawn: its key is used up, and says so to who stages rows under it again
SELECT pg_temp.stage('gone', 'Q-6');
SELECT FROM mailroom.close_batch(:issuer, 'gone', 2, 125);
SELECT * FROM pg_temp.batch('gone');
SELECT mailroom.withdraw_batch(:issuer, 'gone');
SELECT FROM mailroom.close_batch(:issuer, 'gone', 2, 125);
SELECT pg_temp.stage('gone', 'Q-6');
SELECT FROM mailroom.close_batch(:issuer, 'gone', 1, 125);
SELECT FROM mailroom.retry_batch(:issuer, 'gone');

-- a supplier who was not there: the same order comes again when he is
INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, service_code, quantity, unit_price, vat_rate) VALUES (:issuer, 'J1', 'TOW-1', '2026-03-02', 'TOW', 1, 950, 25);
SELECT mailroom.take_service_orders(:issuer, max(service_order_id), max(service_order_id)) FROM mailroom.service_order WHERE issuer_id = :issuer;
INSERT INTO mailroom.party (issuer_id, customer_no, name, country) VALUES (:issuer, 'TOW-1', 'Berging Nord AS', 'NO');
INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, service_code, quantity, unit_price, vat_rate) VALUES (:issuer, 'J1', 'TOW-1', '2026-03-02', 'TOW', 1, 950, 25);
SELECT mailroom.take_service_orders(:issuer, max(service_order_id), max(service_order_id)) FROM mailroom.service_order WHERE issuer_id = :issuer;
SELECT order_key, state, reason FROM mailroom.settlement_order WHERE issuer_id = :issuer ORDER BY service_order_id;

-- nothing is lost or doubled
SELECT * FROM balance;
SELECT invoice_number, count(*) FROM mailroom.invoice WHERE issuer_id = :issuer AND state NOT IN ('withdrawn') GROUP BY 1 HAVING count(*) > 1;
SELECT * FROM mailroom.check_integrity(:issuer);
ROLLBACK;
