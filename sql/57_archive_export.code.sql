-- 57_archive_export: any selection of the archive as a ZIP file, and such files taken in.

CREATE OR REPLACE FUNCTION mailroom.archive_condition_problem(key text, value jsonb)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN key = 'document_ids' THEN CASE WHEN pg_catalog.jsonb_typeof(value) <> 'array' OR value::text !~ '^\[(-?[0-9]{1,18}(, -?[0-9]{1,18})*)?\]$' THEN 'It is a list of numbers, as in {"document_ids": [1, 2]}.' END
		WHEN key IN ('issued_from', 'issued_to') THEN CASE WHEN pg_catalog.jsonb_typeof(value) <> 'string' OR value #>> '{}' !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN 'It is a day of the form "2026-12-31".' END
		WHEN key IN ('amount_from', 'amount_to') THEN CASE WHEN value #>> '{}' !~ '^-?[0-9]{1,18}$' THEN 'It is a whole number of minor units: 1250 is 12.50.' END
		WHEN key = 'sealed' THEN CASE WHEN pg_catalog.jsonb_typeof(value) <> 'boolean' THEN 'It is true or false.' END
		ELSE CASE WHEN pg_catalog.jsonb_typeof(value) NOT IN ('string', 'number') THEN 'It is one text.' END END;
COMMENT ON FUNCTION mailroom.archive_condition_problem(text, jsonb) IS 'what is wrong with the value of a condition of export_archive, NULL when nothing is';

