-- layouts: what they can say, what they may not say, and the faults of files read with them
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Layout AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE ROLE layout_reader;
SELECT FROM mailroom.grant_role('reader', 'layout_reader', ARRAY[:issuer]);
\set VERBOSITY terse
SELECT mailroom.load_layout(:issuer, 'a b', '{"kind": "fixed", "records": []}');
SELECT mailroom.load_layout(:issuer, 'a', '[]');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "wide", "records": []}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": []}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "charset": "EBCDIC", "records": []}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "date_format": "DD.MM", "records": [{"role": "invoice"}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "colour": "red", "records": [{"role": "invoice", "fields": [{"trem": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"role": "boss"}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "match": "H", "role": "line"}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"role": "invoice"}, {"match": "L", "role": "line"}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "role": "invoice", "fields": [{"name": "number", "term": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "role": "invoice", "fields": [{"name": "number", "start": 0, "length": 3, "term": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "role": "invoice", "fields": [{"name": "number", "start": 1, "length": 3, "term": "bt_999"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "role": "invoice", "fields": [{"name": "number", "start": 1, "length": 3, "type": "X", "term": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "fixed", "records": [{"name": "H", "role": "invoice", "fields": [{"name": "item", "start": 1, "length": 3, "term": "bt_153"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "H", "role": "invoice", "fields": [{"column": "number", "term": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "delimiter": ";;", "records": [{"name": "H", "role": "invoice", "fields": [{"column": 1, "term": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "R", "role": "row", "fields": [{"column": 1, "term": "bt_131"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "H", "match": "H", "role": "invoice"}, {"name": "T", "match": "T", "role": "trailer", "fields": [{"name": "n", "column": 2, "count": "X"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "H", "match": "H", "role": "invoice"}, {"name": "T", "match": "T", "role": "trailer", "fields": [{"name": "n", "column": 2, "sum": "bt_1"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "H", "match": "H", "role": "invoice"}, {"name": "T", "match": "T", "role": "trailer", "fields": [{"name": "n", "column": 2, "same_as": "A.b"}]}]}');
SELECT mailroom.load_layout(:issuer, 'a', '{"kind": "delimited", "records": [{"name": "H", "match": "H", "role": "invoice", "fields": [{"column": "x", "start": "y"}]}]}');
SELECT count(*) FROM mailroom.layout WHERE issuer_id = :issuer;
\set VERBOSITY default
-- shipped layouts are seen by everybody and loaded by nobody
SET ROLE layout_reader;
SELECT issuer_id, layout_name FROM mailroom.layout ORDER BY 1, 2;
SELECT mailroom.load_layout(0, 'csv-flat', '{}');
RESET ROLE;

-- a fixed-width layout with everything: windows-1252, parts of lines, classification, references, control totals
SELECT mailroom.load_layout(:issuer, 'all', '{"kind": "fixed", "charset": "windows-1252", "date_format": "DDMMYY", "currency": "NOK", "derive": ["tax", "totals"], "detect": "AFILE",
	"records": [
		{"name": "A", "match": "A", "role": "header", "required": true, "fields": [{"name": "kind", "start": 2, "length": 4, "equals": "FILE"}, {"name": "run", "start": 6, "length": 3}]},
		{"name": "H", "match": "H", "role": "invoice", "fields": [{"name": "number", "start": 2, "length": 5, "term": "bt_1", "required": true}, {"name": "date", "start": 7, "length": 6, "type": "D", "term": "bt_2"},
			{"name": "due", "start": 7, "length": 6, "type": "D", "term": "bt_9"}, {"name": "buyer", "start": 13, "length": 10, "term": "bt_44"}, {"name": "branch", "start": 23, "length": 3}, {"term": "bt_3", "constant": "380"}, {"term": "bt_27", "constant": "Layout AS"}]},
		{"name": "L", "match": "L", "role": "line", "fields": [{"name": "item", "start": 2, "length": 8, "term": "bt_153"}, {"name": "quantity", "start": 10, "length": 5, "type": "S2", "term": "bt_129"}, {"name": "net", "start": 15, "length": 8, "type": "S2", "term": "bt_131"}, {"name": "price", "start": 23, "length": 8, "type": "S4", "term": "bt_146"},
			{"term": "bt_130", "constant": "C62"}, {"term": "bt_126", "constant": "1"}, {"term": "bt_151", "constant": "S"}, {"term": "bt_152", "constant": "25"}]},
		{"name": "M", "match": "M", "role": "line_part", "fields": [{"name": "more", "start": 2, "length": 10, "term": "bt_154"}, {"name": "class", "start": 12, "length": 4, "term": "bt_158"}, {"name": "scheme", "term": "bt_158_1", "constant": "STI"}]},
		{"name": "N", "match": "N", "role": "part", "fields": [{"name": "note", "start": 2, "length": 20, "term": "bt_22"}]},
		{"name": "C", "match": "*", "role": "skip"},
		{"name": "Z", "match": "Z", "role": "trailer", "required": true, "fields": [{"name": "run", "start": 2, "length": 3, "same_as": "A.run"}, {"name": "invoices", "start": 5, "length": 3, "type": "N0", "count": "H"}, {"name": "records", "start": 8, "length": 3, "type": "N0", "count": "*"}, {"name": "net", "start": 11, "length": 10, "type": "S2", "sum": "bt_131"}, {"name": "gross", "start": 21, "length": 10, "type": "S2", "signed_sum": "bt_112"}]}]}');
