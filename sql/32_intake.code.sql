-- 32_intake: the three doors, the import jobs, settling, layouts, reconciliation.

-- Layouts ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.check_layout(issuer_id bigint, layout_name text)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_check_layout';
COMMENT ON FUNCTION mailroom.check_layout(bigint, text) IS 'reads a layout from its rows as the importer does; MR003 with the record and field that is wrong; part of load_layout';
REVOKE EXECUTE ON FUNCTION mailroom.check_layout(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_layout(issuer_id bigint, layout_name text, definition jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	known CONSTANT text[] := ARRAY['kind', 'charset', 'delimiter', 'quote', 'header_row', 'decimal_sign', 'date_format',
		'currency', 'derive', 'detect', 'comment', 'records'];
	known_record CONSTANT text[] := ARRAY['name', 'role', 'match_start', 'match', 'required', 'fields'];
	known_field CONSTANT text[] := ARRAY['name', 'start', 'length', 'column', 'type', 'term', 'constant', 'blank_zero',
		'required', 'equals', 'same_as', 'count', 'sum', 'signed_sum', 'comment'];
	wrong text;
	violated text;
	reason text;
BEGIN
	IF jsonb_typeof(definition) IS DISTINCT FROM 'object' OR jsonb_typeof(definition -> 'records') IS DISTINCT FROM 'array' THEN
		RAISE EXCEPTION 'layout "%" cannot be used: the definition is no object with an array "records"', layout_name
			USING ERRCODE = 'MR003';
	END IF;
	SELECT string_agg(DISTINCT w.what, ', ' ORDER BY w.what) INTO wrong
		FROM (
			SELECT format('"%s"', k) AS what FROM jsonb_object_keys(definition) AS k WHERE NOT k = ANY (known)
			UNION ALL
			SELECT format('record %s "%s"', r.no, k) FROM jsonb_array_elements(definition -> 'records') WITH ORDINALITY AS r (record, no),
				jsonb_object_keys(r.record) AS k WHERE NOT k = ANY (known_record)
			UNION ALL
			SELECT format('record %s field %s "%s"', r.no, f.no, k)
				FROM jsonb_array_elements(definition -> 'records') WITH ORDINALITY AS r (record, no),
					jsonb_array_elements(coalesce(r.record -> 'fields', '[]')) WITH ORDINALITY AS f (field, no),
					jsonb_object_keys(f.field) AS k
				WHERE NOT k = ANY (known_field)) AS w;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'layout "%" cannot be used: its definition has keys that mean nothing: %', layout_name, wrong
			USING ERRCODE = 'MR003';
	END IF;
	DELETE FROM mailroom.layout l WHERE l.issuer_id = store_layout.issuer_id AND l.layout_name = store_layout.layout_name;
	INSERT INTO mailroom.layout (issuer_id, layout_name, kind, charset, delimiter, quote, header_row, decimal_sign,
			date_format, currency, derive, detect, definition, loaded_at)
		VALUES (store_layout.issuer_id, store_layout.layout_name, definition ->> 'kind', coalesce(definition ->> 'charset', 'UTF-8'),
			coalesce(definition ->> 'delimiter', CASE WHEN definition ->> 'kind' = 'delimited' THEN ',' END),
			definition ->> 'quote',
			coalesce((definition ->> 'header_row')::boolean, false), coalesce(definition ->> 'decimal_sign', '.'),
			coalesce(definition ->> 'date_format', 'YYYY-MM-DD'), definition ->> 'currency',
			ARRAY(SELECT jsonb_array_elements_text(coalesce(definition -> 'derive', '[]'))),
			definition ->> 'detect', definition, mailroom.now());
	INSERT INTO mailroom.layout_record (issuer_id, layout_name, record_no, record_name, role, match_start, match_value, required)
		SELECT store_layout.issuer_id, store_layout.layout_name, r.no, coalesce(r.record ->> 'name', r.record ->> 'match', 'record ' || r.no),
				coalesce(r.record ->> 'role', 'part'), coalesce((r.record ->> 'match_start')::integer, 1), r.record ->> 'match',
				coalesce((r.record ->> 'required')::boolean, false)
			FROM jsonb_array_elements(definition -> 'records') WITH ORDINALITY AS r (record, no);
	INSERT INTO mailroom.layout_field (issuer_id, layout_name, record_no, field_no, field_name, start, length, column_no,
			column_name, type, term, constant, blank_zero, required, check_kind, check_of)
		SELECT store_layout.issuer_id, store_layout.layout_name, r.no, f.no,
				coalesce(f.field ->> 'name', CASE WHEN jsonb_typeof(f.field -> 'column') = 'string' THEN f.field ->> 'column' END,
					f.field ->> 'term', 'field ' || f.no),
				(f.field ->> 'start')::integer, (f.field ->> 'length')::integer,
				CASE WHEN jsonb_typeof(f.field -> 'column') = 'number' THEN (f.field ->> 'column')::integer END,
				CASE WHEN jsonb_typeof(f.field -> 'column') = 'string' THEN f.field ->> 'column' END,
				coalesce(f.field ->> 'type', 'A'), f.field ->> 'term', f.field ->> 'constant',
				coalesce((f.field ->> 'blank_zero')::boolean, false), coalesce((f.field ->> 'required')::boolean, false),
				c.kind, c.of
			FROM jsonb_array_elements(definition -> 'records') WITH ORDINALITY AS r (record, no),
				jsonb_array_elements(coalesce(r.record -> 'fields', '[]')) WITH ORDINALITY AS f (field, no)
				LEFT JOIN LATERAL (SELECT k.kind, f.field ->> k.kind AS of
					FROM unnest(ARRAY['equals', 'same_as', 'count', 'sum', 'signed_sum']) AS k (kind)
					WHERE f.field ? k.kind ORDER BY k.kind LIMIT 1) AS c ON true;
	PERFORM mailroom.check_layout(store_layout.issuer_id, store_layout.layout_name);
EXCEPTION
	WHEN check_violation OR not_null_violation OR invalid_text_representation OR invalid_parameter_value OR numeric_value_out_of_range THEN
		GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME, reason = MESSAGE_TEXT;
		RAISE EXCEPTION 'layout "%" cannot be used: %', layout_name,
				CASE violated
					WHEN 'layout_layout_name_check' THEN 'its name does not consist of letters, digits, "." "_" and "-"'
					WHEN 'layout_kind_check' THEN 'kind is neither "delimited" nor "fixed"'
					WHEN 'layout_delimiter_check' THEN 'delimiter is not one byte other than letters and digits'
					WHEN 'layout_quote_check' THEN 'quote is not one byte other than letters and digits'
					WHEN 'layout_decimal_sign_check' THEN 'decimal_sign is neither "." nor ","'
					WHEN 'layout_currency_check' THEN 'currency is no ISO 4217 code'
					WHEN 'layout_derive_check' THEN 'derive knows "tax" and "totals" only'
					WHEN 'layout_detect_check' THEN 'detect is not 2 to 200 ASCII characters'
					ELSE reason
				END
			USING ERRCODE = 'MR003', HINT = 'See docs/intake.md for the keys and their values.';
END;
$$;
COMMENT ON FUNCTION mailroom.store_layout(bigint, text, jsonb) IS 'writes a layout''s rows and checks them; part of load_layout, and how the script ships its own (issuer_id 0)';
REVOKE EXECUTE ON FUNCTION mailroom.store_layout(bigint, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_layout(issuer_id bigint, layout_name text, definition jsonb)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(load_layout.issuer_id, 'operator');
	PERFORM mailroom.store_layout(load_layout.issuer_id, load_layout.layout_name, load_layout.definition);
END;
$$;
COMMENT ON FUNCTION mailroom.load_layout(bigint, text, jsonb) IS 'adds or replaces a layout of flat files for an issuer; keys as in docs/intake.md; MR003 names what is wrong; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.load_layout(bigint, text, jsonb) FROM PUBLIC;

-- Door (a): one row -----------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.find_duplicate(issuer_id bigint, file_id bigint, content_sha256 bytea)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	-- two sessions with the same content: the second waits for the first's commit and then sees it
	PERFORM pg_advisory_xact_lock(hashtextextended(find_duplicate.issuer_id || ' ' || encode(find_duplicate.content_sha256, 'hex'), 0));
	-- OFFSET 0: by hash, not along the primary key until one fits
	RETURN (SELECT min(e.file_id)
		FROM (SELECT f.file_id
			FROM mailroom.import_file f
			WHERE f.issuer_id = find_duplicate.issuer_id
				AND f.content_sha256 = find_duplicate.content_sha256
				AND f.file_id <> find_duplicate.file_id
				AND f.state IN ('received', 'importing', 'imported')
			OFFSET 0) AS e);
END;
$$;
COMMENT ON FUNCTION mailroom.find_duplicate(bigint, bigint, bytea) IS 'file_id of another file of the issuer with the same content that is neither refused nor withdrawn, NULL if none; locks the content until the transaction ends';
REVOKE EXECUTE ON FUNCTION mailroom.find_duplicate(bigint, bigint, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.receive_import_file()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	-- the house itself: an upload in progress, or rows of a dump
	IF NEW.submitted_by IS NOT NULL AND pg_has_role(current_user,
			(SELECT c.relowner FROM pg_class c WHERE c.oid = 'mailroom.issuer'::regclass), 'USAGE') THEN
		RETURN NEW;
	END IF;
	-- first, because it loads the library, whose settings follow
	NEW.received_at := mailroom.now();
	-- the right for the issuer is checked once a statement, by enqueue_imports
	NEW.content := coalesce(NEW.content, '');
	-- a value out of another table may come compressed, and each slice of it would be unpacked from its start
	IF pg_column_compression(NEW.content) IS NOT NULL THEN
		NEW.content := NEW.content || ''::bytea;
	END IF;
	NEW.content_bytes := octet_length(NEW.content);
	IF NEW.content_bytes > pg_size_bytes(current_setting('mailroom.import_value_limit')) THEN
		RAISE EXCEPTION 'import file "%" has % bytes, more than mailroom.import_value_limit (%)',
				NEW.file_name, NEW.content_bytes, current_setting('mailroom.import_value_limit')
			USING ERRCODE = 'MR002',
				HINT = 'Send it in parts: mailroom.open_upload(), mailroom.upload_part(), mailroom.close_upload().';
	END IF;
	NEW.content_sha256 := sha256(NEW.content);
	NEW.fault_policy := NULL;
	NEW.duplicate_of := CASE WHEN NEW.content_bytes > 0 THEN mailroom.find_duplicate(NEW.issuer_id, NEW.file_id, NEW.content_sha256) END;
	NEW.state := CASE WHEN NEW.duplicate_of IS NULL THEN 'received' ELSE 'duplicate' END;
	NEW.document_count := NULL;
	NEW.accepted_count := NULL;
	NEW.set_aside_count := NULL;
	NEW.fault_count := NULL;
	NEW.totals := NULL;
	NEW.imported_at := NULL;
	NEW.submitted_by := mailroom.outer_role();
	RETURN NEW;
END;
$$;
COMMENT ON FUNCTION mailroom.receive_import_file() IS 'trigger: checks the size, fills hash, state and times, recognises duplicates';

CREATE OR REPLACE FUNCTION mailroom.enqueue_imports(issuer_ids bigint[], file_ids bigint[], sizes bigint[])
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(i.issuer_id, 'importer') FROM (SELECT DISTINCT unnest(enqueue_imports.issuer_ids) AS issuer_id) AS i;
	-- up to 500 files or 8 MB a job; a file of more than 1 MB has its own, with its own progress and attempts
	INSERT INTO mailroom.job_queue (issuer_id, kind, arguments)
		SELECT g.issuer_id, CASE WHEN count(*) = 1 THEN 'import_file' ELSE 'import_files' END,
				CASE WHEN count(*) = 1 THEN jsonb_build_object('file_id', min(g.file_id))
					ELSE jsonb_build_object('file_ids', jsonb_agg(g.file_id ORDER BY g.file_id)) END
			FROM (
				SELECT f.issuer_id, f.file_id,
					CASE WHEN f.size > 1024 * 1024 THEN f.file_id END AS own,
					((sum(f.size) OVER w)::bigint - f.size) / (8 * 1024 * 1024) AS volume,
					(row_number() OVER w - 1) / 500 AS portion
				FROM ROWS FROM (unnest(enqueue_imports.issuer_ids), unnest(enqueue_imports.file_ids), unnest(enqueue_imports.sizes)) AS f (issuer_id, file_id, size)
				WHERE f.size IS NOT NULL
				WINDOW w AS (PARTITION BY f.issuer_id, f.size > 1024 * 1024 ORDER BY f.file_id)) AS g
			GROUP BY g.issuer_id, g.own, g.volume, g.portion
			ORDER BY min(g.file_id);
	PERFORM mailroom.note_arrivals(enqueue_imports.issuer_ids, enqueue_imports.file_ids);
END;
$$;
COMMENT ON FUNCTION mailroom.enqueue_imports(bigint[], bigint[], bigint[]) IS 'the jobs that import received files, given by issuer, file_id and size in bytes (NULL: nothing to import): many small files share one; part of the triggers of mailroom.import_file; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.enqueue_imports(bigint[], bigint[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.note_import_file()
	RETURNS trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_note_import_file';
COMMENT ON FUNCTION mailroom.note_import_file() IS 'trigger: notes a received file for enqueue_import_files';

CREATE OR REPLACE FUNCTION mailroom.enqueue_import_files()
	RETURNS trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_enqueue_import_files';
COMMENT ON FUNCTION mailroom.enqueue_import_files() IS 'trigger: the jobs that import the files of a statement';

CREATE OR REPLACE TRIGGER receive_import_file BEFORE INSERT ON mailroom.import_file
	FOR EACH ROW EXECUTE FUNCTION mailroom.receive_import_file();
CREATE OR REPLACE TRIGGER note_import_file AFTER INSERT ON mailroom.import_file
	FOR EACH ROW WHEN (NEW.state IN ('received', 'duplicate')) EXECUTE FUNCTION mailroom.note_import_file();
CREATE OR REPLACE TRIGGER enqueue_import_files AFTER INSERT ON mailroom.import_file
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.enqueue_import_files();

-- The job ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.import_contents(issuer_id bigint, INOUT file_ids bigint[], OUT places tid[], OUT states text[],
		OUT duplicates_of bigint[], OUT document_counts bigint[], OUT accepted_counts bigint[], OUT set_aside_counts bigint[],
		OUT fault_counts bigint[], OUT details jsonb[])
	RETURNS record
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_import_contents';
COMMENT ON FUNCTION mailroom.import_contents(bigint, bigint[]) IS 'locks the files in state received, reads them into invoices and findings, each all or nothing, and returns arrays with an element for each of them: where its row is, the state it comes to (imported, refused, duplicate), counts, and what its event says: refused, document_count, accepted_count, set_aside_count, line_count, fault_count, totals; part of import_files';
REVOKE EXECUTE ON FUNCTION mailroom.import_contents(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.start_processing(issuer_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM mailroom.job_handler h WHERE h.kind = 'process_invoices') THEN
		-- not enqueue_job, which asks for an importer: a clerk who releases an invoice is none
		PERFORM mailroom.submit_job(start_processing.issuer_id, 'process_invoices', start_processing.arguments);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.start_processing(bigint, jsonb) IS 'the job that takes accepted invoices of a file, batch or one invoice on, where the flow is installed';
REVOKE EXECUTE ON FUNCTION mailroom.start_processing(bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.import_files(issuer_id bigint, file_ids bigint[])
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	-- each row by its place
	SET enable_hashjoin = off
	SET enable_mergejoin = off
	LANGUAGE plpgsql
AS $$
DECLARE
	done record;
	-- once, not for each row
	finished_at timestamptz;
	actor CONSTANT name := mailroom.outer_role();
	settled bigint;
BEGIN
	done := mailroom.import_contents(import_files.issuer_id, import_files.file_ids);
	finished_at := mailroom.now();
	UPDATE mailroom.import_file f
		SET state = o.state, duplicate_of = o.duplicate_of, document_count = o.document_count, accepted_count = o.accepted_count,
			set_aside_count = o.set_aside_count, fault_count = o.fault_count, totals = coalesce(o.detail -> 'totals', f.totals),
			imported_at = CASE WHEN o.duplicate_of IS NULL THEN finished_at END
		FROM unnest(done.places, done.states, done.duplicates_of, done.document_counts, done.accepted_counts, done.set_aside_counts,
			done.fault_counts, done.details)
			AS o (place, state, duplicate_of, document_count, accepted_count, set_aside_count, fault_count, detail)
		WHERE f.ctid = o.place;
	GET DIAGNOSTICS settled = ROW_COUNT;
	-- cannot be: the rows are locked
	IF settled <> coalesce(array_length(done.places, 1), 0) THEN
		RAISE EXCEPTION 'only % of % import files were there to be settled', settled, array_length(done.places, 1);
	END IF;
	INSERT INTO mailroom.event (issuer_id, object_kind, object_id, activity, happened_at, actor, detail)
		SELECT import_files.issuer_id, 'file', o.file_id, o.state, finished_at, actor, o.detail
			FROM unnest(done.file_ids, done.states, done.details) AS o (file_id, state, detail)
			WHERE o.state <> 'duplicate';
	PERFORM mailroom.write_fault_report(import_files.issuer_id, o.file_id)
		FROM unnest(done.file_ids, done.fault_counts) AS o (file_id, faults)
		WHERE o.faults > 0;
	-- as start_processing
	INSERT INTO mailroom.job_queue (issuer_id, kind, arguments)
		SELECT import_files.issuer_id, h.kind, jsonb_build_object('file_id', o.file_id)
			FROM unnest(done.file_ids, done.accepted_counts) AS o (file_id, accepted), mailroom.job_handler h
			WHERE o.accepted > 0 AND h.kind = 'process_invoices';
	PERFORM mailroom.note_imported(import_files.issuer_id, done.file_ids);
END;
$$;
COMMENT ON FUNCTION mailroom.import_files(bigint, bigint[]) IS 'imports those of the files that are in state received, each whole or not at all: invoices, findings, state, event, fault report and the job that takes its invoices on; an error undoes all; part of the jobs import_file and import_files';
REVOKE EXECUTE ON FUNCTION mailroom.import_files(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.import_file_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.import_files(import_file_job.issuer_id, ARRAY[(import_file_job.arguments -> 'file_id')::bigint]);
END;
$$;
COMMENT ON FUNCTION mailroom.import_file_job(bigint, bigint, jsonb) IS 'handler of the job import_file {"file_id": N}; does nothing unless the file is in state received';
REVOKE EXECUTE ON FUNCTION mailroom.import_file_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('import_file', 'mailroom.import_file_job(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.import_files_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own_file_ids CONSTANT bigint[] := ARRAY(SELECT e::bigint FROM jsonb_array_elements(import_files_job.arguments -> 'file_ids') AS e);
BEGIN
	PERFORM mailroom.import_files(import_files_job.issuer_id, own_file_ids);
EXCEPTION WHEN OTHERS THEN
	-- each by itself, so that the one that cannot be read keeps nobody else
	INSERT INTO mailroom.job_queue (issuer_id, kind, arguments)
		SELECT import_files_job.issuer_id, 'import_file', jsonb_build_object('file_id', o.file_id)
			FROM unnest(own_file_ids) AS o (file_id)
			ORDER BY o.file_id;
END;
$$;
COMMENT ON FUNCTION mailroom.import_files_job(bigint, bigint, jsonb) IS 'handler of the job import_files {"file_ids": [N, ...]}: imports those in state received, each whole or not at all; when one raises an error, each gets a job import_file of its own';
REVOKE EXECUTE ON FUNCTION mailroom.import_files_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('import_files', 'mailroom.import_files_job(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.retry_import(issuer_id bigint, file_id bigint, fault_policy text DEFAULT NULL, layout text DEFAULT NULL, format text DEFAULT NULL,
		expected_count bigint DEFAULT NULL, expected_total numeric DEFAULT NULL, expected_currency text DEFAULT NULL)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file record;
	earlier bigint;
BEGIN
	-- to take a file with faulty invoices after all is the house's decision, not the sender's
	PERFORM mailroom.require_issuer(retry_import.issuer_id, CASE WHEN retry_import.fault_policy IS NULL THEN 'importer' ELSE 'operator' END);
	SELECT f.state, f.file_name, f.content_sha256, f.content_bytes INTO file
		FROM mailroom.import_file f
		WHERE f.issuer_id = retry_import.issuer_id AND f.file_id = retry_import.file_id
		FOR UPDATE;
	IF file.state IS NULL THEN
		RAISE EXCEPTION 'import file % does not exist', retry_import.file_id USING ERRCODE = 'undefined_object';
	END IF;
	IF file.state NOT IN ('refused', 'received') THEN
		RAISE EXCEPTION 'cannot retry import file "%" because it is %', file.file_name, file.state
			USING ERRCODE = 'MR004', HINT = 'Only files in state refused or received are tried again.';
	END IF;
	earlier := CASE WHEN file.content_bytes > 0 THEN mailroom.find_duplicate(retry_import.issuer_id, retry_import.file_id, file.content_sha256) END;
	IF earlier IS NOT NULL AND file.state = 'refused' THEN
		RAISE EXCEPTION 'cannot retry import file "%" because its content came again as "%"', file.file_name,
				(SELECT f.file_name FROM mailroom.import_file f WHERE f.issuer_id = retry_import.issuer_id AND f.file_id = earlier)
			USING ERRCODE = 'MR004';
	END IF;
	DELETE FROM mailroom.finding d WHERE d.issuer_id = retry_import.issuer_id AND d.file_id = retry_import.file_id;
	UPDATE mailroom.import_file f
		SET state = 'received', fault_policy = coalesce(retry_import.fault_policy, f.fault_policy),
			-- what was said about the content may have been the fault, and the content need not come again for it
			layout = CASE WHEN retry_import.layout <> '' THEN retry_import.layout WHEN retry_import.layout IS NULL THEN f.layout END,
			format = CASE WHEN retry_import.format <> '' THEN retry_import.format WHEN retry_import.format IS NULL THEN f.format END,
			expected_count = coalesce(retry_import.expected_count, f.expected_count), expected_total = coalesce(retry_import.expected_total, f.expected_total),
			expected_currency = coalesce(retry_import.expected_currency, f.expected_currency), document_count = NULL, accepted_count = NULL, set_aside_count = NULL, fault_count = NULL,
			imported_at = NULL -- totals stay: what was counted and refused counts until it is read again
		WHERE f.issuer_id = retry_import.issuer_id AND f.file_id = retry_import.file_id;
	PERFORM mailroom.log_event(retry_import.issuer_id, 'file', retry_import.file_id, 'retried',
		jsonb_strip_nulls(jsonb_build_object('fault_policy', retry_import.fault_policy, 'layout', retry_import.layout, 'format', retry_import.format,
			'expected_count', retry_import.expected_count, 'expected_total', retry_import.expected_total, 'expected_currency', retry_import.expected_currency)));
	-- with another layout it may be one that is expected
	PERFORM mailroom.note_arrivals(ARRAY[retry_import.issuer_id], ARRAY[retry_import.file_id]);
	PERFORM mailroom.enqueue_job(retry_import.issuer_id, 'import_file', jsonb_build_object('file_id', retry_import.file_id));
END;
$$;
COMMENT ON FUNCTION mailroom.retry_import(bigint, bigint, text, text, text, bigint, numeric, text) IS 'imports a refused file again (after a layout was corrected, say), or one whose job gave up; layout, format and what is announced replace those that came with it (layout and format '''': none, the content decides); fault_policy (refuse_file, set_aside) replaces that of the file and issuer, to take the sound invoices of a file that was refused for the others; MR004 in other states; needs importer, with fault_policy operator';
REVOKE EXECUTE ON FUNCTION mailroom.retry_import(bigint, bigint, text, text, text, bigint, numeric, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.withdraw_import(issuer_id bigint, file_id bigint, reason text DEFAULT NULL)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file record;
BEGIN
	PERFORM mailroom.require_issuer(withdraw_import.issuer_id, 'importer');
	SELECT f.state, f.file_name INTO file
		FROM mailroom.import_file f
		WHERE f.issuer_id = withdraw_import.issuer_id AND f.file_id = withdraw_import.file_id
		FOR UPDATE;
	IF file.state IS NULL THEN
		RAISE EXCEPTION 'import file % does not exist', withdraw_import.file_id USING ERRCODE = 'undefined_object';
	END IF;
	IF file.state = 'imported' THEN
		RAISE EXCEPTION 'cannot withdraw import file "%" because it was imported', file.file_name
			USING ERRCODE = 'MR004', HINT = 'mailroom.withdraw_file() takes it back with its invoices, until they are posted.';
	END IF;
	UPDATE mailroom.import_file f
		SET state = 'withdrawn'
		WHERE f.issuer_id = withdraw_import.issuer_id AND f.file_id = withdraw_import.file_id;
	-- an upload that was never closed leaves nothing to keep
	DELETE FROM mailroom.import_file_part p
		WHERE p.issuer_id = withdraw_import.issuer_id AND p.file_id = withdraw_import.file_id AND file.state = 'uploading';
	PERFORM mailroom.log_event(withdraw_import.issuer_id, 'file', withdraw_import.file_id, 'withdrawn', jsonb_build_object('reason', reason));
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_import(bigint, bigint, text) IS 'takes a file back that was not imported (received, refused, duplicate or uploading); what was refused of it stays refused in the balance; MR004 when it was imported; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_import(bigint, bigint, text) FROM PUBLIC;

-- Door (b): parts -------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.hash_upload(issuer_id bigint, file_id bigint, OUT content_bytes bigint, OUT content_sha256 bytea)
	RETURNS record
	STABLE STRICT PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_hash_upload';
COMMENT ON FUNCTION mailroom.hash_upload(bigint, bigint) IS 'size and SHA-256 of a file''s content, read slice by slice; part of close_upload';
REVOKE EXECUTE ON FUNCTION mailroom.hash_upload(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.open_upload(issuer_id bigint, file_name text, format text DEFAULT NULL, layout text DEFAULT NULL,
		expected_count bigint DEFAULT NULL, expected_total numeric DEFAULT NULL, expected_currency text DEFAULT NULL)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer(open_upload.issuer_id, 'importer');
	INSERT INTO mailroom.import_file AS f (issuer_id, file_name, format, layout, expected_count, expected_total, expected_currency,
			state, received_at, submitted_by)
		VALUES (open_upload.issuer_id, open_upload.file_name, open_upload.format, open_upload.layout, open_upload.expected_count,
			open_upload.expected_total, open_upload.expected_currency, 'uploading', mailroom.now(), mailroom.outer_role())
		RETURNING f.file_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.open_upload(bigint, text, text, text, bigint, numeric, text) IS 'door (b): starts a file that comes in parts and returns its file_id; arguments as the columns of mailroom.import_file; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.open_upload(bigint, text, text, text, bigint, numeric, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.upload_part(issuer_id bigint, file_id bigint, part_no integer, content bytea)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file record;
	part_limit CONSTANT integer := 16 * 1024 * 1024;
BEGIN
	PERFORM mailroom.require_issuer(upload_part.issuer_id, 'importer');
	SELECT f.state, f.file_name INTO file
		FROM mailroom.import_file f
		WHERE f.issuer_id = upload_part.issuer_id AND f.file_id = upload_part.file_id
		FOR SHARE;
	IF file.state IS NULL THEN
		RAISE EXCEPTION 'import file % does not exist', upload_part.file_id USING ERRCODE = 'undefined_object';
	END IF;
	IF upload_part.part_no IS NULL OR upload_part.part_no < 1 OR coalesce(octet_length(upload_part.content), 0) = 0 THEN
		RAISE EXCEPTION 'part % of import file "%" has no number from 1 or no content', upload_part.part_no, file.file_name
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF octet_length(upload_part.content) > part_limit THEN
		RAISE EXCEPTION 'part % of import file "%" has % bytes, more than %', upload_part.part_no, file.file_name,
				octet_length(upload_part.content), part_limit
			USING ERRCODE = 'MR002', HINT = 'Send parts of at most 16 MB.';
	END IF;
	IF file.state = 'uploading' THEN
		INSERT INTO mailroom.import_file_part (issuer_id, file_id, part_no, content)
			-- never compressed, see receive_import_file
			VALUES (upload_part.issuer_id, upload_part.file_id, upload_part.part_no,
				CASE WHEN pg_column_compression(upload_part.content) IS NULL THEN upload_part.content ELSE upload_part.content || ''::bytea END)
			ON CONFLICT DO NOTHING;
		IF FOUND THEN
			RETURN;
		END IF;
	END IF;
	-- the same part again: harmless, also when its first answer was lost after the close
	IF EXISTS (SELECT FROM mailroom.import_file_part p
		WHERE p.issuer_id = upload_part.issuer_id AND p.file_id = upload_part.file_id AND p.part_no = upload_part.part_no
			AND p.content = upload_part.content) THEN
		RETURN;
	END IF;
	IF file.state <> 'uploading' THEN
		RAISE EXCEPTION 'cannot add a part to import file "%" because it is %', file.file_name, file.state
			USING ERRCODE = 'MR004';
	END IF;
	RAISE EXCEPTION 'part % of import file "%" came again with other content', upload_part.part_no, file.file_name
		USING ERRCODE = 'MR012', HINT = 'Withdraw the upload with mailroom.withdraw_import() and start again.';
END;
$$;
COMMENT ON FUNCTION mailroom.upload_part(bigint, bigint, integer, bytea) IS 'adds part part_no (from 1, any order) of at most 16 MB to an upload; the same part again is harmless; MR002 too large, MR004 not uploading, MR012 same number with other content; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.upload_part(bigint, bigint, integer, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.close_upload(issuer_id bigint, file_id bigint, total_bytes bigint, sha256 bytea)
	RETURNS text
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file record;
	parts record;
	found record;
	earlier bigint;
BEGIN
	PERFORM mailroom.require_issuer(close_upload.issuer_id, 'importer');
	SELECT f.state, f.file_name, f.content_bytes, f.content_sha256 INTO file
		FROM mailroom.import_file f
		WHERE f.issuer_id = close_upload.issuer_id AND f.file_id = close_upload.file_id
		FOR UPDATE;
	IF file.state IS NULL THEN
		RAISE EXCEPTION 'import file % does not exist', close_upload.file_id USING ERRCODE = 'undefined_object';
	END IF;
	IF file.state <> 'uploading' THEN
		IF file.content_bytes = close_upload.total_bytes AND file.content_sha256 = close_upload.sha256 THEN
			RETURN file.state;
		END IF;
		RAISE EXCEPTION 'cannot close import file "%" because it is %', file.file_name, file.state USING ERRCODE = 'MR004';
	END IF;
	SELECT count(*) AS parts, coalesce(max(p.part_no), 0) AS last INTO parts
		FROM mailroom.import_file_part p
		WHERE p.issuer_id = close_upload.issuer_id AND p.file_id = close_upload.file_id;
	IF parts.parts <> parts.last THEN
		RAISE EXCEPTION 'cannot close import file "%" because % of its % parts are missing', file.file_name,
				parts.last - parts.parts, parts.last
			USING ERRCODE = 'MR004', DETAIL = format('Missing: %s.', (SELECT string_agg(n::text, ', ' ORDER BY n)
				FROM (SELECT n FROM generate_series(1, parts.last) AS n
					WHERE NOT EXISTS (SELECT FROM mailroom.import_file_part p
						WHERE p.issuer_id = close_upload.issuer_id AND p.file_id = close_upload.file_id AND p.part_no = n)
					ORDER BY n LIMIT 20) AS m));
	END IF;
	found := mailroom.hash_upload(close_upload.issuer_id, close_upload.file_id);
	IF found.content_bytes IS DISTINCT FROM close_upload.total_bytes OR found.content_sha256 IS DISTINCT FROM close_upload.sha256 THEN
		RAISE EXCEPTION 'import file "%" did not arrive as it was sent', file.file_name
			USING ERRCODE = 'MR001',
				DETAIL = format('Announced: %s bytes, SHA-256 %s. Arrived: %s bytes, SHA-256 %s.', close_upload.total_bytes,
					encode(close_upload.sha256, 'hex'), found.content_bytes, encode(found.content_sha256, 'hex')),
				HINT = 'Send missing parts and close again, or withdraw the upload with mailroom.withdraw_import().';
	END IF;
	earlier := CASE WHEN found.content_bytes > 0 THEN mailroom.find_duplicate(close_upload.issuer_id, close_upload.file_id, found.content_sha256) END;
	UPDATE mailroom.import_file f
		SET state = CASE WHEN earlier IS NULL THEN 'received' ELSE 'duplicate' END, duplicate_of = earlier,
			content_bytes = found.content_bytes, content_sha256 = found.content_sha256, received_at = mailroom.now()
		WHERE f.issuer_id = close_upload.issuer_id AND f.file_id = close_upload.file_id;
	PERFORM mailroom.note_arrivals(ARRAY[close_upload.issuer_id], ARRAY[close_upload.file_id]);
	IF earlier IS NOT NULL THEN
		RETURN 'duplicate';
	END IF;
	PERFORM mailroom.enqueue_job(close_upload.issuer_id, 'import_file', jsonb_build_object('file_id', close_upload.file_id));
	RETURN 'received';
END;
$$;
COMMENT ON FUNCTION mailroom.close_upload(bigint, bigint, bigint, bytea) IS 'ends an upload: checks that parts 1 to n are there and that size and SHA-256 of the whole are as sent, then imports it; returns the state received or duplicate; again with the same size and hash changes nothing; MR001 when the content differs, MR004 when parts are missing or it is not uploading; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.close_upload(bigint, bigint, bigint, bytea) FROM PUBLIC;

-- Door (c): row batches -------------------------------------------------------------------------

CREATE OR REPLACE TRIGGER refuse_foreign_issuer AFTER INSERT ON mailroom.incoming_invoice
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_foreign_issuer();
CREATE OR REPLACE TRIGGER refuse_foreign_issuer AFTER INSERT ON mailroom.incoming_invoice_line
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_foreign_issuer();

CREATE OR REPLACE FUNCTION mailroom.import_rows(issuer_id bigint, batch_id bigint)
	RETURNS jsonb
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_import_rows';
COMMENT ON FUNCTION mailroom.import_rows(bigint, bigint) IS 'reads the staged rows of a batch into invoices and findings, all or nothing; returns refused, document_count, accepted_count, set_aside_count, line_count, fault_count and totals; part of the job import_batch';
REVOKE EXECUTE ON FUNCTION mailroom.import_rows(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.close_batch(issuer_id bigint, batch_key text, expected_count bigint, expected_total numeric,
		expected_currency text DEFAULT NULL)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer(close_batch.issuer_id, 'importer');
	IF coalesce(close_batch.batch_key, '') = '' THEN
		RAISE EXCEPTION 'cannot close a batch without a key' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give the batch_key that its rows were staged under.';
	END IF;
	INSERT INTO mailroom.import_batch AS b (issuer_id, batch_key, expected_count, expected_total, expected_currency, last_row_id, last_line_row_id,
			received_at, submitted_by)
		SELECT close_batch.issuer_id, close_batch.batch_key, close_batch.expected_count, close_batch.expected_total,
				coalesce(close_batch.expected_currency, i.currency),
				coalesce((SELECT max(h.row_id) FROM mailroom.incoming_invoice h
					WHERE h.issuer_id = close_batch.issuer_id AND h.batch_key = close_batch.batch_key), 0),
				coalesce((SELECT max(l.row_id) FROM mailroom.incoming_invoice_line l
					WHERE l.issuer_id = close_batch.issuer_id AND l.batch_key = close_batch.batch_key), 0),
				mailroom.now(), mailroom.outer_role()
			FROM mailroom.issuer i
			WHERE i.issuer_id = close_batch.issuer_id
		ON CONFLICT DO NOTHING
		RETURNING b.batch_id INTO new_id;
	IF new_id IS NULL THEN
		-- rows staged under the key of a batch that was withdrawn came after that, and nobody would import them
		IF EXISTS (SELECT FROM mailroom.import_batch b
				WHERE b.issuer_id = close_batch.issuer_id AND b.batch_key = close_batch.batch_key AND b.state = 'withdrawn')
			AND EXISTS (SELECT FROM mailroom.incoming_invoice h WHERE h.issuer_id = close_batch.issuer_id AND h.batch_key = close_batch.batch_key) THEN
			RAISE EXCEPTION 'cannot close batch "%" because it was withdrawn', close_batch.batch_key
				USING ERRCODE = 'MR004', HINT = 'Stage the rows under another key; mailroom.withdraw_batch() removes these.';
		END IF;
		RETURN (SELECT b.batch_id FROM mailroom.import_batch b
			WHERE b.issuer_id = close_batch.issuer_id AND b.batch_key = close_batch.batch_key);
	END IF;
	PERFORM mailroom.enqueue_job(close_batch.issuer_id, 'import_batch', jsonb_build_object('batch_id', new_id));
	PERFORM mailroom.note_batch_arrival(close_batch.issuer_id, new_id);
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.close_batch(bigint, text, bigint, numeric, text) IS 'door (c): closes the rows staged under a key with the number of invoices and their sum of BT-112 in expected_currency (default: the issuer''s), and imports them; returns batch_id; a key closed before changes nothing and returns its batch_id; MR004 for rows under the key of a batch that was withdrawn; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.close_batch(bigint, text, bigint, numeric, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.clear_staged_rows(issuer_id bigint, batch_key text, last_row_id bigint, last_line_row_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	DELETE FROM mailroom.incoming_invoice_line l WHERE l.issuer_id = $1 AND l.batch_key = $2 AND l.row_id <= $4;
	DELETE FROM mailroom.incoming_invoice h WHERE h.issuer_id = $1 AND h.batch_key = $2 AND h.row_id <= $3;
END;
COMMENT ON FUNCTION mailroom.clear_staged_rows(bigint, text, bigint, bigint) IS 'removes the staged rows of a batch that was imported or withdrawn';
REVOKE EXECUTE ON FUNCTION mailroom.clear_staged_rows(bigint, text, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.import_batch_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own_batch_id CONSTANT bigint := (import_batch_job.arguments ->> 'batch_id')::bigint;
	batch record;
	outcome jsonb;
BEGIN
	SELECT b.state, b.batch_key, b.last_row_id, b.last_line_row_id INTO batch
		FROM mailroom.import_batch b
		WHERE b.issuer_id = import_batch_job.issuer_id AND b.batch_id = own_batch_id
		FOR UPDATE;
	IF batch.state IS DISTINCT FROM 'received' THEN
		RETURN;
	END IF;
	outcome := mailroom.import_rows(import_batch_job.issuer_id, own_batch_id);
	UPDATE mailroom.import_batch b
		SET state = CASE WHEN (outcome -> 'refused')::boolean THEN 'refused' ELSE 'imported' END,
			document_count = (outcome -> 'document_count')::bigint,
			accepted_count = (outcome -> 'accepted_count')::bigint,
			set_aside_count = (outcome -> 'set_aside_count')::bigint,
			fault_count = (outcome -> 'fault_count')::bigint,
			totals = outcome -> 'totals',
			imported_at = mailroom.now()
		WHERE b.issuer_id = import_batch_job.issuer_id AND b.batch_id = own_batch_id;
	PERFORM mailroom.log_event(import_batch_job.issuer_id, 'batch', own_batch_id,
		CASE WHEN (outcome -> 'refused')::boolean THEN 'refused' ELSE 'imported' END, outcome);
	-- the rows of a refused batch stay for retry_batch
	IF NOT (outcome -> 'refused')::boolean THEN
		PERFORM mailroom.clear_staged_rows(import_batch_job.issuer_id, batch.batch_key, batch.last_row_id, batch.last_line_row_id);
	END IF;
	IF (outcome -> 'fault_count')::bigint > 0 THEN
		PERFORM mailroom.write_batch_fault_report(import_batch_job.issuer_id, batch.batch_key);
	END IF;
	IF (outcome -> 'accepted_count')::bigint > 0 THEN
		PERFORM mailroom.start_processing(import_batch_job.issuer_id, jsonb_build_object('batch_id', own_batch_id));
	END IF;
	PERFORM mailroom.note_imported(import_batch_job.issuer_id, NULL, own_batch_id);
END;
$$;
COMMENT ON FUNCTION mailroom.import_batch_job(bigint, bigint, jsonb) IS 'handler of the job import_batch {"batch_id": N}; does nothing unless the batch is in state received';
REVOKE EXECUTE ON FUNCTION mailroom.import_batch_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('import_batch', 'mailroom.import_batch_job(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.retry_batch(issuer_id bigint, batch_key text, expected_count bigint DEFAULT NULL, expected_total numeric DEFAULT NULL, expected_currency text DEFAULT NULL,
		fault_policy text DEFAULT NULL)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	batch record;
BEGIN
	-- as in retry_import
	PERFORM mailroom.require_issuer(retry_batch.issuer_id, CASE WHEN retry_batch.fault_policy IS NULL THEN 'importer' ELSE 'operator' END);
	SELECT b.batch_id, b.state INTO batch
		FROM mailroom.import_batch b
		WHERE b.issuer_id = retry_batch.issuer_id AND b.batch_key = retry_batch.batch_key
		FOR UPDATE;
	IF batch.state IS NULL THEN
		RAISE EXCEPTION 'batch "%" does not exist', retry_batch.batch_key USING ERRCODE = 'undefined_object';
	END IF;
	IF batch.state NOT IN ('refused', 'received') THEN
		RAISE EXCEPTION 'cannot retry batch "%" because it is %', retry_batch.batch_key, batch.state USING ERRCODE = 'MR004';
	END IF;
	DELETE FROM mailroom.finding d WHERE d.issuer_id = retry_batch.issuer_id AND d.batch_id = batch.batch_id;
	UPDATE mailroom.import_batch b
		SET state = 'received', document_count = NULL, accepted_count = NULL, set_aside_count = NULL, fault_count = NULL,
			imported_at = NULL, -- totals stay: what was counted and refused counts until it is read again
			expected_count = coalesce(retry_batch.expected_count, b.expected_count),
			expected_total = coalesce(retry_batch.expected_total, b.expected_total),
			expected_currency = coalesce(retry_batch.expected_currency, b.expected_currency), fault_policy = coalesce(retry_batch.fault_policy, b.fault_policy),
			last_row_id = coalesce((SELECT max(h.row_id) FROM mailroom.incoming_invoice h
				WHERE h.issuer_id = b.issuer_id AND h.batch_key = b.batch_key), 0),
			last_line_row_id = coalesce((SELECT max(l.row_id) FROM mailroom.incoming_invoice_line l
				WHERE l.issuer_id = b.issuer_id AND l.batch_key = b.batch_key), 0)
		WHERE b.issuer_id = retry_batch.issuer_id AND b.batch_id = batch.batch_id;
	PERFORM mailroom.log_event(retry_batch.issuer_id, 'batch', batch.batch_id, 'retried',
		jsonb_strip_nulls(jsonb_build_object('fault_policy', retry_batch.fault_policy, 'expected_count', retry_batch.expected_count, 'expected_total', retry_batch.expected_total, 'expected_currency', retry_batch.expected_currency)));
	PERFORM mailroom.enqueue_job(retry_batch.issuer_id, 'import_batch', jsonb_build_object('batch_id', batch.batch_id));
	RETURN batch.batch_id;
END;
$$;
COMMENT ON FUNCTION mailroom.retry_batch(bigint, text, bigint, numeric, text, text) IS 'closes a refused batch anew, with all rows that are staged under its key now and, if given, other count, sum and currency; fault_policy (refuse_file, set_aside) replaces that of the issuer, to take the sound invoices of a batch that was refused for the others; MR004 in other states; needs importer, with fault_policy operator';
REVOKE EXECUTE ON FUNCTION mailroom.retry_batch(bigint, text, bigint, numeric, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.withdraw_batch(issuer_id bigint, batch_key text, reason text DEFAULT NULL)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	batch record;
BEGIN
	PERFORM mailroom.require_issuer(withdraw_batch.issuer_id, 'importer');
	SELECT b.batch_id, b.state INTO batch
		FROM mailroom.import_batch b
		WHERE b.issuer_id = withdraw_batch.issuer_id AND b.batch_key = withdraw_batch.batch_key
		FOR UPDATE;
	IF batch.state = 'imported' THEN
		RAISE EXCEPTION 'cannot withdraw batch "%" because it was imported', withdraw_batch.batch_key USING ERRCODE = 'MR004';
	END IF;
	UPDATE mailroom.import_batch b
		SET state = 'withdrawn'
		WHERE b.issuer_id = withdraw_batch.issuer_id AND b.batch_id = batch.batch_id;
	PERFORM mailroom.clear_staged_rows(withdraw_batch.issuer_id, withdraw_batch.batch_key, 9223372036854775807, 9223372036854775807);
	IF batch.batch_id IS NOT NULL THEN
		PERFORM mailroom.log_event(withdraw_batch.issuer_id, 'batch', batch.batch_id, 'withdrawn', jsonb_build_object('reason', reason));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_batch(bigint, text, text) IS 'removes the rows staged under a key that was not closed, or not imported; what was refused of it stays refused in the balance; MR004 when it was imported; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_batch(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.late_rows(issuer_id bigint, batch_key text)
	RETURNS bigint
	STABLE PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(late_rows.issuer_id, 'importer');
	RETURN (SELECT count(*)
		FROM mailroom.import_batch b
			JOIN mailroom.incoming_invoice h ON h.issuer_id = b.issuer_id AND h.batch_key = b.batch_key AND h.row_id > b.last_row_id
		WHERE b.issuer_id = late_rows.issuer_id AND b.batch_key = late_rows.batch_key)
		+ (SELECT count(*)
		FROM mailroom.import_batch b
			JOIN mailroom.incoming_invoice_line l ON l.issuer_id = b.issuer_id AND l.batch_key = b.batch_key AND l.row_id > b.last_line_row_id
		WHERE b.issuer_id = late_rows.issuer_id AND b.batch_key = late_rows.batch_key);
END;
$$;
COMMENT ON FUNCTION mailroom.late_rows(bigint, text) IS 'staged rows, headers and lines, that arrived under a key after it was closed: they belong to no batch and are never imported; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.late_rows(bigint, text) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.batch_outcome WITH (security_invoker = true) AS
	SELECT b.issuer_id, b.batch_key, b.batch_id, b.state AS batch_state, b.expected_count, b.document_count, b.accepted_count,
		b.set_aside_count, b.fault_count, i.document_no, i.invoice_number, i.invoice_id, i.state AS invoice_state,
		(SELECT string_agg(f.rule, ', ' ORDER BY f.finding_no)
			FROM mailroom.finding f
			WHERE f.issuer_id = b.issuer_id AND f.batch_id = b.batch_id
				AND f.document_no IS NOT DISTINCT FROM i.document_no AND f.severity = 'fatal') AS rules
	FROM mailroom.import_batch b
		LEFT JOIN mailroom.invoice i ON i.issuer_id = b.issuer_id AND i.batch_id = b.batch_id;
COMMENT ON VIEW mailroom.batch_outcome IS 'what became of a batch, by its key: one row an invoice with its state and the rules it broke, or one row without invoice while it waits, and when it was refused (rules: those of the batch; mailroom.import_fault has them all)';

-- Findings, and back to the sender --------------------------------------------------------------

CREATE OR REPLACE VIEW mailroom.import_fault WITH (security_invoker = true) AS
	SELECT f.file_id, f.document_no, f.location, f.rule, f.severity, f.message, f.issuer_id, f.batch_id, f.finding_no, f.invoice_id
	FROM mailroom.finding f;
COMMENT ON VIEW mailroom.import_fault IS 'faults and remarks of files and batches: document_no NULL is the file itself, else the invoice''s number within the file; location is line, record and field, or a path';

CREATE OR REPLACE FUNCTION mailroom.csv_value(value text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN value ~ E'[",;\r\n]' OR value ~ '^[=+@\t-]' THEN '"' || replace(CASE WHEN value ~ '^[=+@\t-]' THEN '''' || value ELSE value END, '"', '""') || '"'
		ELSE coalesce(value, '') END;
COMMENT ON FUNCTION mailroom.csv_value(text) IS 'a value as CSV wants it; text that a spreadsheet would run as a formula gets an apostrophe before it';

CREATE OR REPLACE FUNCTION mailroom.write_findings(issuer_id bigint, file_id bigint, batch_id bigint, name text)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	outgoing_id bigint;
	part record;
BEGIN
	outgoing_id := mailroom.open_outgoing_file(issuer_id => write_findings.issuer_id, kind => 'fault_report',
		file_name => format('faults-%s-%s.csv', CASE WHEN write_findings.file_id IS NULL THEN 'batch' ELSE 'file' END,
			coalesce(write_findings.file_id, write_findings.batch_id)),
		media_type => 'text/csv', file_id => write_findings.file_id, batch_id => write_findings.batch_id);
	PERFORM mailroom.append_outgoing_file(write_findings.issuer_id, outgoing_id,
		convert_to('source,document_no,invoice_number,location,rule,severity,message' || E'\r\n', 'UTF8'));
	FOR part IN
		SELECT string_agg(concat_ws(',', mailroom.csv_value(write_findings.name), mailroom.csv_value(coalesce(f.document_no::text, '')),
				mailroom.csv_value(coalesce(i.invoice_number, '')), mailroom.csv_value(coalesce(f.location, '')), mailroom.csv_value(f.rule),
				f.severity, mailroom.csv_value(f.message)) || E'\r\n', '' ORDER BY f.finding_no) AS lines
			FROM mailroom.finding f
				LEFT JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.invoice_id = f.invoice_id
			WHERE f.issuer_id = write_findings.issuer_id
				AND (f.file_id = write_findings.file_id OR f.batch_id = write_findings.batch_id)
			GROUP BY f.finding_no / 1000
			ORDER BY f.finding_no / 1000
	LOOP
		PERFORM mailroom.append_outgoing_file(write_findings.issuer_id, outgoing_id, convert_to(part.lines, 'UTF8'));
	END LOOP;
	PERFORM mailroom.close_outgoing_file(write_findings.issuer_id, outgoing_id);
	RETURN outgoing_id;
END;
$$;
COMMENT ON FUNCTION mailroom.write_findings(bigint, bigint, bigint, text) IS 'the findings of a file or batch as an outgoing CSV; part of write_fault_report';
REVOKE EXECUTE ON FUNCTION mailroom.write_findings(bigint, bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_fault_report(issuer_id bigint, file_id bigint)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	name text;
BEGIN
	PERFORM mailroom.require_issuer(write_fault_report.issuer_id, 'importer');
	SELECT f.file_name INTO name
		FROM mailroom.import_file f
		WHERE f.issuer_id = write_fault_report.issuer_id AND f.file_id = write_fault_report.file_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'import file % does not exist', write_fault_report.file_id USING ERRCODE = 'undefined_object';
	END IF;
	RETURN mailroom.write_findings(write_fault_report.issuer_id, write_fault_report.file_id, NULL, name);
END;
$$;
COMMENT ON FUNCTION mailroom.write_fault_report(bigint, bigint) IS 'the findings of a file as CSV (source, document_no, invoice_number, location, rule, severity, message; UTF-8, CRLF) for its sender; returns outgoing_file_id; the import writes one by itself when there are faults; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.write_fault_report(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_batch_fault_report(issuer_id bigint, batch_key text)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own_batch_id bigint;
BEGIN
	PERFORM mailroom.require_issuer(write_batch_fault_report.issuer_id, 'importer');
	SELECT b.batch_id INTO own_batch_id
		FROM mailroom.import_batch b
		WHERE b.issuer_id = write_batch_fault_report.issuer_id AND b.batch_key = write_batch_fault_report.batch_key;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'batch "%" does not exist', write_batch_fault_report.batch_key USING ERRCODE = 'undefined_object';
	END IF;
	RETURN mailroom.write_findings(write_batch_fault_report.issuer_id, NULL, own_batch_id, write_batch_fault_report.batch_key);
END;
$$;
COMMENT ON FUNCTION mailroom.write_batch_fault_report(bigint, text) IS 'the findings of a batch as CSV, as mailroom.write_fault_report; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.write_batch_fault_report(bigint, text) FROM PUBLIC;

-- Settling invoices that were set aside ---------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.lock_waiting_invoice(issuer_id bigint, invoice_id bigint, reason text)
	RETURNS mailroom.invoice
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	waiting mailroom.invoice;
BEGIN
	IF coalesce(btrim(lock_waiting_invoice.reason), '') = '' THEN
		RAISE EXCEPTION 'an invoice that was set aside is settled with a reason'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT i.* INTO waiting
		FROM mailroom.invoice i
		WHERE i.issuer_id = lock_waiting_invoice.issuer_id AND i.invoice_id = lock_waiting_invoice.invoice_id
		FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'invoice % does not exist', lock_waiting_invoice.invoice_id USING ERRCODE = 'undefined_object';
	END IF;
	IF waiting.state <> 'set_aside' THEN
		RAISE EXCEPTION 'cannot settle invoice "%" because it is %', waiting.invoice_number, waiting.state
			USING ERRCODE = 'MR004', HINT = 'Only invoices that were set aside wait for a settlement.';
	END IF;
	RETURN waiting;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_waiting_invoice(bigint, bigint, text) IS 'locks an invoice that waits; part of reject_invoice and release_invoice';
REVOKE EXECUTE ON FUNCTION mailroom.lock_waiting_invoice(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.reject_invoice(issuer_id bigint, invoice_id bigint, reason text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(reject_invoice.issuer_id, 'clerk');
	PERFORM mailroom.lock_waiting_invoice(reject_invoice.issuer_id, reject_invoice.invoice_id, reject_invoice.reason);
	UPDATE mailroom.invoice i
		SET state = 'rejected', settled_by = mailroom.outer_role(), settled_reason = reject_invoice.reason
		WHERE i.issuer_id = reject_invoice.issuer_id AND i.invoice_id = reject_invoice.invoice_id;
	PERFORM mailroom.log_event(reject_invoice.issuer_id, 'invoice', reject_invoice.invoice_id, 'rejected',
		jsonb_build_object('reason', reject_invoice.reason));
END;
$$;
COMMENT ON FUNCTION mailroom.reject_invoice(bigint, bigint, text) IS 'settles an invoice that was set aside: it is not sent; who and why are kept; final; MR004 when it does not wait; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.reject_invoice(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.release_invoice(issuer_id bigint, invoice_id bigint, reason text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	waiting mailroom.invoice;
	missing text;
	tried jsonb;
BEGIN
	PERFORM mailroom.require_issuer(release_invoice.issuer_id, 'clerk');
	waiting := mailroom.lock_waiting_invoice(release_invoice.issuer_id, release_invoice.invoice_id, release_invoice.reason);
	missing := concat_ws(', ',
		CASE WHEN waiting.invoice_number IS NULL THEN 'invoice number' END,
		CASE WHEN waiting.issue_date IS NULL THEN 'issue date' END,
		CASE WHEN waiting.currency IS NULL OR waiting.currency !~ '^[A-Z]{3}$' THEN 'currency' END,
		CASE WHEN waiting.net_total IS NULL THEN 'total without VAT' END,
		CASE WHEN waiting.gross_total IS NULL THEN 'total with VAT' END,
		CASE WHEN waiting.payable_amount IS NULL THEN 'amount due' END,
		CASE WHEN EXISTS (SELECT FROM mailroom.invoice_line l
			WHERE l.issuer_id = release_invoice.issuer_id AND l.invoice_id = release_invoice.invoice_id AND l.net_amount IS NULL)
			THEN 'net amount of a line' END);
	IF missing <> '' THEN
		RAISE EXCEPTION 'cannot release invoice "%" because it has no readable %', waiting.invoice_number, missing
			USING ERRCODE = 'MR004', HINT = 'Reject it, or have it sent again.';
	END IF;
	BEGIN
		UPDATE mailroom.invoice i
			SET state = 'accepted', settled_by = mailroom.outer_role(), settled_reason = release_invoice.reason
			WHERE i.issuer_id = release_invoice.issuer_id AND i.invoice_id = release_invoice.invoice_id;
	EXCEPTION WHEN unique_violation THEN
		RAISE EXCEPTION 'cannot release invoice "%" because another invoice has its number', waiting.invoice_number
			USING ERRCODE = 'MR004';
	END;
	-- what the house itself could not do with it is tried again: those findings are the event's from now on
	WITH tried AS (
		DELETE FROM mailroom.finding f
			WHERE f.issuer_id = release_invoice.issuer_id AND f.invoice_id = release_invoice.invoice_id
				AND (f.file_id = waiting.file_id OR f.batch_id = waiting.batch_id OR f.file_id IS NULL AND f.batch_id IS NULL)
				AND (f.rule LIKE 'TEMPLATE-%' OR f.rule LIKE 'POSTAGE-%')
			RETURNING f.rule, f.message)
	SELECT jsonb_agg(jsonb_build_object('rule', t.rule, 'message', t.message)) INTO tried FROM tried t;
	PERFORM mailroom.log_event(release_invoice.issuer_id, 'invoice', release_invoice.invoice_id, 'released',
		jsonb_strip_nulls(jsonb_build_object('reason', release_invoice.reason, 'findings', tried)));
	PERFORM mailroom.start_processing(release_invoice.issuer_id, jsonb_build_object('invoice_id', release_invoice.invoice_id));
END;
$$;
COMMENT ON FUNCTION mailroom.release_invoice(bigint, bigint, text) IS 'settles an invoice that was set aside: it goes into work as it is, in spite of its findings; who and why are kept; MR004 when it does not wait, its number is taken, or number, date, currency or amounts are not readable; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.release_invoice(bigint, bigint, text) FROM PUBLIC;

-- Reconciliation --------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.currency_key(currency text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN currency ~ '^[A-Z]{3}$' THEN currency ELSE 'XXX' END;
COMMENT ON FUNCTION mailroom.currency_key(text) IS 'the currency under which an invoice counts: XXX (ISO 4217: no currency) unless it is three capital letters';

CREATE OR REPLACE VIEW mailroom.reconciliation WITH (security_invoker = true) AS
	WITH source AS (
		SELECT f.issuer_id, f.file_id, NULL::bigint AS batch_id, f.file_name AS name, f.state, f.totals, f.expected_currency
		FROM mailroom.import_file f
		UNION ALL
		SELECT b.issuer_id, NULL, b.batch_id, b.batch_key, b.state, b.totals, b.expected_currency
		FROM mailroom.import_batch b
		UNION ALL
		-- what the issuer drew up itself: the register of numbers counts, the invoices are where they are
		SELECT n.issuer_id, NULL, NULL, 'self-billed', 'issued',
			jsonb_object_agg(n.currency, jsonb_build_object('count', n.documents, 'sum', n.amount)), NULL
		FROM (SELECT v.issuer_id, v.currency, count(*) AS documents, sum(v.net_total + v.tax_total) AS amount
			FROM mailroom.self_billed_invoice v
			GROUP BY v.issuer_id, v.currency) AS n
		GROUP BY n.issuer_id)
	SELECT s.issuer_id, s.file_id, s.batch_id, s.name, s.state, c.currency,
		c.received, c.refused, c.set_aside, c.in_work, c.printed, c.archived, c.rejected, c.replaced, c.passed_on,
		c.received - c.refused - c.set_aside - c.in_work - c.printed - c.archived - c.rejected - c.replaced - c.passed_on - c.withdrawn AS difference,
		c.received_sum, c.refused_sum, c.set_aside_sum, c.in_work_sum, c.printed_sum, c.archived_sum, c.rejected_sum, c.replaced_sum, c.passed_on_sum,
		c.received_sum - c.refused_sum - c.set_aside_sum - c.in_work_sum - c.printed_sum - c.archived_sum
			- c.rejected_sum - c.replaced_sum - c.passed_on_sum - c.withdrawn_sum AS difference_sum,
		c.withdrawn, c.withdrawn_sum
	FROM source s
		CROSS JOIN LATERAL (
			SELECT p.currency,
				sum(p.documents) FILTER (WHERE p.place = 'received')::bigint AS received,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'received'), 0) AS received_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'refused'), 0)::bigint AS refused,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'refused'), 0) AS refused_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'set_aside'), 0)::bigint AS set_aside,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'set_aside'), 0) AS set_aside_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'accepted'), 0)::bigint AS in_work,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'accepted'), 0) AS in_work_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'printed'), 0)::bigint AS printed,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'printed'), 0) AS printed_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'archived'), 0)::bigint AS archived,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'archived'), 0) AS archived_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'rejected'), 0)::bigint AS rejected,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'rejected'), 0) AS rejected_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'replaced'), 0)::bigint AS replaced,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'replaced'), 0) AS replaced_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'passed_on'), 0)::bigint AS passed_on,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'passed_on'), 0) AS passed_on_sum,
				coalesce(sum(p.documents) FILTER (WHERE p.place = 'withdrawn'), 0)::bigint AS withdrawn,
				coalesce(sum(p.amount) FILTER (WHERE p.place = 'withdrawn'), 0) AS withdrawn_sum
			FROM (
				-- what the reader counted, apart from all rows
				SELECT t.key AS currency, w.place, (t.value ->> 'count')::bigint AS documents, (t.value ->> 'sum')::numeric AS amount
				FROM jsonb_each(s.totals) AS t
					CROSS JOIN (VALUES ('received'), ('refused')) AS w (place)
				WHERE w.place = 'received' OR s.state NOT IN ('imported', 'issued')
					-- a file that was imported and then withdrawn has rows
					AND NOT (s.state = 'withdrawn' AND EXISTS (SELECT FROM mailroom.invoice i WHERE i.issuer_id = s.issuer_id AND i.file_id = s.file_id))
				UNION ALL
				-- where the rows are
				SELECT mailroom.currency_key(i.currency), i.state, count(*), sum(i.gross_total)
				FROM mailroom.invoice i
				WHERE i.issuer_id = s.issuer_id AND i.file_id = s.file_id
				GROUP BY 1, 2
				UNION ALL
				SELECT mailroom.currency_key(i.currency), i.state, count(*), sum(i.gross_total)
				FROM mailroom.invoice i
				WHERE i.issuer_id = s.issuer_id AND i.batch_id = s.batch_id
				GROUP BY 1, 2
				UNION ALL
				SELECT mailroom.currency_key(i.currency), i.state, count(*), sum(i.gross_total)
				FROM mailroom.self_billed_invoice v
					JOIN mailroom.invoice i ON i.issuer_id = v.issuer_id AND i.invoice_id = v.invoice_id
				WHERE v.issuer_id = s.issuer_id AND s.file_id IS NULL AND s.batch_id IS NULL
				GROUP BY 1, 2
				UNION ALL
				-- a file of which nothing is known yet is a row of zeros
				SELECT coalesce(s.expected_currency, (SELECT o.currency FROM mailroom.issuer o WHERE o.issuer_id = s.issuer_id)), 'received', 0, 0
				WHERE s.totals IS NULL OR s.totals = '{}') AS p
			GROUP BY p.currency) AS c;
