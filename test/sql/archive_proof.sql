-- archive: proofs of single documents hold outside, whatever is forged is refused; published heads show rewritten history
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Proof AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.publish_archive_head(:issuer);
CREATE TEMPORARY TABLE sample AS
	SELECT n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id, convert_to('Faktura ' || n || ' til kunde ' || n % 5, 'UTF8') AS content
	FROM generate_series(1, 40) AS n;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date, payable_minor, currency)
	SELECT :issuer, -id, 'file', 'printed', 'seller', '', mailroom.now(), 'P' || n, 'C' || n % 5, 'Åse "Øst" ' || n % 5, nullif('R' || n, 'R7'), date '2026-01-01' + n, n * 100, 'NOK' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
-- volumes of 1, 2, 3, 7 and 27 documents
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n = 1;
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 2 AND 3;
SELECT mailroom.publish_archive_head(:issuer) ->> 'link_no' AS head \gset
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 4 AND 6;
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 7 AND 13;
SELECT mailroom.archive_store(:issuer, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 14 AND 40;

-- every document has a proof; to the first head published since, or to the present one, or to the one asked for
CREATE TEMPORARY TABLE proof AS SELECT n, mailroom.archive_proof(:issuer, id) AS proof FROM sample;
SELECT proof -> 'volume' -> 'document_count' AS documents, proof -> 'link' -> 'link_no' AS link, proof -> 'head' -> 'link_no' AS head,
		jsonb_array_length(proof -> 'link' -> 'after') AS links_after, count(*), count(mailroom.archive_proof_problem(proof)) AS problems,
		min(jsonb_array_length(proof -> 'path')) AS shortest, max(jsonb_array_length(proof -> 'path')) AS longest
	FROM proof GROUP BY 1, 2, 3, 4 ORDER BY 2;
SELECT proof -> 'head' -> 'link_no' AS head, mailroom.archive_proof_problem(proof, (SELECT head_hash FROM mailroom.archive_root(:issuer))) AS problem
	FROM (SELECT mailroom.archive_proof(:issuer, id, 5) AS proof FROM sample WHERE n = 1) AS p;
CREATE FUNCTION pg_temp.refusal(issuer_id bigint, document_id bigint, head_link bigint) RETURNS text LANGUAGE plpgsql AS
$$
BEGIN
	RETURN mailroom.archive_proof($1, $2, $3);
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || regexp_replace(sqlerrm, 'document \d+', 'document N');
END;
$$;
SELECT pg_temp.refusal(:issuer, id, 2), pg_temp.refusal(:issuer, id, 6) FROM sample WHERE n = 9;
SELECT mailroom.archive_proof(:issuer, -77);

-- forged: each value once, each value missing once, each hash of a list changed, cut or doubled
CREATE FUNCTION pg_temp.paths(value jsonb, path text[] DEFAULT '{}') RETURNS SETOF text[] LANGUAGE sql AS
$$
	SELECT p.* FROM jsonb_each(CASE WHEN jsonb_typeof(value) = 'object' THEN value ELSE '{}' END) e, pg_temp.paths(e.value, path || e.key) p
	UNION ALL SELECT p.* FROM jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value ELSE '[]' END) WITH ORDINALITY e (value, n), pg_temp.paths(e.value, path || (e.n - 1)::text) p
	UNION ALL SELECT path WHERE jsonb_typeof(value) NOT IN ('object', 'array')
