-- archive: bytes come back equal, small, once; refusals
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Archive One AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Archive Two AB', 'SE', 'Europe/Stockholm', 'SEK') AS two \gset

-- Noise that does not compress, the same for the same seed.
CREATE FUNCTION pg_temp.noise(seed text, bytes integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT substring(string_agg(sha256(convert_to(seed || i, 'UTF8')), ''::bytea ORDER BY i) FOR bytes) FROM generate_series(0, bytes / 32) AS i $$;
-- Like our PDF: two fonts, a page of noise for its values, phrases.
CREATE FUNCTION pg_temp.pdf(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT convert_to('%PDF-1.7' || chr(10) || '4 0 obj <</Type /Page /Invoice ' || n || '>> stream' || chr(10), 'UTF8')
	|| pg_temp.noise('page' || n, (1200 + n * 37 % 800)::integer) || pg_temp.noise('regular', 13000)
	|| convert_to(chr(10) || 'endstream endobj 6 0 obj <</Length 13000>> stream' || chr(10), 'UTF8') || pg_temp.noise('bold', 13000)
	|| convert_to(chr(10) || 'endstream endobj trailer <</Size ' || 1000 + n % 7 || '>> %%EOF' || chr(10), 'UTF8') $$;
-- Documents without invoices: the archive does not need them.
CREATE TEMPORARY SEQUENCE no_invoice INCREMENT -1;
CREATE FUNCTION pg_temp.add_document(issuer bigint, template text, content bytea) RETURNS bigint LANGUAGE sql AS
$$ INSERT INTO mailroom.document (issuer_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	VALUES (issuer, nextval('no_invoice'), template, 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now()) RETURNING document_id $$;

CREATE TEMPORARY TABLE sample AS
	SELECT n, pg_temp.add_document(:one, 'invoice', c) AS id, c AS content
	FROM (SELECT n, pg_temp.pdf(n) AS c FROM generate_series(1, 300) AS n) AS s;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 200;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n DESC), array_agg(content ORDER BY n DESC)) FROM sample WHERE n > 200;
SELECT count(*) FILTER (WHERE mailroom.archive_document(:one, id) = content) AS equal FROM sample;
-- in bulk, in the order asked, the same one twice
SELECT count(*) AS equal
	FROM mailroom.archive_documents(:one, ARRAY(SELECT id FROM sample ORDER BY md5(n::text)) || ARRAY(SELECT id FROM sample ORDER BY n)) WITH ORDINALITY AS a
		JOIN (SELECT *, row_number() OVER (ORDER BY md5(n::text)) AS first, 300 + n AS second FROM sample) AS s ON s.id = a.document_id
	WHERE a.content = s.content AND a.ordinality IN (s.first, s.second);
SELECT count(*) FROM mailroom.archive_documents(:one, '{}');
-- ends of documents, from the first byte to beyond the last; nothing of one that has another hash
SELECT count(*) FILTER (WHERE e.content IS NOT DISTINCT FROM CASE WHEN s.n % 50 <> 7 THEN substring(s.content FROM s.start + 1) END) AS equal, count(e.content) AS given
	FROM (SELECT *, n * 97 AS start, row_number() OVER (ORDER BY md5(n::text)) AS place FROM sample) AS s
		JOIN (SELECT e.content, e.place FROM unnest((SELECT mailroom.archive_document_ends(:one, array_agg(id ORDER BY md5(n::text)), array_agg((n * 97)::bigint ORDER BY md5(n::text)),
				array_agg(CASE n % 50 WHEN 7 THEN '\x00' ELSE sha256(content) END ORDER BY md5(n::text))) FROM sample)) WITH ORDINALITY AS e (content, place)) AS e USING (place);
SELECT mailroom.archive_document_ends(:one, '{}', '{}', '{}');
SELECT mailroom.archive_document_ends(:one, '{1,2}', '{0}', '{a,b}');
-- a document of 27 to 28 KB costs its noise of 1.2 to 2 KB, hardly more
SELECT avg(e.stored_bytes)::integer < 1700 AS small, min(e.content_bytes) > 27000 AS large FROM mailroom.archive_entry e WHERE e.issuer_id = :one;
SELECT count(*) FROM mailroom.verify_archive(:one);
SELECT link_count, document_count, length(head_hash) FROM mailroom.archive_root(:one);
SELECT count(*) FROM mailroom.archive_root(:two);
SELECT count(*) FROM mailroom.archive_pending;

-- again changes nothing; the same bytes under another document share their place
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 20;
SELECT link_count, document_count FROM mailroom.archive_root(:one);
SELECT sum(octet_length(content)) AS before FROM mailroom.archive_volume WHERE issuer_id = :one \gset
CREATE TEMPORARY TABLE copy AS SELECT n, pg_temp.add_document(:one, 'invoice', content) AS id, content FROM sample WHERE n % 10 = 0;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM copy;
-- and within one call
SELECT pg_temp.add_document(:one, 'invoice', 'twin') AS twin1, pg_temp.add_document(:one, 'other', 'twin') AS twin2 \gset
SELECT mailroom.archive_store(:one, ARRAY[:twin1, :twin2, :twin1], ARRAY['twin', 'twin', 'twin']::bytea[]);
SELECT sum(octet_length(content)) - :before AS grown_by FROM mailroom.archive_volume WHERE issuer_id = :one;
SELECT count(*) FILTER (WHERE mailroom.archive_document(:one, id) = content) AS equal FROM copy;
SELECT mailroom.archive_document(:one, :twin1) AS twin, mailroom.archive_document(:one, :twin2) AS twin;
SELECT link_count, document_count FROM mailroom.archive_root(:one);

-- odd sizes: nothing, one byte, more than a volume, much repetition
CREATE TEMPORARY TABLE odd AS
	SELECT n, pg_temp.add_document(:one, 'odd', c) AS id, c AS content
	FROM (VALUES (1, ''::bytea), (2, 'x'::bytea), (3, pg_temp.noise('large', 1500000)), (4, convert_to(repeat('ab', 1000000), 'UTF8'))) AS v (n, c);
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM odd;
SELECT n, mailroom.archive_document(:one, id) = content AS equal FROM odd ORDER BY n;
SELECT count(*) FROM mailroom.verify_archive(:one);
SELECT mailroom.archive_store(:one, '{}', '{}');

-- a template whose documents change gets a new dictionary
CREATE TEMPORARY TABLE changed AS
	SELECT n, pg_temp.add_document(:one, 'invoice', c) AS id, c AS content
	FROM (SELECT n, pg_temp.noise('values' || n, 500) || pg_temp.noise('new font', 20000) AS c FROM generate_series(1, 40) AS n) AS s;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM changed;
SELECT avg(e.stored_bytes)::integer < 600 AS small FROM mailroom.archive_entry e JOIN changed c ON c.id = e.document_id WHERE e.issuer_id = :one;
SELECT template, count(*) FROM mailroom.archive_dictionary WHERE issuer_id = :one GROUP BY 1 ORDER BY 1;

-- refusals
SELECT pg_temp.add_document(:one, 'invoice', 'later') AS later \gset
\set VERBOSITY sqlstate
SELECT mailroom.archive_store(:one, ARRAY[:later], ARRAY['other']::bytea[]);
SELECT mailroom.archive_store_hashed(:one, ARRAY[:later], ARRAY['later']::bytea[], ARRAY[sha256('other')]);
SELECT mailroom.archive_store_hashed(:one, ARRAY[:later], ARRAY['later']::bytea[], ARRAY['short']::bytea[]);
SELECT mailroom.archive_store_hashed(:one, ARRAY[:later], ARRAY['later']::bytea[], '{}');
SELECT mailroom.archive_store(:one, ARRAY[:later, :twin1], ARRAY['later']::bytea[]);
SELECT mailroom.archive_store(:one, ARRAY[NULL]::bigint[], ARRAY['later']::bytea[]);
SELECT mailroom.archive_store(:one, ARRAY[-5], ARRAY['later']::bytea[]);
SELECT mailroom.archive_store(:two, ARRAY[:later], ARRAY['later']::bytea[]);
SELECT mailroom.archive_document(:one, :later);
SELECT mailroom.archive_document(:two, :twin1);
SELECT mailroom.archive_document(:one, NULL);
SELECT count(*) FROM mailroom.archive_documents(:one, ARRAY[:twin1, :later]);
\set VERBOSITY terse
SELECT defect, document_id = :later AS later FROM mailroom.verify_archive(:one);
SELECT mailroom.archive_store(:one, ARRAY[:later], ARRAY['later']::bytea[]);
SELECT count(*) FROM mailroom.verify_archive(:one);

-- rights
CREATE ROLE archive_reader;
CREATE ROLE archive_clerk;
CREATE ROLE archive_importer;
SELECT mailroom.grant_role('reader', 'archive_reader', ARRAY[:one]), mailroom.grant_role('clerk', 'archive_clerk', ARRAY[:one]), mailroom.grant_role('importer', 'archive_importer', ARRAY[:one]);
SET ROLE archive_reader;
SELECT mailroom.archive_document(:one, :twin1), (SELECT count(*) FROM mailroom.verify_archive(:one)), (SELECT link_count FROM mailroom.archive_root(:one));
\set VERBOSITY sqlstate
SELECT mailroom.archive_document(:two, 1);
SELECT count(*) FROM mailroom.search_archive(:two);

SELECT mailroom.archive_store(:one, ARRAY[:later], ARRAY['later']::bytea[]);
SELECT count(*) FROM mailroom.archive_entry;
SELECT count(*) FROM mailroom.archive_volume;
SET ROLE archive_clerk;
SELECT mailroom.archive_document(:one, :twin1);
SET ROLE archive_importer;
SELECT mailroom.archive_document(:one, :twin1);
RESET ROLE;
DROP OWNED BY archive_reader, archive_clerk, archive_importer;
DROP ROLE archive_reader, archive_clerk, archive_importer;
