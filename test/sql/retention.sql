-- archive: documents are kept as long as the law says, then deleted with a proof; holds stop that
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Keep AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Keep Inc', 'US', 'America/New_York', 'USD') AS far \gset
SELECT id AS first FROM nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id \gset
-- documents named by number n; 1-10 of 2018, 11-20 of 2019, 21-30 of 2020; 30 has the bytes of 10
CREATE TEMPORARY TABLE sample AS
	SELECT n, :first + n AS id, convert_to('<?xml version="1.0"?><invoice><number>' || n || '</number><name>Kari Nordmann ' || CASE n WHEN 30 THEN 10 ELSE n END || '</name></invoice>', 'UTF8') AS content FROM generate_series(1, 30) AS n;
UPDATE sample SET content = (SELECT content FROM sample WHERE n = 10) WHERE n = 30;
SELECT setval(pg_get_serial_sequence('mailroom.document', 'document_id'), :first + 30) > 0 AS set;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, buyer_street, issue_date, payable_minor, currency)
	SELECT :issuer, -id, CASE WHEN n = 3 THEN 'letter' ELSE 'file' END, 'archived', 'seller', '', mailroom.now(), 'K' || n, 'C' || n % 5, 'Kari Nordmann ' || n, 'Storgata ' || n, make_date(2018 + (n - 1) / 10, 6, n % 10 + 1), n * 100, 'NOK' FROM sample;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name) SELECT :issuer, -id, 1, 'Car of Kari' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
SET mailroom.clock = '2025-06-01T12:00:00Z';
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 15;
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n > 15;
CREATE TEMPORARY TABLE proof AS SELECT n, mailroom.archive_proof(:issuer, id) AS proof FROM sample;
CREATE TEMPORARY TABLE head AS SELECT mailroom.publish_archive_head(:issuer) AS head;
CREATE FUNCTION pg_temp.erase(numbers integer[], why text DEFAULT 'asked for by the customer') RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	detail text;
BEGIN
	PERFORM mailroom.erase_documents((SELECT issuer_id FROM mailroom.issuer WHERE name = 'Keep AS'), ARRAY(SELECT coalesce(s.id, -1) FROM unnest(numbers) AS u (n) LEFT JOIN pg_temp.sample s USING (n)), why);
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', sqlstate, regexp_replace(sqlerrm, 'document -?\d+', 'document N'), regexp_replace(detail, 'hold \d+', 'hold N'));
END;
$$;

-- the law, and rules of one's own; what has none is kept for ever
SELECT country, document_kind, years, extra_months FROM mailroom.retention_law ORDER BY 1, 2;
SELECT * FROM mailroom.retention_due(:issuer);
SELECT keep_until, documents FROM mailroom.retention_due(:issuer, '2025-06-01');
SELECT mailroom.set_retention(:issuer, 'invoice', 3, 'short');
SELECT mailroom.set_retention(:issuer, 'invoice', 7, 'claims lapse after 7 years');
SELECT mailroom.set_retention(:issuer, 'letter', 1, 'letters are not vouchers');
SELECT * FROM mailroom.retention_due(:issuer);
SELECT mailroom.set_retention(:issuer, 'invoice', 5, 'back to the law');

-- refused: too early, held, unknown, without a reason; all or none
SELECT pg_temp.erase(ARRAY[25]), pg_temp.erase(ARRAY[1, 2, 25]);
SELECT mailroom.place_legal_hold(:issuer, 'case 17 at Oslo tingrett', customer_no => 'C1', issued_to => '2018-12-31') AS hold \gset
SELECT mailroom.place_legal_hold(:issuer, 'over since yesterday', customer_no => 'C2', until => '2025-05-31') IS NOT NULL AS placed;
SELECT pg_temp.erase(ARRAY[1]), pg_temp.erase(ARRAY[2, 6]), pg_temp.erase(ARRAY[2, 99]), pg_temp.erase(ARRAY[2], '');
SELECT mailroom.place_legal_hold(:issuer, 'everything');
SELECT mailroom.place_legal_hold(:issuer, 'of nothing', document_id => -1);
SELECT mailroom.set_retention(:issuer, 'parcel', 9, 'unknown');
SELECT mailroom.set_retention(:issuer, 'invoice', 101, 'too long');
SELECT mailroom.set_retention(:issuer, NULL, 9, 'no kind');
SELECT mailroom.set_retention(:issuer, 'invoice', 9, ' ');
SELECT mailroom.place_legal_hold(:issuer, ' ', customer_no => 'C1');
SELECT mailroom.place_legal_hold(:issuer, 'backwards', issued_from => '2019-01-01', issued_to => '2018-12-31');
SELECT count(*) FROM mailroom.archive_erasure WHERE issuer_id = :issuer;
SELECT * FROM mailroom.verify_archive(:issuer);