$$;
CREATE FUNCTION pg_temp.changed(value jsonb) RETURNS jsonb LANGUAGE sql AS
$$
	SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN to_jsonb((value #>> '{}')::numeric + 1)
		WHEN jsonb_typeof(value) = 'null' THEN '""'
		WHEN value #>> '{}' ~ '^[0-9a-f]{32,}$' THEN to_jsonb(translate(left(value #>> '{}', 1), '0123456789abcdef', '123456789abcdef0') || substr(value #>> '{}', 2))
		ELSE to_jsonb((value #>> '{}') || ' ') END
$$;
CREATE TEMPORARY TABLE forged AS
	SELECT n, 'changed ' || array_to_string(path, '.') AS what, jsonb_set(proof, path, pg_temp.changed(proof #> path)) AS proof
		FROM proof, pg_temp.paths(proof) AS path WHERE n IN (1, 3, 7, 20)
	UNION ALL SELECT n, 'without ' || array_to_string(path, '.'), proof #- path
		FROM proof, pg_temp.paths(proof) AS path WHERE n IN (1, 3, 7, 20) AND proof #> path <> 'null'
	UNION ALL SELECT n, 'added to leaf', jsonb_set(proof, '{leaf,paid}', 'true') FROM proof WHERE n IN (1, 3, 7, 20)
	UNION ALL SELECT n, 'doubled ' || list, jsonb_set(proof, string_to_array(list, '.'), (proof #> string_to_array(list, '.')) || '["0000000000000000000000000000000000000000000000000000000000000000"]')
		FROM proof, unnest(ARRAY['path', 'link.after']) AS list WHERE n IN (1, 3, 7, 20);
SELECT n, count(*) > 30 AS many, count(*) - count(mailroom.archive_proof_problem(proof)) AS accepted FROM forged GROUP BY n ORDER BY n;
SELECT what, n FROM forged WHERE mailroom.archive_proof_problem(proof) IS NULL;
-- a proof that is right in itself but of another archive
SELECT mailroom.archive_proof_problem(proof, repeat('ab', 32)) FROM proof WHERE n = 3;
SELECT mailroom.archive_proof_problem('{}'), mailroom.archive_proof_problem('[]'), mailroom.archive_proof_problem(NULL), mailroom.archive_proof_problem('{"format": "mailroom-proof-1", "volume": 7}');
SELECT mailroom.archive_tree_path(ARRAY['\x00'::bytea], 0);
SELECT mailroom.archive_tree_path(ARRAY[sha256('a')], 1);

-- nothing is proved that was changed
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_entry SET customer_name = 'Other' WHERE document_id = (SELECT id FROM sample WHERE n = 20);
SELECT mailroom.archive_proof(:issuer, id) IS NOT NULL AS proved FROM sample WHERE n = 21;
SELECT pg_temp.refusal(:issuer, id, NULL) FROM sample WHERE n = 20;
ROLLBACK;

-- Rewriting history to its end: every hash is made anew, and only the published head tells.
SELECT * FROM mailroom.verify_archive(:issuer);
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_volume v SET sealed_at = sealed_at - interval '1 year' WHERE issuer_id = :issuer AND volume_id = (SELECT volume_id FROM mailroom.archive_link WHERE issuer_id = :issuer AND link_no = 2);
UPDATE mailroom.archive_volume v SET volume_hash = mailroom.archive_fields_hash('\x02'::bytea || merkle_root, ARRAY(SELECT convert_to(f, 'UTF8') FROM unnest(ARRAY['1', issuer_id::text, volume_id::text,
	document_count::text, octet_length(content)::text, ((extract(epoch FROM sealed_at) * 1000000)::bigint - 946684800000000)::text]) AS f)) WHERE issuer_id = :issuer;
DO $$
DECLARE
	l record;
	reached bytea := decode(repeat('00', 32), 'hex');
BEGIN
	FOR l IN SELECT k.issuer_id, k.link_no, v.volume_hash FROM mailroom.archive_link k JOIN mailroom.archive_volume v USING (issuer_id, volume_id) WHERE k.issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Proof AS') ORDER BY 2 LOOP
		reached := mailroom.archive_link_hash(reached, l.link_no, l.volume_hash);
		UPDATE mailroom.archive_link k SET link_hash = reached, volume_hash = l.volume_hash WHERE k.issuer_id = l.issuer_id AND k.link_no = l.link_no;
		UPDATE mailroom.archive_chain c SET head_hash = reached WHERE c.issuer_id = l.issuer_id;
	END LOOP;
END;
$$;
SELECT volume_id IS NOT NULL AS volume, document_id, regexp_replace(defect, 'at .* UTC', 'at T UTC') AS defect FROM mailroom.verify_archive(:issuer);
SELECT mailroom.check_archive_head(:issuer, 2, proof -> 'head' ->> 'head_hash') FROM proof WHERE n = 1;
ROLLBACK;
-- what is no head at all is no sign of a rewritten history
SELECT mailroom.check_archive_head(:issuer, 2, 'abcd');
SELECT mailroom.check_archive_head(:issuer, NULL, repeat('0', 64));
SELECT mailroom.check_archive_head(:issuer, 1, repeat('0', 64)) AS no_such_head;
SELECT mailroom.check_archive_head(:issuer, 2, proof -> 'head' ->> 'head_hash') FROM proof WHERE n = 1;

-- as a file; again adds no row; by a job only when there is something new; rows only grow
SELECT published ->> 'link_no' AS link, published ->> 'document_count' AS documents, published ->> 'head_hash' = (SELECT head_hash FROM mailroom.archive_root(:issuer)) AS is_head
	FROM mailroom.publish_archive_head(:issuer, true) AS published;
SELECT h.link_no, h.document_count, (
			SELECT convert_from(mailroom.outgoing_file_content(:issuer, h.outgoing_file_id), 'UTF8')::jsonb ->> 'head_hash' = encode(h.head_hash, 'hex')
			WHERE h.outgoing_file_id IS NOT NULL) AS same_in_file
	FROM mailroom.archive_head h WHERE issuer_id = :issuer ORDER BY 1;
SELECT mailroom.enqueue_job(:issuer, 'publish_archive_head') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.archive_head WHERE issuer_id = :issuer;
DELETE FROM mailroom.archive_head WHERE issuer_id = :issuer;
CREATE ROLE proof_reader;
CREATE ROLE proof_stranger;
SELECT mailroom.grant_role('reader', 'proof_reader', ARRAY[:issuer]::bigint[]);
SELECT id AS document FROM sample WHERE n = 8 \gset
SET ROLE proof_reader;
SELECT mailroom.archive_proof_problem(mailroom.archive_proof(:issuer, :document)) IS NULL AS proved;
SELECT count(*) FROM mailroom.archive_head;
SELECT mailroom.publish_archive_head(:issuer);
SET ROLE proof_stranger;
SELECT mailroom.archive_proof(:issuer, :document);
RESET ROLE;
DROP OWNED BY proof_reader, proof_stranger;
DELETE FROM mailroom.issuer_grant WHERE role_name IN ('proof_reader', 'proof_stranger');
DROP ROLE proof_reader, proof_stranger;
