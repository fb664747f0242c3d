-- Few documents at a time: open volumes by month, sealed by jobs.
SELECT mailroom.create_issuer('Seal AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE FUNCTION pg_temp.store(issuer_id bigint, first integer, last integer) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $1, id, -id, CASE WHEN n BETWEEN 25 AND 44 THEN 'bulk' ELSE 'invoice' END, 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample WHERE n BETWEEN $2 AND $3
		ON CONFLICT DO NOTHING;
	PERFORM mailroom.archive_store($1, array_agg(s.id ORDER BY s.n), array_agg(s.content ORDER BY s.n)) FROM sample s WHERE s.n BETWEEN $2 AND $3;
END;
$$;
CREATE FUNCTION pg_temp.problem(statement text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	why text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
	RETURN sqlstate || ' ' || regexp_replace(sqlerrm, '(document|volume) \d+', '\1 N') || ' ' || regexp_replace(why, '(?<!SHA-)\m\d+', 'N', 'g');
END;
$$;
CREATE TEMPORARY TABLE sample AS
	SELECT n, nextval('mailroom.document_document_id_seq') AS id, date '2026-03-10' + (n % 3) * 31 AS issued,
			convert_to('<invoice><id>F' || 1000 + n || '</id><customer>Customer ' || n % 7 || '</customer><text>' || repeat('the same in all ', 20) || '</text><total>' || n * 7919 % 100000 || '.50</total></invoice>', 'UTF8') AS content
		FROM generate_series(1, 150) AS n;
UPDATE sample SET content = (SELECT content FROM sample WHERE n = 5), issued = (SELECT issued FROM sample WHERE n = 5) WHERE n IN (6, 9);
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency)
	SELECT :issuer, -id, 'file', 'accepted', 'seller', '', mailroom.now(), 'S' || n, 'C' || n % 5, 'Name ' || n % 5, CASE WHEN n < 100 THEN issued END, n * 100, 'NOK' FROM sample;
SELECT mailroom.set_archive_sealing(:issuer, 20, '1 hour');

-- one by one, three by three, in three months; twenty at once are a volume of their own
SELECT count(pg_temp.store(:issuer, n, n)) FROM generate_series(1, 12) AS n;
SELECT count(pg_temp.store(:issuer, n, n + 2)) FROM generate_series(13, 22, 3) AS n;
SELECT pg_temp.store(:issuer, 25, 44);
-- again changes nothing
SELECT pg_temp.store(:issuer, 1, 24);
SELECT month, document_count, content_bytes = (SELECT sum(octet_length(p.content)) FROM mailroom.archive_part p WHERE p.issuer_id = :issuer AND p.volume_id = w.volume_id) AS bytes_are_there
	FROM mailroom.archive_waiting(:issuer) w ORDER BY volume_id;
SELECT document_count FROM mailroom.archive_volume WHERE issuer_id = :issuer;
SELECT count(*), count(DISTINCT (volume_id, leaf_no)) AS leaves, count(*) FILTER (WHERE stored_in = volume_id) AS own FROM mailroom.archive_entry WHERE issuer_id = :issuer;
-- read, found, verified; not proved, not exported
SELECT count(*) FILTER (WHERE mailroom.archive_document(:issuer, id) = content) AS same FROM sample WHERE n <= 44;
SELECT count(*) FILTER (WHERE a.content = s.content) AS same FROM mailroom.archive_documents(:issuer, ARRAY(SELECT id FROM sample WHERE n <= 44)) a JOIN sample s ON s.id = a.document_id;
SELECT count(*) FROM mailroom.search_archive(:issuer, customer_no => 'C3');
SELECT * FROM mailroom.verify_archive(:issuer);
SELECT pg_temp.problem(format('SELECT mailroom.archive_proof(%s, %s)', :issuer, id)) FROM sample WHERE n = 3;
SELECT pg_temp.problem(format('SELECT mailroom.export_archive(%s, %L)', :issuer, jsonb_build_object('document_ids', (SELECT jsonb_agg(id) FROM sample WHERE n BETWEEN 25 AND 44))));
SELECT pg_temp.problem(format('SELECT mailroom.export_archive(%s, %L)', :issuer, '{"sealed": true}'));
SELECT detail -> 'documents' AS documents, detail -> 'left_out' AS left_out FROM mailroom.event WHERE issuer_id = :issuer AND activity = 'archive_exported' ORDER BY event_id;
-- a reader, who cannot seal, gets what is sealed and is told of the rest; nothing but what waits is refused
CREATE ROLE seal_reader;
SELECT mailroom.grant_role('reader', 'seal_reader', ARRAY[:issuer]::bigint[]);
SELECT jsonb_build_object('document_ids', jsonb_agg(id ORDER BY n)) AS both FROM sample WHERE n IN (1, 2, 25, 26) \gset
SELECT jsonb_build_object('document_ids', jsonb_agg(id ORDER BY n)) AS waiting FROM sample WHERE n IN (1, 2) \gset
\set VERBOSITY terse
SET ROLE seal_reader;
SELECT mailroom.export_archive(:issuer, :'both') AS export \gset
SELECT mailroom.export_archive(:issuer, :'waiting');
SELECT mailroom.seal_archive(:issuer, ARRAY[1]::bigint[]);
SELECT mailroom.seal_archive(:issuer);
SELECT mailroom.set_archive_sealing(:issuer, 5);
RESET ROLE;
\set VERBOSITY default
SELECT mailroom.create_issuer('Seal elsewhere AS', 'NO', 'Europe/Oslo', 'NOK') AS elsewhere \gset
SELECT mailroom.open_archive_import(:elsewhere, 'part.zip') AS import \gset
SELECT mailroom.append_archive_import(:elsewhere, :import, mailroom.outgoing_file_content(:issuer, :export));
SELECT mailroom.import_archive(:elsewhere, :import);
SELECT l.reason, (SELECT jsonb_agg(n ORDER BY n) FROM sample WHERE l.document_ids @> to_jsonb(id)) AS documents
	FROM mailroom.archive_import i, jsonb_to_recordset(i.manifest -> 'export' -> 'left_out') AS l (volume_id bigint, reason text, document_ids jsonb) WHERE i.issuer_id = :elsewhere ORDER BY l.volume_id;
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
-- an operator's seals what waits of the selection first, and nothing else
BEGIN;
SELECT mailroom.export_archive(:issuer, :'waiting') AS export \gset
SELECT month FROM mailroom.archive_waiting(:issuer) ORDER BY 1;
SELECT detail -> 'documents' AS documents, detail -> 'left_out' AS left_out FROM mailroom.event WHERE issuer_id = :issuer AND activity = 'archive_exported' ORDER BY event_id DESC LIMIT 1;
SELECT count(mailroom.archive_proof(:issuer, id)) AS proved FROM sample WHERE n IN (1, 2);
SELECT * FROM mailroom.verify_archive(:issuer);
ROLLBACK;
-- and so does a document that is asked for
BEGIN;
SELECT mailroom.seal_archive(:issuer, ARRAY[id, id]) AS sealed FROM sample WHERE n = 3;
SELECT pg_temp.problem(format('SELECT mailroom.archive_proof(%s, %s)', :issuer, id)) FROM sample WHERE n = 3;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT mailroom.archive_proof_problem(mailroom.archive_proof(:issuer, id)) IS NULL AS proved, mailroom.seal_archive(:issuer, ARRAY[id]) AS again FROM sample WHERE n = 3;
SELECT month FROM mailroom.archive_waiting(:issuer) ORDER BY 1;
SELECT mailroom.seal_archive(:issuer, '{}');
SELECT pg_temp.problem(format('SELECT mailroom.seal_archive(%s, ARRAY[-1, %s])', :issuer, id)) FROM sample WHERE n = 1;
ROLLBACK;
-- a volume that nobody seals is named
BEGIN;
UPDATE mailroom.archive_open SET opened_at = opened_at - interval '26 hours' WHERE issuer_id = :issuer AND month = '2026-03';
SELECT regexp_replace(defect, '\d.*', 'T') AS defect FROM mailroom.verify_archive(:issuer);
ROLLBACK;
SELECT documents > 0 AS kept FROM mailroom.retention_due(:issuer);
CREATE TEMPORARY TABLE before AS SELECT document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, content_sha256, salt, leaf_hash FROM mailroom.archive_entry WHERE issuer_id = :issuer;

-- jobs: one a volume, not before their time; then each does its volume, and nothing the second time
SELECT count(*) AS jobs, bool_and(run_after BETWEEN mailroom.now() + interval '50 minutes' AND mailroom.now() + interval '1 hour') AS in_an_hour FROM mailroom.job_queue WHERE issuer_id = :issuer AND kind = 'seal_archive';
CALL mailroom.run_jobs();
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT count(mailroom.seal_archive_job(:issuer, 0, jsonb_build_object('volume_id', w.volume_id))) FROM mailroom.archive_waiting(:issuer) w WHERE month = '2026-03';
SELECT count(mailroom.seal_archive_job(:issuer, 0, jsonb_build_object('volume_id', v.volume_id))) FROM mailroom.archive_volume v WHERE issuer_id = :issuer;
SELECT month FROM mailroom.archive_waiting(:issuer) ORDER BY 1;
SELECT mailroom.seal_archive(:issuer), mailroom.seal_archive(:issuer) AS again;
SELECT document_count FROM mailroom.archive_volume WHERE issuer_id = :issuer ORDER BY volume_id;
SELECT count(*) FROM mailroom.archive_part WHERE issuer_id = :issuer;
SELECT * FROM mailroom.verify_archive(:issuer);
SELECT link_count, document_count FROM mailroom.archive_root(:issuer);
-- no entry was touched: same places, salts and leaves
SELECT count(*), count(*) FILTER (WHERE b IS NOT DISTINCT FROM (SELECT ROW(e.document_id, e.volume_id, e.leaf_no, e.stored_in, e.stored_at, e.stored_bytes, e.content_sha256, e.salt, e.leaf_hash)::before FROM mailroom.archive_entry e WHERE e.issuer_id = :issuer AND e.document_id = b.document_id)) AS same FROM before b;
SELECT count(*) FILTER (WHERE mailroom.archive_document(:issuer, id) = content) AS same, count(mailroom.archive_proof_problem(mailroom.archive_proof(:issuer, id))) AS problems FROM sample WHERE n <= 44;

-- what was sealed teaches: later documents of the template take less, one by one
SELECT template, count(*), min(samples), max(samples) FROM mailroom.archive_dictionary WHERE issuer_id = :issuer GROUP BY 1 ORDER BY 1;
SELECT count(pg_temp.store(:issuer, n, n)) FROM generate_series(45, 60) AS n;
SELECT (SELECT avg(stored_bytes) FROM mailroom.archive_entry e JOIN sample s ON s.id = e.document_id WHERE n BETWEEN 1 AND 12)
	> 3 * (SELECT avg(stored_bytes) FROM mailroom.archive_entry e JOIN sample s ON s.id = e.document_id WHERE n BETWEEN 45 AND 60) AS three_times_smaller;

-- a head covers what waited; documents without a date go by the month in which they were archived
SELECT published ->> 'link_no' AS link, published ->> 'document_count' AS documents FROM mailroom.publish_archive_head(:issuer) AS published;
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT pg_temp.store(:issuer, 100, 103);
SELECT month = to_char(mailroom.today(:issuer), 'YYYY-MM') AS this_month, document_count FROM mailroom.archive_waiting(:issuer);

-- a changed bit, a missing part or entry: verify_archive names it, and it is not sealed
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_part SET content = set_byte(content, 3, get_byte(content, 3) # 1) WHERE issuer_id = :issuer;
SELECT document_id = (SELECT id FROM sample WHERE n = 100) AS first, defect FROM mailroom.verify_archive(:issuer);
SELECT pg_temp.problem(format('SELECT mailroom.seal_archive(%s)', :issuer));
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
ROLLBACK;
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
DELETE FROM mailroom.archive_part WHERE issuer_id = :issuer;
SELECT document_id IS NULL AS whole, count(*) FROM mailroom.verify_archive(:issuer) GROUP BY 1 ORDER BY 1;
SELECT pg_temp.problem(format('SELECT mailroom.archive_document(%s, %s)', :issuer, id)) FROM sample WHERE n = 100;
SELECT pg_temp.problem(format('SELECT mailroom.seal_archive(%s)', :issuer));
ROLLBACK;
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
DELETE FROM mailroom.archive_entry WHERE issuer_id = :issuer AND document_id = (SELECT id FROM sample WHERE n = 101);
SELECT defect FROM mailroom.verify_archive(:issuer) WHERE document_id IS NULL;
SELECT pg_temp.problem(format('SELECT mailroom.seal_archive(%s)', :issuer));
ROLLBACK;
-- guarded
SELECT pg_temp.problem('DELETE FROM mailroom.archive_part');
SELECT pg_temp.problem('UPDATE mailroom.archive_part SET stored_at = 0');
SELECT pg_temp.problem('DELETE FROM mailroom.archive_open');

-- a deletion seals what waits first, so that its record is in the chain
UPDATE mailroom.invoice SET issue_date = '2001-01-01' WHERE issuer_id = :issuer AND invoice_id = (SELECT -id FROM sample WHERE n = 104);
SELECT pg_temp.store(:issuer, 104, 105);
SELECT month = '2001-01' AS old, document_count FROM mailroom.archive_waiting(:issuer) ORDER BY 1;
SELECT mailroom.erase_documents(:issuer, ARRAY(SELECT id FROM sample WHERE n = 104), 'time is over') IS NOT NULL AS erased;
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT * FROM mailroom.verify_archive(:issuer);

-- an export as a job seals first
SELECT pg_temp.store(:issuer, 113, 114);
SELECT mailroom.enqueue_job(:issuer, 'export_archive', '{"selection": {"customer_no": "C3"}}') AS job \gset
CALL mailroom.run_jobs();
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT file_name = format('archive-%s-job-%s.zip', :issuer, :job) AS named, state FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND file_name LIKE '%job%';

-- full: sealed by a job at once; overdue: the next call sees to it
SELECT mailroom.set_archive_sealing(:issuer, 20, '0');
SELECT pg_temp.store(:issuer, 106, 107);
CALL mailroom.run_jobs();
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT mailroom.set_archive_sealing(:issuer, 20, '1 day');
SELECT pg_temp.store(:issuer, 108, 109);
UPDATE mailroom.archive_open SET document_count = 1023 WHERE issuer_id = :issuer;
SELECT pg_temp.store(:issuer, 110, 111);
SELECT document_count FROM mailroom.archive_waiting(:issuer) ORDER BY volume_id;
UPDATE mailroom.archive_open SET document_count = 2 WHERE issuer_id = :issuer;
UPDATE mailroom.archive_open SET opened_at = opened_at - interval '2 days' WHERE issuer_id = :issuer;
SELECT pg_temp.store(:issuer, 112, 112);
CALL mailroom.run_jobs();
SELECT count(*) AS open FROM mailroom.archive_waiting(:issuer);
SELECT * FROM mailroom.verify_archive(:issuer);
-- without the wish every call seals, and what waits goes at once
\set VERBOSITY terse
SELECT mailroom.set_archive_sealing(:issuer, 20, NULL);
SELECT mailroom.set_archive_sealing(:issuer, 20, '-1 hour');
SELECT pg_temp.store(:issuer, 115, 116);
SELECT mailroom.set_archive_sealing(:issuer, 0);
CALL mailroom.run_jobs();
SELECT pg_temp.store(:issuer, 120, 120);
SELECT (SELECT count(*) FROM mailroom.archive_waiting(:issuer)) AS waiting, count(*) AS defects FROM mailroom.verify_archive(:issuer) HAVING count(*) >= 0;
SET ROLE seal_reader;
SELECT count(*) FROM mailroom.archive_waiting(:issuer);
RESET ROLE;
DROP OWNED BY seal_reader;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'seal_reader';
DROP ROLE seal_reader;
