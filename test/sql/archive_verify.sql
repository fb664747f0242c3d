-- archive: every changed bit, column, row and order is named, and the right document with it
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Tamper AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Elsewhere AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
CREATE FUNCTION pg_temp.noise(seed text, bytes integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT substring(string_agg(sha256(convert_to(seed || i, 'UTF8')), ''::bytea ORDER BY i) FOR bytes) FROM generate_series(0, bytes / 32) AS i $$;

CREATE TEMPORARY TABLE sample AS
	SELECT n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id,
		pg_temp.noise('font', 2000) || convert_to('Invoice ' || n || ' to customer ' || n % 5, 'UTF8') || pg_temp.noise('page' || n, 150) AS content
	FROM generate_series(1, 36) AS n;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date, payable_minor, currency)
	SELECT :one, -id, 'file', 'printed', 'seller', '', mailroom.now(), 'F' || n, 'C' || n % 5, 'Name ' || n % 5, 'R' || n, date '2026-01-01' + n, n * 100, 'NOK' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
-- three volumes; the last holds a document whose bytes are in the first
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 12;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 13 AND 24;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, id + 1000000000, -id - 1000000000, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample WHERE n = 5;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY id), array_agg(content ORDER BY id))
	FROM (SELECT id, content FROM sample WHERE n >= 25 UNION ALL SELECT id + 1000000000, content FROM sample WHERE n = 5) AS s;
SELECT * FROM mailroom.verify_archive(:one);
CREATE TEMPORARY TABLE place AS
	SELECT n, id, (SELECT count(*) FROM mailroom.archive_volume w WHERE w.issuer_id = :one AND w.volume_id <= v.volume_id) AS volume_no, v.volume_id, e.stored_at, e.stored_bytes, e.leaf_no
	FROM sample s JOIN mailroom.archive_entry e ON e.issuer_id = :one AND e.document_id = s.id JOIN mailroom.archive_volume v ON v.issuer_id = :one AND v.volume_id = e.stored_in;

-- what verify_archive says after a statement, which is then undone; ids as numbers of volume and sample
CREATE FUNCTION pg_temp.after(statement text, issuer text DEFAULT 'Tamper AS') RETURNS TABLE (volume bigint, document text, defect text) LANGUAGE plpgsql AS
$$
DECLARE
	found text[];
BEGIN
	BEGIN
		SET LOCAL mailroom.allow_archive_change = on;
		EXECUTE statement;
		found := ARRAY(SELECT jsonb_build_array(
				(SELECT min(p.volume_no) FROM place p WHERE p.volume_id = v.volume_id),
				coalesce((SELECT p.n::text FROM place p WHERE p.id = v.document_id), CASE WHEN v.document_id > 1000000000 THEN 'copy' WHEN v.document_id IS NOT NULL THEN 'unknown' END),
				regexp_replace(v.defect, '(dictionary|has|for|them) -?[0-9]+', '\1 N', 'g')) #>> '{}'
			FROM mailroom.verify_archive((SELECT i.issuer_id FROM mailroom.issuer i WHERE i.name = issuer)) v);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MR999';
	EXCEPTION WHEN SQLSTATE 'MR999' THEN
	END;
	RETURN QUERY SELECT (f::jsonb ->> 0)::bigint, f::jsonb ->> 1, f::jsonb ->> 2 FROM unnest(found) AS f ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3;
END;
$$;

-- every 23rd bit of the first volume: always named, and always with the document it belongs to
SELECT count(*) > 200 AS tried, count(*) FILTER (WHERE EXISTS (
		SELECT FROM pg_temp.after(format('UPDATE mailroom.archive_volume SET content = set_bit(content, %s, 1 - get_bit(content, %1$s)) WHERE volume_id = %s', bit, volume_id)) a
		WHERE a.volume = 1 AND a.document = p.n::text)) - count(*) AS not_named
	FROM place p, generate_series(p.stored_at * 8, (p.stored_at + p.stored_bytes) * 8 - 1) AS bit
	WHERE volume_no = 1 AND bit % 23 = 0;
