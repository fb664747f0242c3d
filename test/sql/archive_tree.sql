-- Proofs from the inner nodes that a volume keeps, alone and many in one query.
SELECT mailroom.create_issuer('Tree AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE TEMPORARY TABLE sample AS
	SELECT n, v, nextval('mailroom.document_document_id_seq') AS id, convert_to('Faktura ' || v || '-' || n, 'UTF8') AS content
		FROM unnest(ARRAY[1, 2, 31, 32, 33, 64, 65, 100]) AS v, generate_series(1, v) AS n ORDER BY v, n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, id, -id, 'tree', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
DO $$
DECLARE
	many integer;
BEGIN
	FOR many IN SELECT DISTINCT v FROM sample ORDER BY v LOOP
		PERFORM mailroom.archive_store((SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tree AS'), array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE v = many;
	END LOOP;
END;
$$;
SELECT document_count, octet_length(inner_nodes) / 32 AS inner_nodes FROM mailroom.archive_volume WHERE issuer_id = :issuer ORDER BY volume_id;
SELECT * FROM mailroom.verify_archive(:issuer);

-- each alone: a new query, so that nothing is kept; all in one, in order and out of order; and as the plain fold of all leaves has them
CREATE TEMPORARY TABLE alone (id bigint, proof jsonb);
SELECT format('INSERT INTO alone SELECT %s, mailroom.archive_proof(%s, %1$s)', id, :issuer) FROM sample WHERE v IN (33, 65) ORDER BY id
\set ECHO none
\o /dev/null
\gexec
\o
\set ECHO all
CREATE TEMPORARY TABLE together AS SELECT id, mailroom.make_archive_proof(:issuer, id, NULL) AS proof FROM sample ORDER BY id;
CREATE TEMPORARY TABLE mixed AS SELECT s.id, mailroom.make_archive_proof(:issuer, s.id, NULL) AS proof FROM (SELECT id FROM sample ORDER BY sha256(content) OFFSET 0) s;
SELECT count(*), count(*) FILTER (WHERE a.proof = t.proof) AS same FROM alone a JOIN together t USING (id);
SELECT count(*), count(*) FILTER (WHERE m.proof = t.proof) AS same, count(mailroom.archive_proof_problem(t.proof)) AS problems FROM mixed m JOIN together t USING (id);
SELECT count(*) FILTER (WHERE t.proof -> 'path' = to_jsonb(ARRAY(SELECT encode(p.hash, 'hex') FROM unnest(mailroom.archive_tree_path(
			(SELECT array_agg(e.leaf_hash ORDER BY e.leaf_no) FROM mailroom.archive_entry e WHERE e.issuer_id = :issuer AND e.volume_id = (t.proof -> 'leaf' ->> 'volume_id')::bigint),
			(t.proof -> 'leaf' ->> 'leaf_no')::integer)) WITH ORDINALITY AS p (hash, n) ORDER BY p.n))) AS as_folded
	FROM together t;

-- each way to forge has its own refusal
SELECT DISTINCT f.what, mailroom.archive_proof_problem(f.proof, f.head) AS problem
	FROM together t, LATERAL (VALUES
		('sister', jsonb_set(t.proof, '{path,1}', to_jsonb(repeat('00', 32))), NULL),
		('swapped', jsonb_set(jsonb_set(t.proof, '{path,0}', t.proof #> '{path,1}'), '{path,1}', t.proof #> '{path,0}'), NULL),
		('cut', t.proof #- '{path,0}', NULL),
		('longer', jsonb_set(t.proof, '{path}', t.proof -> 'path' || to_jsonb(repeat('00', 32))), NULL),
		('salt', jsonb_set(t.proof, '{salt}', to_jsonb(repeat('00', 16))), NULL),
		('volume', jsonb_set(t.proof, '{volume,content_bytes}', '1'), NULL),
		('head', t.proof, repeat('00', 32)),
		('none', t.proof, t.proof #>> '{head,head_hash}')) AS f (what, proof, head)
	WHERE (t.proof -> 'volume' ->> 'document_count')::integer = 100
	ORDER BY 1;

-- inner nodes that were changed: no proof is made of them, and verify_archive names the volume; without them all leaves are read
CREATE FUNCTION pg_temp.refusal(issuer_id bigint, document_id bigint) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	why text;
BEGIN
	RETURN coalesce(mailroom.archive_proof_problem(mailroom.archive_proof($1, $2)), 'proved');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
	RETURN sqlstate || ' ' || regexp_replace(sqlerrm, 'document \d+', 'document N') || ' ' || why;
END;
$$;
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_volume SET inner_nodes = set_byte(inner_nodes, 40, get_byte(inner_nodes, 40) # 1) WHERE issuer_id = :issuer AND document_count = 100;
SELECT pg_temp.refusal(:issuer, id) FROM sample WHERE v = 100 AND n = 1;
SELECT pg_temp.refusal(:issuer, id) FROM sample WHERE v = 65 AND n = 1;
SELECT v.document_count, d.document_id, d.defect FROM mailroom.verify_archive(:issuer) d JOIN mailroom.archive_volume v USING (volume_id) WHERE v.issuer_id = :issuer;
ROLLBACK;
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_volume SET inner_nodes = NULL WHERE issuer_id = :issuer;
SELECT pg_temp.refusal(:issuer, id) FROM sample WHERE v IN (64, 100) AND n = 40 ORDER BY v;
SELECT * FROM mailroom.verify_archive(:issuer);
ROLLBACK;
-- a leaf in its block, and one elsewhere: only its own block is read, and what was changed elsewhere is verify_archive's to find
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
UPDATE mailroom.archive_entry SET leaf_hash = sha256('x') WHERE issuer_id = :issuer AND document_id = (SELECT id FROM sample WHERE v = 100 AND n = 40);
SELECT n, pg_temp.refusal(:issuer, id) FROM sample WHERE v = 100 AND n = 41;
SELECT n, pg_temp.refusal(:issuer, id) FROM sample WHERE v = 100 AND n = 1;
DELETE FROM mailroom.archive_entry WHERE issuer_id = :issuer AND document_id = (SELECT id FROM sample WHERE v = 33 AND n = 2);
SELECT n, pg_temp.refusal(:issuer, id) FROM sample WHERE v = 33 AND n = 3;
ROLLBACK;
