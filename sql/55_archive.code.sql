-- 55_archive: functions, triggers and views.

-- Outgoing files -------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.open_outgoing_file(issuer_id bigint, kind text, file_name text, media_type text,
		mailing_id bigint DEFAULT NULL, file_id bigint DEFAULT NULL, batch_id bigint DEFAULT NULL)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	INSERT INTO mailroom.outgoing_file (issuer_id, kind, file_name, media_type, mailing_id, file_id, batch_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, mailroom.now())
		RETURNING outgoing_file_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.open_outgoing_file(bigint, text, text, text, bigint, bigint, bigint) IS 'starts an outgoing file in state writing and returns its id; kind: print, ticket, report, ...; file_name: letters, digits, dot, underscore, hyphen; append parts, then close it';
REVOKE EXECUTE ON FUNCTION mailroom.open_outgoing_file(bigint, text, text, text, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.append_outgoing_file(issuer_id bigint, outgoing_file_id bigint, content bytea)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file_state text;
BEGIN
	SELECT o.state INTO file_state
		FROM mailroom.outgoing_file o
		WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'outgoing file % does not exist', coalesce($2::text, 'NULL')
			USING ERRCODE = 'undefined_object';
	END IF;
	IF file_state <> 'writing' THEN
		RAISE EXCEPTION 'cannot append to outgoing file % because it is closed', $2
			USING ERRCODE = 'MR004', DETAIL = format('Its state is "%s".', file_state);
	END IF;
	IF content IS NULL THEN
		RAISE EXCEPTION 'content of an outgoing file is null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF octet_length(content) > 16 * 1024 * 1024 THEN
		RAISE EXCEPTION 'part of outgoing file % is too large: % bytes', $2, octet_length(content)
			USING ERRCODE = 'MR002', HINT = 'Append at most 16 MB at a time.';
	END IF;
	IF octet_length(content) > 0 THEN
		INSERT INTO mailroom.outgoing_file_part (issuer_id, outgoing_file_id, part_no, content)
			SELECT $1, $2, coalesce(max(p.part_no), 0) + 1, $3
				FROM mailroom.outgoing_file_part p
				WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.append_outgoing_file(bigint, bigint, bytea) IS 'adds bytes, at most 16 MB a call, to an outgoing file in state writing; MR004 when it is closed, MR002 when the part is too large';
REVOKE EXECUTE ON FUNCTION mailroom.append_outgoing_file(bigint, bigint, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outgoing_file_hash(issuer_id bigint, outgoing_file_id bigint)
	RETURNS bytea
	STABLE STRICT PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_outgoing_file_hash';
COMMENT ON FUNCTION mailroom.outgoing_file_hash(bigint, bigint) IS 'SHA-256 over the parts of an outgoing file in order; holds one part in memory';
REVOKE EXECUTE ON FUNCTION mailroom.outgoing_file_hash(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.close_outgoing_file(issuer_id bigint, outgoing_file_id bigint)
	RETURNS bytea
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
BEGIN
	SELECT o.* INTO file
		FROM mailroom.outgoing_file o
		WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'outgoing file % does not exist', coalesce($2::text, 'NULL')
			USING ERRCODE = 'undefined_object';
	END IF;
	IF file.state = 'writing' THEN
		UPDATE mailroom.outgoing_file o
			SET state = 'ready',
				content_bytes = (SELECT coalesce(sum(octet_length(p.content)), 0)
					FROM mailroom.outgoing_file_part p
					WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2),
				content_sha256 = mailroom.outgoing_file_hash($1, $2)
			WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2
			RETURNING o.* INTO file;
	END IF;
	RETURN file.content_sha256;
END;
$$;
COMMENT ON FUNCTION mailroom.close_outgoing_file(bigint, bigint) IS 'ends an outgoing file: state ready, size and SHA-256 filled in; returns the SHA-256; closing again returns it again';
REVOKE EXECUTE ON FUNCTION mailroom.close_outgoing_file(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outgoing_file_kind(issuer_id bigint, outgoing_file_id bigint, kind text)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	RETURN CASE WHEN issuer_id = ANY (mailroom.my_issuers(ARRAY['importer']))
			AND EXISTS (
				SELECT FROM mailroom.outgoing_file o
					WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2
						AND o.mailing_id IS NULL AND (o.file_id IS NOT NULL OR o.batch_id IS NOT NULL))
		THEN 'importer' ELSE kind END;
COMMENT ON FUNCTION mailroom.outgoing_file_kind(bigint, bigint, text) IS 'the right that the caller needs for an outgoing file: the kind given, or importer for the answer to an import file or batch, which whoever sent it may read';
REVOKE EXECUTE ON FUNCTION mailroom.outgoing_file_kind(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.lock_outgoing_file(issuer_id bigint, outgoing_file_id bigint)
	RETURNS mailroom.outgoing_file
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
BEGIN
	SELECT o.* INTO file
		FROM mailroom.outgoing_file o
		WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'outgoing file % does not exist', coalesce($2::text, 'NULL')
			USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT * FROM mailroom.outgoing".';
	END IF;
	IF file.state = 'writing' THEN
		RAISE EXCEPTION 'outgoing file % is not ready', $2
			USING ERRCODE = 'MR004', DETAIL = 'It is still being written.';
	END IF;
	RETURN file;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_outgoing_file(bigint, bigint) IS 'locks and returns a closed outgoing file; MR004 while it is written';
REVOKE EXECUTE ON FUNCTION mailroom.lock_outgoing_file(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outgoing_file_content(issuer_id bigint, outgoing_file_id bigint)
	RETURNS bytea
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.outgoing_file_kind($1, $2, 'reader'));
	file := mailroom.lock_outgoing_file($1, $2);
	IF file.content_bytes > 256 * 1024 * 1024 THEN
		RAISE EXCEPTION 'outgoing file % is too large for one value: % bytes', $2, file.content_bytes
			USING ERRCODE = 'MR002', HINT = 'Read it in parts with mailroom.fetch_outgoing_file().';
	END IF;
	RETURN (SELECT coalesce(string_agg(p.content, ''::bytea ORDER BY p.part_no), ''::bytea)
		FROM mailroom.outgoing_file_part p
		WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2);
END;
$$;
COMMENT ON FUNCTION mailroom.outgoing_file_content(bigint, bigint) IS 'the bytes of an outgoing file of up to 256 MB; its state stays; needs reader, or importer for the answer to a file; MR002 when larger, MR004 while it is written';
REVOKE EXECUTE ON FUNCTION mailroom.outgoing_file_content(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.fetch_outgoing_file(issuer_id bigint, outgoing_file_id bigint,
		first_part integer DEFAULT 1, max_parts integer DEFAULT NULL)
	RETURNS TABLE (part_no integer, content bytea)
	VOLATILE PARALLEL UNSAFE ROWS 16
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.outgoing_file_kind($1, $2, 'operator'));
	file := mailroom.lock_outgoing_file($1, $2);
	RETURN QUERY
		SELECT p.part_no, p.content
			FROM mailroom.outgoing_file_part p
			WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2 AND p.part_no >= $3
			ORDER BY p.part_no
			LIMIT $4;
	IF file.state = 'ready' AND ($4 IS NULL OR NOT EXISTS (
		SELECT FROM mailroom.outgoing_file_part p
			WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2 AND p.part_no >= $3::bigint + $4)) THEN
		UPDATE mailroom.outgoing_file o
			SET state = 'fetched', fetched_at = mailroom.now()
			WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.fetch_outgoing_file(bigint, bigint, integer, integer) IS 'parts of an outgoing file in order, from first_part (1-based), at most max_parts (NULL: all); the call that returns the last part sets the state fetched; needs operator, or importer for the answer to a file';
REVOKE EXECUTE ON FUNCTION mailroom.fetch_outgoing_file(bigint, bigint, integer, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.acknowledge_outgoing_file(issuer_id bigint, outgoing_file_id bigint)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.outgoing_file_kind($1, $2, 'operator'));
	file := mailroom.lock_outgoing_file($1, $2);
	IF file.state <> 'acknowledged' THEN
		UPDATE mailroom.outgoing_file o
			SET state = 'acknowledged', acknowledged_at = mailroom.now(), acknowledged_by = mailroom.outer_role(),
				fetched_at = coalesce(o.fetched_at, mailroom.now())
			WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2;
		PERFORM mailroom.log_event($1, 'outgoing_file', $2, 'acknowledged');
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.acknowledge_outgoing_file(bigint, bigint) IS 'notes that the receiver has the file; again changes nothing; needs operator, or importer for the answer to a file; MR004 while it is written';
REVOKE EXECUTE ON FUNCTION mailroom.acknowledge_outgoing_file(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_outgoing_parts(issuer_id bigint, outgoing_file_id bigint, file_name text, content_sha256 bytea)
	RETURNS text
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_outgoing_parts';
COMMENT ON FUNCTION mailroom.write_outgoing_parts(bigint, bigint, text, bytea) IS 'writes the parts below mailroom.outgoing_directory; internal part of write_outgoing_file';
REVOKE EXECUTE ON FUNCTION mailroom.write_outgoing_parts(bigint, bigint, text, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_outgoing_file(issuer_id bigint, outgoing_file_id bigint, again boolean DEFAULT false)
	RETURNS text
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file mailroom.outgoing_file;
	file_path text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	file := mailroom.lock_outgoing_file($1, $2);
	SELECT w.path INTO file_path
		FROM mailroom.outgoing_write w
		WHERE w.issuer_id = $1 AND w.outgoing_file_id = $2;
	IF FOUND AND NOT coalesce(again, false) THEN
		RETURN file_path;
	END IF;
	file_path := mailroom.write_outgoing_parts($1, $2, file.file_name, file.content_sha256);
	INSERT INTO mailroom.outgoing_write AS w (issuer_id, outgoing_file_id, path, written_at)
		VALUES ($1, $2, file_path, mailroom.now())
		ON CONFLICT ON CONSTRAINT outgoing_write_pkey DO UPDATE SET path = excluded.path, written_at = excluded.written_at;
	IF file.state = 'ready' THEN
		UPDATE mailroom.outgoing_file o
			SET state = 'fetched', fetched_at = mailroom.now()
			WHERE o.issuer_id = $1 AND o.outgoing_file_id = $2;
	END IF;
	RETURN file_path;
END;
$$;
COMMENT ON FUNCTION mailroom.write_outgoing_file(bigint, bigint, boolean) IS 'writes a ready file once and atomically to the folder mailroom.outgoing_directory and returns its path; a second call returns the path without writing, even when the receiver took the file away, unless again is true; the same content already there counts as written, other content is MR012; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.write_outgoing_file(bigint, bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.outgoing
	WITH (security_invoker = true)
	AS
	SELECT o.issuer_id, o.outgoing_file_id, o.kind, o.file_name, o.media_type, o.state,
		o.content_bytes, pg_catalog.encode(o.content_sha256, 'hex') AS sha256,
		o.mailing_id, o.file_id, o.batch_id, o.created_at, o.fetched_at, o.acknowledged_at, o.acknowledged_by,
		w.path, w.written_at
	FROM mailroom.outgoing_file o
		LEFT JOIN mailroom.outgoing_write w ON w.issuer_id = o.issuer_id AND w.outgoing_file_id = o.outgoing_file_id;
COMMENT ON VIEW mailroom.outgoing IS 'what leaves the house: one row a file with its size in bytes, SHA-256 in hexadecimal, state (writing, ready, fetched, acknowledged) and the path it was written to';

SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('importer')) AS k (kind),
		(VALUES ('mailroom.outgoing_file'), ('mailroom.outgoing_write'), ('mailroom.outgoing')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('importer'), ('reader')) AS k (kind),
		(VALUES ('mailroom.outgoing_file_content(bigint, bigint)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('importer')) AS k (kind),
		(VALUES ('mailroom.fetch_outgoing_file(bigint, bigint, integer, integer)'),
			('mailroom.acknowledge_outgoing_file(bigint, bigint)')) AS f (name);
SELECT mailroom.allow('operator', 'function', 'mailroom.write_outgoing_file(bigint, bigint, boolean)', 'EXECUTE');