-- done: nothing of it is left, all others verify
SELECT pg_temp.erase(ARRAY[2, 3, 10]);
SELECT * FROM mailroom.verify_archive(:issuer);
SELECT pg_temp.erase(ARRAY[2]);
SELECT s.n, e.salt, e.content_sha256, e.customer_name, e.invoice_id, i.buyer_name, i.buyer_street, (SELECT count(*) FROM mailroom.invoice_line l WHERE l.issuer_id = :issuer AND l.invoice_id = -s.id) AS lines,
		position('Nordmann 2<'::bytea IN substring(v.content FROM e.stored_at::integer + 1 FOR e.stored_bytes::integer)) AS found, ltrim(encode(substring(v.content FROM e.stored_at::integer + 1 FOR e.stored_bytes::integer), 'hex'), '0') = '' AS zeros
	FROM sample s JOIN mailroom.archive_entry e ON e.issuer_id = :issuer AND e.document_id = s.id JOIN mailroom.archive_volume v ON v.issuer_id = :issuer AND v.volume_id = e.stored_in
		JOIN mailroom.invoice i ON i.issuer_id = :issuer AND i.invoice_id = -s.id
	WHERE s.n IN (2, 3, 10) ORDER BY n;
DO $$
DECLARE
	what text;
BEGIN
	FOREACH what IN ARRAY ARRAY['archive_document', 'archive_proof'] LOOP
		BEGIN
			EXECUTE format('SELECT mailroom.%I((SELECT issuer_id FROM mailroom.issuer WHERE name = ''Keep AS''), (SELECT id FROM pg_temp.sample WHERE n = 2))', what);
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING '% %', sqlstate, regexp_replace(sqlerrm, '\d+', 'N');
		END;
	END LOOP;
END;
$$;
SELECT count(*), bool_or(invoice_number IN ('K2', 'K3', 'K10')) AS found FROM mailroom.search_archive(:issuer, max_rows => 100);
-- 30 shares the bytes of 10 and stays; proofs from before and after lead to their heads
SELECT convert_from(mailroom.archive_document(:issuer, id), 'UTF8') FROM sample WHERE n = 30;
SELECT count(*), count(mailroom.archive_proof_problem(mailroom.archive_proof(:issuer, id))) AS problems, count(*) FILTER (WHERE mailroom.archive_proof(:issuer, id, (head ->> 'link_no')::bigint) = proof) AS as_before
	FROM sample JOIN proof USING (n), head WHERE n NOT IN (2, 3, 10);
-- the record: in the chain, with its own proof, and never deleted itself
SELECT r ->> 'format' AS format, r ->> 'reason' AS reason, jsonb_array_length(r -> 'documents') AS documents, r -> 'documents' -> 0 ->> 'keep_until' AS keep_until, r -> 'documents' -> 1 ->> 'rule' AS rule,
		mailroom.archive_proof_problem(mailroom.archive_proof(:issuer, record_id)) IS NULL AS proved,
		(SELECT p.proof -> 'leaf' FROM proof p WHERE p.n = 2) IS NOT NULL
			AND r -> 'documents' @> jsonb_build_array(jsonb_build_object('leaf_hash', (SELECT encode(mailroom.archive_proof_leaf(p.proof), 'hex') FROM proof p WHERE p.n = 2))) AS same_leaf
	FROM (SELECT DISTINCT x.record_id, convert_from(mailroom.archive_document(:issuer, x.record_id), 'UTF8')::jsonb AS r FROM mailroom.archive_erasure x WHERE x.issuer_id = :issuer) AS x;
-- what was deleted without a record, or is not quite gone, is named
CREATE FUNCTION pg_temp.after(statement text) RETURNS SETOF text LANGUAGE plpgsql AS
$$
DECLARE
	found text[];
BEGIN
	BEGIN
		SET LOCAL mailroom.allow_archive_change = on;
		EXECUTE statement;
		found := ARRAY(SELECT concat_ws(' ', (SELECT s.n FROM pg_temp.sample s WHERE s.id = v.document_id), v.defect) FROM mailroom.verify_archive((SELECT issuer_id FROM mailroom.issuer WHERE name = 'Keep AS')) AS v ORDER BY 1);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MR999';
	EXCEPTION WHEN SQLSTATE 'MR999' THEN
	END;
	RETURN QUERY SELECT * FROM unnest(found);
