-- 56_archive_proof: inclusion proofs of single documents, and heads that are published.

CREATE OR REPLACE FUNCTION mailroom.archive_tree_path(leaves bytea[], leaf_no integer)
	RETURNS bytea[]
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_tree_path';
COMMENT ON FUNCTION mailroom.archive_tree_path(bytea[], integer) IS 'sister hashes from leaf leaf_no (0-based) up to the root of the hash tree over leaves (32 bytes each), in the shape of RFC 6962; 22023 when there is no such leaf';

CREATE OR REPLACE FUNCTION mailroom.archive_tree_root(leaf bytea, leaf_count integer, leaf_no integer, path bytea[])
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_tree_root';
COMMENT ON FUNCTION mailroom.archive_tree_root(bytea, integer, integer, bytea[]) IS 'root of the hash tree of leaf_count leaves to which leaf number leaf_no (0-based) and its sister hashes lead; NULL when the path has another length than such a leaf has';

CREATE OR REPLACE FUNCTION mailroom.archive_fields_hash(prefix bytea, fields bytea[])
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT sha256($1 || coalesce(string_agg(CASE WHEN f.field IS NULL THEN '\xffffffff'::bytea ELSE int4send(octet_length(f.field)) || f.field END, ''::bytea ORDER BY f.n), ''::bytea))
		FROM unnest($2) WITH ORDINALITY AS f (field, n);
END;
COMMENT ON FUNCTION mailroom.archive_fields_hash(bytea, bytea[]) IS 'SHA-256 over the prefix and the fields, each with its length before it: the leaf and volume hashes of docs/archive.md';

-- Order and form of what a leaf says: as in src/archive/archive_hash.c.
CREATE OR REPLACE FUNCTION mailroom.archive_proof_leaf(proof jsonb)
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT mailroom.archive_fields_hash('\x00'::bytea || decode($1 ->> 'salt', 'hex'),
			array_agg(CASE WHEN k.key LIKE '%\_sha256' THEN decode($1 -> 'leaf' ->> k.key, 'hex') ELSE convert_to($1 -> 'leaf' ->> k.key, 'UTF8') END ORDER BY k.n))
		FROM unnest(ARRAY['issuer_id', 'document_id', 'volume_id', 'leaf_no', 'content_bytes', 'content_sha256', 'stored_sha256', 'invoice_id',
			'invoice_number', 'customer_no', 'customer_name', 'payment_reference', 'issue_date', 'amount_minor', 'currency']) WITH ORDINALITY AS k (key, n);
END;
COMMENT ON FUNCTION mailroom.archive_proof_leaf(jsonb) IS 'leaf hash of what a proof says of its document';

CREATE OR REPLACE FUNCTION mailroom.archive_proof_problem(proof jsonb, head_hash text DEFAULT NULL)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	leaf bytea;
	root bytea;
	link bytea;
	link_no bigint;
	volume_hash text;
BEGIN
	IF proof ->> 'format' IS DISTINCT FROM 'mailroom-proof-1' THEN
		RETURN 'format is not mailroom-proof-1';
	END IF;
	leaf := mailroom.archive_proof_leaf(proof);
	IF encode(leaf, 'hex') IS DISTINCT FROM (proof ->> 'leaf_hash') THEN
		RETURN 'what it says of the document does not match its leaf hash';
	END IF;
	IF (SELECT count(*) FROM jsonb_object_keys(proof -> 'leaf')) <> 15 THEN
		RETURN 'it says more or less of the document than the leaf hash covers';
	END IF;
	root := mailroom.archive_tree_root(leaf, (proof -> 'volume' ->> 'document_count')::integer,
		(proof -> 'leaf' ->> 'leaf_no')::integer, ARRAY(SELECT decode(p.hash, 'hex') FROM jsonb_array_elements_text(proof -> 'path') WITH ORDINALITY AS p (hash, n) ORDER BY p.n));
	IF root IS NULL THEN
		RETURN 'path is too long or too short';
	END IF;
	IF encode(root, 'hex') IS DISTINCT FROM (proof -> 'volume' ->> 'merkle_root') THEN
		RETURN 'path does not lead to the root of the volume: a sister hash was changed or stands in another place';
	END IF;
	link_no := (proof -> 'link' ->> 'link_no')::bigint;
	link := mailroom.archive_link_hash(decode(proof -> 'link' ->> 'previous', 'hex'), link_no,
		mailroom.archive_fields_hash('\x02'::bytea || root, ARRAY(
			SELECT convert_to(v.text, 'UTF8')
			FROM unnest(ARRAY[proof -> 'volume' ->> 'format', proof -> 'leaf' ->> 'issuer_id', proof -> 'leaf' ->> 'volume_id', proof -> 'volume' ->> 'document_count',
				proof -> 'volume' ->> 'content_bytes', proof -> 'volume' ->> 'sealed_at']) WITH ORDINALITY AS v (text, n) ORDER BY v.n)));
	FOR volume_hash IN SELECT a.hash FROM jsonb_array_elements_text(proof -> 'link' -> 'after') WITH ORDINALITY AS a (hash, n) ORDER BY a.n LOOP
		link_no := link_no + 1;
		link := mailroom.archive_link_hash(link, link_no, decode(volume_hash, 'hex'));
	END LOOP;
	IF encode(link, 'hex') IS DISTINCT FROM (proof -> 'head' ->> 'head_hash') OR link_no IS DISTINCT FROM (proof -> 'head' ->> 'link_no')::bigint THEN
		RETURN 'hashes do not lead to the head of the proof';
	END IF;
	IF head_hash IS NOT NULL AND lower(head_hash) IS DISTINCT FROM (proof -> 'head' ->> 'head_hash') THEN
		RETURN 'head is not the one expected';
	END IF;
	RETURN NULL;
