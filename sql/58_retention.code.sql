-- 58_retention: rules, holds, and deletion that can be proved.

CREATE OR REPLACE FUNCTION mailroom.set_retention(issuer_id bigint, document_kind text, years integer, reason text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	law mailroom.retention_law;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF document_kind NOT IN ('invoice', 'letter') THEN
		RAISE EXCEPTION 'no documents are of kind "%"', document_kind USING ERRCODE = 'invalid_parameter_value', HINT = 'Kinds are invoice and letter; records of deletions are kept for ever.';
	END IF;
	IF document_kind IS NULL OR years IS NULL OR years NOT BETWEEN 0 AND 100 THEN
		RAISE EXCEPTION 'cannot keep documents of kind "%" for % years', coalesce(document_kind, 'NULL'), coalesce(years::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a kind (invoice, letter) and a number of years from 0 to 100.';
	END IF;
	PERFORM mailroom.require_reason($4, 'Say why so long: the reason is kept with the rule and in records of deletions.');
	SELECT l.* INTO law
		FROM mailroom.retention_law l
			JOIN mailroom.issuer i ON i.country = l.country
		WHERE i.issuer_id = $1 AND l.document_kind = $2;
	IF years * 12 < law.years * 12 + law.extra_months THEN
		RAISE EXCEPTION 'cannot keep documents of kind "%" for % years only', document_kind, years
			USING ERRCODE = 'MR016', DETAIL = format('The law says %s years and %s months: %s.', law.years, law.extra_months, law.source);
	END IF;
	INSERT INTO mailroom.retention_rule AS r (issuer_id, document_kind, years, reason, set_by, set_at)
		VALUES ($1, $2, $3, $4, mailroom.outer_role(), mailroom.now())
		ON CONFLICT ON CONSTRAINT retention_rule_pkey DO UPDATE
			SET years = excluded.years, reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at;
	PERFORM mailroom.log_event($1, 'issuer', $1, 'retention_set', jsonb_build_object('kind', document_kind, 'years', years, 'reason', reason));
END;
$$;
COMMENT ON FUNCTION mailroom.set_retention(bigint, text, integer, text) IS 'keeps an issuer''s documents of a kind (invoice, letter) for so many years from the end of the year of issue; reason: why so long; needs operator; 22023 without a reason or for an impossible number of years, MR016 when the law of the issuer''s country asks for more';
REVOKE EXECUTE ON FUNCTION mailroom.set_retention(bigint, text, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.document_retention(issuer_id bigint, document_ids bigint[] DEFAULT NULL)
	RETURNS TABLE (document_id bigint, volume_id bigint, document_kind text, issued date, keep_until date, source text, hold_id bigint)
	STABLE PARALLEL RESTRICTED ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT e.document_id, e.volume_id, k.kind, k.issued,
			CASE WHEN k.kind = 'record' THEN NULL ELSE (make_date(extract(year FROM k.issued)::integer + coalesce(r.years, l.years), 12, 31)
				+ make_interval(months => CASE WHEN r.years IS NULL THEN l.extra_months ELSE 0 END))::date END,
			CASE WHEN k.kind = 'record' THEN 'record of a deletion' ELSE coalesce(r.reason, l.source) END,
			(SELECT min(h.hold_id) FROM mailroom.legal_hold h
				WHERE h.issuer_id = e.issuer_id AND h.released_at IS NULL AND (h.until IS NULL OR h.until >= mailroom.today($1))
					AND (h.document_id IS NULL OR h.document_id = e.document_id) AND (h.customer_no IS NULL OR h.customer_no = e.customer_no)
					AND (h.issued_from IS NULL OR k.issued >= h.issued_from) AND (h.issued_to IS NULL OR k.issued <= h.issued_to))
		FROM mailroom.archive_entry e
			LEFT JOIN mailroom.archive_volume v ON v.issuer_id = e.issuer_id AND v.volume_id = e.volume_id
			LEFT JOIN mailroom.archive_open o ON o.issuer_id = e.issuer_id AND o.volume_id = e.volume_id
			JOIN mailroom.issuer i ON i.issuer_id = e.issuer_id
			LEFT JOIN mailroom.document d ON d.issuer_id = e.issuer_id AND d.document_id = e.document_id
			CROSS JOIN LATERAL (SELECT coalesce(e.issue_date, (coalesce(v.sealed_at, o.opened_at) AT TIME ZONE i.time_zone)::date) AS issued,
				CASE WHEN d.channel = 'record' OR EXISTS (SELECT FROM mailroom.archive_erasure x WHERE x.issuer_id = e.issuer_id AND x.record_id = e.document_id) THEN 'record'
					WHEN (SELECT c.origin FROM mailroom.invoice c WHERE c.issuer_id = e.issuer_id AND c.invoice_id = e.invoice_id) = 'letter' THEN 'letter' ELSE 'invoice' END AS kind) AS k
			LEFT JOIN mailroom.retention_rule r ON r.issuer_id = e.issuer_id AND r.document_kind = k.kind
			LEFT JOIN mailroom.retention_law l ON l.country = i.country AND l.document_kind = k.kind
		WHERE e.issuer_id = $1 AND e.salt <> ''::bytea AND ($2 IS NULL OR e.document_id = ANY ($2));
END;
COMMENT ON FUNCTION mailroom.document_retention(bigint, bigint[]) IS 'until when documents (NULL: all) that are not deleted are kept: last day (NULL: for ever), why, and the legal hold that stands over them; internal, without check of rights';
REVOKE EXECUTE ON FUNCTION mailroom.document_retention(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.retention_due(issuer_id bigint, due_by date DEFAULT NULL)
	RETURNS TABLE (keep_until date, document_kind text, source text, documents bigint, held bigint)
	STABLE PARALLEL RESTRICTED ROWS 20
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN QUERY
		SELECT d.keep_until, d.document_kind, d.source, count(*), count(d.hold_id)
			FROM mailroom.document_retention($1) AS d
			WHERE $2 IS NULL OR d.keep_until < $2
			GROUP BY 1, 2, 3
			ORDER BY 1 NULLS LAST, 2, 3;
END;
$$;
COMMENT ON FUNCTION mailroom.retention_due(bigint, date) IS 'documents by the last day on which they are kept (NULL: for ever), kind (invoice, letter; record: what tells of a deletion) and reason: how many, and how many of them a legal hold keeps longer; due_by: only those that may be deleted on that day; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.retention_due(bigint, date) FROM PUBLIC;

-- Legal holds ----------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.place_legal_hold(issuer_id bigint, reason text, document_id bigint DEFAULT NULL, customer_no text DEFAULT NULL,
		issued_from date DEFAULT NULL, issued_to date DEFAULT NULL, until date DEFAULT NULL)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	IF num_nonnulls($3, $4, $5, $6) = 0 THEN
		RAISE EXCEPTION 'legal hold does not say which documents it keeps' USING ERRCODE = 'null_value_not_allowed', HINT = 'Give document_id, customer_no, issued_from or issued_to.';
	END IF;
	PERFORM mailroom.require_reason($2, 'Say what the documents are kept for: the reason is kept with the hold.');
	IF issued_from > issued_to THEN
		RAISE EXCEPTION 'legal hold keeps no documents: % is later than %', to_char(issued_from, 'YYYY-MM-DD'), to_char(issued_to, 'YYYY-MM-DD') USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF $3 IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = $3) THEN
		RAISE EXCEPTION 'document % is not in the archive', $3 USING ERRCODE = 'undefined_object', HINT = 'Look at mailroom.search_archive.';
	END IF;
	INSERT INTO mailroom.legal_hold AS h (issuer_id, reason, document_id, customer_no, issued_from, issued_to, until, placed_by, placed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, mailroom.outer_role(), mailroom.now())
		RETURNING h.hold_id INTO new_id;
	PERFORM mailroom.log_event($1, 'legal_hold', new_id, 'placed', jsonb_build_object('reason', reason));
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.place_legal_hold(bigint, text, bigint, text, date, date, date) IS 'keeps documents from being deleted: those that meet all conditions given (at least one), until the day until or release_legal_hold; returns hold_id; needs clerk or operator; 22004 without a condition, 22023 without a reason, 42704 when the document is not in the archive';
REVOKE EXECUTE ON FUNCTION mailroom.place_legal_hold(bigint, text, bigint, text, date, date, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.release_legal_hold(issuer_id bigint, hold_id bigint, reason text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.require_reason($3, 'Say why it ends: the reason is kept.');
	UPDATE mailroom.legal_hold h
		SET released_by = mailroom.outer_role(), released_at = mailroom.now(), release_reason = $3
		WHERE h.issuer_id = $1 AND h.hold_id = $2 AND h.released_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'legal hold % does not exist or is released', coalesce($2::text, 'NULL') USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT * FROM mailroom.legal_hold".';
	END IF;
	PERFORM mailroom.log_event($1, 'legal_hold', $2, 'released', jsonb_build_object('reason', reason));
END;
$$;
COMMENT ON FUNCTION mailroom.release_legal_hold(bigint, bigint, text) IS 'ends a legal hold, with the reason; its row stays; needs operator; 42704 when there is none, 22023 without a reason';
REVOKE EXECUTE ON FUNCTION mailroom.release_legal_hold(bigint, bigint, text) FROM PUBLIC;

-- Deletion -------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.wipe_archive_bytes(issuer_id bigint, document_ids bigint[])
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	volume bigint;
	slice record;
	bytes bytea;
BEGIN
	-- bytes that a document which stays shares are left
	FOR volume IN SELECT DISTINCT e.stored_in FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = ANY ($2) ORDER BY 1 LOOP
		SELECT v.content INTO STRICT bytes FROM mailroom.archive_volume v WHERE v.issuer_id = $1 AND v.volume_id = volume;
		FOR slice IN
			SELECT DISTINCT e.stored_at, e.stored_bytes
			FROM mailroom.archive_entry e
			WHERE e.issuer_id = $1 AND e.document_id = ANY ($2) AND e.stored_in = volume
				AND NOT EXISTS (SELECT FROM mailroom.archive_entry o
					WHERE o.issuer_id = $1 AND substring(o.content_sha256 FROM 1 FOR 7) = substring(e.content_sha256 FROM 1 FOR 7) AND o.content_sha256 = e.content_sha256 AND o.stored_in = e.stored_in AND o.stored_at = e.stored_at AND o.document_id <> ALL ($2))
		LOOP
			bytes := overlay(bytes PLACING decode(repeat('00', slice.stored_bytes::integer), 'hex') FROM slice.stored_at::integer + 1 FOR slice.stored_bytes::integer);
		END LOOP;
		UPDATE mailroom.archive_volume v
			SET content = bytes
			WHERE v.issuer_id = $1 AND v.volume_id = volume;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.wipe_archive_bytes(bigint, bigint[]) IS 'internal part of erase_documents: zeros in place of packed bytes that no other document shares';
REVOKE EXECUTE ON FUNCTION mailroom.wipe_archive_bytes(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.wipe_archived(issuer_id bigint, document_ids bigint[], record_id bigint)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET mailroom.allow_archive_change = on
	LANGUAGE plpgsql
AS $$
DECLARE
	invoices bigint[];
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	-- archive_store holds the lock in share before it looks for a dictionary: none is dropped that it is about to use
	LOCK TABLE mailroom.archive_entry IN SHARE ROW EXCLUSIVE MODE;
	invoices := ARRAY(SELECT e.invoice_id FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = ANY ($2) AND e.invoice_id IS NOT NULL);
	PERFORM mailroom.wipe_archive_bytes($1, $2);
	INSERT INTO mailroom.archive_erasure (issuer_id, document_id, record_id, leaf_hash, erased_at)
		SELECT e.issuer_id, e.document_id, $3, e.leaf_hash, mailroom.now()
			FROM mailroom.archive_entry e
			WHERE e.issuer_id = $1 AND e.document_id = ANY ($2);
	UPDATE mailroom.archive_entry e
		SET salt = '', content_sha256 = '', content_bytes = 0, dictionary_id = NULL, invoice_id = NULL, invoice_number = NULL, customer_no = NULL, customer_name = NULL,
			payment_reference = NULL, issue_date = NULL, amount_minor = NULL, currency = NULL
		WHERE e.issuer_id = $1 AND e.document_id = ANY ($2);
	UPDATE mailroom.document d
		SET content_sha256 = '', content_bytes = 0
		WHERE d.issuer_id = $1 AND d.document_id = ANY ($2);
	DELETE FROM mailroom.outgoing_file_part p
		USING mailroom.document_note n
		WHERE n.issuer_id = $1 AND n.document_id = ANY ($2) AND p.issuer_id = $1 AND p.outgoing_file_id = n.outgoing_file_id;
	-- what was sent of the invoices: files that carry the documents, and what stands around them
	DELETE FROM mailroom.outgoing_file_part p
		USING mailroom.invoice_package k
		WHERE k.issuer_id = $1 AND k.invoice_id = ANY (invoices) AND p.issuer_id = $1 AND p.outgoing_file_id = k.outgoing_file_id;
	DELETE FROM mailroom.document_note n WHERE n.issuer_id = $1 AND n.document_id = ANY ($2);
	PERFORM mailroom.wipe_archive_words($1, $2);
	DELETE FROM mailroom.archive_origin o WHERE o.issuer_id = $1 AND o.document_id = ANY ($2);
	UPDATE mailroom.letter l
		SET recipient = 'deleted', postcode = NULL, city = NULL, customer_no = NULL
		WHERE l.issuer_id = $1 AND l.document_id = ANY ($2);
	UPDATE mailroom.invoice i
		SET buyer_name = NULL, buyer_no = NULL, buyer_registration_no = NULL, buyer_vat_id = NULL, buyer_endpoint = NULL, buyer_endpoint_scheme = NULL, buyer_street = NULL,
			buyer_street_2 = NULL, buyer_city = NULL, buyer_postcode = NULL, buyer_email = NULL, buyer_reference = NULL, order_reference = NULL, payment_reference = NULL,
			note = NULL, other_terms = NULL, extra = NULL
		WHERE i.issuer_id = $1 AND i.invoice_id = ANY (invoices);
	DELETE FROM mailroom.invoice_line l WHERE l.issuer_id = $1 AND l.invoice_id = ANY (invoices);
	DELETE FROM mailroom.document_data d WHERE d.issuer_id = $1 AND d.invoice_id = ANY (invoices);
	DELETE FROM mailroom.archive_dictionary d
		WHERE d.issuer_id = $1 AND NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.dictionary_id = d.dictionary_id);
END;
$$;
COMMENT ON FUNCTION mailroom.wipe_archived(bigint, bigint[], bigint) IS 'internal part of erase_documents: takes bytes, salts, search terms, buyers, lines, copies and packages away; leaf hashes stay';
REVOKE EXECUTE ON FUNCTION mailroom.wipe_archived(bigint, bigint[], bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_record(issuer_id bigint, kind text, content bytea)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint := nextval(pg_get_serial_sequence('mailroom.document', 'document_id'));
BEGIN
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, channel, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		VALUES ($1, new_id, -new_id, 'record', kind, 1, 1, '{}', '{}', octet_length(content), sha256(content), mailroom.now());
	PERFORM mailroom.archive_store($1, ARRAY[new_id], ARRAY[content]);
	PERFORM mailroom.seal_open_volumes($1);
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_record(bigint, text, bytea) IS 'archives something that the house itself has to say, as a document of channel record, which is never deleted; returns document_id';
REVOKE EXECUTE ON FUNCTION mailroom.archive_record(bigint, text, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_erasure(issuer_id bigint, document_ids bigint[], reason text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	bad record;
	record_id bigint;
BEGIN
	IF coalesce(reason, '') = '' THEN
		RAISE EXCEPTION 'deletion of documents has no reason' USING ERRCODE = 'null_value_not_allowed', HINT = 'The record of the deletion keeps it.';
	END IF;
	-- whoever archives, exports or deletes takes this lock, then volumes, then the chain
	LOCK TABLE mailroom.archive_entry IN SHARE ROW EXCLUSIVE MODE;
	SELECT i.id AS document_id, r.keep_until, r.source, r.hold_id, h.reason AS hold_reason, r.document_id IS NULL AS missing INTO bad
		FROM unnest($2) AS i (id)
			LEFT JOIN mailroom.document_retention($1, $2) AS r ON r.document_id = i.id
			LEFT JOIN mailroom.legal_hold h ON h.issuer_id = $1 AND h.hold_id = r.hold_id
		WHERE r.document_id IS NULL OR r.hold_id IS NOT NULL OR r.keep_until IS NULL OR r.keep_until >= mailroom.today($1)
		ORDER BY r.document_id IS NULL DESC, i.id
		LIMIT 1;
	IF bad.missing THEN
		RAISE EXCEPTION 'document % is not in the archive or is deleted already', coalesce(bad.document_id::text, 'NULL') USING ERRCODE = 'undefined_object', HINT = 'mailroom.search_archive() finds what is there; mailroom.archive_erasure has what was deleted.';
	END IF;
	IF FOUND THEN
		RAISE EXCEPTION 'cannot delete document % before its time', bad.document_id
			USING ERRCODE = 'MR016',
				DETAIL = CASE WHEN bad.hold_id IS NOT NULL THEN format('Legal hold %s keeps it: %s.', bad.hold_id, bad.hold_reason)
					WHEN bad.keep_until IS NULL THEN format('It is kept for ever: %s.', coalesce(bad.source, 'no rule for its kind'))
					ELSE format('It is kept until %s: %s.', to_char(bad.keep_until, 'YYYY-MM-DD'), bad.source) END,
				HINT = CASE WHEN bad.hold_id IS NOT NULL THEN 'An operator ends it with mailroom.release_legal_hold().'
					WHEN bad.source IS NULL THEN 'Set a rule with mailroom.set_retention().'
					ELSE 'mailroom.retention_due() tells what may be deleted when.' END;
	END IF;
	record_id := mailroom.archive_record($1, 'erasure', (
		SELECT convert_to(jsonb_build_object('format', 'mailroom-erasure-1', 'issuer_id', $1, 'erased_at', to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'erased_by', mailroom.outer_role(), 'reason', reason, 'documents', jsonb_agg(jsonb_build_object('document_id', e.document_id, 'volume_id', e.volume_id,
					'leaf_no', e.leaf_no, 'leaf_hash', encode(e.leaf_hash, 'hex'), 'keep_until', to_char(r.keep_until, 'YYYY-MM-DD'), 'rule', r.source) ORDER BY e.volume_id, e.leaf_no))::text, 'UTF8')
			FROM mailroom.document_retention($1, $2) AS r
				JOIN mailroom.archive_entry e ON e.issuer_id = $1 AND e.document_id = r.document_id));
	PERFORM mailroom.wipe_archived($1, $2, record_id);
	PERFORM mailroom.log_event($1, 'document', record_id, 'documents_erased', jsonb_build_object('documents', cardinality($2), 'reason', reason));
	RETURN record_id;
END;
$$;
COMMENT ON FUNCTION mailroom.make_erasure(bigint, bigint[], text) IS 'internal part of erase_documents';
REVOKE EXECUTE ON FUNCTION mailroom.make_erasure(bigint, bigint[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.erase_documents(issuer_id bigint, document_ids bigint[], reason text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF coalesce(cardinality($2), 0) = 0 THEN
		RETURN NULL;
	END IF;
	RETURN mailroom.make_erasure($1, $2, $3);
END;
$$;
COMMENT ON FUNCTION mailroom.erase_documents(bigint, bigint[], text) IS 'deletes documents whose time is over: bytes, salt, search terms, buyer and lines; the leaf hash stays, so that the archive and the proofs of all others still verify; archives a record of who, why and which and returns its document_id (NULL for no documents); needs operator; MR016 when one must still be kept or a legal hold stands, 42704 when one is not there; all or none';
REVOKE EXECUTE ON FUNCTION mailroom.erase_documents(bigint, bigint[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.erase_due_documents(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	due bigint[];
	most integer := coalesce((arguments ->> 'max_documents')::integer, 5000);
BEGIN
	SELECT array_agg(d.document_id) INTO due
		FROM (SELECT r.document_id FROM mailroom.document_retention($1) AS r
			WHERE r.keep_until < mailroom.today($1) AND r.hold_id IS NULL
			ORDER BY r.volume_id, r.document_id
			LIMIT most) AS d;
	IF due IS NOT NULL THEN
		PERFORM mailroom.make_erasure($1, due, coalesce(arguments ->> 'reason', 'time of keeping is over'));
		IF cardinality(due) = most THEN
			PERFORM mailroom.submit_job($1, 'erase_due_documents', arguments);
		END IF;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.erase_due_documents(bigint, bigint, jsonb) IS 'handler of jobs erase_due_documents: deletes what is due and not held, and goes on with a job of its own after max_documents (5,000); arguments: {"reason": "...", "max_documents": 5000}';
REVOKE EXECUTE ON FUNCTION mailroom.erase_due_documents(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('erase_due_documents', 'mailroom.erase_due_documents(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.archive_erasure_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a_record bigint;
	told jsonb;
BEGIN
	RETURN QUERY
		SELECT e.volume_id, e.document_id, CASE WHEN x.document_id IS NULL THEN 'document was deleted without a record' ELSE 'deleted document still has its bytes' END
		FROM mailroom.archive_entry e
			LEFT JOIN mailroom.archive_erasure x ON x.issuer_id = e.issuer_id AND x.document_id = e.document_id AND x.leaf_hash = e.leaf_hash
		WHERE e.issuer_id = $1 AND e.salt = ''::bytea AND (x.document_id IS NULL
			OR (EXISTS (SELECT FROM mailroom.archive_volume v WHERE v.issuer_id = $1 AND v.volume_id = e.stored_in
					AND ltrim(encode(substring(v.content FROM e.stored_at::integer + 1 FOR e.stored_bytes::integer), 'hex'), '0') <> '')
				AND NOT EXISTS (SELECT FROM mailroom.archive_entry o WHERE o.issuer_id = $1 AND o.stored_in = e.stored_in AND o.stored_at = e.stored_at AND o.salt <> ''::bytea)));
	FOR a_record IN SELECT DISTINCT x.record_id FROM mailroom.archive_erasure x WHERE x.issuer_id = $1 ORDER BY 1 LOOP
		BEGIN
			told := convert_from(mailroom.archive_document($1, a_record), 'UTF8')::jsonb;
		EXCEPTION WHEN OTHERS THEN
			told := '{}';
		END;
		RETURN QUERY
			SELECT NULL::bigint, x.document_id, 'record of the deletion does not name the document'
			FROM mailroom.archive_erasure x
			WHERE x.issuer_id = $1 AND x.record_id = a_record AND NOT EXISTS (
				SELECT FROM jsonb_to_recordset(told -> 'documents') AS t (document_id bigint, leaf_hash text)
				WHERE t.document_id = x.document_id AND t.leaf_hash = encode(x.leaf_hash, 'hex'));
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_erasure_defects(bigint) IS 'internal part of verify_archive: documents that are gone without a record in the chain, or not quite gone';
REVOKE EXECUTE ON FUNCTION mailroom.archive_erasure_defects(bigint) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.set_retention(bigint, text, integer, text)'),
		('mailroom.release_legal_hold(bigint, bigint, text)'),
		('mailroom.erase_documents(bigint, bigint[], text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.place_legal_hold(bigint, text, bigint, text, date, date, date)', 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.retention_due(bigint, date)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.retention_law'), ('mailroom.retention_rule'), ('mailroom.legal_hold'), ('mailroom.archive_erasure')) AS t (name);

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_erasure'::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
		CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON mailroom.archive_erasure
			FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change();
	END IF;
END;
$$;
