-- archive: exports and imports, rights and states; what is in the files: test/t/630_archive_export.pl
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Export AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Import AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
CREATE TEMPORARY TABLE sample AS
	SELECT n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id, convert_to('Faktura ' || n, 'UTF8') AS content FROM generate_series(1, 12) AS n;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency)
	SELECT :one, -id, 'file', 'printed', 'seller', '', mailroom.now(), 'E' || n, 'C' || n % 3, 'Name', date '2026-01-01' + n, n * 100, 'NOK' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
-- nothing archived yet: an export of nothing
SELECT mailroom.export_archive(:one) AS empty \gset
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 5;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n > 5;

-- one database, two issuers: the second takes in what the first gives
SELECT mailroom.export_archive(:one, jsonb_build_object('document_ids', (SELECT jsonb_agg(id) FROM sample WHERE n IN (2, 4, 9)), 'amount_to', 800)) AS part \gset
SELECT kind, media_type, state FROM mailroom.outgoing_file WHERE issuer_id = :one ORDER BY outgoing_file_id;
SELECT mailroom.open_archive_import(:two, 'part.zip') AS import \gset
SELECT mailroom.append_archive_import(:two, :import, mailroom.outgoing_file_content(:one, :part));
SELECT mailroom.import_archive(:two, :import);
SELECT document_count, state, manifest ->> 'format' AS format, manifest -> 'export' ->> 'issuer' AS issuer FROM mailroom.archive_import WHERE issuer_id = :two;
SELECT invoice_number, customer_no, issue_date, amount_minor FROM mailroom.search_archive(:two) ORDER BY 1;
SELECT * FROM mailroom.verify_archive(:two);
-- what an imported document brought with it is verified too: exchanged, changed, of nothing
CREATE FUNCTION pg_temp.after(statement text) RETURNS TABLE (number text, defect text) LANGUAGE plpgsql AS
$$
DECLARE
	two bigint := (SELECT i.issuer_id FROM mailroom.issuer i WHERE i.name = 'Import AS');
	found text[];
BEGIN
	BEGIN
		SET LOCAL mailroom.allow_archive_change = on;
		EXECUTE statement USING two;
		found := ARRAY(SELECT to_jsonb(ARRAY[(SELECT e.invoice_number FROM mailroom.archive_entry e WHERE e.issuer_id = two AND e.document_id = v.document_id), v.defect]) #>> '{}' FROM mailroom.verify_archive(two) AS v);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MR999';
	EXCEPTION WHEN SQLSTATE 'MR999' THEN
	END;
	RETURN QUERY SELECT f::jsonb ->> 0, f::jsonb ->> 1 FROM unnest(found) AS f ORDER BY 1, 2;
END;
$$;
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_origin SET document_id = document_id + 1000000000 WHERE issuer_id = $1 AND document_id = (SELECT min(document_id) FROM mailroom.archive_origin WHERE issuer_id = $1) $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_origin SET document_id = -document_id WHERE issuer_id = $1;
	UPDATE mailroom.archive_origin o SET document_id = (SELECT min(e.document_id) + max(e.document_id) FROM mailroom.archive_entry e WHERE e.issuer_id = $1) + o.document_id WHERE o.issuer_id = $1 $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_origin SET proof = jsonb_set(proof, '{leaf,customer_name}', '"Eve"') WHERE issuer_id = $1 AND proof -> 'leaf' ->> 'invoice_number' = 'E4' $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_origin SET proof = jsonb_set(proof, '{salt}', '"no hex"') WHERE issuer_id = $1 AND proof -> 'leaf' ->> 'invoice_number' = 'E4' $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_origin o SET proof = s.proof FROM mailroom.archive_origin s
	WHERE o.issuer_id = $1 AND s.issuer_id = $1 AND o.proof -> 'leaf' ->> 'invoice_number' = 'E2' AND s.proof -> 'leaf' ->> 'invoice_number' = 'E4' $$);
DELETE FROM mailroom.archive_origin;
DO $$
DECLARE
	i record;
	what text;
BEGIN
	SELECT a.* INTO i FROM mailroom.archive_import a JOIN mailroom.issuer s USING (issuer_id) WHERE s.name = 'Import AS';
	FOREACH what IN ARRAY ARRAY['SELECT mailroom.import_archive($1, $2)', 'SELECT mailroom.append_archive_import($1, $2, ''x'')', 'SELECT mailroom.import_archive($1, -$2)', 'SELECT mailroom.import_archive($1, NULL)'] LOOP
		BEGIN
			EXECUTE what USING i.issuer_id, i.import_id;
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING '% %', sqlstate, regexp_replace(sqlerrm, '-?\d+', 'N');
		END;
	END LOOP;