-- the shared document is named in both
SELECT a.* FROM place p, pg_temp.after(format('UPDATE mailroom.archive_volume SET content = set_byte(content, %s, (get_byte(content, %1$s) + 1) %% 256) WHERE volume_id = %s', stored_at + 5, volume_id)) a WHERE p.n = 5;
-- every column of an entry
SELECT attname, bool_or(a.defect IS NOT NULL) AS noticed, bool_or(a.document = '7') AS named
	FROM pg_attribute c
		CROSS JOIN LATERAL pg_temp.after(format('UPDATE mailroom.archive_entry SET %1$I = %2$s WHERE document_id = (SELECT id FROM place WHERE n = 7)', attname,
			CASE WHEN attname = 'issuer_id' THEN '(SELECT max(issuer_id) FROM mailroom.issuer)'
				WHEN attname IN ('leaf_no', 'volume_id') THEN '1000000'
				WHEN attname = 'document_id' THEN '-document_id'
				WHEN atttypid = 'bytea'::regtype THEN format('set_bit(%1$I, 9, 1 - get_bit(%1$I, 9))', attname)
				WHEN atttypid = 'text'::regtype THEN format('%I || '' ''', attname)
				ELSE format('%I + 1', attname) END)) a
	WHERE attrelid = 'mailroom.archive_entry'::regclass AND attnum > 0 AND NOT attisdropped
	GROUP BY attname, attnum ORDER BY attnum;
-- a search term taken away is not the same as an empty one
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_entry SET payment_reference = NULL WHERE document_id = (SELECT id FROM place WHERE n = 8) $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_entry SET payment_reference = '' WHERE document_id = (SELECT id FROM place WHERE n = 8) $$);
-- every column of the other tables that reading or proving relies on
SELECT c.attrelid::regclass, attname, bool_or(a.defect IS NOT NULL) AS noticed
	FROM pg_attribute c
		CROSS JOIN LATERAL pg_temp.after(format('UPDATE %1$s SET %2$I = %3$s WHERE ctid = (SELECT max(ctid) FROM %1$s WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = ''Tamper AS''))', c.attrelid::regclass, attname,
			CASE WHEN attname = 'issuer_id' THEN '(SELECT max(issuer_id) FROM mailroom.issuer)'
				WHEN atttypid = 'bytea'::regtype THEN format('set_bit(%1$I, 9, 1 - get_bit(%1$I, 9))', attname)
				WHEN atttypid = 'timestamptz'::regtype THEN format('%I + interval ''1 us''', attname)
				ELSE format('%I + 1000000', attname) END)) a
	WHERE attrelid IN ('mailroom.archive_volume'::regclass, 'mailroom.archive_link'::regclass, 'mailroom.archive_chain'::regclass, 'mailroom.archive_dictionary'::regclass)
		AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('format', 'template', 'template_version', 'media', 'samples', 'ratio_permille', 'created_at', 'preset', 'structure')
	GROUP BY attrelid, attname, attnum ORDER BY attrelid::regclass::text, attnum;
-- rows missing, added, in another order
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.archive_entry WHERE document_id = (SELECT id FROM place WHERE n = 9) $$);
SELECT * FROM pg_temp.after($$ WITH d AS (DELETE FROM mailroom.document WHERE document_id = (SELECT id FROM place WHERE n = 12)) DELETE FROM mailroom.archive_entry WHERE document_id = (SELECT id FROM place WHERE n = 12) $$);
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.document WHERE document_id = (SELECT id FROM place WHERE n = 10) $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.document SET content_sha256 = sha256('forged') WHERE document_id = (SELECT id FROM place WHERE n = 10) $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_entry e SET document_id = -e.document_id WHERE document_id IN (SELECT id FROM place WHERE n IN (3, 4));
	UPDATE mailroom.archive_entry e SET document_id = (SELECT min(id) + max(id) FROM place WHERE n IN (3, 4)) + e.document_id WHERE document_id < 0 $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.archive_entry e SET leaf_no = -2 - leaf_no WHERE document_id IN (SELECT id FROM place WHERE n IN (3, 4));
	UPDATE mailroom.archive_entry e SET leaf_no = 7 + leaf_no WHERE leaf_no < 0 $$);
