-- many files in one statement: one job for the small ones, the same outcome as file by file
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Many AS', 'NO', 'Europe/Oslo', 'NOK') AS many \gset
SELECT mailroom.create_issuer('Single AS', 'NO', 'Europe/Oslo', 'NOK') AS single \gset
CREATE ROLE many_importer;
SELECT FROM mailroom.grant_role('importer', 'many_importer', ARRAY[:many]);
SELECT FROM mailroom.grant_role('reader', 'many_importer', ARRAY[:single]);
CREATE TABLE pg_temp.sent (no int, name text, content text, expected_count bigint);
GRANT SELECT ON pg_temp.sent TO many_importer;
CREATE FUNCTION pg_temp.flat(number text, net text, tax text, gross text) RETURNS text LANGUAGE sql AS $$
	SELECT E'invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate\n'
		|| string_agg(format(E'%s,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,,,0.00,%s,%s,%s,0.00,%s,1,A1,Diesel,1,LTR,%s,0.00,%s,S,25\n', n, net, tax, gross, gross, net, net), '')
	FROM unnest(string_to_array(number, ' ')) AS n $$;
INSERT INTO pg_temp.sent VALUES
	(1, 'good', pg_temp.flat('M-1 M-2', '100.00', '25.00', '125.00'), NULL),
	(2, 'cut', '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID', NULL),
	(3, 'twice inside', pg_temp.flat('M-3 M-4', '10.00', '2.50', '12.50') || replace(split_part(pg_temp.flat('M-3', '10.00', '2.50', '12.50'), E'\n', 2), 'Diesel', 'Oil'), NULL),
	(4, 'known', pg_temp.flat('M-1', '200.00', '50.00', '250.00'), NULL),
	(5, 'repeated', pg_temp.flat('M-2', '100.00', '25.00', '125.00'), NULL),
	(6, 'wrong count', pg_temp.flat('M-5', '100.00', '25.00', '125.00'), 2),
	(7, 'repeats what was refused', pg_temp.flat('M-5', '100.00', '25.00', '125.00') || E'\n', NULL),
	(8, 'empty', '', NULL),
	(9, 'faulty sum', pg_temp.flat('M-6', '100.00', '25.00', '130.00'), NULL),
	(10, 'same content', pg_temp.flat('M-1 M-2', '100.00', '25.00', '125.00'), NULL),
	(11, 'last', pg_temp.flat('M-7', '100.00', '25.00', '125.00'), 1);

-- one statement as the importer, and one a file
SET ROLE many_importer;
INSERT INTO mailroom.import_file (issuer_id, file_name, content, expected_count) SELECT :many, name, convert_to(content, 'UTF8'), expected_count FROM sent ORDER BY no;
-- not for somebody else, also among good ones, also as a duplicate
\set VERBOSITY sqlstate
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT i, 'foreign', 'x' FROM unnest(ARRAY[:many, :single]) AS i;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:many, 'again', convert_to(pg_temp.flat('M-1 M-2', '100.00', '25.00', '125.00'), 'UTF8')), (:single, 'foreign', 'x');
RESET ROLE;
\set VERBOSITY terse
SELECT kind, jsonb_array_length(arguments -> 'file_ids') AS files FROM mailroom.job WHERE issuer_id = :many ORDER BY job_id;
SELECT file_name, state FROM mailroom.import_file WHERE issuer_id = :many AND state <> 'received';
SELECT FROM mailroom.import_files_job(:many, 0, (SELECT arguments FROM mailroom.job WHERE issuer_id = :many));
DO $$
DECLARE
	id bigint;
	s record;
BEGIN
	FOR s IN SELECT * FROM pg_temp.sent ORDER BY no LOOP
		INSERT INTO mailroom.import_file AS f (issuer_id, file_name, content, expected_count)
			SELECT issuer_id, s.name, convert_to(s.content, 'UTF8'), s.expected_count FROM mailroom.issuer WHERE name = 'Single AS' RETURNING f.file_id INTO id;
		PERFORM mailroom.import_file_job((SELECT issuer_id FROM mailroom.issuer WHERE name = 'Single AS'), 0, jsonb_build_object('file_id', id));
	END LOOP;