COMMENT ON VIEW mailroom.reconciliation IS 'per file or batch and currency, and per issuer for what it billed for its partners: invoices and sums of BT-112 received, refused, set aside, in work and in each final state; received is what the reader (or the register of self-billed numbers) counted, the others are rows; difference and difference_sum are zero at every moment';

CREATE OR REPLACE FUNCTION mailroom.check_integrity(issuer_id bigint)
	RETURNS TABLE (problem text, object_kind text, object_id bigint, detail text)
	STABLE PARALLEL RESTRICTED
	ROWS 10
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	-- it reads everything anyhow, and right after an import the planner believes in empty tables
	SET enable_nestloop = off
	SET jit = off
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(check_integrity.issuer_id, 'reader');
	RETURN QUERY
		SELECT 'balance', CASE WHEN r.file_id IS NOT NULL THEN 'file' WHEN r.batch_id IS NOT NULL THEN 'batch' ELSE 'self-billed' END,
				coalesce(r.file_id, r.batch_id, r.issuer_id),
				format('%s: difference %s, %s', r.currency, r.difference, r.difference_sum)
			FROM mailroom.reconciliation r
			WHERE r.issuer_id = check_integrity.issuer_id AND (r.difference <> 0 OR r.difference_sum <> 0);
	RETURN QUERY
		SELECT 'source missing', 'invoice', i.invoice_id, format('%s %s does not exist', i.origin, coalesce(i.file_id, i.batch_id))
			FROM mailroom.invoice i
			WHERE i.issuer_id = check_integrity.issuer_id
				AND (i.file_id IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.import_file f WHERE f.issuer_id = i.issuer_id AND f.file_id = i.file_id)
					OR i.batch_id IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.import_batch b WHERE b.issuer_id = i.issuer_id AND b.batch_id = i.batch_id));
	RETURN QUERY
		SELECT 'line count', 'invoice', i.invoice_id, format('%s lines stored, %s read', coalesce(l.lines, 0), i.line_count)
			FROM mailroom.invoice i
				LEFT JOIN (SELECT k.invoice_id, count(*) AS lines FROM mailroom.invoice_line k
					WHERE k.issuer_id = check_integrity.issuer_id GROUP BY 1) AS l ON l.invoice_id = i.invoice_id
			WHERE i.issuer_id = check_integrity.issuer_id AND i.line_count <> coalesce(l.lines, 0);
	RETURN QUERY
		SELECT 'invoice missing', t.name, t.invoice_id, 'no such invoice'
			FROM (SELECT DISTINCT 'invoice_line' AS name, l.invoice_id FROM mailroom.invoice_line l WHERE l.issuer_id = check_integrity.issuer_id
				UNION ALL
				SELECT DISTINCT 'invoice_tax', x.invoice_id FROM mailroom.invoice_tax x WHERE x.issuer_id = check_integrity.issuer_id
				UNION ALL
				SELECT DISTINCT 'invoice_adjustment', a.invoice_id FROM mailroom.invoice_adjustment a WHERE a.issuer_id = check_integrity.issuer_id
				UNION ALL
				SELECT DISTINCT 'finding', d.invoice_id FROM mailroom.finding d WHERE d.issuer_id = check_integrity.issuer_id AND d.invoice_id IS NOT NULL
				UNION ALL
				SELECT DISTINCT 'document', d.invoice_id FROM mailroom.document d WHERE d.issuer_id = check_integrity.issuer_id
				UNION ALL
				SELECT DISTINCT 'replaced_by', r.replaced_by FROM mailroom.invoice r WHERE r.issuer_id = check_integrity.issuer_id AND r.replaced_by IS NOT NULL) AS t
			WHERE NOT EXISTS (SELECT FROM mailroom.invoice i WHERE i.issuer_id = check_integrity.issuer_id AND i.invoice_id = t.invoice_id);
	RETURN QUERY
		SELECT 'sum', 'invoice', i.invoice_id, format('VAT %s, breakdown %s', i.tax_total, x.tax)
			FROM mailroom.invoice i
				JOIN (SELECT t.invoice_id, sum(t.tax_amount) AS tax FROM mailroom.invoice_tax t
					WHERE t.issuer_id = check_integrity.issuer_id GROUP BY 1) AS x ON x.invoice_id = i.invoice_id
			WHERE i.issuer_id = check_integrity.issuer_id AND i.state IN ('accepted', 'printed', 'archived', 'passed_on')
				AND i.settled_by IS NULL AND i.tax_total <> x.tax;
	RETURN QUERY
		SELECT 'sum', 'invoice', i.invoice_id, format('total of lines %s, lines %s', i.line_total, l.net)
			FROM mailroom.invoice i
				JOIN (SELECT k.invoice_id, sum(k.net_amount) AS net FROM mailroom.invoice_line k
					WHERE k.issuer_id = check_integrity.issuer_id GROUP BY 1) AS l ON l.invoice_id = i.invoice_id
			WHERE i.issuer_id = check_integrity.issuer_id AND i.state IN ('accepted', 'printed', 'archived', 'passed_on')
				AND i.settled_by IS NULL AND i.line_total <> l.net;
