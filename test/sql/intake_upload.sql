-- door (b): a file in parts
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Upload AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE ROLE upload_importer;
CREATE ROLE upload_stranger;
SELECT FROM mailroom.grant_role('importer', 'upload_importer', ARRAY[:issuer]);
-- 3,000 invoices of the small layout, 20 lines each hundredth: about 130 kB
SELECT mailroom.load_layout(:issuer, 'small', '{"kind": "delimited", "delimiter": ";", "decimal_sign": ",", "derive": ["tax", "totals"],
	"records": [{"name": "H", "match": "H", "role": "invoice", "fields": [
			{"name": "number", "column": 2, "term": "bt_1"}, {"name": "date", "column": 3, "type": "D", "term": "bt_2"}, {"name": "due", "column": 3, "type": "D", "term": "bt_9"},
			{"term": "bt_3", "constant": "380"}, {"term": "bt_5", "constant": "NOK"}, {"term": "bt_27", "constant": "Upload AS"}, {"term": "bt_44", "constant": "Somebody"}]},
		{"name": "L", "match": "L", "role": "line", "fields": [{"name": "no", "column": 2, "term": "bt_126"}, {"name": "net", "column": 3, "type": "N", "term": "bt_131"}, {"name": "price", "column": 3, "type": "N", "term": "bt_146"},
			{"term": "bt_153", "constant": "Diesel"}, {"term": "bt_129", "constant": "1"}, {"term": "bt_130", "constant": "C62"}, {"term": "bt_151", "constant": "S"}, {"term": "bt_152", "constant": "25"}]}]}');
CREATE TEMP TABLE upload AS SELECT convert_to(string_agg(format(E'H;U-%s;2026-10-01\r\nL;1;100,00\r\nL;2;0,40\r\n', n), '' ORDER BY n), 'UTF8') AS content FROM generate_series(1, 3000) AS n;
CREATE FUNCTION pg_temp.part(n integer) RETURNS bytea LANGUAGE sql AS $$ SELECT substr(content, 1 + (n - 1) * 40000, 40000) FROM pg_temp.upload $$;
GRANT SELECT ON upload TO upload_importer;
SELECT octet_length(content) AS bytes, ceil(octet_length(content) / 40000.0) AS parts FROM upload;

\set VERBOSITY sqlstate
SET ROLE upload_stranger;
SELECT mailroom.open_upload(:issuer, 'x');
\set VERBOSITY default
RESET ROLE;
SET ROLE upload_importer;
SELECT mailroom.open_upload(:issuer, 'large.txt', layout => 'small', expected_count => 3000, expected_total => 376500) AS file \gset
SELECT mailroom.upload_part(:issuer, :file, n, pg_temp.part(n)) FROM generate_series(4, 2, -1) AS n;
SELECT state, content_bytes FROM mailroom.import_file WHERE issuer_id = :issuer;
-- not whole, not as announced, too large, twice
\set VERBOSITY terse
SELECT mailroom.close_upload(:issuer, :file, octet_length(content), sha256(content)) FROM upload;
SELECT mailroom.upload_part(:issuer, :file, 1, pg_temp.part(1));
SELECT mailroom.close_upload(:issuer, :file, octet_length(content) + 1, sha256(content)) FROM upload;
SELECT mailroom.close_upload(:issuer, :file, octet_length(content), sha256('other')) FROM upload;
SELECT mailroom.upload_part(:issuer, :file, 1, pg_temp.part(1));
SELECT mailroom.upload_part(:issuer, :file, 1, pg_temp.part(2));
SELECT mailroom.upload_part(:issuer, :file, 5, decode(repeat('00', 16 * 1024 * 1024 + 1), 'hex'));
SELECT mailroom.upload_part(:issuer, :file, 0, 'x');
SELECT mailroom.upload_part(:issuer, :file, 5, '');
SELECT mailroom.close_upload(:issuer, :file, octet_length(content), sha256(content)) FROM upload;
-- the answer was lost: the same call again
SELECT mailroom.close_upload(:issuer, :file, octet_length(content), sha256(content)) FROM upload;
SELECT mailroom.upload_part(:issuer, :file, 1, pg_temp.part(1));
SELECT mailroom.upload_part(:issuer, :file, 9, pg_temp.part(1));
SELECT mailroom.close_upload(:issuer, :file, 1, sha256('other'));
\set VERBOSITY default
-- the same content as one row is a duplicate, and the other way round
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) SELECT :issuer, 'same.txt', content, 'small' FROM upload;
SELECT mailroom.open_upload(:issuer, 'again.txt') AS again \gset
SELECT FROM mailroom.upload_part(:issuer, :again, 1, (SELECT content FROM upload));
SELECT mailroom.close_upload(:issuer, :again, octet_length(content), sha256(content)) FROM upload;
SELECT mailroom.open_upload(:issuer, 'empty.txt', layout => 'small') AS empty \gset
SELECT mailroom.close_upload(:issuer, :empty, 0, sha256(''));
SELECT mailroom.open_upload(:issuer, 'given up.txt') AS given_up \gset
SELECT FROM mailroom.upload_part(:issuer, :given_up, 1, 'x');
SELECT mailroom.withdraw_import(:issuer, :given_up);
RESET ROLE;
SELECT mailroom.import_file_job(:issuer, 0, jsonb_build_object('file_id', f.file_id)) FROM mailroom.import_file f WHERE f.issuer_id = :issuer AND f.state = 'received';
SELECT file_name, state, content_bytes, content_sha256 = sha256(u.content) AS hashed, document_count, accepted_count, fault_count, totals FROM mailroom.import_file, upload u WHERE issuer_id = :issuer ORDER BY file_id;
SELECT f.rule, f.message FROM mailroom.import_fault f WHERE f.issuer_id = :issuer ORDER BY f.file_id, f.finding_no;
SELECT name, received, in_work, difference, difference_sum FROM mailroom.reconciliation WHERE issuer_id = :issuer ORDER BY file_id;
SELECT count(*) AS parts FROM mailroom.import_file_part WHERE issuer_id = :issuer AND file_id = :given_up;
SELECT * FROM mailroom.check_integrity(:issuer);
-- content out of another table may come compressed; it is stored as it is read, in slices
CREATE TEMP TABLE packed AS SELECT convert_to(repeat('blank ', 100000), 'UTF8') AS content;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :issuer, 'packed', content FROM packed;
SELECT mailroom.open_upload(:issuer, 'packed part') AS packed \gset
SELECT FROM mailroom.upload_part(:issuer, :packed, 1, (SELECT content FROM packed));
SELECT pg_column_compression(content) IS NOT NULL AS came_packed FROM packed;
SELECT pg_column_compression(content) AS packed, content = (SELECT content FROM packed) AS same FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'packed';
SELECT pg_column_compression(content) AS packed, content = (SELECT content FROM packed) AS same FROM mailroom.import_file_part WHERE issuer_id = :issuer AND file_id = :packed;
ROLLBACK;
