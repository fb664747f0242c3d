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

CREATE OR REPLACE FUNCTION mailroom.outgoing_part_content(issuer_id bigint, content bytea, document_ids bigint[], document_places integer[], document_in_base64 boolean[])
	RETURNS bytea
	STABLE PARALLEL RESTRICTED COST 100
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_outgoing_part_content';
COMMENT ON FUNCTION mailroom.outgoing_part_content(bigint, bytea, bigint[], integer[], boolean[]) IS 'the bytes of a part of an outgoing file, columns of mailroom.outgoing_file_part: its content with documents of the archive in their places; without check of rights; 42704 when one was deleted or is not in the archive, MR007 when one is damaged';
REVOKE EXECUTE ON FUNCTION mailroom.outgoing_part_content(bigint, bytea, bigint[], integer[], boolean[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outgoing_digests(issuer_id bigint, contents bytea[], owners integer[], document_ids bigint[], document_places integer[], document_in_base64 boolean[])
	RETURNS TABLE (n integer, content_bytes bigint, content_sha256 bytea)
	STABLE STRICT PARALLEL RESTRICTED ROWS 50
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_outgoing_digests';
COMMENT ON FUNCTION mailroom.outgoing_digests(bigint, bytea[], integer[], bigint[], integer[], boolean[]) IS 'size and SHA-256 of parts of outgoing files before they are stored: literal contents, and documents of the archive with the content they belong to (owners, 1-based, ascending), their place in it and whether they stand there in base64; reads and checks every document; without check of rights; errors as outgoing_part_content';
REVOKE EXECUTE ON FUNCTION mailroom.outgoing_digests(bigint, bytea[], integer[], bigint[], integer[], boolean[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_outgoing_files(issuer_id bigint, kind text, file_names text[], media_types text[], contents bytea[],
		owners integer[] DEFAULT '{}', document_ids bigint[] DEFAULT '{}', document_places integer[] DEFAULT '{}', document_in_base64 boolean[] DEFAULT '{}')
	RETURNS bigint[]
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	most CONSTANT integer := 16 * 1024 * 1024;
	files CONSTANT bigint[] := ARRAY(SELECT nextval(pg_get_serial_sequence('mailroom.outgoing_file', 'outgoing_file_id')) FROM generate_series(1, cardinality($3)));
	digests record;
BEGIN
	SELECT array_agg(d.content_bytes ORDER BY d.n) AS bytes, array_agg(d.content_sha256 ORDER BY d.n) AS hashes, max(d.content_bytes) AS largest INTO digests
		FROM mailroom.outgoing_digests($1, $5, $6, $7, $8, $9) AS d;
	IF digests.largest > most THEN
		RAISE EXCEPTION 'outgoing file is too large: % bytes', digests.largest USING ERRCODE = 'MR002', DETAIL = format('A file of one part has at most %s bytes.', most);
	END IF;
	INSERT INTO mailroom.outgoing_file (issuer_id, outgoing_file_id, kind, file_name, media_type, content_bytes, content_sha256, state, created_at)
		SELECT $1, u.file, $2, u.name, u.media_type, u.bytes, u.hash, 'ready', mailroom.now()
			FROM unnest(files, $3, $4, digests.bytes, digests.hashes) AS u (file, name, media_type, bytes, hash);
	INSERT INTO mailroom.outgoing_file_part (issuer_id, outgoing_file_id, part_no, content, document_ids, document_places, document_in_base64)
		SELECT $1, u.file, 1, u.content, d.ids, d.places, d.in_base64
			FROM unnest(files, $5, digests.bytes) WITH ORDINALITY AS u (file, content, bytes, n)
				LEFT JOIN (SELECT o.owner, array_agg(o.id ORDER BY o.n) AS ids, array_agg(o.place ORDER BY o.n) AS places, array_agg(o.in_base64 ORDER BY o.n) AS in_base64
					FROM unnest($6, $7, $8, $9) WITH ORDINALITY AS o (owner, id, place, in_base64, n) GROUP BY o.owner) AS d ON d.owner = u.n
			WHERE u.bytes > 0;
	RETURN files;
END;
$$;
COMMENT ON FUNCTION mailroom.store_outgoing_files(bigint, text, text[], text[], bytea[], integer[], bigint[], integer[], boolean[]) IS 'whole outgoing files of one part each, at once in state ready, with documents of the archive that stand in them (arguments as outgoing_digests); each document is read and checked, the file''s size and SHA-256 are those of its bytes as they are sent; returns their ids in order; MR002 when one is larger than 16 MB; errors of outgoing_digests';
REVOKE EXECUTE ON FUNCTION mailroom.store_outgoing_files(bigint, text, text[], text[], bytea[], integer[], bigint[], integer[], boolean[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outgoing_file_hash(issuer_id bigint, outgoing_file_id bigint)
	RETURNS bytea
	STABLE STRICT PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_outgoing_file_hash';
COMMENT ON FUNCTION mailroom.outgoing_file_hash(bigint, bigint) IS 'SHA-256 over the parts of an outgoing file in order; holds one part in memory; errors of outgoing_part_content';
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
	ELSIF file.state = 'withdrawn' THEN
		RAISE EXCEPTION 'outgoing file % was withdrawn', $2
			USING ERRCODE = 'MR004', HINT = 'Letters of it were taken back; a newer file of the mailing replaces it: see mailroom.outgoing.';
	END IF;
	RETURN file;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_outgoing_file(bigint, bigint) IS 'locks and returns a closed outgoing file; MR004 while it is written, or withdrawn';
REVOKE EXECUTE ON FUNCTION mailroom.lock_outgoing_file(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.require_outgoing_content(file mailroom.outgoing_file)
	RETURNS void
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF file.content_bytes > 0 AND NOT EXISTS (SELECT FROM mailroom.outgoing_file_part p WHERE p.issuer_id = file.issuer_id AND p.outgoing_file_id = file.outgoing_file_id) THEN
		RAISE EXCEPTION 'content of outgoing file % was deleted', file.outgoing_file_id
			USING ERRCODE = 'undefined_object', DETAIL = 'It carried a document that was deleted when its time of keeping was over.', HINT = 'mailroom.archive_erasure names the record that tells why.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_outgoing_content(mailroom.outgoing_file) IS 'raises 42704 when the content of a closed outgoing file was deleted with a document it carried';
REVOKE EXECUTE ON FUNCTION mailroom.require_outgoing_content(mailroom.outgoing_file) FROM PUBLIC;

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
	PERFORM mailroom.require_outgoing_content(file);
	RETURN (SELECT coalesce(string_agg(mailroom.outgoing_part_content($1, p.content, p.document_ids, p.document_places, p.document_in_base64), ''::bytea ORDER BY p.part_no), ''::bytea)
		FROM mailroom.outgoing_file_part p
		WHERE p.issuer_id = $1 AND p.outgoing_file_id = $2);
END;
$$;
COMMENT ON FUNCTION mailroom.outgoing_file_content(bigint, bigint) IS 'the bytes of an outgoing file of up to 256 MB, to look at: its state stays (a reader who looks at a print file has not taken it to the printer, and a withdrawal may still undo it; who takes it calls fetch_outgoing_file or write_outgoing_file); needs reader, or importer for the answer to a file; MR002 when larger, MR004 while it is written, 42704 when it was deleted with a document it carried, MR007 when such a document is damaged';
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
	PERFORM mailroom.require_outgoing_content(file);
	RETURN QUERY
		SELECT p.part_no, mailroom.outgoing_part_content($1, p.content, p.document_ids, p.document_places, p.document_in_base64)
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
COMMENT ON FUNCTION mailroom.fetch_outgoing_file(bigint, bigint, integer, integer) IS 'parts of an outgoing file in order, from first_part (1-based), at most max_parts (NULL: all); the call that returns the last part sets the state fetched; needs operator, or importer for the answer to a file; 42704 and MR007 as outgoing_file_content';
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
	PERFORM mailroom.require_outgoing_content(file);
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
COMMENT ON FUNCTION mailroom.write_outgoing_file(bigint, bigint, boolean) IS 'writes a ready file once and atomically to the folder mailroom.outgoing_directory and returns its path; a second call returns the path without writing, even when the receiver took the file away, unless again is true; the same content already there counts as written, other content is MR012; 42704 and MR007 as outgoing_file_content; needs operator';
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
COMMENT ON VIEW mailroom.outgoing IS 'what leaves the house: one row a file with its size in bytes, SHA-256 in hexadecimal, state (writing, ready, fetched, acknowledged, withdrawn) and the path it was written to';

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

-- Archive --------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.archive_store(issuer_id bigint, document_ids bigint[], contents bytea[])
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_store';
COMMENT ON FUNCTION mailroom.archive_store(bigint, bigint[], bytea[]) IS 'archives documents that have their row in mailroom.document, with their bytes in the same order; a document archived before is skipped when its bytes are the same, MR012 when not; MR007 when bytes do not match the hash in the document''s row; the volumes join the issuer''s chain at commit';
REVOKE EXECUTE ON FUNCTION mailroom.archive_store(bigint, bigint[], bytea[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_store_hashed(issuer_id bigint, document_ids bigint[], contents bytea[], hashes bytea[])
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_store_hashed';
COMMENT ON FUNCTION mailroom.archive_store_hashed(bigint, bigint[], bytea[], bytea[]) IS 'archive_store for who has just taken the SHA-256 of the bytes: it is believed, and read back with the first reading of each document; MR007 when it is not the one in the document''s row, 22023 when it is none';
REVOKE EXECUTE ON FUNCTION mailroom.archive_store_hashed(bigint, bigint[], bytea[], bytea[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_link_hash(previous bytea, link_no bigint, volume_hash bytea)
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_link_hash';
COMMENT ON FUNCTION mailroom.archive_link_hash(bytea, bigint, bytea) IS 'hash of link link_no of a chain of volumes: covers the hash of the link before (32 zero bytes for the first) and that of its volume';

CREATE OR REPLACE FUNCTION mailroom.link_archive_volume()
	RETURNS trigger
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	chain mailroom.archive_chain;
	new_hash bytea;
BEGIN
	INSERT INTO mailroom.archive_chain (issuer_id, link_count, document_count, head_hash)
		VALUES (NEW.issuer_id, 0, 0, decode(repeat('00', 32), 'hex'))
		ON CONFLICT DO NOTHING;
	SELECT c.* INTO STRICT chain
		FROM mailroom.archive_chain c
		WHERE c.issuer_id = NEW.issuer_id
		FOR NO KEY UPDATE;
	new_hash := mailroom.archive_link_hash(chain.head_hash, chain.link_count + 1, NEW.volume_hash);
	INSERT INTO mailroom.archive_link (issuer_id, link_no, volume_id, volume_hash, link_hash)
		VALUES (NEW.issuer_id, chain.link_count + 1, NEW.volume_id, NEW.volume_hash, new_hash);
	UPDATE mailroom.archive_chain c
		SET link_count = c.link_count + 1,
			document_count = c.document_count + NEW.document_count,
			head_hash = new_hash
		WHERE c.issuer_id = NEW.issuer_id;
	DELETE FROM mailroom.archive_pending p
		WHERE p.issuer_id = NEW.issuer_id AND p.volume_id = NEW.volume_id;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.link_archive_volume() IS 'deferred trigger of mailroom.archive_pending: extends the issuer''s chain by a volume when its transaction commits, so that the chain''s lock is held for a moment only';
REVOKE EXECUTE ON FUNCTION mailroom.link_archive_volume() FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.refuse_archive_change()
	RETURNS trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_refuse_archive_change';
COMMENT ON FUNCTION mailroom.refuse_archive_change() IS 'statement trigger of the archive''s tables: MR008 unless mailroom.allow_archive_change is on';

CREATE OR REPLACE FUNCTION mailroom.load_archive_guard()
	RETURNS event_trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_load_archive_guard';
COMMENT ON FUNCTION mailroom.load_archive_guard() IS 'event trigger: brings the library into sessions that drop things, so that its hook can refuse to drop an archive with documents (MR008)';

DO $$
DECLARE
	t text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger e WHERE e.evtname = 'mailroom_archive_guard') THEN
		CREATE EVENT TRIGGER mailroom_archive_guard ON ddl_command_start
			WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA', 'DROP OWNED', 'DROP LANGUAGE', 'DROP TABLE', 'ALTER EXTENSION')
			EXECUTE FUNCTION mailroom.load_archive_guard();
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_pending'::pg_catalog.regclass AND g.tgname = 'link_volume') THEN
		CREATE CONSTRAINT TRIGGER link_volume AFTER INSERT ON mailroom.archive_pending
			DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION mailroom.link_archive_volume();
	END IF;
	FOREACH t IN ARRAY ARRAY['archive_dictionary', 'archive_volume', 'archive_entry', 'archive_link'] LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
			WHERE g.tgrelid = ('mailroom.' || t)::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
			EXECUTE pg_catalog.format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON mailroom.%I '
				'FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change()', t);
		END IF;
	END LOOP;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_chain'::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
		CREATE TRIGGER only_grows BEFORE DELETE OR TRUNCATE ON mailroom.archive_chain
			FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change();
	END IF;
END;
$$;

CREATE OR REPLACE FUNCTION mailroom.archive_reader_kind(issuer_id bigint)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	RETURN CASE WHEN issuer_id = ANY (mailroom.my_issuers(ARRAY['clerk'])) THEN 'clerk' ELSE 'reader' END;
COMMENT ON FUNCTION mailroom.archive_reader_kind(bigint) IS 'the right by which the caller reads the archive: clerk or reader';
REVOKE EXECUTE ON FUNCTION mailroom.archive_reader_kind(bigint) FROM PUBLIC;

-- In C: rights are checked first there as in every SECURITY DEFINER function.
CREATE OR REPLACE FUNCTION mailroom.archive_document(issuer_id bigint, document_id bigint)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_document';
COMMENT ON FUNCTION mailroom.archive_document(bigint, bigint) IS 'the exact bytes of an archived document, checked against its SHA-256; needs reader or clerk; 42704 when it is not in the archive, MR007 when it is damaged';
REVOKE EXECUTE ON FUNCTION mailroom.archive_document(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_documents(issuer_id bigint, document_ids bigint[])
	RETURNS TABLE (document_id bigint, content bytea)
	STABLE PARALLEL RESTRICTED ROWS 100
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_documents';
COMMENT ON FUNCTION mailroom.archive_documents(bigint, bigint[]) IS 'the exact bytes of archived documents, in the order asked, each checked against its SHA-256; needs reader or clerk; 42704 when one is not in the archive, MR007 when one is damaged; ask for some hundreds at a time';
REVOKE EXECUTE ON FUNCTION mailroom.archive_documents(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_document_ends(issuer_id bigint, document_ids bigint[], starts bigint[], hashes bytea[])
	RETURNS bytea[]
	STABLE STRICT PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_ends';
COMMENT ON FUNCTION mailroom.archive_document_ends(bigint, bigint[], bigint[], bytea[]) IS 'for each of the documents, in the order asked, its bytes from starts (0-based) to its end, after the whole document was checked against its SHA-256; NULL for one whose SHA-256 is not the one in hashes; so who wants pages need not carry the fonts before them; needs reader or clerk; 42704 when one is not in the archive, MR007 when one is damaged; ask for some hundreds at a time';
REVOKE EXECUTE ON FUNCTION mailroom.archive_document_ends(bigint, bigint[], bigint[], bytea[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE STRICT PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_defects';
COMMENT ON FUNCTION mailroom.archive_defects(bigint) IS 'internal part of verify_archive, without check of rights';
REVOKE EXECUTE ON FUNCTION mailroom.archive_defects(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.verify_archive(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN QUERY SELECT a.volume_id, a.document_id, a.defect FROM mailroom.archive_defects($1) AS a;
	RETURN QUERY SELECT a.volume_id, a.document_id, a.defect FROM mailroom.archive_head_defects($1) AS a;
	RETURN QUERY SELECT a.volume_id, a.document_id, a.defect FROM mailroom.archive_erasure_defects($1) AS a;
	RETURN QUERY SELECT a.volume_id, a.document_id, a.defect FROM mailroom.archive_overdue_defects($1) AS a;
	RETURN QUERY SELECT a.volume_id, a.document_id, a.defect FROM mailroom.archive_row_defects($1) AS a;
END;
$$;
COMMENT ON FUNCTION mailroom.verify_archive(bigint) IS 'one row for each defect of the issuer''s archive, none when it is whole: changed bits, rows or search terms, missing or reordered rows, volumes cut from the chain, documents without an entry, published heads that the chain does not run through, deletions without a record, open volumes that nobody seals, invoices and imported proofs that say something else than was archived, an index that hides a number or reference; reads and unpacks everything; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.verify_archive(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_root(issuer_id bigint)
	RETURNS TABLE (link_count bigint, document_count bigint, head_hash text)
	STABLE PARALLEL RESTRICTED ROWS 1
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN QUERY
		SELECT c.link_count, c.document_count, encode(c.head_hash, 'hex')
			FROM mailroom.archive_chain c
			WHERE c.issuer_id = $1;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_root(bigint) IS 'head of the issuer''s chain of volumes: number of volumes, of documents, and the hash (hexadecimal) that covers all of them; keep it outside of the database: history that is rewritten leads to another; no row while nothing is archived; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.archive_root(bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.archive_document(bigint, bigint)'),
			('mailroom.archive_documents(bigint, bigint[])'),
			('mailroom.archive_document_ends(bigint, bigint[], bigint[], bytea[])'),
			('mailroom.verify_archive(bigint)'),
			('mailroom.archive_root(bigint)')) AS f (name);

CREATE OR REPLACE FUNCTION mailroom.archive_place(issuer_id bigint, document_id bigint)
	RETURNS TABLE (volume_id bigint, leaf_no integer, archived_at timestamptz)
	STABLE ROWS 1 PARALLEL RESTRICTED
	LANGUAGE sql
BEGIN ATOMIC
	SELECT e.volume_id, e.leaf_no, coalesce(v.sealed_at, o.opened_at)
		FROM mailroom.archive_entry e
			LEFT JOIN mailroom.archive_volume v ON v.issuer_id = e.issuer_id AND v.volume_id = e.volume_id
			LEFT JOIN mailroom.archive_open o ON o.issuer_id = e.issuer_id AND o.volume_id = e.volume_id
		WHERE e.issuer_id = $1 AND e.document_id = $2;
END;
COMMENT ON FUNCTION mailroom.archive_place(bigint, bigint) IS 'where a document lies in the archive: volume, leaf and when the volume was sealed (opened, while it is open)';