EXCEPTION
	WHEN data_exception OR null_value_not_allowed THEN
		RETURN 'a value is missing or not of its form';
END;
$$;
COMMENT ON FUNCTION mailroom.archive_proof_problem(jsonb, text) IS 'what is wrong with a proof of mailroom.archive_proof, NULL when it leads to its head (and that is head_hash, hexadecimal, if given); reads no table: proofs of any database are checked';

CREATE OR REPLACE FUNCTION mailroom.make_archive_proof(issuer_id bigint, document_id bigint, head_link bigint)
	RETURNS jsonb
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_archive_proof';
COMMENT ON FUNCTION mailroom.make_archive_proof(bigint, bigint, bigint) IS 'internal part of archive_proof, without check of rights';
REVOKE EXECUTE ON FUNCTION mailroom.make_archive_proof(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_archive_proof_text(issuer_id bigint, document_id bigint, document json)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_archive_proof_text';
COMMENT ON FUNCTION mailroom.make_archive_proof_text(bigint, bigint, json) IS 'make_archive_proof as text with what else is said of the document, for many documents in one query: the tree of a volume is computed once for those that follow each other; leads to the link of the document''s own volume';
REVOKE EXECUTE ON FUNCTION mailroom.make_archive_proof_text(bigint, bigint, json) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_proof(issuer_id bigint, document_id bigint, head_link bigint DEFAULT NULL)
	RETURNS jsonb
	STABLE PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN mailroom.make_archive_proof($1, $2, $3);
END;
$$;
COMMENT ON FUNCTION mailroom.archive_proof(bigint, bigint, bigint) IS 'proof that a document is in the archive, checked by tools/verify_proof.py or mailroom.archive_proof_problem without the database: salt, leaf (what the archive says of the document), path (sister hashes), volume, link, head; leads to the published head of head_link volumes, by default the first one published since the document was archived, else the present head; needs reader or clerk; 42704 when it is not in the archive, MR004 while it waits in an open volume, 22023 when the head is older or there is none, MR007 when something was changed';
REVOKE EXECUTE ON FUNCTION mailroom.archive_proof(bigint, bigint, bigint) FROM PUBLIC;

-- Published heads ------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.publish_archive_head(issuer_id bigint, as_file boolean DEFAULT false)
	RETURNS jsonb
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	chain mailroom.archive_chain;
	published jsonb;
	file_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF mailroom.seal_open_volumes($1) > 0 THEN
		SET CONSTRAINTS mailroom.link_volume IMMEDIATE;
		SET CONSTRAINTS mailroom.link_volume DEFERRED;
	END IF;
	SELECT c.* INTO chain
		FROM mailroom.archive_chain c
		WHERE c.issuer_id = $1 AND c.link_count > 0
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'could not publish a head because nothing is archived' USING ERRCODE = 'MR004';
	END IF;
	published := jsonb_build_object('format', 'mailroom-head-1', 'issuer_id', $1, 'link_no', chain.link_count, 'document_count', chain.document_count,
		'head_hash', encode(chain.head_hash, 'hex'), 'published_at', to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
	IF as_file THEN
		file_id := mailroom.open_outgoing_file($1, 'archive_head', format('archive-head-%s-%s.json', $1, chain.link_count), 'application/json');
		PERFORM mailroom.append_outgoing_file($1, file_id, convert_to(published::text || E'\n', 'UTF8'));
		PERFORM mailroom.close_outgoing_file($1, file_id);
	END IF;
	INSERT INTO mailroom.archive_head AS h (issuer_id, link_no, document_count, head_hash, published_at, published_by, outgoing_file_id)
		VALUES ($1, chain.link_count, chain.document_count, chain.head_hash, mailroom.now(), mailroom.outer_role(), file_id)
		ON CONFLICT DO NOTHING;
	PERFORM pg_notify('mailroom_archive_head', published::text);
	RETURN published;
END;
$$;
COMMENT ON FUNCTION mailroom.publish_archive_head(bigint, boolean) IS 'seals what waits and publishes the head of the issuer''s chain of volumes: as a row of mailroom.archive_head, as notification mailroom_archive_head, with as_file also as outgoing file of kind archive_head; returns what it says (issuer_id, link_no, document_count, head_hash, published_at); rewriting history before it no longer goes unseen; again for the same head adds no row; needs operator; MR004 while nothing is archived';
REVOKE EXECUTE ON FUNCTION mailroom.publish_archive_head(bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.publish_archive_head_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = $1)
		OR EXISTS (SELECT FROM mailroom.archive_chain c WHERE c.issuer_id = $1 AND c.link_count > 0
		AND NOT EXISTS (SELECT FROM mailroom.archive_head h WHERE h.issuer_id = $1 AND h.link_no = c.link_count)) THEN
		PERFORM mailroom.publish_archive_head($1, coalesce((arguments ->> 'as_file')::boolean, false));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.publish_archive_head_job(bigint, bigint, jsonb) IS 'handler of jobs publish_archive_head: publishes the head when volumes were added since the last time; arguments: {"as_file": true}';
REVOKE EXECUTE ON FUNCTION mailroom.publish_archive_head_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('publish_archive_head', 'mailroom.publish_archive_head_job(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.check_archive_head(issuer_id bigint, link_no bigint, head_hash text)
	RETURNS boolean
	STABLE PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	IF link_no IS NULL OR btrim(coalesce(head_hash, ''), E' \t\r\n') !~* '^[0-9a-f]{64}$' THEN
		RAISE EXCEPTION 'head of an archive is not a number and 64 hexadecimal digits: %, "%"', coalesce(link_no::text, 'NULL'), coalesce(head_hash, 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give link_no and head_hash as they were published.';
	END IF;
	RETURN EXISTS (
		SELECT FROM mailroom.archive_link l
		WHERE l.issuer_id = $1 AND l.link_no = $2 AND l.link_hash = decode(btrim($3, E' \t\r\n'), 'hex'));
END;
$$;
COMMENT ON FUNCTION mailroom.check_archive_head(bigint, bigint, text) IS 'whether the chain still runs through a head that was kept outside of the database (number of volumes, hash in hexadecimal); false: history was rewritten; run mailroom.verify_archive as well, which proves that the chain''s hashes are those of its content; needs reader or clerk; 22023 when it is no head at all';
REVOKE EXECUTE ON FUNCTION mailroom.check_archive_head(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_head_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT l.volume_id, NULL::bigint, format('chain does not run through the head published at %s UTC as link %s', to_char(h.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), h.link_no)
		FROM mailroom.archive_head h
			LEFT JOIN mailroom.archive_link l ON l.issuer_id = h.issuer_id AND l.link_no = h.link_no
		WHERE h.issuer_id = $1 AND l.link_hash IS DISTINCT FROM h.head_hash
		ORDER BY h.link_no;
END;
COMMENT ON FUNCTION mailroom.archive_head_defects(bigint) IS 'internal part of verify_archive: published heads that the chain does not run through';
REVOKE EXECUTE ON FUNCTION mailroom.archive_head_defects(bigint) FROM PUBLIC;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_head'::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
		CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON mailroom.archive_head
			FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change();
	END IF;
END;
$$;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.archive_proof(bigint, bigint, bigint)'),
			('mailroom.check_archive_head(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.archive_head', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow('operator', 'function', 'mailroom.publish_archive_head(bigint, boolean)', 'EXECUTE');