END;
$$;
-- what is no export, or none with documents
SELECT mailroom.open_archive_import(:two, 'no.zip') AS import \gset
SELECT mailroom.import_archive(:two, :import);
SELECT mailroom.append_archive_import(:two, :import, NULL);
SELECT mailroom.append_archive_import(:two, :import, '%PDF-1.4, which is no ZIP file at all, and long enough for a header');
SELECT mailroom.import_archive(:two, :import);
SELECT mailroom.open_archive_import(:two, 'empty.zip') AS import \gset
SELECT mailroom.append_archive_import(:two, :import, mailroom.outgoing_file_content(:one, :empty));
SELECT mailroom.import_archive(:two, :import);
-- selections
SELECT mailroom.export_archive(:one, '[]');
SELECT mailroom.export_archive(:one, '{"issued_from": "yesterday or so"}');
SELECT mailroom.export_archive(:one, '{"salt": "x"}');
SELECT mailroom.export_archive(:one, '{"issued_from": "2026-02-30"}');
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT key, value, mailroom.archive_condition_problem(key, value::jsonb) AS problem
	FROM (VALUES ('document_ids', '[1, -2]'), ('document_ids', '[]'), ('document_ids', '4'), ('document_ids', '["a"]'), ('document_ids', '[1.5]'), ('issued_from', '"2026-02-28"'), ('issued_from', '"01.02.2014"'), ('issued_to', '20140201'), ('amount_from', '1250'), ('amount_from', '"1250"'),
		('amount_to', '12.50'), ('sealed', 'true'), ('sealed', '"maybe"'), ('customer_no', '"C7"'), ('customer_no', '7'), ('customer_no', '["C7"]'), ('customer_no', 'null')) AS v (key, value);
SELECT mailroom.export_archive(:one, '{"amount_to": 12.50}');
SELECT mailroom.export_archive(:one, '{}', 'my export.zip');
\set VERBOSITY terse
-- asked for by number and not there: told, and named in the manifest
SELECT mailroom.export_archive(:one, jsonb_build_object('document_ids', (SELECT jsonb_agg(id) FROM sample WHERE n = 3) || '[-7, -8]')) AS part \gset
SET client_min_messages = notice;
SELECT mailroom.export_archive(:one, '{"customer_no": "C99"}') IS NOT NULL AS exported;
SET client_min_messages = warning;
SELECT mailroom.archive_left_out(:one, '{"document_ids": [-7, -8, -7]}', 100);
SELECT mailroom.archive_selection('{"customer_no": "''; DROP"}');
-- by number and reference, through the index of keys: each as many as the entries say
SELECT mailroom.create_issuer('Selection AS', 'NO', 'Europe/Oslo', 'NOK') AS three \gset
CREATE FUNCTION pg_temp.selected(one bigint, three bigint, selection jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	new_import bigint := mailroom.open_archive_import(three, 'selection.zip');
BEGIN
	PERFORM mailroom.append_archive_import(three, new_import, mailroom.outgoing_file_content(one, mailroom.export_archive(one, selection)));
	RETURN mailroom.import_archive(three, new_import);
END $$;
SELECT pg_temp.selected(:one, :three, '{"invoice_number": "E3"}') AS documents, (SELECT count(*) FROM mailroom.archive_entry WHERE issuer_id = :one AND invoice_number = 'E3') AS entries;
SELECT pg_temp.selected(:one, :three, '{"invoice_number": "E4", "issued_from": "1999-01-01"}') AS documents, (SELECT count(*) FROM mailroom.archive_entry WHERE issuer_id = :one AND invoice_number = 'E4') AS entries;
-- rights
CREATE ROLE export_reader;
CREATE ROLE export_importer;
SELECT mailroom.grant_role('reader', 'export_reader', ARRAY[:one]::bigint[]);
SELECT mailroom.grant_role('importer', 'export_importer', ARRAY[:one]::bigint[]);
SET ROLE export_reader;
SELECT mailroom.export_archive(:one, '{"invoice_number": "E3"}') IS NOT NULL AS exported;
SELECT mailroom.open_archive_import(:one, 'x');
SELECT count(*) FROM mailroom.archive_import;
\set VERBOSITY sqlstate
SELECT mailroom.export_archive(:two);
SET ROLE export_importer;
SELECT mailroom.export_archive(:one);
RESET ROLE;
DROP OWNED BY export_reader, export_importer;
DELETE FROM mailroom.issuer_grant WHERE role_name IN ('export_reader', 'export_importer');
DROP ROLE export_reader, export_importer;