END $$;
SELECT file_name, state, document_count, accepted_count, set_aside_count, fault_count, totals FROM mailroom.import_file WHERE issuer_id = :many ORDER BY file_id;
SELECT i.file_name, f.document_no, f.finding_no, f.rule, regexp_replace(f.message, 'file \d+', 'file N') AS message FROM mailroom.finding f JOIN mailroom.import_file i USING (issuer_id, file_id) WHERE f.issuer_id = :many ORDER BY i.file_id, finding_no;
CREATE FUNCTION pg_temp.outcome(issuer bigint) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws('|', 'file', file_name, state, document_count, accepted_count, set_aside_count, fault_count, totals, duplicate_of IS NOT NULL) FROM mailroom.import_file WHERE issuer_id = $1
	UNION ALL SELECT concat_ws('|', 'finding', i.file_name, f.document_no, f.finding_no, f.invoice_id IS NOT NULL, f.location, f.rule, regexp_replace(f.message, 'file \d+', 'file N')) FROM mailroom.finding f JOIN mailroom.import_file i USING (issuer_id, file_id) WHERE f.issuer_id = $1
	UNION ALL SELECT concat_ws('|', 'invoice', i.file_name, n.document_no, n.invoice_number, n.state, n.gross_total, n.location, encode(n.content_sha256, 'hex')) FROM mailroom.invoice n JOIN mailroom.import_file i USING (issuer_id, file_id) WHERE n.issuer_id = $1
	UNION ALL SELECT concat_ws('|', 'report', o.kind, i.file_name) FROM mailroom.outgoing_file o JOIN mailroom.import_file i USING (issuer_id, file_id) WHERE o.issuer_id = $1
	UNION ALL SELECT concat_ws('|', 'event', e.activity, i.file_name, e.detail) FROM mailroom.event e JOIN mailroom.import_file i ON i.issuer_id = e.issuer_id AND i.file_id = e.object_id WHERE e.issuer_id = $1 AND e.object_kind = 'file' $$;
SELECT count(*) FROM pg_temp.outcome(:many);
(SELECT 'many' AS only, * FROM pg_temp.outcome(:many) EXCEPT ALL SELECT 'many', * FROM pg_temp.outcome(:single))
	UNION ALL (SELECT 'single', * FROM pg_temp.outcome(:single) EXCEPT ALL SELECT 'single', * FROM pg_temp.outcome(:many));
SELECT count(*) FROM mailroom.reconciliation WHERE issuer_id IN (:many, :single) AND (difference <> 0 OR difference_sum <> 0);
SELECT * FROM mailroom.check_integrity(:many);
-- the job again changes nothing
SELECT FROM mailroom.import_files_job(:many, 0, (SELECT arguments FROM mailroom.job WHERE issuer_id = :many AND kind = 'import_files'));
SELECT count(*) FROM pg_temp.outcome(:many);

-- an error that is no fault of a file: each gets its own job
CREATE FUNCTION pg_temp.break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.item_name = 'Petrol' THEN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$;
CREATE TRIGGER break BEFORE INSERT ON mailroom.invoice_line FOR EACH ROW EXECUTE FUNCTION pg_temp.break();
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :many, 'B-' || n, convert_to(replace(pg_temp.flat('B-' || n, '100.00', '25.00', '125.00'), 'Diesel', CASE n WHEN 2 THEN 'Petrol' ELSE 'Oil' END), 'UTF8') FROM generate_series(1, 3) AS n;
SELECT FROM mailroom.import_files_job(:many, 0, (SELECT arguments FROM mailroom.job WHERE issuer_id = :many AND kind = 'import_files' ORDER BY job_id DESC LIMIT 1));
SELECT f.file_name, f.state, j.kind FROM mailroom.import_file f JOIN mailroom.job j ON j.issuer_id = f.issuer_id AND j.arguments = jsonb_build_object('file_id', f.file_id) AND j.kind = 'import_file' WHERE f.issuer_id = :many AND f.file_name LIKE 'B-%' ORDER BY f.file_id;

-- how many files share a job: 500, or 8 MB, and none that is over 1 MB
DELETE FROM mailroom.job_queue WHERE issuer_id = :many;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :many, 's', convert_to('small ' || n, 'UTF8') FROM generate_series(1, 1200) AS n;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :many, 'm', convert_to(rpad('medium ' || n, 600000), 'UTF8') FROM generate_series(1, 30) AS n;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :many, 'l', convert_to(rpad('large ' || n, CASE n % 2 WHEN 0 THEN 2000000 ELSE 10 END), 'UTF8') FROM generate_series(1, 6) AS n;
SELECT kind, coalesce(jsonb_array_length(arguments -> 'file_ids'), 1) AS files, count(*) AS jobs FROM mailroom.job_queue WHERE issuer_id = :many GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;
