-- documents written in tags are kept as their values: small, exact, and guarded like all others
SELECT mailroom.create_issuer('Values AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
CREATE FUNCTION pg_temp.noise(seed text, below bigint) RETURNS bigint LANGUAGE sql
	RETURN ('x' || substr(md5(seed), 1, 12))::bit(48)::bigint % below;
CREATE FUNCTION pg_temp.letter(n integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT convert_to(format(E'<?xml version="1.0"?>\n<Invoice xmlns="urn:example:invoice">\n  <Number>%s</Number><Issued>%s</Issued><Due>%s</Due>\n'
			'  <Buyer id="%s"><Name>%s %s</Name><City>%s</City></Buyer>\n  <Payment><Reference>%s7</Reference><Currency>NOK</Currency></Payment>\n',
			100000 + n, date '2026-11-01' + n % 20, date '2026-11-15' + n % 20, 20000 + pg_temp.noise('buyer' || n, 9000),
			(ARRAY['Anna', 'Lars', 'Åse', 'Olav'])[1 + pg_temp.noise('first' || n, 4)], (ARRAY['Berg', 'Dahl', 'Hansen', 'Lie'])[1 + pg_temp.noise('last' || n, 4)],
			(ARRAY['Oslo', 'Bergen', 'Tromsø'])[1 + pg_temp.noise('city' || n, 3)], 100000 + n)
		|| string_agg(format(E'  <Line number="%s">\n    <Date>%s</Date><Item><Name>%s</Name><Class scheme="UNSPSC">15101505</Class></Item>\n'
			'    <Quantity unit="LTR">%s</Quantity><Price currency="NOK">%s</Price><Amount currency="NOK">%s</Amount>\n    <Tax><Category>S</Category><Percent>25</Percent></Tax>\n  </Line>\n',
			l, date '2026-11-01' + n % 20 - pg_temp.noise('day' || n || l, 30)::integer, (ARRAY['Diesel', 'Blyfri 95', 'AdBlue', 'Bilvask'])[1 + pg_temp.noise('item' || n || l, 4)],
			q, p, (q * p)::numeric(12,2)), '' ORDER BY l)
		|| format(E'  <Total currency="NOK">%s</Total>\n</Invoice>\n', sum(q * p)::numeric(12,2)), 'UTF8')
	FROM generate_series(1, 3 + n % 7) AS l, LATERAL (SELECT 1 + pg_temp.noise('q' || n || l, 80) AS q, (1000 + pg_temp.noise('p' || n || l, 1500))::numeric / 100 AS p) AS v
$$;
CREATE FUNCTION pg_temp.add_document(issuer bigint, template text, content bytea) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO mailroom.document (issuer_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		VALUES (issuer, (SELECT count(*) + 1 FROM mailroom.document d WHERE d.issuer_id = issuer), template, 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now()) RETURNING document_id
$$;
CREATE TEMPORARY TABLE sample AS SELECT n, pg_temp.add_document(:one, 'letter', c) AS id, c AS content FROM (SELECT n, pg_temp.letter(n) AS c FROM generate_series(1, 200) AS n) AS s;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample;
SELECT count(*) FILTER (WHERE mailroom.archive_document(:one, id) = content) AS equal, sum(octet_length(content)) / sum(e.stored_bytes) >= 30 AS small,
		count(*) FILTER (WHERE e.stored_bytes > 120) AS large
	FROM sample JOIN mailroom.archive_entry e ON e.issuer_id = :one AND e.document_id = id;
SELECT count(*) FILTER (WHERE a.content = s.content) AS equal FROM mailroom.archive_documents(:one, ARRAY(SELECT id FROM sample ORDER BY n DESC)) a JOIN sample s ON s.id = a.document_id;
SELECT media, samples, structure IS NOT NULL AS has_structure, octet_length(structure) < 10000 AS small_structure, octet_length(shared) AS shared FROM mailroom.archive_dictionary WHERE issuer_id = :one ORDER BY dictionary_id;
SELECT count(*) AS defects FROM mailroom.verify_archive(:one);

-- documents that the template does not expect, and other media of the same template
CREATE TEMPORARY TABLE odd AS
	SELECT n, pg_temp.add_document(:one, 'letter', c) AS id, c AS content
	FROM (VALUES (1, convert_to(replace(convert_from(pg_temp.letter(301), 'UTF8'), 'Percent>25<', 'Percent>12.5<'), 'UTF8')), (2, substr(pg_temp.letter(302), 1, 700)),
			(3, convert_to(replace(convert_from(pg_temp.letter(303), 'UTF8'), '<City>', E'<Street>Grünerløkka\t1</Street><City>'), 'UTF8')), (4, '<'::bytea), (5, ''::bytea),
			(6, '%PDF-1.4 not really'::bytea), (7, 'plain words'::bytea), (8, pg_temp.letter(1) || pg_temp.letter(2)),
			(9, '<html><body>' || convert_to(repeat('another kind of page ', 50), 'UTF8') || '</body></html>')) AS v (n, c);
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM odd;
SELECT n, mailroom.archive_document(:one, id) = content AS equal FROM odd ORDER BY n;
SELECT media, count(*) FROM mailroom.archive_dictionary WHERE issuer_id = :one GROUP BY media ORDER BY media;
SELECT count(*) AS defects FROM mailroom.verify_archive(:one);

-- first few documents, then many: the structure is learnt again and old documents keep theirs
SELECT mailroom.create_issuer('Growing AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
CREATE TEMPORARY TABLE grown AS SELECT n, pg_temp.add_document(:two, 'letter', c) AS id, c AS content FROM (SELECT n, pg_temp.letter(n) AS c FROM generate_series(1, 120) AS n) AS s;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM grown WHERE n <= 3;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM grown WHERE n BETWEEN 4 AND 13;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM grown WHERE n BETWEEN 14 AND 60;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM grown WHERE n > 60;
SELECT samples, structure IS NOT NULL AS has_structure FROM mailroom.archive_dictionary WHERE issuer_id = :two ORDER BY dictionary_id;
SELECT count(*) FILTER (WHERE mailroom.archive_document(:two, id) = content) AS equal FROM grown;

-- what was changed is named
CREATE FUNCTION pg_temp.after(change text, issuer bigint) RETURNS TABLE (documents bigint, defect text) LANGUAGE plpgsql AS $$
DECLARE
	found jsonb;
BEGIN
	BEGIN
		SET LOCAL mailroom.allow_archive_change = on;
		EXECUTE change;
		SELECT jsonb_agg(v) INTO found FROM mailroom.verify_archive(issuer) v;
		RAISE EXCEPTION SQLSTATE 'ZZ001';
	EXCEPTION WHEN SQLSTATE 'ZZ001' THEN NULL;
	END;
	RETURN QUERY SELECT count(v ->> 'document_id'), regexp_replace(v ->> 'defect', '[0-9]+', 'N', 'g') FROM jsonb_array_elements(found) v GROUP BY 2 ORDER BY 2;
END $$;
SELECT id AS seventh FROM sample WHERE n = 7 \gset
SELECT sum(documents) AS documents FROM pg_temp.after(format($$ UPDATE mailroom.archive_volume v SET content = set_byte(content, (stored_at + stored_bytes / 2)::integer, 255 - get_byte(content, (stored_at + stored_bytes / 2)::integer))
	FROM mailroom.archive_entry e WHERE e.document_id = %s AND e.issuer_id = v.issuer_id AND e.stored_in = v.volume_id $$, :seventh), :one);
SELECT max(documents) AS documents FROM pg_temp.after(format($$ UPDATE mailroom.archive_entry SET stored_bytes = stored_bytes - 1 WHERE document_id = %s $$, :seventh), :one);
-- a structure with a changed bit, taken away, cut, or that of somebody else: it is named, and the documents that need it
SELECT c.change, count(*) FILTER (WHERE a.defect = 'dictionary N does not match its hash') AS dictionaries, sum(a.documents) > 100 AS documents
	FROM (VALUES ('1 bit', 'set_bit(structure, 2400, 1 - get_bit(structure, 2400))'), ('2 null', 'NULL'), ('3 cut', 'substr(structure, 1, 500)'),
			('4 swapped', '(SELECT structure FROM mailroom.archive_dictionary o WHERE o.issuer_id > d.issuer_id AND o.samples = 47)')) AS c (change, structure),
		LATERAL pg_temp.after(format($$ UPDATE mailroom.archive_dictionary d SET structure = %s WHERE media = 'tags' AND samples > 100 $$, c.structure), :one) a
	GROUP BY 1 ORDER BY 1;
SELECT count(*) AS defects FROM mailroom.verify_archive(:one);

-- a damaged document is not given out
SET mailroom.allow_archive_change = on;
BEGIN;
UPDATE mailroom.archive_volume v SET content = set_byte(content, (stored_at + stored_bytes / 2)::integer, 255 - get_byte(content, (stored_at + stored_bytes / 2)::integer))
	FROM mailroom.archive_entry e WHERE e.document_id = :seventh AND e.issuer_id = v.issuer_id AND e.stored_in = v.volume_id;
\set VERBOSITY sqlstate
SELECT mailroom.archive_document(:one, :seventh);
ROLLBACK;
RESET mailroom.allow_archive_change;
\set VERBOSITY default
SELECT mailroom.archive_document(:one, :seventh) = content AS equal FROM sample WHERE n = 7;

-- rights are asked for again as soon as anything may have changed, within one transaction too
CREATE ROLE values_reader;
SET client_min_messages = error;
SELECT mailroom.grant_role('reader', 'values_reader', ARRAY[:one]);
SET ROLE values_reader;
\set VERBOSITY sqlstate
SELECT octet_length(mailroom.archive_document(:one, :seventh)) > 0 AS read;
SELECT mailroom.archive_document(:two, :seventh);
SET mailroom.issuer_id = '1000000';
SELECT mailroom.archive_document(:one, :seventh);
RESET mailroom.issuer_id;
BEGIN;
SELECT octet_length(mailroom.archive_document(:one, :seventh)) > 0 AS read;
RESET ROLE;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'values_reader';
SET ROLE values_reader;
SELECT mailroom.archive_document(:one, :seventh);
ROLLBACK;
BEGIN;
SAVEPOINT s;
RESET ROLE;
SELECT mailroom.grant_role('reader', 'values_reader', ARRAY[:two]);
SELECT id AS grown FROM grown WHERE n = 7 \gset
SET ROLE values_reader;
SELECT octet_length(mailroom.archive_document(:two, :grown)) > 0 AS read;
ROLLBACK TO s;
SET ROLE values_reader;
SELECT mailroom.archive_document(:two, :grown);
ROLLBACK;
RESET ROLE;
SELECT octet_length(mailroom.archive_document(:one, :seventh)) > 0 AS read;
SET ROLE values_reader;
SELECT octet_length(mailroom.archive_document(:one, :seventh)) > 0 AS read;
RESET ROLE;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'values_reader';
SET ROLE values_reader;
SELECT mailroom.archive_document(:one, :seventh);
RESET ROLE;
DROP OWNED BY values_reader;
DROP ROLE values_reader;