CREATE FUNCTION pg_temp.file(records text[]) RETURNS bytea LANGUAGE sql AS $$ SELECT convert_to(array_to_string($1, E'\r\n') || E'\r\n', 'WIN1252') $$;
SELECT ARRAY['AFILE007', '* a comment', 'HN-001011026Bjørn €  x1', 'LDiesel  010000000250000025000', 'Mfor boats 1234', 'Mand       5678', 'LOil     001000000100000100000', 'Nthank you – again',
	'HN-002021026Åse      x2', 'LDiesel  010000000040400004040', 'Z007002011+000003904+000004880'] AS good \gset
SELECT jsonb_pretty(j - 'bg_23') FROM mailroom.parse_invoices(pg_temp.file(:'good'), 'all') AS j LIMIT 1;
CREATE FUNCTION pg_temp.import(issuer bigint, file_name text, content bytea, layout text) RETURNS TABLE (document_no bigint, location text, rule text, message text) LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
	INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES ($1, $2, $3, $4) RETURNING file_id INTO id;
	PERFORM mailroom.import_file_job($1, 0, jsonb_build_object('file_id', id));
	RETURN QUERY SELECT NULL::bigint, f.state, NULL::text, f.totals::text FROM mailroom.import_file f WHERE f.file_id = id
		UNION ALL (SELECT f.document_no, f.location, f.rule, f.message FROM mailroom.import_fault f WHERE f.issuer_id = $1 AND f.file_id = id ORDER BY f.finding_no);
END $$;
SELECT * FROM pg_temp.import(:issuer, 'control', pg_temp.file(array_replace(:'good', 'Z007002011+000003904+000004880', 'Z008003010+000003905+000004881')), NULL);
SELECT * FROM pg_temp.import(:issuer, 'good', pg_temp.file(:'good'), NULL);
-- faults of a file are listed to the end
SELECT * FROM pg_temp.import(:issuer, 'order', pg_temp.file(ARRAY['LDiesel', 'AFILX', 'HN-003011026A', 'Mx', 'Q what', 'L' || repeat(' ', 8) || '01', 'LOil     00100x0001000', 'H     991026B', 'Z008002', 'N late']), 'all');
SELECT * FROM pg_temp.import(:issuer, 'bytes', '\x4146494c453030370d0a484e2d3030343031313032368d0d0a'::bytea, 'all');
SELECT * FROM pg_temp.import(:issuer, 'long', convert_to('A' || repeat('x', 2 * 1024 * 1024), 'UTF8'), 'all');
SELECT * FROM pg_temp.import(:issuer, 'columns', 'a,b', 'csv-flat');
SELECT * FROM pg_temp.import(:issuer, 'quotes', convert_to(E'H;"Q-1;380\nL;1', 'UTF8'), 'csv-records');
SELECT * FROM pg_temp.import(:issuer, 'short', convert_to(E'H;Q-1;380\nT;1;2;3;4;5;6;7\nV;S;25;1,0;1,0\nV;S;25;1,0\n', 'UTF8'), 'csv-records');
SELECT name, received, refused, set_aside, in_work, difference, received_sum, difference_sum FROM mailroom.reconciliation WHERE issuer_id = :issuer ORDER BY file_id;
ROLLBACK;