END;
$$;
COMMENT ON FUNCTION mailroom.check_integrity(bigint) IS 're-checks what line-grain tables have no foreign keys for: balance of every file and batch, lines, VAT rows, adjustments, findings and documents without their invoice, counts and sums; one row a problem, none when all is well; reads everything of the issuer; needs reader';
REVOKE EXECUTE ON FUNCTION mailroom.check_integrity(bigint) FROM PUBLIC;

-- Rights ----------------------------------------------------------------------------------------

SELECT mailroom.allow(k.kind, 'table', 'mailroom.import_file', format('INSERT (%s)', c.name))
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('issuer_id'), ('file_name'), ('content'), ('format'), ('layout'), ('expected_count'), ('expected_total'), ('expected_currency')) AS c (name);
SELECT mailroom.allow('importer', 'table', t.name, 'SELECT')
	FROM (VALUES ('mailroom.issuer'), ('mailroom.import_file'), ('mailroom.finding'), ('mailroom.invoice'), ('mailroom.outgoing_file')) AS t (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('importer'), ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.import_fault'), ('mailroom.reconciliation'), ('mailroom.import_batch'), ('mailroom.batch_outcome'),
			('mailroom.layout'), ('mailroom.layout_record'), ('mailroom.layout_field')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('mailroom.find_duplicate(bigint, bigint, bytea)'), ('mailroom.enqueue_imports(bigint[], bigint[], bigint[])'), ('mailroom.retry_import(bigint, bigint, text, text, text, bigint, numeric, text)'), ('mailroom.withdraw_import(bigint, bigint, text)'),
			('mailroom.write_fault_report(bigint, bigint)'), ('mailroom.write_batch_fault_report(bigint, text)'),
			('mailroom.open_upload(bigint, text, text, text, bigint, numeric, text)'), ('mailroom.upload_part(bigint, bigint, integer, bytea)'),
			('mailroom.close_upload(bigint, bigint, bigint, bytea)'), ('mailroom.close_batch(bigint, text, bigint, numeric, text)'),
			('mailroom.retry_batch(bigint, text, bigint, numeric, text, text)'), ('mailroom.withdraw_batch(bigint, text, text)'),
			('mailroom.late_rows(bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'INSERT')
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('mailroom.incoming_invoice'), ('mailroom.incoming_invoice_line')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('clerk'), ('operator')) AS k (kind),
		(VALUES ('mailroom.reject_invoice(bigint, bigint, text)'), ('mailroom.release_invoice(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.check_integrity(bigint)', 'EXECUTE')
	FROM (VALUES ('reader'), ('operator')) AS k (kind);
SELECT mailroom.allow('operator', 'function', 'mailroom.load_layout(bigint, text, jsonb)', 'EXECUTE');

-- Shipped layouts are everyone's; an issuer's own are its own.
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['mailroom.layout', 'mailroom.layout_record', 'mailroom.layout_field'] LOOP
		CONTINUE WHEN (SELECT c.relrowsecurity FROM pg_catalog.pg_class c WHERE c.oid = t::pg_catalog.regclass);
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
		EXECUTE pg_catalog.format('CREATE POLICY issuer ON %s USING (issuer_id = 0 OR issuer_id = ANY ((SELECT mailroom.my_issuers())::bigint[]))', t);
	END LOOP;
END;
$$;
