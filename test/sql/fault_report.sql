-- what people see of faults: the page of a file, and who sends what wrong
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE FUNCTION pg_temp.invoice(number text, seller text, total numeric DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT format('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
		|| substr(regexp_replace(x, '^.*?<cbc:CustomizationID', '<cbc:CustomizationID'), 1))
	FROM (SELECT replace(convert_from(mailroom.write_invoice(jsonb_build_object('bt_1', number, 'bt_2', '2026-10-31', 'bt_3', '380', 'bt_5', 'NOK', 'bt_9', '2026-11-14', 'bt_10', 'x', 'bt_24', 'urn:cen.eu:en16931:2017', 'bt_27', seller, 'bt_31', 'NO' || md5(seller), 'bt_40', 'NO', 'bt_44', 'Buyer <b>&', 'bt_55', 'NO',
		'bt_106', total, 'bt_109', total, 'bt_110', 25.00, 'bt_112', 125.00, 'bt_115', 125.00, 'bg_23', jsonb_build_array(jsonb_build_object('bt_116', 100.00, 'bt_117', 25.00, 'bt_118', 'S', 'bt_119', 25)),
		'bg_25', jsonb_build_array(jsonb_build_object('bt_126', '1', 'bt_129', 1, 'bt_130', 'C62', 'bt_131', 100.00, 'bt_146', 100, 'bt_151', 'S', 'bt_152', 25, 'bt_153', 'Item'))), 'ubl', false), 'UTF8'), '%', '%%') AS x) AS w $$;
CREATE FUNCTION pg_temp.say(report text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT regexp_split_to_table(regexp_replace(regexp_replace(report, '^.*</head>', ''), '[0-9a-f]{64}', '(hash)'), '(?<=>)(?=<(/?table|/?section|h[1-6]|p|tr|/body))') $$;
\pset format unaligned
\pset tuples_only on
SELECT * FROM pg_temp.say(mailroom.validation_report(convert_to(pg_temp.invoice('F-1', 'A & <script>alert(1)</script>'), 'UTF8'), 'en16931'));
SELECT * FROM pg_temp.say(mailroom.validation_report(convert_to('<all>' || pg_temp.invoice('F-2', 'B', 101) || pg_temp.invoice('F-3', 'B', 102) || '</all>', 'UTF8'), 'en16931')) AS line WHERE line ~ '<h[123]|verdict|BR-CO-1[03]|document';
SELECT * FROM pg_temp.say(mailroom.validation_report('<Invoice', 'en16931'));
\pset tuples_only off
SELECT report LIKE '<!DOCTYPE html><html lang="en">%</html>' AS page, report ~* '<script|javascript:|<[^>]* (src|on[a-z]+)=|href="[^#]' AS loads_or_runs, report LIKE '%Not accepted%' AS not_accepted
FROM mailroom.validation_report(convert_to(pg_temp.invoice('F-1', '<script src="http://x">', 99), 'UTF8')) AS report;
SELECT mailroom.validation_report(NULL) IS NULL AS nothing;
SELECT mailroom.validation_report('x', 'no such');
-- a hundred places and no more are shown of one rule
SELECT (regexp_match(report, 'and ([0-9]+) more places'))[1] AS left_out, length(report) - length(replace(report, '<td><code>document', '<td><code>documen')) AS shown
FROM mailroom.validation_report((SELECT convert_to('<all>' || string_agg(pg_temp.invoice('F-' || n, 'Many', 90), '' ORDER BY n) || '</all>', 'UTF8') FROM generate_series(1, 130) AS n), 'en16931') AS r, regexp_replace(r, '^.*<code>BR-CO-10</code> ', '') AS t, regexp_replace(t, '</section>.*$', '') AS report;
\pset format aligned

-- who sends what wrong
SELECT mailroom.create_issuer('Fault AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Else AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
SET mailroom.clock = '2026-11-01T08:00:00Z';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'first.xml', convert_to('<all>' || pg_temp.invoice('F-1', 'Alfa', 101) || pg_temp.invoice('F-2', 'Alfa', 102) || pg_temp.invoice('F-3', 'Beta', 103) || pg_temp.invoice('F-4', 'Beta') || '</all>', 'UTF8'));
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:other, 'else.xml', convert_to(pg_temp.invoice('F-1', 'Alfa', 101), 'UTF8'));
SET mailroom.clock = '2026-11-02T08:00:00Z';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'second.xml', convert_to(pg_temp.invoice('F-5', 'Alfa', 105), 'UTF8'));
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'broken.xml', '<Invoice');
SELECT count(*) FROM (SELECT mailroom.import_file_job(issuer_id, 0, jsonb_build_object('file_id', file_id)) FROM mailroom.import_file WHERE issuer_id IN (:issuer, :other) ORDER BY file_id) AS done;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE ROLE fault_reader;
SELECT FROM mailroom.grant_role('reader', 'fault_reader', ARRAY[:issuer]);
SET ROLE fault_reader;
SELECT sender_name, submitted_by IS NOT NULL AS submitter_told, rule, severity, fault_count, invoice_count, file_count, first_seen, last_seen, example_name, example_document_no, example_message
FROM mailroom.fault_by_sender WHERE rule IN ('BR-CO-10', 'BR-CO-13', 'XML-SYNTAX') ORDER BY sender_name, rule;
SELECT count(DISTINCT issuer_id) AS issuers_seen FROM mailroom.fault_by_sender;
RESET ROLE;
ROLLBACK;
