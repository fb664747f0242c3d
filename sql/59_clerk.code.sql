-- 59_clerk: notes on archived documents, and copies that say that they are copies.

CREATE OR REPLACE FUNCTION mailroom.copy_word(country text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN country IN ('NO', 'DK') THEN 'KOPI' WHEN country IN ('SE', 'PL') THEN 'KOPIA' WHEN country = 'FI' THEN 'KOPIO' WHEN country = 'DE' THEN 'KOPIE' WHEN country = 'RO' THEN 'COPIE' ELSE 'COPY' END;
COMMENT ON FUNCTION mailroom.copy_word(text) IS 'the word for a copy in the language of a country (ISO 3166 alpha-2)';

CREATE OR REPLACE FUNCTION mailroom.mark_pdf_copy(content bytea, label text)
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	readable text := encode(content, 'escape');
	trailer text[] := regexp_match(readable, 'trailer\s*<<(.*)>>\s*startxref\s+([0-9]+)\s+%%EOF\s*$');
	line text := translate(label, '()\', '[]/');
	next_number integer;
	added bytea := E'\n';
	offsets text := E'xref\n';
	page text[];
	number integer;
	body text;
BEGIN
	-- As a later part of the file (an incremental update): what was archived stays in front of it, byte for byte.
	next_number := (regexp_match(trailer[1], '/Size\s+([0-9]+)'))[1]::integer;
	IF next_number IS NULL THEN
		RETURN NULL;
	END IF;
	number := next_number;
	body := format('BT /H 9 Tf 0.7 0 0 rg 0 4 Td (%s) Tj ET', line);
	offsets := offsets || format(E'%s 1\n%s 00000 n \n', number, lpad((octet_length(content) + octet_length(added))::text, 10, '0'));
	added := added || convert_to(format(E'%s 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 535 16]/Resources<</Font<</H<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>>>>>/Length %s>>\nstream\n%s\nendstream\nendobj\n',
		number, length(body), body), 'SQL_ASCII');
	FOR page IN SELECT m FROM regexp_matches(readable, '\n([0-9]+) 0 obj\n<<(/Type/Page/[^>]*)>>\nendobj', 'g') AS m LOOP
		IF page[2] ~ '/Annots' THEN
			RETURN NULL;
		END IF;
		number := number + 1;
		offsets := offsets || format(E'%s 1\n%s 00000 n \n', number, lpad((octet_length(content) + octet_length(added))::text, 10, '0'));
		added := added || convert_to(format(E'%s 0 obj\n<</Type/Annot/Subtype/Stamp/Rect[30 822 565 838]/F 196/Contents(%s)/AP<</N %s 0 R>>>>\nendobj\n', number, line, next_number), 'SQL_ASCII');
		offsets := offsets || format(E'%s 1\n%s 00000 n \n', page[1], lpad((octet_length(content) + octet_length(added))::text, 10, '0'));
		added := added || convert_to(format(E'%s 0 obj\n<<%s/Annots[%s 0 R]>>\nendobj\n', page[1], page[2], number), 'SQL_ASCII');
	END LOOP;
	IF number = next_number THEN
		RETURN NULL;
	END IF;
	RETURN content || added || convert_to(format(E'%strailer\n<<%s/Prev %s>>\nstartxref\n%s\n%%%%EOF\n', offsets,
		regexp_replace(trailer[1], '/Size\s+[0-9]+', '/Size ' || number + 1), trailer[2], octet_length(content) + octet_length(added)), 'SQL_ASCII');
END;
$$;
COMMENT ON FUNCTION mailroom.mark_pdf_copy(bytea, text) IS 'a PDF with a line (ASCII) above every page, added behind the bytes as they were; NULL when the file is not of a form that this house writes';

CREATE OR REPLACE FUNCTION mailroom.mark_copy(content bytea, label text)
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	at integer;
BEGIN
	IF substring(content FROM 1 FOR 5) = '%PDF-' THEN
		RETURN mailroom.mark_pdf_copy(content, label);
	END IF;
	IF lower(encode(substring(content FROM 1 FOR 200), 'escape')) LIKE '%<html%' THEN
		at := position('<body'::bytea IN content);
		at := CASE WHEN at > 0 THEN at + position('>'::bytea IN substring(content FROM at)) END;
		RETURN substring(content FROM 1 FOR at - 1) || convert_to(format('<p role="note"><strong>%s</strong></p>', mailroom.html_text(label)), 'SQL_ASCII') || substring(content FROM at);
	END IF;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.mark_copy(bytea, text) IS 'a PDF or HTML document that says label on every page; NULL for what cannot be marked (XML and other data)';

CREATE OR REPLACE FUNCTION mailroom.require_archived(issuer_id bigint, document_id bigint)
	RETURNS void
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = $2 AND e.salt <> ''::bytea) THEN
		RAISE EXCEPTION 'document % is not in the archive or is deleted', coalesce($2::text, 'NULL') USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_archived(bigint, bigint) IS 'raises 42704 unless the document is archived and not deleted';
REVOKE EXECUTE ON FUNCTION mailroom.require_archived(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.add_document_note(issuer_id bigint, document_id bigint, body text)
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
	PERFORM mailroom.require_archived($1, $2);
	IF coalesce(body, '') = '' THEN
		RAISE EXCEPTION 'note is empty' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	INSERT INTO mailroom.document_note AS n (issuer_id, document_id, kind, body, made_by, made_at)
		VALUES ($1, $2, 'note', $3, mailroom.outer_role(), mailroom.now())
		RETURNING n.note_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.add_document_note(bigint, bigint, text) IS 'notes something on an archived document and returns note_id; mailroom.invoice_trace shows it; needs clerk or operator; 42704 when the document is not in the archive, 22004 when body is empty';
REVOKE EXECUTE ON FUNCTION mailroom.add_document_note(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.send_copy(issuer_id bigint, document_id bigint, recipient text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	original bytea;
	marked bytea;
	file_id bigint;
	name text;
	at integer := 1;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	PERFORM mailroom.require_archived($1, $2);
	IF coalesce(recipient, '') = '' THEN
		RAISE EXCEPTION 'copy does not say to whom it goes' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	original := mailroom.archive_document($1, $2);
	marked := mailroom.mark_copy(original, (
		SELECT format('%s %s, %s UTC', mailroom.copy_word(i.country), $2, to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
			FROM mailroom.issuer i
			WHERE i.issuer_id = $1));
	IF marked IS NULL THEN
		RAISE EXCEPTION 'cannot mark document % as a copy', $2
			USING ERRCODE = 'MR004', HINT = 'Data in XML and foreign files have no place for it; read them with mailroom.archive_document().';
	END IF;
	SELECT format('copy-%s-%s.%s', $2, 1 + count(*), CASE WHEN substring(original FROM 1 FOR 5) = '%PDF-' THEN 'pdf' ELSE 'html' END) INTO name
		FROM mailroom.document_note n
		WHERE n.issuer_id = $1 AND n.document_id = $2 AND n.kind = 'copy';
	file_id := mailroom.open_outgoing_file($1, 'copy', name, CASE WHEN name LIKE '%.pdf' THEN 'application/pdf' ELSE 'text/html' END);
	WHILE at <= octet_length(marked) LOOP
		PERFORM mailroom.append_outgoing_file($1, file_id, substring(marked FROM at FOR 8000000));
		at := at + 8000000;
	END LOOP;
	PERFORM mailroom.close_outgoing_file($1, file_id);
	INSERT INTO mailroom.document_note (issuer_id, document_id, kind, body, outgoing_file_id, made_by, made_at)
		VALUES ($1, $2, 'copy', $3, file_id, mailroom.outer_role(), mailroom.now());
	RETURN file_id;
END;
$$;
COMMENT ON FUNCTION mailroom.send_copy(bigint, bigint, text) IS 'makes a copy of an archived document that says so on every page (KOPI, KOPIA, ...), as outgoing file of kind copy, and returns outgoing_file_id; recipient: to whom it goes, kept as a note; the archived bytes stay as they are; needs clerk or operator; 42704 when it is not in the archive, 22004 without recipient, MR004 when it cannot be marked';
REVOKE EXECUTE ON FUNCTION mailroom.send_copy(bigint, bigint, text) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.add_document_note(bigint, bigint, text)'), ('mailroom.send_copy(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.document_note', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