END;
$$;
SELECT pg_temp.after($$ UPDATE mailroom.archive_entry SET salt = '' WHERE document_id = (SELECT id FROM sample WHERE n = 7) $$);
SELECT pg_temp.after($$ DELETE FROM mailroom.archive_erasure WHERE document_id = (SELECT id FROM sample WHERE n = 2) $$);
SELECT pg_temp.after($$ INSERT INTO mailroom.archive_erasure SELECT e.issuer_id, e.document_id, x.record_id, e.leaf_hash, now() FROM mailroom.archive_entry e, mailroom.archive_erasure x WHERE e.document_id = (SELECT id FROM sample WHERE n = 7) AND x.document_id = (SELECT id FROM sample WHERE n = 2);
	UPDATE mailroom.archive_entry SET salt = '' WHERE document_id = (SELECT id FROM sample WHERE n = 7) $$);
SELECT pg_temp.after($$ UPDATE mailroom.archive_entry SET customer_name = 'Ola' WHERE document_id = (SELECT id FROM sample WHERE n = 2) $$);
SELECT pg_temp.after($$ UPDATE mailroom.archive_erasure SET document_id = (SELECT id FROM sample WHERE n = 7) WHERE document_id = (SELECT id FROM sample WHERE n = 2) $$);
SELECT pg_temp.after($$ UPDATE mailroom.document SET channel = 'print' WHERE document_id IN (SELECT record_id FROM mailroom.archive_erasure) $$);
-- a record does not become due by a change of its row, and its last day cannot be forged into the past
SELECT bool_and(document_kind = 'record' AND keep_until IS NULL) AS kept FROM mailroom.document_retention(:issuer) WHERE document_id IN (SELECT record_id FROM mailroom.archive_erasure WHERE issuer_id = :issuer);
DELETE FROM mailroom.archive_erasure WHERE issuer_id = :issuer;

-- the job deletes what is due; a released hold lets the rest go; 2020 is kept to the end of 2025
SELECT keep_until, document_kind, documents, held FROM mailroom.retention_due(:issuer);
SELECT mailroom.enqueue_job(:issuer, 'erase_due_documents', '{"max_documents": 8}') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT keep_until, document_kind, documents, held FROM mailroom.retention_due(:issuer);
SELECT mailroom.release_legal_hold(:issuer, :hold, ' ');
SELECT mailroom.release_legal_hold(:issuer, :hold, 'case settled');
SELECT mailroom.enqueue_job(:issuer, 'erase_due_documents') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT keep_until, document_kind, documents, held FROM mailroom.retention_due(:issuer);
SELECT * FROM mailroom.verify_archive(:issuer);
SELECT count(DISTINCT record_id) AS records, count(*) AS documents FROM mailroom.archive_erasure WHERE issuer_id = :issuer;
SELECT mailroom.check_archive_head(:issuer, (head ->> 'link_no')::bigint, head ->> 'head_hash') FROM head;
-- a dictionary goes with the last document that needs it: nothing names Kari any more
SET mailroom.clock = '2027-01-01T12:00:00Z';
SELECT mailroom.enqueue_job(:issuer, 'erase_due_documents') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.archive_dictionary d WHERE issuer_id = :issuer AND (position('Kari'::bytea IN d.shared) > 0 OR position('Kari'::bytea IN d.preset) > 0 OR position('Kari'::bytea IN coalesce(d.structure, '')) > 0);
SELECT count(*) AS left, count(*) FILTER (WHERE ltrim(encode(substring(v.content FROM e.stored_at::integer + 1 FOR e.stored_bytes::integer), 'hex'), '0') <> '') AS with_bytes
	FROM sample s JOIN mailroom.archive_entry e ON e.issuer_id = :issuer AND e.document_id = s.id JOIN mailroom.archive_volume v ON v.issuer_id = :issuer AND v.volume_id = e.stored_in;
SELECT * FROM mailroom.verify_archive(:issuer);
-- and it goes on
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, -:first, -:first, 'invoice', 1, 1, '{0}', '{0}', 5, sha256('hello'), mailroom.now();
SELECT mailroom.archive_store(:issuer, ARRAY[-:first]::bigint[], ARRAY['hello']::bytea[]);
SELECT * FROM mailroom.verify_archive(:issuer);
RESET mailroom.clock;
-- rights
CREATE ROLE keep_clerk;
SELECT mailroom.grant_role('clerk', 'keep_clerk', ARRAY[:issuer]::bigint[]);
SET ROLE keep_clerk;
SELECT mailroom.place_legal_hold(:issuer, 'dispute', customer_no => 'C3') IS NOT NULL AS placed;
SELECT count(*) > 0 AS seen FROM mailroom.legal_hold;
SELECT mailroom.erase_documents(:issuer, ARRAY[1]::bigint[], 'x');
SELECT mailroom.wipe_archived(:issuer, ARRAY[1]::bigint[], 1);
RESET ROLE;
DROP OWNED BY keep_clerk;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'keep_clerk';
DROP ROLE keep_clerk;
