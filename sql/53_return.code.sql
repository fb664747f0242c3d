-- 53_return: the print operator's return file: printed means confirmed, spoiled is printed again, posted is compared.

INSERT INTO mailroom.return_layout (issuer_id, layout_name, kind, skip_lines) VALUES (0, 'return-csv', 'delimited', 1) ON CONFLICT DO NOTHING;
INSERT INTO mailroom.return_layout_field (issuer_id, layout_name, item, place)
	VALUES (0, 'return-csv', 'letter', 1), (0, 'return-csv', 'event', 2), (0, 'return-csv', 'bundle', 3), (0, 'return-csv', 'count', 4), (0, 'return-csv', 'reason', 5) ON CONFLICT DO NOTHING;
INSERT INTO mailroom.return_layout_code (issuer_id, layout_name, code, state)
	SELECT 0, 'return-csv', s, s FROM unnest(ARRAY['inserted', 'spoiled', 'posted', 'pulled', 'count']) AS s ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION mailroom.split_record(line text, delimiter text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN strpos($1, '"') = 0 THEN string_to_array($1, $2)
		ELSE (SELECT array_agg(CASE WHEN m[1] LIKE '"%"' THEN replace(substr(m[1], 2, length(m[1]) - 2), '""', '"') ELSE m[1] END ORDER BY n)
			FROM regexp_matches($1 || $2, format('("(?:[^"]|"")*"|[^%1$s]*)[%1$s]', CASE WHEN $2 IN (E'\\', ']', '^', '-') THEN E'\\' || $2 ELSE $2 END), 'g') WITH ORDINALITY AS r (m, n)) END;
COMMENT ON FUNCTION mailroom.split_record(text, text) IS 'values of a delimited line; those in double quotes may hold the delimiter, and the quote doubled';

CREATE OR REPLACE FUNCTION mailroom.read_return_records(issuer_id bigint, layout_name text, content bytea)
	RETURNS TABLE (line_no bigint, letter text, sequence text, bundle text, event text, letters text, reason text)
	STABLE
	ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	items CONSTANT text[] := ARRAY['letter', 'sequence', 'bundle', 'event', 'count', 'reason'];
	layout mailroom.return_layout;
	places jsonb;
	at integer[]; -- by items; NULL = the layout has it not
	long integer[];
BEGIN
	SELECT * INTO layout FROM mailroom.return_layout y WHERE y.issuer_id IN ($1, 0) AND y.layout_name = $2 ORDER BY y.issuer_id DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'return layout "%" does not exist', $2 USING ERRCODE = 'MR003', HINT = 'Layouts are rows of mailroom.return_layout; "return-csv" is shipped.';
	END IF;
	SELECT jsonb_object_agg(f.item, jsonb_build_array(f.place, f.length)) INTO places
		FROM mailroom.return_layout_field f WHERE f.issuer_id = layout.issuer_id AND f.layout_name = $2;
	IF NOT coalesce(places ? 'event' AND (places ? 'letter' OR places ? 'sequence'), false)
		OR layout.kind = 'fixed' AND EXISTS (SELECT FROM jsonb_each(places) p WHERE p.value -> 1 = 'null') THEN
		RAISE EXCEPTION 'return layout "%" names no envelope, no event, or a field without length', $2
			USING ERRCODE = 'MR003', HINT = 'It needs the items event and letter or sequence in mailroom.return_layout_field; fields of fixed layouts need a length.';
	END IF;
	at := ARRAY(SELECT (places -> i ->> 0)::integer FROM unnest(items) WITH ORDINALITY AS u (i, n) ORDER BY u.n);
	long := ARRAY(SELECT (places -> i ->> 1)::integer FROM unnest(items) WITH ORDINALITY AS u (i, n) ORDER BY u.n);
	IF layout.kind = 'fixed' THEN
		RETURN QUERY
			SELECT t.n, nullif(btrim(substr(t.line, at[1], long[1])), ''), nullif(btrim(substr(t.line, at[2], long[2])), ''), nullif(btrim(substr(t.line, at[3], long[3])), ''),
					nullif(btrim(substr(t.line, at[4], long[4])), ''), nullif(btrim(substr(t.line, at[5], long[5])), ''), nullif(btrim(substr(t.line, at[6], long[6])), '')
				FROM regexp_split_to_table(convert_from($3, layout.charset), E'\r?\n') WITH ORDINALITY AS t (line, n)
				WHERE t.n > layout.skip_lines AND t.line <> '';
	ELSE
		RETURN QUERY
			SELECT t.n, nullif(btrim(c.cells[at[1]]), ''), nullif(btrim(c.cells[at[2]]), ''), nullif(btrim(c.cells[at[3]]), ''),
					nullif(btrim(c.cells[at[4]]), ''), nullif(btrim(c.cells[at[5]]), ''), nullif(btrim(c.cells[at[6]]), '')
				FROM regexp_split_to_table(convert_from($3, layout.charset), E'\r?\n') WITH ORDINALITY AS t (line, n)
					CROSS JOIN LATERAL (SELECT CASE WHEN strpos(t.line, '"') = 0 THEN string_to_array(t.line, layout.delimiter) ELSE mailroom.split_record(t.line, layout.delimiter) END AS cells OFFSET 0) c
				WHERE t.n > layout.skip_lines AND t.line <> '';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.read_return_records(bigint, text, bytea) IS 'the records of a return file as texts, NULL where empty; MR003 when the layout does not exist or names neither envelope nor event';

-- Which envelope each line means, and what is wrong with it.
CREATE OR REPLACE FUNCTION mailroom.store_return_lines(issuer_id bigint, return_id bigint, mailing_id bigint, layout_name text, content bytea)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.return_line (issuer_id, return_id, line_no, state, member_issuer_id, member_mailing_id, letter_id, bundle_no, letters, reason, rule, message)
		WITH layout AS (
			SELECT max(y.issuer_id) AS issuer_id FROM mailroom.return_layout y WHERE y.issuer_id IN ($1, 0) AND y.layout_name = $4
		), planned AS MATERIALIZED (
			SELECT k.issuer_id, k.mailing_id, p.letter_id, p.sequence_no, p.bundle_no FROM mailroom.mailing_parts($1, $3) k
				CROSS JOIN LATERAL (SELECT p.* FROM mailroom.letter_postage p WHERE p.issuer_id = k.issuer_id AND p.mailing_id = k.mailing_id OFFSET 0) p
		), head AS MATERIALIZED (
			SELECT l.letter_id, p.issuer_id, p.mailing_id, p.letter_id AS head_id FROM mailroom.mailing_parts($1, $3) k
				CROSS JOIN LATERAL (SELECT l.letter_id, l.cover_id FROM mailroom.letter l WHERE l.issuer_id = k.issuer_id AND l.mailing_id = k.mailing_id OFFSET 0) l
				JOIN planned p ON p.letter_id = coalesce(l.cover_id, l.letter_id)
		), bundle AS MATERIALIZED (
			SELECT p.bundle_no, count(*) AS letters FROM planned p GROUP BY 1
		), record AS MATERIALIZED (
			SELECT r.*, c.state, CASE WHEN c.state <> 'count' AND r.letter ~ '^\d{1,18}$' THEN r.letter::bigint END AS letter_no,
					CASE WHEN c.state <> 'count' AND r.letter IS NULL AND r.sequence ~ '^\d{1,18}$' THEN r.sequence::bigint END AS sequence_no,
					CASE WHEN r.bundle ~ '^\d{1,9}$' THEN r.bundle::integer END AS bundle_no, CASE WHEN r.letters ~ '^\d{1,15}$' THEN r.letters::bigint END AS counted
				FROM mailroom.read_return_records($1, $4, $5) r
					LEFT JOIN mailroom.return_layout_code c ON c.issuer_id = (SELECT y.issuer_id FROM layout y) AND c.layout_name = $4 AND c.code = r.event
		), placed AS MATERIALIZED (
			SELECT r.line_no, r.event, r.state, r.reason, r.bundle_no, r.counted AS letters, r.letter, r.sequence, b.letters AS planned,
					coalesce(h.issuer_id, p.issuer_id) AS member_issuer_id, coalesce(h.mailing_id, p.mailing_id) AS member_mailing_id, coalesce(h.head_id, p.letter_id) AS letter_id
				FROM record r
					LEFT JOIN head h ON h.letter_id = r.letter_no
					LEFT JOIN planned p ON p.sequence_no = r.sequence_no
					LEFT JOIN bundle b ON b.bundle_no = r.bundle_no AND r.state = 'count'
		), found AS (
			-- each by its key: what was posted and withdrawn over the years is not read
			SELECT p.*, o.is_posted, w.is_to_pull
				FROM placed p
					LEFT JOIN LATERAL (SELECT r.state = 'posted' AS is_posted FROM mailroom.letter_return r WHERE r.issuer_id = p.member_issuer_id AND r.mailing_id = p.member_mailing_id AND r.letter_id = p.letter_id OFFSET 0) o ON true
					LEFT JOIN LATERAL (SELECT true AS is_to_pull FROM mailroom.withdrawn_invoice i WHERE i.issuer_id = p.member_issuer_id AND i.mailing_id = p.member_mailing_id AND i.cover_id = p.letter_id AND i.place = 'to pull' LIMIT 1) w ON true
		)
		SELECT $1, $2, f.line_no, f.state, f.member_issuer_id, f.member_mailing_id, f.letter_id, f.bundle_no, f.letters, f.reason, w.rule,
				CASE w.rule WHEN 'RETURN-UNKNOWN-CODE' THEN format('event "%s" is not in layout "%s"', f.event, $4)
					WHEN 'RETURN-UNKNOWN-LETTER' THEN format('%s is not an envelope of this mailing', concat_ws(' ', 'letter', f.letter, CASE WHEN f.sequence IS NOT NULL THEN 'sequence ' || f.sequence END))
					WHEN 'RETURN-UNREADABLE' THEN 'a count names no bundle or no number'
					WHEN 'RETURN-COUNT' THEN format('bundle %s: found %s, expected %s', f.bundle_no, f.letters, coalesce(f.planned, 0))
					WHEN 'RETURN-AFTER-POSTING' THEN format('letter %s was posted before it was %s', f.letter_id, f.state)
					WHEN 'RETURN-WITHDRAWN' THEN format('letter %s was withdrawn and is %s', f.letter_id, f.state) END
			FROM found f
				CROSS JOIN LATERAL (SELECT CASE
					WHEN f.state IS NULL THEN 'RETURN-UNKNOWN-CODE'
					WHEN f.state = 'count' AND (f.bundle_no IS NULL OR f.letters IS NULL) THEN 'RETURN-UNREADABLE'
					WHEN f.state = 'count' THEN CASE WHEN f.letters <> coalesce(f.planned, 0) THEN 'RETURN-COUNT' END
					WHEN f.letter_id IS NULL THEN 'RETURN-UNKNOWN-LETTER'
					WHEN f.state <> 'posted' AND f.is_posted THEN 'RETURN-AFTER-POSTING'
					WHEN f.state IN ('inserted', 'posted') AND f.is_to_pull THEN 'RETURN-WITHDRAWN' END AS rule OFFSET 0) w;
END;
COMMENT ON FUNCTION mailroom.store_return_lines(bigint, bigint, bigint, text, bytea) IS 'the step of mailroom.read_return that writes return_line: the envelope of each record and what is wrong with it';
REVOKE EXECUTE ON FUNCTION mailroom.store_return_lines(bigint, bigint, bigint, text, bytea) FROM PUBLIC;

-- An envelope is withdrawn when everything in it is.
CREATE OR REPLACE FUNCTION mailroom.is_withdrawn(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN EXISTS (SELECT FROM mailroom.withdrawn_invoice w WHERE w.issuer_id = $1 AND w.mailing_id = $2 AND w.letter_id = $3)
		AND NOT EXISTS (SELECT FROM mailroom.letter l
			WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.cover_id = $3
				AND NOT EXISTS (SELECT FROM mailroom.withdrawn_invoice w WHERE w.issuer_id = $1 AND w.mailing_id = $2 AND w.letter_id = l.letter_id));
COMMENT ON FUNCTION mailroom.is_withdrawn(bigint, bigint, bigint) IS 'whether all documents in the envelope that a letter heads were withdrawn';

-- What the file says last of an envelope holds; posted is final.
CREATE OR REPLACE FUNCTION mailroom.apply_return(issuer_id bigint, return_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.letter_return AS o (issuer_id, mailing_id, letter_id, state, return_id, reason, spoiled_count, changed_at)
		SELECT n.member_issuer_id, n.member_mailing_id, n.letter_id,
				CASE WHEN bool_or(n.state = 'posted') THEN 'posted' ELSE (array_agg(n.state ORDER BY n.line_no DESC))[1] END,
				$2, (array_agg(n.reason ORDER BY n.line_no DESC))[1], count(*) FILTER (WHERE n.state = 'spoiled'), mailroom.now()
			FROM mailroom.return_line n
			WHERE n.issuer_id = $1 AND n.return_id = $2 AND n.letter_id IS NOT NULL
			GROUP BY 1, 2, 3
		ON CONFLICT ON CONSTRAINT letter_return_pkey DO UPDATE
			SET state = excluded.state, return_id = excluded.return_id, reason = excluded.reason, spoiled_count = o.spoiled_count + excluded.spoiled_count, changed_at = excluded.changed_at
			WHERE o.state <> 'posted';
END;
COMMENT ON FUNCTION mailroom.apply_return(bigint, bigint) IS 'the step of mailroom.read_return that sets the states of envelopes';
REVOKE EXECUTE ON FUNCTION mailroom.apply_return(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.confirm_letters(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.return_policy p WHERE p.issuer_id = $1) THEN
		RETURN; -- printed when the file was written
	END IF;
	PERFORM mailroom.advance_invoices($1, ARRAY(SELECT d.invoice_id
		FROM mailroom.letter_return r
			JOIN mailroom.letter l ON l.issuer_id = r.issuer_id AND l.mailing_id = r.mailing_id AND coalesce(l.cover_id, l.letter_id) = r.letter_id
			JOIN mailroom.document d ON d.issuer_id = l.issuer_id AND d.document_id = l.document_id
		WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.state IN ('inserted', 'posted') AND d.invoice_id IS NOT NULL
		ORDER BY 1), 'accepted', 'printed');
	IF (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = $2) = 'printed'
		AND NOT EXISTS (SELECT FROM mailroom.letter_postage p
			WHERE p.issuer_id = $1 AND p.mailing_id = $2
				AND NOT EXISTS (SELECT FROM mailroom.letter_return r WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.letter_id = p.letter_id AND r.state <> 'spoiled')
				AND NOT mailroom.is_withdrawn($1, $2, p.letter_id)) THEN
		PERFORM mailroom.submit_job($1, 'close_run_mailing', jsonb_build_object('mailing_id', $2,
			'run_id', (SELECT k.run_id FROM mailroom.flow_mailing k WHERE k.issuer_id = $1 AND k.mailing_id = $2)));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.confirm_letters(bigint, bigint) IS 'the step of mailroom.read_return that sets invoices printed whose letters are inserted or posted, and closes a mailing of which every envelope is';
REVOKE EXECUTE ON FUNCTION mailroom.confirm_letters(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.order_reprint(issuer_id bigint, return_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	-- each part of a split mailing where it was printed
	WITH spoiled AS MATERIALIZED (
		-- the part by the file that the letter stands in
		SELECT n.member_issuer_id, n.member_mailing_id, n.letter_id, p.part_no
			FROM (SELECT DISTINCT o.member_issuer_id, o.member_mailing_id, o.letter_id FROM mailroom.return_line o WHERE o.issuer_id = $1 AND o.return_id = $2 AND o.state = 'spoiled' AND o.letter_id IS NOT NULL) n
				CROSS JOIN LATERAL (SELECT r.state FROM mailroom.letter_return r WHERE r.issuer_id = n.member_issuer_id AND r.mailing_id = n.member_mailing_id AND r.letter_id = n.letter_id OFFSET 0) r
				LEFT JOIN LATERAL (SELECT q.outgoing_file_id FROM mailroom.letter_print q WHERE q.issuer_id = n.member_issuer_id AND q.mailing_id = n.member_mailing_id AND q.letter_id = n.letter_id OFFSET 0) q ON true
				LEFT JOIN mailroom.mailing_part p ON p.issuer_id = $1 AND p.mailing_id = $3 AND p.outgoing_file_id = q.outgoing_file_id
			WHERE r.state = 'spoiled' AND NOT mailroom.is_withdrawn(n.member_issuer_id, n.member_mailing_id, n.letter_id)
	), part AS MATERIALIZED (
		SELECT s.part_no, count(*) AS letters, (SELECT count(*) FROM mailroom.mailing_reprint r WHERE r.issuer_id = $1 AND r.mailing_id = $3) + row_number() OVER (ORDER BY s.part_no NULLS FIRST) AS reprint_no
			FROM spoiled s GROUP BY s.part_no
	), letter AS (
		INSERT INTO mailroom.letter_reprint (issuer_id, mailing_id, reprint_no, member_issuer_id, member_mailing_id, letter_id)
			SELECT $1, $3, p.reprint_no, s.member_issuer_id, s.member_mailing_id, s.letter_id FROM spoiled s JOIN part p ON p.part_no IS NOT DISTINCT FROM s.part_no
	), reprint AS (
		INSERT INTO mailroom.mailing_reprint (issuer_id, mailing_id, reprint_no, return_id, letters, asked_at, part_no)
			SELECT $1, $3, p.reprint_no, $2, p.letters, mailroom.now(), p.part_no FROM part p ORDER BY p.reprint_no
	)
	SELECT mailroom.submit_job($1, 'reprint_mailing', jsonb_build_object('mailing_id', $3, 'reprint_no', p.reprint_no)) FROM part p ORDER BY p.reprint_no;
END;
COMMENT ON FUNCTION mailroom.order_reprint(bigint, bigint, bigint) IS 'the step of mailroom.read_return that has what the file calls spoiled printed again, by a job for each part of a split mailing';
REVOKE EXECUTE ON FUNCTION mailroom.order_reprint(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.read_return(issuer_id bigint, mailing_id bigint, content bytea, file_name text DEFAULT NULL, layout_name text DEFAULT NULL)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET jit = off -- many subplans, each short
	LANGUAGE plpgsql
AS $$
DECLARE
	layout CONSTANT text := coalesce($5, (SELECT p.layout_name FROM mailroom.return_policy p WHERE p.issuer_id = $1), 'return-csv');
	m mailroom.mailing;
	f mailroom.return_file;
	part record;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.lock_hand_in($1, $2);
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % does not exist', $2 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2 AND k.house_prints) THEN
		RAISE EXCEPTION 'cannot read a return file for mailing "%" because its house prints it', m.name USING ERRCODE = 'MR004', HINT = 'The house reads it, for its own mailing.';
	ELSIF NOT EXISTS (SELECT FROM mailroom.mailing_parts($1, $2) k JOIN mailroom.mailing g ON g.issuer_id = k.issuer_id AND g.mailing_id = k.mailing_id WHERE g.state IN ('printed', 'closed')) THEN
		RAISE EXCEPTION 'cannot read a return file for mailing "%" because it is %', m.name, m.state USING ERRCODE = 'MR004', HINT = 'Only what was printed can come back.';
	END IF;
	INSERT INTO mailroom.return_file (issuer_id, mailing_id, file_name, layout_name, content_sha256, read_by, read_at)
		VALUES ($1, $2, $4, layout, sha256($3), mailroom.outer_role(), mailroom.now())
		ON CONFLICT DO NOTHING RETURNING * INTO f;
	IF NOT FOUND THEN
		RETURN (SELECT o.return_id FROM mailroom.return_file o WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.content_sha256 = sha256($3));
	END IF;
	PERFORM mailroom.store_return_lines($1, f.return_id, $2, layout, $3);
	PERFORM mailroom.apply_return($1, f.return_id);
	FOR part IN SELECT k.issuer_id, k.mailing_id FROM mailroom.mailing_parts($1, $2) k ORDER BY 1, 2 LOOP
		PERFORM mailroom.confirm_letters(part.issuer_id, part.mailing_id);
	END LOOP;
	PERFORM mailroom.order_reprint($1, f.return_id, $2);
	UPDATE mailroom.return_file o
		SET (lines, faults) = (SELECT count(*), count(n.rule) FROM mailroom.return_line n WHERE n.issuer_id = $1 AND n.return_id = f.return_id)
		WHERE o.issuer_id = $1 AND o.return_id = f.return_id RETURNING * INTO f;
	PERFORM mailroom.log_event($1, 'mailing', $2, 'return read', jsonb_build_object('return_id', f.return_id, 'lines', f.lines, 'faults', f.faults));
	RETURN f.return_id;
END;
$$;
COMMENT ON FUNCTION mailroom.read_return(bigint, bigint, bytea, text, text) IS 'reads the print operator''s return file of a printed mailing by a layout (NULL: that of return_policy, else return-csv): sets the state of its envelopes, confirms printed invoices, has spoiled letters printed again from the archived bytes, and keeps each record in return_line, with what is wrong with it. Returns return_id; the same bytes again change nothing. For a common hand-in the house reads it. Needs operator; 42704 no such mailing, MR003 no such layout, MR004 not printed, or its house prints it, 22021 not in the layout''s charset';
REVOKE EXECUTE ON FUNCTION mailroom.read_return(bigint, bigint, bytea, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.print_reprint(issuer_id bigint, mailing_id bigint, reprint_no integer)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_print_reprint';
COMMENT ON FUNCTION mailroom.print_reprint(bigint, bigint, integer) IS 'writes the letters of mailroom.letter_reprint in postal order, page contents copied from the archived documents, as outgoing files of kind reprint_file and reprint_ticket; returns outgoing_file_id of the PDF, the one there is when it is written already, NULL when no letter is left; MR004 when the mailing is not printed, MR007 when archived bytes do not match their hash';
REVOKE EXECUTE ON FUNCTION mailroom.print_reprint(bigint, bigint, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.reprint_mailing(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	mailing CONSTANT bigint := ($3 ->> 'mailing_id')::bigint;
	number CONSTANT integer := ($3 ->> 'reprint_no')::integer;
BEGIN
	PERFORM mailroom.lock_hand_in($1, mailing);
	PERFORM FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = mailing FOR UPDATE;
	IF (SELECT r.outgoing_file_id IS NULL FROM mailroom.mailing_reprint r WHERE r.issuer_id = $1 AND r.mailing_id = mailing AND r.reprint_no = number) THEN
		DELETE FROM mailroom.letter_reprint r
			WHERE r.issuer_id = $1 AND r.mailing_id = mailing AND r.reprint_no = number AND mailroom.is_withdrawn(r.member_issuer_id, r.member_mailing_id, r.letter_id);
		PERFORM mailroom.print_reprint($1, mailing, number);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.reprint_mailing(bigint, bigint, jsonb) IS 'job handler: prints spoiled letters again: {"mailing_id", "reprint_no"}';
REVOKE EXECUTE ON FUNCTION mailroom.reprint_mailing(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('reprint_mailing', 'mailroom.reprint_mailing(bigint, bigint, jsonb)');

CREATE OR REPLACE VIEW mailroom.posted_against_planned WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.state, p.offer, p.bundle_no, p.planned, p.inserted, p.spoiled, p.posted, p.pulled, p.withdrawn, p.unknown, c.letters AS counted,
			p.planned - p.posted AS difference,
			nullif(concat_ws(', ', CASE WHEN p.withdrawn > 0 THEN p.withdrawn || ' withdrawn' END, CASE WHEN p.spoiled > 0 THEN p.spoiled || ' spoiled' END,
				CASE WHEN p.inserted > 0 THEN p.inserted || ' inserted and not posted' END, CASE WHEN p.pulled > 0 THEN p.pulled || ' pulled without being withdrawn' END,
				CASE WHEN p.unknown > 0 THEN p.unknown || ' not reported' END, CASE WHEN c.letters <> p.posted THEN format('the operator counted %s', c.letters) END), '') AS reason
		FROM mailroom.mailing m
			CROSS JOIN LATERAL (SELECT g.offer, g.bundle_no, count(*) AS planned,
					count(*) FILTER (WHERE r.state = 'inserted' AND NOT w.gone) AS inserted, count(*) FILTER (WHERE r.state = 'spoiled' AND NOT w.gone) AS spoiled,
					count(*) FILTER (WHERE r.state = 'posted') AS posted, count(*) FILTER (WHERE r.state = 'pulled' AND NOT w.gone) AS pulled,
					count(*) FILTER (WHERE w.gone AND r.state IS DISTINCT FROM 'posted') AS withdrawn, count(*) FILTER (WHERE r.state IS NULL AND NOT w.gone) AS unknown
				FROM mailroom.letter_postage g
					LEFT JOIN LATERAL (SELECT r.state FROM mailroom.letter_return r WHERE r.issuer_id = g.issuer_id AND r.mailing_id = g.mailing_id AND r.letter_id = g.letter_id OFFSET 0) r ON true
					-- as mailroom.is_withdrawn, by the key of each: a call for each envelope costs ten times as much
					LEFT JOIN LATERAL (SELECT true AS found FROM mailroom.withdrawn_invoice o WHERE o.issuer_id = g.issuer_id AND o.mailing_id = g.mailing_id AND o.letter_id = g.letter_id LIMIT 1) o ON true
					LEFT JOIN LATERAL (SELECT true AS found FROM mailroom.letter l
							LEFT JOIN LATERAL (SELECT true AS found FROM mailroom.withdrawn_invoice x WHERE x.issuer_id = l.issuer_id AND x.mailing_id = l.mailing_id AND x.letter_id = l.letter_id LIMIT 1) x ON true
						WHERE o.found AND l.issuer_id = g.issuer_id AND l.mailing_id = g.mailing_id AND l.cover_id = g.letter_id AND x.found IS NULL LIMIT 1) n ON true
					CROSS JOIN LATERAL (SELECT o.found IS NOT NULL AND n.found IS NULL AS gone) w
				WHERE g.issuer_id = m.issuer_id AND g.mailing_id = m.mailing_id
				GROUP BY 1, 2) p
			LEFT JOIN LATERAL (SELECT n.letters FROM mailroom.return_file f
					CROSS JOIN LATERAL (SELECT n.letters FROM mailroom.return_line n
						WHERE n.issuer_id = f.issuer_id AND n.return_id = f.return_id AND n.state = 'count' AND n.bundle_no = p.bundle_no ORDER BY n.line_no DESC LIMIT 1) n
				WHERE f.issuer_id = m.issuer_id AND f.mailing_id = m.mailing_id
				ORDER BY f.return_id DESC LIMIT 1) c ON true
		WHERE m.state IN ('printed', 'closed');
COMMENT ON VIEW mailroom.posted_against_planned IS 'envelopes of printed mailings by offer and bundle: planned, and how far the print operator says they came; difference = planned less posted, with the reason; counted: the operator''s own count of the bundle. In a common hand-in bundles go over several members'' mailings and counts stand with the house';

SELECT mailroom.allow('operator', 'function', 'mailroom.read_return(bigint, bigint, bytea, text, text)', 'EXECUTE');
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE')
	FROM (VALUES ('return_policy'), ('return_layout'), ('return_layout_field'), ('return_layout_code')) AS t (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('return_policy'), ('return_layout'), ('return_layout_field'), ('return_layout_code'), ('return_file'), ('return_line'),
		('letter_return'), ('mailing_reprint'), ('letter_reprint'), ('posted_against_planned')) AS t (name);
