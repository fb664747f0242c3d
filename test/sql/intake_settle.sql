-- invoices set aside: by rule, by value, by number; both policies; rejected, released, replaced
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Settle AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE ROLE settle_clerk;
CREATE ROLE settle_reader;
SELECT FROM mailroom.grant_role('clerk', 'settle_clerk', ARRAY[:issuer]);
SELECT FROM mailroom.grant_role('reader', 'settle_reader', ARRAY[:issuer]);
-- a small layout: one row a line, everything else is derived
SELECT mailroom.load_layout(:issuer, 'small', '{"kind": "delimited", "delimiter": ";", "header_row": true, "decimal_sign": ",", "derive": ["tax", "totals"], "detect": "number;date;",
	"records": [{"name": "row", "role": "row", "fields": [
		{"column": "number", "term": "bt_1"}, {"column": "date", "type": "D", "term": "bt_2"}, {"column": "date", "type": "D", "term": "bt_9"},
		{"column": "net", "type": "N", "term": "bt_131"}, {"column": "net", "type": "N", "term": "bt_146"}, {"column": "gross", "type": "N", "term": "bt_112"},
		{"column": "item", "term": "bt_153"},
		{"term": "bt_3", "constant": "380"}, {"term": "bt_5", "constant": "NOK"}, {"term": "bt_27", "constant": "Settle AS"}, {"term": "bt_31", "constant": "NO855828332MVA"},
		{"term": "bt_44", "constant": "Somebody"}, {"term": "bt_129", "constant": "1"}, {"term": "bt_130", "constant": "C62"}, {"term": "bt_151", "constant": "S"}, {"term": "bt_152", "constant": "25"}]}]}');
CREATE FUNCTION pg_temp.import(issuer bigint, file_name text, content text) RETURNS TABLE (state text, documents bigint, accepted bigint, set_aside bigint, faults bigint) LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
	INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES ($1, $2, convert_to(E'number;date;net;gross;item\n' || $3, 'UTF8')) RETURNING file_id INTO id;
	PERFORM mailroom.import_file_job($1, 0, jsonb_build_object('file_id', id));
	RETURN QUERY SELECT f.state, f.document_count, f.accepted_count, f.set_aside_count, f.fault_count FROM mailroom.import_file f WHERE f.file_id = id;
END $$;
CREATE FUNCTION pg_temp.faults(issuer bigint, file_name text) RETURNS TABLE (document_no bigint, location text, rule text, severity text, message text) LANGUAGE sql AS $$
	SELECT f.document_no, f.location, f.rule, f.severity, regexp_replace(f.message, 'file \d+', 'file N') FROM mailroom.import_fault f JOIN mailroom.import_file i USING (issuer_id, file_id)
	WHERE i.issuer_id = $1 AND i.file_name = $2 ORDER BY f.file_id, f.finding_no $$;
CREATE FUNCTION pg_temp.invoices(issuer bigint) RETURNS TABLE (file_name text, invoice_number text, state text, gross_total numeric, settled_by name, settled_reason text, replaced_by_file text) LANGUAGE sql AS $$
	SELECT f.file_name, i.invoice_number, i.state, i.gross_total, i.settled_by, i.settled_reason, (SELECT n.file_name FROM mailroom.invoice r JOIN mailroom.import_file n ON n.file_id = r.file_id WHERE r.invoice_id = i.replaced_by)
	FROM mailroom.invoice i JOIN mailroom.import_file f USING (issuer_id, file_id) WHERE i.issuer_id = $1 ORDER BY i.file_id, i.document_no $$;
CREATE FUNCTION pg_temp.waiting(issuer bigint, number text) RETURNS bigint LANGUAGE sql AS $$
	SELECT i.invoice_id FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_number = $2 ORDER BY i.invoice_id DESC LIMIT 1 $$;
CREATE FUNCTION pg_temp.balance(issuer bigint) RETURNS TABLE (name text, received bigint, refused bigint, set_aside bigint,
	in_work bigint, rejected bigint, replaced bigint, difference bigint, received_sum numeric, difference_sum numeric) LANGUAGE sql AS $$
	SELECT r.name, r.received, r.refused, r.set_aside, r.in_work, r.rejected, r.replaced, r.difference, r.received_sum, r.difference_sum
	FROM mailroom.reconciliation r WHERE r.issuer_id = $1 ORDER BY r.file_id, r.currency $$;

