-- 57_archive_seal: open volumes and the jobs that seal them.

CREATE OR REPLACE FUNCTION mailroom.set_archive_sealing(issuer_id bigint, least_documents integer, seal_after interval DEFAULT '1 hour')
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF coalesce($2, 0) <= 1 THEN
		DELETE FROM mailroom.archive_sealing s WHERE s.issuer_id = $1;
		IF EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = $1) THEN
			PERFORM mailroom.submit_job($1, 'seal_archive');
		END IF;
	ELSIF $3 IS NULL OR $3 < interval '0' THEN
		RAISE EXCEPTION 'documents cannot wait "%" to be sealed', coalesce($3::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an interval, for example ''1 hour''.';
	ELSE
		INSERT INTO mailroom.archive_sealing AS s (issuer_id, least_documents, seal_after, set_by, set_at)
			VALUES ($1, $2, $3, mailroom.outer_role(), mailroom.now())
			ON CONFLICT ON CONSTRAINT archive_sealing_pkey DO UPDATE
				SET least_documents = excluded.least_documents, seal_after = excluded.seal_after, set_by = excluded.set_by, set_at = excluded.set_at;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.set_archive_sealing(bigint, integer, interval) IS 'lets calls of archive_store with fewer than least_documents documents add to an open volume of the documents'' month, which a job seal_archive seals when it is full or seal_after its first document; 0: every call seals at once, as without a call, and what waits is sealed by a job now; such documents are read, found, verified and deleted like others, but are proved only once sealed; needs operator; 22023 when seal_after is negative or NULL';
REVOKE EXECUTE ON FUNCTION mailroom.set_archive_sealing(bigint, integer, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.claim_open_volume(issuer_id bigint, month text, documents integer)
	RETURNS TABLE (volume_id bigint, document_count integer, content_bytes bigint)
	VOLATILE STRICT PARALLEL UNSAFE ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wait interval;
BEGIN
	-- those that others add to are skipped: nobody waits
	RETURN QUERY
		SELECT o.volume_id, o.document_count, o.content_bytes
		FROM mailroom.archive_open o
		WHERE o.issuer_id = $1 AND o.month = $2 AND o.document_count + $3 <= 1024 AND o.content_bytes < 1048576
		ORDER BY o.volume_id
		LIMIT 1
		FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		RETURN;
	END IF;
	volume_id := nextval(pg_get_serial_sequence('mailroom.archive_volume', 'volume_id'));
	document_count := 0;
	content_bytes := 0;
	SELECT s.seal_after INTO wait FROM mailroom.archive_sealing s WHERE s.issuer_id = $1;
	PERFORM mailroom.submit_job($1, 'seal_archive', jsonb_build_object('volume_id', volume_id), mailroom.now() + coalesce(wait, interval '0'));
	RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION mailroom.claim_open_volume(bigint, text, integer) IS 'internal part of archive_store: an open volume of the month (YYYY-MM) with room for so many documents, locked, or the number of a new one with the job that will seal it';
REVOKE EXECUTE ON FUNCTION mailroom.claim_open_volume(bigint, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.extend_open_volume(issuer_id bigint, volume_id bigint, month text, stored_at bigint, content bytea, documents integer)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	volume mailroom.archive_open;
	overdue boolean;
BEGIN
	IF octet_length(content) > 0 THEN
		INSERT INTO mailroom.archive_part (issuer_id, volume_id, stored_at, content) VALUES ($1, $2, $4, $5);
	END IF;
	INSERT INTO mailroom.archive_open AS o (issuer_id, volume_id, month, document_count, content_bytes, opened_at)
		VALUES ($1, $2, $3, $6, octet_length(content), mailroom.now())
		ON CONFLICT ON CONSTRAINT archive_open_pkey DO UPDATE
			SET document_count = o.document_count + excluded.document_count, content_bytes = o.content_bytes + excluded.content_bytes
		RETURNING o.* INTO volume;
	SELECT volume.opened_at + s.seal_after < mailroom.now() INTO overdue FROM mailroom.archive_sealing s WHERE s.issuer_id = $1;
	-- full; or its job was lost, as in a copy of the database
	IF volume.document_count = 1024 OR volume.content_bytes >= 1048576 OR overdue THEN
		PERFORM mailroom.submit_job($1, 'seal_archive', jsonb_build_object('volume_id', $2));
	END IF;
	-- those of other months whose job was lost: no call may ever add to them again
	PERFORM mailroom.submit_job($1, 'seal_archive', jsonb_build_object('volume_id', o.volume_id))
		FROM mailroom.archive_open o
			JOIN mailroom.archive_sealing s ON s.issuer_id = o.issuer_id
		WHERE o.issuer_id = $1 AND o.volume_id <> $2 AND o.opened_at + s.seal_after + interval '1 hour' < mailroom.now();
END;
$$;
COMMENT ON FUNCTION mailroom.extend_open_volume(bigint, bigint, text, bigint, bytea, integer) IS 'internal part of archive_store: adds packed documents to an open volume that the caller holds';
REVOKE EXECUTE ON FUNCTION mailroom.extend_open_volume(bigint, bigint, text, bigint, bytea, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_open_defects(issuer_id bigint, volume_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE STRICT PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_open_defects';
COMMENT ON FUNCTION mailroom.archive_open_defects(bigint, bigint) IS 'internal part of sealing: what is wrong with an open volume, every document unpacked and hashed';
REVOKE EXECUTE ON FUNCTION mailroom.archive_open_defects(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_open_volume(issuer_id bigint, volume_id bigint)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_seal_open_volume';
COMMENT ON FUNCTION mailroom.seal_open_volume(bigint, bigint) IS 'internal part of sealing: writes the volume, without checks';
REVOKE EXECUTE ON FUNCTION mailroom.seal_open_volume(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.learn_from_volume(issuer_id bigint, volume_id bigint)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_learn_from_volume';
COMMENT ON FUNCTION mailroom.learn_from_volume(bigint, bigint) IS 'internal part of sealing: learns better dictionaries for templates of which the volume has more documents than the present dictionary was learnt from';
REVOKE EXECUTE ON FUNCTION mailroom.learn_from_volume(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_archive_volume(issuer_id bigint, volume_id bigint)
	RETURNS boolean
	VOLATILE STRICT PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET mailroom.allow_archive_change = on
	LANGUAGE plpgsql
AS $$
DECLARE
	bad record;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM FROM mailroom.archive_open o
		WHERE o.issuer_id = $1 AND o.volume_id = $2
		FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	SELECT d.document_id, d.defect INTO bad
		FROM mailroom.archive_open_defects($1, $2) AS d
		LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'open archive volume % is damaged', $2
			USING ERRCODE = 'MR007', DETAIL = format('%s%s.', CASE WHEN bad.document_id IS NOT NULL THEN format('Document %s: ', bad.document_id) ELSE '' END, bad.defect),
				HINT = 'Run mailroom.verify_archive() and restore what it names from a backup.';
	END IF;
	PERFORM mailroom.seal_open_volume($1, $2);
	DELETE FROM mailroom.archive_part p WHERE p.issuer_id = $1 AND p.volume_id = $2;
	DELETE FROM mailroom.archive_open o WHERE o.issuer_id = $1 AND o.volume_id = $2;
	PERFORM mailroom.learn_from_volume($1, $2);
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.seal_archive_volume(bigint, bigint) IS 'internal part of seal_archive: seals one open volume after unpacking and hashing all of it; false when it is not open (any more); MR007 when it was damaged, and it stays open; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.seal_archive_volume(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_open_volumes(issuer_id bigint)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	volume bigint;
	sealed bigint := 0;
BEGIN
	FOR volume IN SELECT o.volume_id FROM mailroom.archive_open o WHERE o.issuer_id = $1 ORDER BY o.volume_id LOOP
		sealed := sealed + mailroom.seal_archive_volume($1, volume)::integer;
	END LOOP;
	RETURN sealed;
END;
$$;
COMMENT ON FUNCTION mailroom.seal_open_volumes(bigint) IS 'internal part of seal_archive, publish_archive_head and erase_documents: seals all open volumes of an issuer, and waits for those that are being added to; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.seal_open_volumes(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_archive(issuer_id bigint)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	RETURN mailroom.seal_open_volumes($1);
END;
$$;
COMMENT ON FUNCTION mailroom.seal_archive(bigint) IS 'seals all open volumes of an issuer now; they join the chain when the transaction commits; returns how many there were; needs operator; MR007 when one was damaged';
REVOKE EXECUTE ON FUNCTION mailroom.seal_archive(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_archive(issuer_id bigint, document_ids bigint[])
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	missing bigint;
	volume bigint;
	sealed bigint := 0;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT i.id INTO missing
		FROM unnest($2) AS i (id)
		WHERE NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = i.id)
		ORDER BY 1
		LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'document % is not in the archive', coalesce(missing::text, 'NULL') USING ERRCODE = 'undefined_object', HINT = 'Look at mailroom.search_archive.';
	END IF;
	FOR volume IN
		SELECT o.volume_id
		FROM mailroom.archive_open o
		WHERE o.issuer_id = $1 AND EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = ANY ($2) AND e.volume_id = o.volume_id)
		ORDER BY o.volume_id
	LOOP
		sealed := sealed + mailroom.seal_archive_volume($1, volume)::integer;
	END LOOP;
	RETURN sealed;
END;
$$;
COMMENT ON FUNCTION mailroom.seal_archive(bigint, bigint[]) IS 'seals the open volumes that hold these documents now, so that the documents have a proof as soon as the transaction commits; returns how many volumes there were, 0 when all are sealed already; needs operator; 42704 when a document is not in the archive, MR007 when a volume was damaged';
REVOKE EXECUTE ON FUNCTION mailroom.seal_archive(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_overdue_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT o.volume_id, NULL::bigint, format('open volume should have been sealed by %s UTC', to_char((o.opened_at + coalesce(s.seal_after, '0')) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
		FROM mailroom.archive_open o
			LEFT JOIN mailroom.archive_sealing s ON s.issuer_id = o.issuer_id
		WHERE o.issuer_id = $1 AND o.opened_at + coalesce(s.seal_after, '0') + interval '1 day' < mailroom.now()
		ORDER BY o.volume_id;
END;
COMMENT ON FUNCTION mailroom.archive_overdue_defects(bigint) IS 'internal part of verify_archive: volumes that are kept open a day beyond their time, as when somebody stops the jobs that seal them';
REVOKE EXECUTE ON FUNCTION mailroom.archive_overdue_defects(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_archive_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF arguments ? 'volume_id' THEN
		PERFORM mailroom.seal_archive_volume($1, (arguments ->> 'volume_id')::bigint);
	ELSE
		PERFORM mailroom.seal_open_volumes($1);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.seal_archive_job(bigint, bigint, jsonb) IS 'handler of jobs seal_archive: seals the open volume of the arguments, or all of the issuer; does nothing when it is sealed already; arguments: {"volume_id": N}, {} for all';
REVOKE EXECUTE ON FUNCTION mailroom.seal_archive_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('seal_archive', 'mailroom.seal_archive_job(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.archive_waiting(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, month text, document_count integer, content_bytes bigint, opened_at timestamptz)
	STABLE PARALLEL RESTRICTED ROWS 10
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN QUERY
		SELECT o.volume_id, o.month, o.document_count, o.content_bytes, o.opened_at
			FROM mailroom.archive_open o
			WHERE o.issuer_id = $1
			ORDER BY o.volume_id;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_waiting(bigint) IS 'open volumes of an issuer: documents and packed bytes that wait to be sealed, with their month of issue; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.archive_waiting(bigint) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.set_archive_sealing(bigint, integer, interval)'),
		('mailroom.seal_archive(bigint)'),
		('mailroom.seal_archive(bigint, bigint[])')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.archive_waiting(bigint)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.archive_sealing', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT * FROM (VALUES ('archive_part', 'UPDATE OR DELETE OR TRUNCATE'), ('archive_open', 'DELETE OR TRUNCATE')) AS v (name, events) LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
			WHERE g.tgrelid = ('mailroom.' || t.name)::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
			EXECUTE pg_catalog.format('CREATE TRIGGER only_grows BEFORE %s ON mailroom.%I '
				'FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change()', t.events, t.name);
		END IF;
	END LOOP;
END;
$$;