SELECT count(*) AS defects, count(DISTINCT volume) AS volumes FROM pg_temp.after($$ UPDATE mailroom.archive_volume v SET content = (SELECT w.content FROM mailroom.archive_volume w JOIN place p ON p.volume_id = w.volume_id AND p.volume_no = 3 - q.volume_no LIMIT 1)
	FROM (SELECT DISTINCT volume_id, volume_no FROM place WHERE volume_no < 3) q WHERE q.volume_id = v.volume_id $$);
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.archive_volume WHERE volume_id = (SELECT volume_id FROM place WHERE n = 13) $$) WHERE document IS NULL;
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.archive_link WHERE volume_id = (SELECT volume_id FROM place WHERE n = 13) $$) WHERE document IS NULL OR document = '13';
-- the tail cut off cleanly: the head of the chain tells
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.archive_entry WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36); DELETE FROM mailroom.archive_link WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36);
	DELETE FROM mailroom.archive_volume WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36); DELETE FROM mailroom.document WHERE document_id >= (SELECT id FROM place WHERE n = 25) AND issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$);
-- and if that is rewritten too, only a head that was kept elsewhere
SELECT head_hash AS published FROM mailroom.archive_root(:one) \gset
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
SELECT mailroom.wipe_archive_words(:one, ARRAY(SELECT document_id FROM mailroom.archive_entry WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36)));
DELETE FROM mailroom.archive_entry WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36);
DELETE FROM mailroom.archive_link WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36);
DELETE FROM mailroom.archive_volume WHERE volume_id = (SELECT volume_id FROM place WHERE n = 36);
DELETE FROM mailroom.document WHERE issuer_id = :one AND document_id >= (SELECT id FROM place WHERE n = 25);
DELETE FROM mailroom.invoice WHERE issuer_id = :one AND invoice_number IN (SELECT 'F' || n FROM sample WHERE n >= 25);
UPDATE mailroom.archive_chain SET link_count = 2, document_count = 24, head_hash = (SELECT link_hash FROM mailroom.archive_link WHERE issuer_id = :one AND link_no = 2) WHERE issuer_id = :one;
SELECT count(*) AS defects FROM mailroom.verify_archive(:one);
SELECT head_hash = :'published' AS as_published FROM mailroom.archive_root(:one);
ROLLBACK;
-- what the house shows beside the archive: the invoice, the document's invoice, and that there is a document at all
SELECT * FROM pg_temp.after($$ UPDATE mailroom.invoice SET invoice_number = 'F77', buyer_name = 'Other', payable_minor = 1 WHERE invoice_id = (SELECT -id FROM place WHERE n = 4) $$);
SELECT column_name, count(a.defect), min(a.document) AS document
	FROM (VALUES ('buyer_no'), ('buyer_name'), ('payment_reference'), ('issue_date'), ('payable_minor')) AS c (column_name)
		CROSS JOIN LATERAL pg_temp.after(format('UPDATE mailroom.invoice SET %I = (SELECT i.%1$I FROM mailroom.invoice i WHERE i.invoice_id = (SELECT -id FROM place WHERE n = 11)) WHERE invoice_id = (SELECT -id FROM place WHERE n = 4)', column_name)) a
	WHERE a.defect LIKE '%' || column_name
	GROUP BY 1 ORDER BY 1;
SELECT * FROM pg_temp.after($$ UPDATE mailroom.document SET invoice_id = (SELECT -id FROM place WHERE n = 11), channel = 'html' WHERE document_id = (SELECT id FROM place WHERE n = 4) $$) WHERE defect NOT LIKE 'invoice %';
SELECT volume, document, regexp_replace(defect, '-?[0-9]+', 'N') FROM pg_temp.after($$ UPDATE mailroom.document SET invoice_id = 0 WHERE document_id = (SELECT id FROM place WHERE n = 4) $$);
SELECT * FROM pg_temp.after($$ DELETE FROM mailroom.invoice WHERE invoice_id = (SELECT -id FROM place WHERE n = 4) $$);
SELECT * FROM pg_temp.after($$ UPDATE mailroom.document SET channel = 'record' WHERE document_id = (SELECT id FROM place WHERE n = 4) $$);
-- the index: a document hidden from it, from its name alone, one that is there twice, a page gone or changed, a segment whose end was changed
CREATE FUNCTION pg_temp.hide(document bigint) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
	PERFORM mailroom.wipe_archive_words(e.issuer_id, ARRAY[document]) FROM mailroom.archive_entry e WHERE e.document_id = document;
	UPDATE mailroom.archive_entry SET customer_name = NULL WHERE document_id = document;
	PERFORM mailroom.index_archived(e.issuer_id, ARRAY[document], NULL) FROM mailroom.archive_entry e WHERE e.document_id = document;
	UPDATE mailroom.archive_entry SET customer_name = (SELECT i.buyer_name FROM mailroom.invoice i WHERE i.invoice_id = -document) WHERE document_id = document;