-- right, off by one øre, no number, no date, a number in the same file, rows that disagree
SELECT * FROM pg_temp.import(:issuer, 'first', E'S-1;2026-10-01;100,00;125,00;Diesel\nS-2;2026-10-01;100,00;125,01;Diesel\nS-3;2026-10-01;1OO,00;125,00;Diesel\nS-4;2026-02-30;100,00;125,00;Diesel\nS-1;2026-10-01;200,00;250,00;Diesel\nS-5;2026-10-01;100,00;250,00;Diesel\nS-5;2026-10-01;100,00;250,99;Oil\nS-6;2026-10-01;80,00;;Oil');
SELECT * FROM pg_temp.faults(:issuer, 'first');
SELECT * FROM pg_temp.invoices(:issuer);
SELECT invoice_number, issue_date, line_total, other_terms FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number IN ('S-3', 'S-4') ORDER BY 1;
SELECT * FROM pg_temp.balance(:issuer);
SELECT convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8') FROM mailroom.outgoing_file o WHERE o.issuer_id = :issuer;

-- known numbers: the same content, other content; a sound one replaces what waits
SELECT * FROM pg_temp.import(:issuer, 'second', E'S-1;2026-10-01;100,00;125,00;Diesel\nS-6;2026-10-01;80,00;100,00;Other\nS-2;2026-10-01;100,00;125,00;Diesel');
SELECT * FROM pg_temp.faults(:issuer, 'second');
SELECT * FROM pg_temp.invoices(:issuer);
SELECT * FROM pg_temp.balance(:issuer);

-- a named person settles
SET ROLE settle_reader;
SELECT mailroom.reject_invoice(:issuer, pg_temp.waiting(:issuer, 'S-3'), 'no');
SET ROLE settle_clerk;
SELECT mailroom.reject_invoice(:issuer, pg_temp.waiting(:issuer, 'S-3'), ' ');
SELECT mailroom.release_invoice(:issuer, pg_temp.waiting(:issuer, 'S-3'), 'customer insists');
SELECT mailroom.release_invoice(:issuer, pg_temp.waiting(:issuer, 'S-4'), 'customer insists');
SELECT mailroom.reject_invoice(:issuer, pg_temp.waiting(:issuer, 'S-3'), 'wrong price');
SELECT mailroom.reject_invoice(:issuer, pg_temp.waiting(:issuer, 'S-3'), 'again');
SELECT mailroom.release_invoice(:issuer, pg_temp.waiting(:issuer, 'S-5'), 'total was agreed by phone');
-- S-1 of the second file waits with a taken number
SELECT mailroom.release_invoice(:issuer, pg_temp.waiting(:issuer, 'S-1'), 'really');
RESET ROLE;
SELECT * FROM pg_temp.invoices(:issuer) WHERE state IN ('accepted', 'rejected', 'replaced');
SELECT e.activity, e.actor, e.detail - 'replaced_by' AS detail FROM mailroom.event e WHERE e.issuer_id = :issuer AND e.object_kind = 'invoice' ORDER BY e.event_id;
SELECT * FROM pg_temp.balance(:issuer);
SELECT * FROM mailroom.check_integrity(:issuer);

-- the other policy: one faulty invoice refuses the file, all its faults are listed
UPDATE mailroom.issuer SET fault_policy = 'refuse_file' WHERE issuer_id = :issuer;
SELECT * FROM pg_temp.import(:issuer, 'strict', E'S-8;2026-10-01;100,00;125,00;Diesel\nS-9;2026-10-01;100,00;125,01;Diesel\nS-6;2026-10-01;80,00;100,00;Again');
SELECT * FROM pg_temp.faults(:issuer, 'strict');
SELECT count(*) FROM mailroom.invoice i JOIN mailroom.import_file f USING (issuer_id, file_id) WHERE f.issuer_id = :issuer AND f.file_name = 'strict';
SELECT * FROM pg_temp.balance(:issuer) WHERE name = 'strict';
-- the house takes the sound ones after all
SELECT file_id AS strict FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'strict' \gset
SELECT mailroom.retry_import(:issuer, :strict, 'set_aside');
SELECT mailroom.import_file_job(:issuer, 0, jsonb_build_object('file_id', :strict));
SELECT * FROM pg_temp.invoices(:issuer) WHERE file_name = 'strict';
SELECT * FROM pg_temp.balance(:issuer) WHERE name = 'strict';
ROLLBACK;