CREATE OR REPLACE FUNCTION mailroom.archive_selection(selection jsonb)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	conditions text := 'e.salt <> ''''::bytea';
	s record;
	condition text;
BEGIN
	IF jsonb_typeof(selection) <> 'object' THEN
		RAISE EXCEPTION 'selection of documents is not a JSON object' USING ERRCODE = 'invalid_parameter_value', HINT = 'Give conditions as in {"customer_no": "C7", "issued_from": "2026-01-01"}, or {} for all.';
	END IF;
	FOR s IN SELECT j.key, j.value, j.value #>> '{}' AS text FROM jsonb_each(selection) AS j ORDER BY j.key LOOP
		condition := mailroom.archive_condition_problem(s.key, s.value);
		IF condition IS NOT NULL THEN
			RAISE EXCEPTION 'selection of documents has "%" with the value %', s.key, left(s.value::text, 100) USING ERRCODE = 'invalid_parameter_value', HINT = condition;
		END IF;
		condition := CASE s.key
			WHEN 'document_ids' THEN format('e.document_id = ANY (%L::bigint[])', ARRAY(SELECT i.id::bigint FROM jsonb_array_elements_text(s.value) AS i (id)))
			WHEN 'invoice_number' THEN format('e.document_id = ANY (ARRAY(SELECT mailroom.find_archived_key($1, false, %1$L, 2147483647))) AND e.invoice_number = %1$L', s.text)
			WHEN 'customer_no' THEN format('e.customer_no = %L', s.text)
			WHEN 'payment_reference' THEN format('e.document_id = ANY (ARRAY(SELECT mailroom.find_archived_key($1, true, %1$L, 2147483647))) AND e.payment_reference = %1$L', s.text)
			WHEN 'issued_from' THEN format('e.issue_date >= %L::date', s.text::date)
			WHEN 'issued_to' THEN format('e.issue_date <= %L::date', s.text::date)
			WHEN 'amount_from' THEN format('e.amount_minor >= %s', s.text::bigint)
			WHEN 'amount_to' THEN format('e.amount_minor <= %s', s.text::bigint)
			WHEN 'sealed' THEN format('EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = e.issuer_id AND o.volume_id = e.volume_id) <> %L::boolean', s.text::boolean)
		END;
		IF condition IS NULL THEN
			RAISE EXCEPTION 'selection of documents has no condition "%"', s.key
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Conditions are document_ids, invoice_number, customer_no, payment_reference, issued_from, issued_to, amount_from, amount_to and sealed.';
		END IF;
		conditions := conditions || ' AND ' || condition;
	END LOOP;
	RETURN conditions;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_selection(jsonb) IS 'the selection of export_archive as conditions on mailroom.archive_entry AS e of issuer $1; 22023 when it asks for something else';
REVOKE EXECUTE ON FUNCTION mailroom.archive_selection(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.csv_field(value text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN value ~ '[",\r\n]' OR value = '' THEN '"' || pg_catalog.replace(value, '"', '""') || '"' ELSE coalesce(value, '') END;
COMMENT ON FUNCTION mailroom.csv_field(text) IS 'value as a field of a CSV file (RFC 4180); nothing for NULL, "" for the empty text';

CREATE OR REPLACE FUNCTION mailroom.archive_file_name(document_id bigint, media text, channel text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN 'documents/' || document_id || CASE WHEN media = 'pdf' THEN '.pdf' WHEN media = 'tags' AND channel IN ('html', 'email') THEN '.html' WHEN media = 'tags' THEN '.xml' WHEN media = 'mail' THEN '.eml' ELSE '.bin' END;
COMMENT ON FUNCTION mailroom.archive_file_name(bigint, text, text) IS 'name of a document in an export';

CREATE OR REPLACE FUNCTION mailroom.write_archive_export(issuer_id bigint, outgoing_file_id bigint, export_day date, header jsonb, chain text, lines refcursor, documents refcursor)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_archive_export';
COMMENT ON FUNCTION mailroom.write_archive_export(bigint, bigint, date, jsonb, text, refcursor, refcursor) IS 'internal part of export_archive: writes the ZIP file from two cursors, lines (line of the manifest) and documents (id, file name, description, content), and returns the number of documents';
REVOKE EXECUTE ON FUNCTION mailroom.write_archive_export(bigint, bigint, date, jsonb, text, refcursor, refcursor) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.seal_selection(issuer_id bigint, selection jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	volumes bigint[];
	volume bigint;
	sealed boolean := false;
BEGIN
	IF selection @> '{"sealed": true}' OR $1 <> ALL (mailroom.my_issuers(ARRAY['operator'])) OR NOT EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = $1) THEN
		RETURN;
	END IF;
	EXECUTE 'SELECT array_agg(o.volume_id ORDER BY o.volume_id) FROM mailroom.archive_open o WHERE o.issuer_id = $1 AND EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.volume_id = o.volume_id AND '
		|| mailroom.archive_selection(selection) || ')' INTO volumes USING $1;
	FOREACH volume IN ARRAY coalesce(volumes, '{}') LOOP
		sealed := mailroom.seal_archive_volume($1, volume) OR sealed;
	END LOOP;
	IF sealed THEN
		SET CONSTRAINTS mailroom.link_volume IMMEDIATE;
		SET CONSTRAINTS mailroom.link_volume DEFERRED;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.seal_selection(bigint, jsonb) IS 'internal part of export_archive: seals the open volumes that hold documents of the selection and links them into the chain, when the caller is an operator of the issuer and did not ask for what is sealed';
REVOKE EXECUTE ON FUNCTION mailroom.seal_selection(bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_left_out(issuer_id bigint, selection jsonb, last_link bigint)
	RETURNS jsonb
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	found jsonb;
BEGIN
	EXECUTE 'SELECT jsonb_agg(jsonb_build_object(''volume_id'', v.volume_id, ''reason'', v.reason, ''document_ids'', v.ids) ORDER BY v.volume_id)
		FROM (SELECT e.volume_id, CASE WHEN o.volume_id IS NULL THEN ''archived after the head of this export'' ELSE ''volume is not sealed yet'' END AS reason, jsonb_agg(e.document_id ORDER BY e.document_id) AS ids
			FROM mailroom.archive_entry e
				LEFT JOIN mailroom.archive_open o ON o.issuer_id = e.issuer_id AND o.volume_id = e.volume_id
			WHERE e.issuer_id = $1 AND NOT EXISTS (SELECT FROM mailroom.archive_link l WHERE l.issuer_id = $1 AND l.volume_id = e.volume_id AND l.link_no <= $2)
				AND ' || mailroom.archive_selection(selection - 'sealed') || '
			GROUP BY 1, 2) AS v' INTO found USING $1, last_link;
	RETURN coalesce((
			SELECT jsonb_build_array(jsonb_build_object('volume_id', NULL, 'reason', 'not in the archive, or deleted', 'document_ids', jsonb_agg(DISTINCT i.id::bigint)))
				FROM jsonb_array_elements_text(selection -> 'document_ids') AS i (id)
				WHERE NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = i.id::bigint AND e.salt <> ''::bytea)
				HAVING count(*) > 0), '[]') || coalesce(found, '[]');
END;
$$;
COMMENT ON FUNCTION mailroom.archive_left_out(bigint, jsonb, bigint) IS 'internal part of export_archive: documents of the selection that the chain up to link last_link does not cover, by volume, with the reason; before them those that were asked for by number and are not in the archive (volume_id null)';
REVOKE EXECUTE ON FUNCTION mailroom.archive_left_out(bigint, jsonb, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_archive_export(issuer_id bigint, selection jsonb, file_name text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	-- up to a head: what others archive or seal meanwhile is not in this export, whichever query sees it
	from_entries text := ' FROM mailroom.archive_entry e LEFT JOIN mailroom.document d ON d.issuer_id = e.issuer_id AND d.document_id = e.document_id'
		' LEFT JOIN mailroom.archive_dictionary a ON a.issuer_id = e.issuer_id AND a.dictionary_id = e.dictionary_id'
		' JOIN mailroom.archive_link k ON k.issuer_id = e.issuer_id AND k.volume_id = e.volume_id AND k.link_no <= $2'
		' WHERE e.issuer_id = $1 AND ' || mailroom.archive_selection(selection);
	lines refcursor := 'archive_export_lines';
	documents refcursor := 'archive_export_documents';
	new_file bigint;
	last_link bigint;
	first_link bigint;
	left_out jsonb;
	left_count bigint;
	header jsonb;
	chain text;
	exported bigint;
BEGIN
	-- who deletes documents waits until the file is written
	LOCK TABLE mailroom.archive_entry IN ROW EXCLUSIVE MODE;
	IF file_name !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' THEN
		RAISE EXCEPTION 'cannot name an export "%"', file_name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Use letters from A to Z, digits, dots, hyphens and underscores, and begin with a letter or digit.';
	END IF;
	PERFORM mailroom.seal_selection($1, selection);
	SELECT c.link_count INTO last_link
		FROM mailroom.archive_chain c
		WHERE c.issuer_id = $1;
	last_link := coalesce(last_link, 0);
	left_out := mailroom.archive_left_out($1, selection, last_link);
	IF left_out -> 0 -> 'volume_id' = 'null' THEN
		RAISE WARNING 'export leaves out % documents that are not in the archive', jsonb_array_length(left_out -> 0 -> 'document_ids')
			USING HINT = 'manifest.json names them.';
	END IF;
	left_count := (SELECT coalesce(sum(jsonb_array_length(v.value -> 'document_ids')), 0) FROM jsonb_array_elements(left_out) AS v WHERE v.value -> 'volume_id' <> 'null');
	EXECUTE 'SELECT min(v.link_no) FROM (SELECT DISTINCT k.link_no' || from_entries || ') AS v'
		INTO first_link USING $1, last_link;
	IF first_link IS NULL AND left_count > 0 THEN
		RAISE EXCEPTION 'cannot export % documents because their volumes are not sealed', left_count
			USING ERRCODE = 'MR004', HINT = format('An operator seals them with "SELECT mailroom.seal_archive(%s)"; a job does it in its time.', $1);
	ELSIF left_count > 0 AND NOT selection @> '{"sealed": true}' THEN
		RAISE WARNING 'export leaves out % documents because their volumes are not sealed', left_count
			USING HINT = format('manifest.json names them; an operator seals them with "SELECT mailroom.seal_archive(%s)".', $1);
	END IF;
	SELECT jsonb_build_object('issuer_id', i.issuer_id, 'issuer', i.name, 'country', i.country, 'selection', $2, 'exported_at', to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'head', jsonb_build_object('link_no', l.link_no, 'head_hash', encode(l.link_hash, 'hex')), 'left_out', left_out) INTO header
		FROM mailroom.issuer i
			LEFT JOIN mailroom.archive_link l ON l.issuer_id = i.issuer_id AND l.link_no = last_link
		WHERE i.issuer_id = $1;
	SELECT coalesce(string_agg(l.link_no || ',' || encode(l.volume_hash, 'hex') || ',' || encode(l.link_hash, 'hex') || E'\n', '' ORDER BY l.link_no), '') INTO chain
		FROM mailroom.archive_link l
		WHERE l.issuer_id = $1 AND l.link_no BETWEEN first_link AND last_link;
	chain := E'link_no,volume_hash,link_hash\n' || coalesce((SELECT l.link_no || ',,' || encode(l.link_hash, 'hex') || E'\n' FROM mailroom.archive_link l WHERE l.issuer_id = $1 AND l.link_no = first_link - 1), '') || chain;
	new_file := mailroom.open_outgoing_file($1, 'archive_export', coalesce(file_name, format('archive-%s-%s.zip', $1, to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYYMMDD-HH24MISS-US'))), 'application/zip');
	OPEN lines NO SCROLL FOR EXECUTE
		'SELECT concat_ws('','', e.document_id, mailroom.archive_file_name(e.document_id, a.media, d.channel), e.content_bytes, encode(e.content_sha256, ''hex''), coalesce(e.invoice_id::text, ''''),
				mailroom.csv_field(e.invoice_number), mailroom.csv_field(e.customer_no), mailroom.csv_field(e.customer_name), mailroom.csv_field(e.payment_reference),
				coalesce(to_char(e.issue_date, ''YYYY-MM-DD''), ''''), coalesce(e.amount_minor::text, ''''), coalesce(e.currency, ''''), encode(e.leaf_hash, ''hex'')) || E''\r\n'''
			|| from_entries || ' ORDER BY e.volume_id, e.leaf_no' USING $1, last_link;
	-- the ids are sorted, not the contents: OFFSET 0 keeps the functions out of the sort
	OPEN documents NO SCROLL FOR EXECUTE
		'SELECT s.document_id, mailroom.archive_file_name(s.document_id, s.media, s.channel), mailroom.make_archive_proof_text($1, s.document_id, s.document),
				mailroom.archive_document($1, s.document_id)
			FROM (SELECT e.document_id, a.media, d.channel,
					json_build_object(''channel'', d.channel, ''template'', d.template, ''template_version'', d.template_version, ''pages'', d.pages, ''page_offsets'', d.page_offsets,
						''page_lengths'', d.page_lengths, ''created_at'', d.created_at, ''duplex'', d.duplex, ''must_be_alone'', d.must_be_alone) AS document'
			|| from_entries || ' ORDER BY e.volume_id, e.leaf_no OFFSET 0) AS s' USING $1, last_link;
	exported := mailroom.write_archive_export($1, new_file, (mailroom.now() AT TIME ZONE 'UTC')::date, header, chain, lines, documents);
	IF exported = 0 THEN
		RAISE NOTICE 'export holds no document: none meets the selection';
	END IF;
	CLOSE lines;
	CLOSE documents;
	PERFORM mailroom.close_outgoing_file($1, new_file);
	PERFORM mailroom.log_event($1, 'outgoing_file', new_file, 'archive_exported', jsonb_build_object('documents', exported, 'selection', selection, 'left_out', left_count));
	RETURN new_file;
END;
$$;
COMMENT ON FUNCTION mailroom.make_archive_export(bigint, jsonb, text) IS 'internal part of export_archive, without check of rights';
REVOKE EXECUTE ON FUNCTION mailroom.make_archive_export(bigint, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.export_archive(issuer_id bigint, selection jsonb DEFAULT '{}', file_name text DEFAULT NULL)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN mailroom.make_archive_export($1, coalesce(selection, '{}'), file_name);
END;
$$;
COMMENT ON FUNCTION mailroom.export_archive(bigint, jsonb, text) IS 'writes documents of the archive to a ZIP file (outgoing file of kind archive_export) and returns outgoing_file_id; selection: {"issued_from": "2026-01-01", "customer_no": "C7", ...}, all documents when empty; the file holds manifest.json, manifest.csv, chain.csv and for each document its bytes and its proof; what waits to be sealed is sealed first when the caller is an operator, else left out with a warning and named in manifest.json (export.left_out); needs reader or clerk; 22023 when the selection asks for something else, MR004 when nothing of it is sealed, MR007 when a document is damaged';
REVOKE EXECUTE ON FUNCTION mailroom.export_archive(bigint, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.export_archive_job(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	name text := format('archive-%s-job-%s.zip', $1, coalesce((arguments ->> 'first_job')::bigint, $2));
BEGIN
	-- what waits is sealed and exported by a job of its own, so that the chain is not held while the file is written
	IF NOT arguments ? 'first_job' AND EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = $1) THEN
		PERFORM mailroom.seal_open_volumes($1);
		PERFORM mailroom.submit_job($1, 'export_archive', arguments || jsonb_build_object('first_job', $2, 'selection', coalesce(arguments -> 'selection', '{}') || '{"sealed": true}'));
		RETURN;
	END IF;
	IF NOT EXISTS (SELECT FROM mailroom.outgoing_file o WHERE o.issuer_id = $1 AND o.kind = 'archive_export' AND o.file_name = name) THEN
		PERFORM mailroom.make_archive_export($1, coalesce(arguments -> 'selection', '{}'), name);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.export_archive_job(bigint, bigint, jsonb) IS 'handler of jobs export_archive; arguments: {"selection": {...}} as in mailroom.export_archive; the file is archive-ISSUER-job-JOB.zip; what waits to be sealed is sealed first, and a second job writes the file';
REVOKE EXECUTE ON FUNCTION mailroom.export_archive_job(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('export_archive', 'mailroom.export_archive_job(bigint, bigint, jsonb)');

-- Import ---------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.open_archive_import(issuer_id bigint, file_name text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF coalesce(file_name, '') = '' THEN
		RAISE EXCEPTION 'archive import has no file name' USING ERRCODE = 'null_value_not_allowed', HINT = 'Give the name of the file that the other archive made: it is kept with the import.';
	END IF;
	INSERT INTO mailroom.archive_import AS i (issuer_id, file_name, created_at)
		VALUES ($1, $2, mailroom.now())
		RETURNING i.import_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.open_archive_import(bigint, text) IS 'begins to take in an export of another archive and returns import_id; append its parts with append_archive_import, then call import_archive; needs operator; 22004 without a file name';
REVOKE EXECUTE ON FUNCTION mailroom.open_archive_import(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.lock_archive_import(issuer_id bigint, import_id bigint)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	current_state text;
BEGIN
	SELECT i.state INTO current_state
		FROM mailroom.archive_import i
		WHERE i.issuer_id = $1 AND i.import_id = $2
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'archive import % does not exist', coalesce($2::text, 'NULL') USING ERRCODE = 'undefined_object', HINT = 'Begin one with mailroom.open_archive_import(), or look at mailroom.archive_import.';
	END IF;
	IF current_state <> 'uploading' THEN
		RAISE EXCEPTION 'archive import % is done already', $2 USING ERRCODE = 'MR004';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_archive_import(bigint, bigint) IS 'locks an import that is still uploading; 42704 when there is none, MR004 when it is done';
REVOKE EXECUTE ON FUNCTION mailroom.lock_archive_import(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.append_archive_import(issuer_id bigint, import_id bigint, content bytea)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.lock_archive_import($1, $2);
	IF content IS NULL THEN
		RAISE EXCEPTION 'content of an archive import is null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	INSERT INTO mailroom.archive_import_part (issuer_id, import_id, part_no, content)
		SELECT $1, $2, coalesce(max(p.part_no), 0) + 1, $3
			FROM mailroom.archive_import_part p
			WHERE p.issuer_id = $1 AND p.import_id = $2;
END;
$$;
COMMENT ON FUNCTION mailroom.append_archive_import(bigint, bigint, bytea) IS 'adds the next bytes of an export, some MB a call; needs operator; 42704 when there is no such import, MR004 when it is done';
REVOKE EXECUTE ON FUNCTION mailroom.append_archive_import(bigint, bigint, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.read_archive_import(issuer_id bigint, import_id bigint)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_read_archive_import';
COMMENT ON FUNCTION mailroom.read_archive_import(bigint, bigint) IS 'internal part of import_archive: reads the ZIP file and hands manifest, chain and documents to begin_archive_import and import_archive_documents; number of documents in the file';
REVOKE EXECUTE ON FUNCTION mailroom.read_archive_import(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.begin_archive_import(issuer_id bigint, import_id bigint, manifest jsonb, chain text)
	RETURNS jsonb
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	line text;
	field text[];
	reached bytea;
	last_link bigint := 0;
	numbers text[] := '{}';
	hashes text[] := '{}';
BEGIN
	IF manifest ->> 'format' IS DISTINCT FROM 'mailroom-archive-1' OR jsonb_typeof(manifest -> 'documents') IS DISTINCT FROM 'number' THEN
		RAISE EXCEPTION 'manifest of the export is not of format mailroom-archive-1' USING ERRCODE = 'MR001';
	END IF;
	FOREACH line IN ARRAY string_to_array(rtrim(chain, E'\n'), E'\n') LOOP
		field := regexp_match(line, '^([0-9]{1,18}),([0-9a-f]{64})?,([0-9a-f]{64})$');
		CONTINUE WHEN line = 'link_no,volume_hash,link_hash';
		IF field IS NULL OR (last_link > 0 AND (field[1]::bigint <> last_link + 1 OR field[2] IS NULL))
			OR (field[2] IS NOT NULL AND encode(mailroom.archive_link_hash(coalesce(reached, decode(repeat('00', 32), 'hex')), field[1]::bigint, decode(field[2], 'hex')), 'hex') <> field[3])
			OR (last_link = 0 AND field[2] IS NOT NULL AND field[1] <> '1') THEN
			RAISE EXCEPTION 'chain of the export is broken after link %', last_link USING ERRCODE = 'MR007';
		END IF;
		last_link := field[1]::bigint;
		reached := decode(field[3], 'hex');
		numbers := numbers || field[1];
		hashes := hashes || field[3];
	END LOOP;
	IF encode(reached, 'hex') IS DISTINCT FROM (manifest -> 'export' -> 'head' ->> 'head_hash') THEN
		RAISE EXCEPTION 'chain of the export does not lead to the head of its manifest' USING ERRCODE = 'MR007';
	END IF;
	UPDATE mailroom.archive_import i
		SET manifest = $3
		WHERE i.issuer_id = $1 AND i.import_id = $2;
	RETURN jsonb_object(numbers, hashes);
END;
$$;
COMMENT ON FUNCTION mailroom.begin_archive_import(bigint, bigint, jsonb, text) IS 'internal part of import_archive: checks manifest.json and chain.csv; hashes (hexadecimal) of the chain''s links by number';
REVOKE EXECUTE ON FUNCTION mailroom.begin_archive_import(bigint, bigint, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.import_archive_documents(issuer_id bigint, import_id bigint, links jsonb, file_names text[], descriptions text[], contents bytea[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem text;
	name text;
	ids bigint[];
	new_contents bytea[];
BEGIN
	SELECT f.file_name, CASE
				WHEN octet_length(f.content) IS DISTINCT FROM (f.proof -> 'leaf' ->> 'content_bytes')::bigint
					OR encode(sha256(f.content), 'hex') IS DISTINCT FROM (f.proof -> 'leaf' ->> 'content_sha256') THEN 'its bytes are not those of its description'
				ELSE coalesce(mailroom.archive_proof_problem(f.proof), 'its proof does not lead to the chain of the export') END
		INTO name, problem
		FROM ROWS FROM (unnest(file_names), unnest(descriptions), unnest(contents)) WITH ORDINALITY AS u (file_name, description, content, n)
			CROSS JOIN LATERAL (SELECT u.file_name, u.description::jsonb AS proof, u.content) AS f
		WHERE octet_length(f.content) IS DISTINCT FROM (f.proof -> 'leaf' ->> 'content_bytes')::bigint
			OR encode(sha256(f.content), 'hex') IS DISTINCT FROM (f.proof -> 'leaf' ->> 'content_sha256')
			OR mailroom.archive_proof_problem(f.proof, coalesce(links ->> (f.proof -> 'head' ->> 'link_no'), 'none')) IS NOT NULL
		ORDER BY u.n
		LIMIT 1;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'file "%" of the export was changed', name USING ERRCODE = 'MR007', DETAIL = format('The first fault: %s.', problem);
	END IF;
	WITH given AS MATERIALIZED (
		SELECT u.n, u.description::jsonb AS proof, u.content,
				nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS document_id
			FROM ROWS FROM (unnest(descriptions), unnest(contents)) WITH ORDINALITY AS u (description, content, n)
	), origin AS (
		INSERT INTO mailroom.archive_origin AS o (issuer_id, document_id, import_id, leaf_hash, proof)
			SELECT $1, g.document_id, $2, mailroom.archive_proof_leaf(g.proof), g.proof - 'document'
				FROM given g
				ORDER BY g.n
			ON CONFLICT DO NOTHING
			RETURNING o.document_id
	), document AS (
		INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, channel, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256,
				created_at, duplex, must_be_alone)
			SELECT $1, g.document_id, -g.document_id, coalesce(g.proof -> 'document' ->> 'channel', 'print'), coalesce(g.proof -> 'document' ->> 'template', 'imported'),
					coalesce((g.proof -> 'document' ->> 'template_version')::integer, 0), coalesce((g.proof -> 'document' ->> 'pages')::integer, 1),
					coalesce(p.offsets, '{}'), coalesce(p.lengths, '{}'), octet_length(g.content), sha256(g.content),
					coalesce((g.proof -> 'document' ->> 'created_at')::timestamptz, mailroom.now()), (g.proof -> 'document' ->> 'duplex')::boolean, (g.proof -> 'document' ->> 'must_be_alone')::boolean
				FROM origin o
					JOIN given g ON g.document_id = o.document_id
					CROSS JOIN LATERAL (SELECT
						(SELECT array_agg(j.value::bigint ORDER BY j.n) FROM jsonb_array_elements_text(g.proof -> 'document' -> 'page_offsets') WITH ORDINALITY AS j (value, n)) AS offsets,
						(SELECT array_agg(j.value::bigint ORDER BY j.n) FROM jsonb_array_elements_text(g.proof -> 'document' -> 'page_lengths') WITH ORDINALITY AS j (value, n)) AS lengths) AS p
	), term AS (
		INSERT INTO mailroom.archive_term (issuer_id, document_id, invoice_number, customer_no, customer_name, payment_reference, issue_date, amount_minor, currency)
			SELECT $1, g.document_id, l.invoice_number, l.customer_no, l.customer_name, l.payment_reference, l.issue_date, l.amount_minor, l.currency
				FROM origin o
					JOIN given g ON g.document_id = o.document_id
					CROSS JOIN LATERAL jsonb_to_record(g.proof -> 'leaf') AS l (invoice_number text, customer_no text, customer_name text, payment_reference text, issue_date date, amount_minor bigint, currency text)
	)
	SELECT array_agg(g.document_id ORDER BY g.n), array_agg(g.content ORDER BY g.n) INTO ids, new_contents
		FROM given g
			JOIN origin o ON o.document_id = g.document_id;
	IF ids IS NOT NULL THEN
		PERFORM mailroom.archive_store($1, ids, new_contents);
		DELETE FROM mailroom.archive_term t
			WHERE t.issuer_id = $1 AND t.document_id = ANY (ids);
	END IF;
EXCEPTION
	WHEN data_exception OR not_null_violation OR check_violation THEN
		RAISE EXCEPTION 'description of a document in the export is not of its form' USING ERRCODE = 'MR001', DETAIL = sqlerrm;
END;
$$;
COMMENT ON FUNCTION mailroom.import_archive_documents(bigint, bigint, jsonb, text[], text[], bytea[]) IS 'internal part of import_archive: checks and archives some documents; those imported before are left out';
REVOKE EXECUTE ON FUNCTION mailroom.import_archive_documents(bigint, bigint, jsonb, text[], text[], bytea[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.import_archive(issuer_id bigint, import_id bigint, head_hash text DEFAULT NULL)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	in_file bigint;
	added bigint;
	found_head text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.lock_archive_import($1, $2);
	in_file := mailroom.read_archive_import($1, $2);
	SELECT i.manifest -> 'export' -> 'head' ->> 'head_hash' INTO found_head
		FROM mailroom.archive_import i
		WHERE i.issuer_id = $1 AND i.import_id = $2;
	IF head_hash IS NOT NULL AND found_head IS DISTINCT FROM lower(head_hash) THEN
		RAISE EXCEPTION 'export leads to another head than the one expected'
			USING ERRCODE = 'MR007', DETAIL = format('It leads to %s.', found_head);
	END IF;
	SELECT count(*) INTO added
		FROM mailroom.archive_origin o
		WHERE o.issuer_id = $1 AND o.import_id = $2;
	DELETE FROM mailroom.archive_import_part p
		WHERE p.issuer_id = $1 AND p.import_id = $2;
	UPDATE mailroom.archive_import i
		SET state = 'imported', document_count = added, imported_at = mailroom.now(), imported_by = mailroom.outer_role()
		WHERE i.issuer_id = $1 AND i.import_id = $2;
	PERFORM mailroom.log_event($1, 'archive_import', $2, 'archive_imported', jsonb_build_object('documents', added, 'in_file', in_file));
	RETURN added;
END;
$$;
COMMENT ON FUNCTION mailroom.import_archive(bigint, bigint, text) IS 'takes the uploaded export of another archive in, whole or not at all: every document''s bytes, proof and place in the chain are checked, up to head_hash (hexadecimal) if given; documents are archived again with their search terms, their first proof is kept in mailroom.archive_origin; returns how many were new; needs operator; MR001 when the file is cut or not such an export, MR007 when anything in it was changed or exchanged';
REVOKE EXECUTE ON FUNCTION mailroom.import_archive(bigint, bigint, text) FROM PUBLIC;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_origin'::pg_catalog.regclass AND g.tgname = 'only_grows') THEN
		CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON mailroom.archive_origin
			FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_archive_change();
	END IF;
END;
$$;

SELECT mailroom.allow(k.kind, 'function', 'mailroom.export_archive(bigint, jsonb, text)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.open_archive_import(bigint, text)'),
		('mailroom.append_archive_import(bigint, bigint, bytea)'),
		('mailroom.import_archive(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.archive_import'), ('mailroom.archive_origin')) AS t (name);