END;
$$;
SELECT * FROM pg_temp.after($$ SELECT pg_temp.hide(id) FROM place WHERE n = 6 $$);
SELECT * FROM pg_temp.after($$ SELECT mailroom.wipe_archive_words(issuer_id, ARRAY[document_id]) FROM mailroom.archive_entry WHERE document_id = (SELECT id FROM place WHERE n = 6) $$);
SELECT * FROM pg_temp.after($$ SELECT mailroom.index_archived(issuer_id, ARRAY[document_id], NULL) FROM mailroom.archive_entry WHERE document_id = (SELECT id FROM place WHERE n = 6) $$);
SELECT count(*) > 24 AS many FROM pg_temp.after($$ DELETE FROM mailroom.archive_word_page WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$);
SELECT DISTINCT regexp_replace(defect, '[0-9]+', 'N') FROM pg_temp.after($$ UPDATE mailroom.archive_word_page SET content = set_byte(content, length(content) - 1, get_byte(content, length(content) - 1) # 3) WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$) ORDER BY 1;
SELECT DISTINCT regexp_replace(defect, '[0-9]+', 'N') FROM pg_temp.after($$ UPDATE mailroom.archive_word_page SET first_key = first_key || '\x00' WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$) ORDER BY 1;
SELECT DISTINCT regexp_replace(defect, '[0-9]+', 'N') FROM pg_temp.after($$ UPDATE mailroom.archive_word_segment SET last_document = first_document WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$) ORDER BY 1;
SELECT DISTINCT regexp_replace(defect, '[0-9]+', 'N') FROM pg_temp.after($$ DELETE FROM mailroom.archive_word_segment WHERE issuer_id = (SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS') $$) ORDER BY 1;
-- published heads: their row changed or gone, their count, their file
CREATE FUNCTION pg_temp.publish() RETURNS bigint LANGUAGE sql AS
$$ SELECT issuer_id FROM mailroom.issuer WHERE name = 'Tamper AS' AND mailroom.publish_archive_head(issuer_id, true) IS NOT NULL $$;
SELECT change, regexp_replace(regexp_replace(a.defect, 'file [0-9]+', 'file N'), 'at .* UTC', 'at T UTC') AS defect
	FROM (VALUES ('UPDATE mailroom.archive_head SET head_hash = sha256(''forged'')'), ('UPDATE mailroom.archive_head SET link_no = 2'), ('UPDATE mailroom.archive_head SET document_count = document_count - 1'), ('DELETE FROM mailroom.archive_head'),
			('UPDATE mailroom.outgoing_file_part SET content = set_byte(content, 20, 65)'),
			('UPDATE mailroom.outgoing_file_part SET content = convert_to(regexp_replace(convert_from(content, ''UTF8''), ''"head_hash": "......'', ''"head_hash": "000000''), ''UTF8'')'),
			('DELETE FROM mailroom.outgoing_file_part')) AS c (change)
		CROSS JOIN LATERAL pg_temp.after(format('DO $do$ DECLARE x bigint := pg_temp.publish(); BEGIN EXECUTE %L || x; END $do$', change || ' WHERE issuer_id = ')) a
	ORDER BY 1, 2;
-- an older history, rewritten with its own head row, against the file that left the house
SELECT regexp_replace(defect, 'file [0-9]+', 'file N') AS defect FROM pg_temp.after($$ DO $do$
	DECLARE
		one bigint := pg_temp.publish();
	BEGIN
		UPDATE mailroom.archive_link l SET link_hash = mailroom.archive_link_hash((SELECT p.link_hash FROM mailroom.archive_link p WHERE p.issuer_id = one AND p.link_no = 2), 3, sha256('other')), volume_hash = sha256('other') WHERE issuer_id = one AND link_no = 3;
		UPDATE mailroom.archive_chain SET head_hash = (SELECT link_hash FROM mailroom.archive_link WHERE issuer_id = one AND link_no = 3) WHERE issuer_id = one;
		UPDATE mailroom.archive_head SET head_hash = (SELECT link_hash FROM mailroom.archive_link WHERE issuer_id = one AND link_no = 3) WHERE issuer_id = one;
	END $do$ $$);
-- a forged entry and a forged volume
SELECT * FROM pg_temp.after($$ INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash)
	SELECT issuer_id, -1, volume_id, 12, stored_in, stored_at, stored_bytes, dictionary_id, content_bytes, content_sha256, salt, leaf_hash FROM mailroom.archive_entry WHERE document_id = (SELECT id FROM place WHERE n = 1) $$);
SELECT count(*), min(defect) FROM pg_temp.after($$ INSERT INTO mailroom.archive_volume (issuer_id, format, document_count, content, merkle_root, sealed_at, volume_hash)
	SELECT issuer_id, format, document_count, content, merkle_root, sealed_at, volume_hash FROM mailroom.archive_volume WHERE volume_id = (SELECT volume_id FROM place WHERE n = 13) $$);
-- a changed preset dictionary spoils what was packed with it
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :two, n, -n, 'text', 1, 1, '{0}', '{0}', octet_length(c), sha256(c), mailroom.now()
	FROM generate_series(1, 16) AS n, LATERAL (SELECT convert_to('Dear customer ' || md5(n::text) || ', you owe us ' || n || ' kroner for ' || md5(n::text) || '.', 'UTF8')) AS t (c);
SELECT mailroom.archive_store(:two, array_agg(n), array_agg(convert_to('Dear customer ' || md5(n::text) || ', you owe us ' || n || ' kroner for ' || md5(n::text) || '.', 'UTF8'))) FROM generate_series(1, 16) AS n;
SELECT length(preset) > 0 AS has_preset FROM mailroom.archive_dictionary WHERE issuer_id = :two;
SELECT count(*) FILTER (WHERE defect = 'dictionary N does not match its hash') AS dictionary, count(document) > 0 AS documents
	FROM pg_temp.after($$ UPDATE mailroom.archive_dictionary SET preset = set_byte(preset, length(preset) - 20, 35) WHERE template = 'text' $$, 'Elsewhere AS');
SELECT count(*) AS defects FROM mailroom.verify_archive(:one) UNION ALL SELECT count(*) FROM mailroom.verify_archive(:two);

-- a damaged document is not given out
SET mailroom.allow_archive_change = on;
BEGIN;
UPDATE mailroom.archive_volume SET content = set_byte(content, (SELECT stored_at + stored_bytes / 2 FROM place WHERE n = 2)::integer, 77) WHERE volume_id = (SELECT volume_id FROM place WHERE n = 2);
SAVEPOINT s;
\set VERBOSITY sqlstate
SELECT mailroom.archive_document(:one, id) FROM place WHERE n = 2;
ROLLBACK TO s;
SELECT count(mailroom.archive_document(:one, id)) FROM place WHERE n <> 2;
-- nor shared: the same bytes are stored anew
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, -700000, -700000, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample WHERE n = 2;
SELECT mailroom.archive_store(:one, ARRAY[-700000], ARRAY[content]) FROM sample WHERE n = 2;
SELECT mailroom.archive_document(:one, -700000) = content AS equal FROM sample WHERE n = 2;
ROLLBACK;
RESET mailroom.allow_archive_change;

-- rows are only added
\set VERBOSITY terse
UPDATE mailroom.archive_entry SET customer_no = 'C9';
DELETE FROM mailroom.archive_volume;
TRUNCATE mailroom.archive_link;
UPDATE mailroom.archive_dictionary SET preset = '';
DELETE FROM mailroom.archive_chain;
-- whichever guarded table comes first refuses
DO $$ BEGIN TRUNCATE mailroom.issuer CASCADE; RAISE WARNING 'truncated';
EXCEPTION WHEN others THEN RAISE WARNING 'refused'; END $$;
CREATE ROLE archive_changer;
GRANT USAGE ON SCHEMA mailroom TO archive_changer;
GRANT ALL ON ALL TABLES IN SCHEMA mailroom TO archive_changer;
SET ROLE archive_changer;
SET mailroom.allow_archive_change = on;
SET mailroom.allow_archive_drop = on;
DELETE FROM mailroom.archive_entry;
RESET ROLE;
DROP OWNED BY archive_changer;
DROP ROLE archive_changer;
-- nor dropped while they hold documents
DROP EXTENSION mailroom;
DROP EXTENSION mailroom CASCADE;
DROP SCHEMA mailroom CASCADE;
SELECT count(*) > 0 AS still_there FROM mailroom.archive_entry;
