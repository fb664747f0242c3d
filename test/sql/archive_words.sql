-- archive: name parts, card and vehicle numbers, full text
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Words AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Other Words AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
SELECT q.kind, mailroom.archive_words('Kari-Anne Nordmann (EK 12345) kort 7082 1234 5678 9012, łódź 4x 2024', q.kind) AS words FROM (VALUES ('all'), ('numbers'), ('asked')) AS q (kind);
SELECT mailroom.archive_words('ÅSE Øystein Łukasz Ștefan Şerban Țepeş Æra Straße Žižka Ñuño ÐÞ ïÿ ЖЁ ΣΑΣ o' || chr(776) || 'l  10' || chr(160) || '000 a–b x') AS folded, mailroom.archive_words('') AS none, mailroom.archive_words(repeat('å', 50) || ' ' || repeat('ж', 50)) AS long;
SELECT mailroom.archive_words('x', 'some');
SELECT id AS first FROM nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id \gset
CREATE TEMPORARY TABLE sample AS SELECT n, :first + n AS id, convert_to('<p class="hidden">Faktura ' || n || '<br>sider&#58; 2</p><style>b{colour:red}</style><!-- note --><i>sm&#248;r &amp; br&#xf8;d</i>', 'UTF8') AS content FROM generate_series(1, 40) AS n;
SELECT setval(pg_get_serial_sequence('mailroom.document', 'document_id'), :first + 40) > 0 AS set;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency, note)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, -id, 'file', 'archived', 'seller', '', mailroom.now(), 'W' || n, 'KUNDE' || n % 5, CASE n % 3 WHEN 0 THEN 'Kari Nordmann' WHEN 1 THEN 'Åse Sørensen & Sønner AS' ELSE 'Łukasz O''Neil' END, date '2026-01-01' + n, n, 'NOK', 'Husk avtalegiro'
	FROM sample;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name, item_id, note, other_terms)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, -id, 1, 'Diesel', '7082 1234 5678 ' || 1000 + n, 'Bil EK ' || 12300 + n, '{"bt_128": "meter 70705750000123"}' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
INSERT INTO mailroom.document_data (issuer_id, invoice_id, data) SELECT :one, -id, jsonb_build_object('heading', 'Nye priser', 'rows', jsonb_build_array(jsonb_build_object('meter', 'AB ' || 880000 + n), jsonb_build_object('reading', 770000 + n))) FROM sample WHERE n <= 3;
-- a segment a call; sixteen become one
SELECT count(mailroom.archive_store(:one, ARRAY[id], ARRAY[content])) FROM sample WHERE n <= 20;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN 11 AND 39;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n = 40;
SELECT document_count, first_document - :first AS first, last_document - :first AS last FROM mailroom.archive_word_segment WHERE issuer_id = :one ORDER BY 1, 2;
-- parts of names, in any order and case; of the issuer asked for alone
SELECT q.words, (SELECT string_agg(f.invoice_number, ' ' ORDER BY f.invoice_number) FROM mailroom.find_documents(:one, q.words) AS f) AS found
	FROM (VALUES ('nordm'), ('NORDMANN kari'), ('sørens Åse'), ('SORENS ase'), ('o''neil Łuk'), ('łuk'), ('luk'), ('EK 12307'), ('ek12307'), ('ek-12307'), ('12307'), ('7082 1234 5678 1012'), ('7082123456781012'), ('1012'), ('708212345678'), ('70705750000123 kunde3'),
		('kunde2 nordmann'), ('EK 12340'), ('diesel'), ('880002'), ('770003'), ('mann'), ('nordmann Åse'), ('W7')) AS q (words) ORDER BY q.words COLLATE "C";
SELECT invoice_number, customer_name FROM mailroom.find_documents(:two, 'EK 12340');
SELECT invoice_number, issue_date FROM mailroom.find_documents(:one, 'nordmann', 3);
SELECT count(*) FROM mailroom.find_documents(:one, 'nordmann', NULL);
SELECT count(*) FROM mailroom.find_documents(:one, 'nordmann', 0);
SELECT mailroom.find_documents(:one, ' - ');
SELECT mailroom.find_documents(:one, NULL);
SELECT count(*) FROM mailroom.find_documents(:one, ''' | ''1:kari'':* & !x \');
-- all text where it is asked for, of the document itself too; nothing where not
SELECT mailroom.set_archive_index(:one, 'text');
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.find_documents(:one, 'avtalegiro diesel husk', 100);
SELECT q.words, (SELECT count(*) FROM mailroom.find_documents(:one, q.words, 100)) AS found FROM (VALUES ('faktura 17'), ('Smør brød sider'), ('nye priser'), ('ab880001'), ('heading'), ('hidden'), ('colour'), ('note')) AS q (words) ORDER BY 1;
SELECT mailroom.set_archive_index(:one, 'none');
CALL mailroom.run_jobs();
SELECT (SELECT count(*) FROM mailroom.archive_word_segment WHERE issuer_id = :one) AS segments, (SELECT count(*) FROM mailroom.archive_word_page WHERE issuer_id = :one) AS pages;
SELECT mailroom.set_archive_index(:one, 'everything');
-- the index says the same as the words themselves, however many segments there are
CREATE TEMPORARY TABLE crowd AS
	SELECT n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id, 'Name' || n % 7 || ' Part' || n * 31 % 211 || ' Same ' || CASE WHEN n % 3 = 0 THEN 'Third' ELSE '' END AS name, convert_to('Crowd ' || n, 'UTF8') AS content
	FROM generate_series(1, 3000) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :two, id, -id, 'crowd', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM crowd;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency)
	SELECT :two, -id, 'file', 'archived', 'seller', '', mailroom.now(), 'C' || n, n::text, name, date '2026-01-01', n, 'NOK' FROM crowd;
SELECT count(mailroom.archive_store(:two, ids, contents)) AS calls FROM (SELECT array_agg(id ORDER BY n) AS ids, array_agg(content ORDER BY n) AS contents FROM crowd GROUP BY n % 67) AS c;
SELECT count(*) < 40 AS merged, sum(document_count) AS documents FROM mailroom.archive_word_segment WHERE issuer_id = :two;
CREATE TEMPORARY TABLE crowd_words AS SELECT e.document_id, mailroom.archive_words(concat_ws(' ; ', e.invoice_number, e.customer_no, e.customer_name)) AS words FROM mailroom.archive_entry e WHERE e.issuer_id = :two AND e.invoice_number LIKE 'C%';
CREATE FUNCTION pg_temp.differences(issuer bigint) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*)
		FROM (SELECT w FROM unnest(ARRAY['same', 'name3', 'part', 'part17', 'part171', 'third', 'th', '59', 'c300', 'c3000', 'absent']) AS w UNION ALL SELECT 'name' || n || ' part' || n * 10 FROM generate_series(0, 6) AS n UNION ALL SELECT 'third part' || n FROM generate_series(0, 210, 13) AS n) AS q (words),
			(VALUES (10000), (50), (1)) AS m (most)
		WHERE ARRAY(SELECT f.document_id FROM mailroom.find_documents(issuer, q.words, m.most) AS f ORDER BY f.document_id DESC) IS DISTINCT FROM ARRAY(
			SELECT c.document_id FROM crowd_words c
				WHERE NOT EXISTS (SELECT FROM unnest(mailroom.archive_words(q.words, 'asked')) AS a (word) WHERE NOT EXISTS (SELECT FROM unnest(c.words) AS w (word) WHERE starts_with(w.word, a.word)))
					AND EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = issuer AND e.document_id = c.document_id AND e.salt <> ''::bytea)
				ORDER BY c.document_id DESC LIMIT m.most)
$$;
SELECT pg_temp.differences(:two);
-- what is deleted is in no page any more
SELECT array_agg(id ORDER BY n) AS gone FROM crowd WHERE n % 10 = 0 \gset
BEGIN;
SET LOCAL mailroom.allow_archive_change = on;
SELECT mailroom.wipe_archive_words(:two, :'gone');
UPDATE mailroom.archive_entry SET salt = '' WHERE issuer_id = :two AND document_id = ANY (:'gone');
SELECT pg_temp.differences(:two), (SELECT count(*) FROM mailroom.find_archived(:two, 'same', 10000)) AS left;
SELECT count(*) FROM mailroom.archive_word_page WHERE issuer_id = :two AND position('c3000'::bytea IN content) > 0;
ROLLBACK;
SELECT mailroom.set_archive_index(:two, 'names');
CALL mailroom.run_jobs();
SELECT pg_temp.differences(:two);
-- words of many pages: of the longer lists only those pages are read that may tell
BEGIN;
CREATE TEMPORARY TABLE many AS SELECT n, 8000000 + n AS id, lower(CASE WHEN n % 5 > 0 THEN 'Name' || n % 7 || ' ' ELSE '' END || 'Part' || n * 31 % 211 || CASE WHEN n % 3 = 0 THEN ' Third' ELSE '' END || CASE WHEN n BETWEEN 9000 AND 9100 THEN ' Rare' ELSE '' END) AS name FROM generate_series(1, 20000) AS n;
INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, content_bytes, content_sha256, salt, leaf_hash, customer_name)
	SELECT :two, id, -n, 0, 0, 0, 0, 0, '\x00', '\x00', '\x00', name FROM many;
SELECT mailroom.index_archived(:two, ARRAY(SELECT id FROM many ORDER BY id), NULL);
SELECT q.words, cardinality(a.got) AS found, a.got IS NOT DISTINCT FROM a.want AS same
	FROM (VALUES ('name part', '\mname.*\mpart'), ('name3 part1', '\mname3.*\mpart1'), ('third name', '\mname.*\mthird'), ('part17 name', '\mname.*\mpart17'), ('part10 third name2', '\mname2.*\mpart10.*\mthird'), ('part name9', 'none'), ('rare name', '\mname.*\mrare'), ('name rare third part', '\mname.*\mpart.*\mthird.*\mrare'), ('pa na', '\mname.*\mpart')) AS q (words, pattern),
		LATERAL (SELECT ARRAY(SELECT f FROM mailroom.find_archived(:two, q.words, 100000) AS f WHERE f > 8000000) AS got, ARRAY(SELECT m.id::bigint FROM many m WHERE m.name ~ q.pattern ORDER BY m.id DESC) AS want) AS a ORDER BY 1;
ROLLBACK;
-- a damaged page is said to be one
BEGIN;
UPDATE mailroom.archive_word_page SET content = '\x0900' WHERE issuer_id = :two;
\set VERBOSITY sqlstate
SELECT mailroom.find_documents(:two, 'same');
ROLLBACK;
\set VERBOSITY terse
-- rights
SELECT mailroom.set_archive_index(:one, 'names');
CALL mailroom.run_jobs();
CREATE ROLE word_clerk;
SELECT mailroom.grant_role('clerk', 'word_clerk', ARRAY[:one]::bigint[]);
SET ROLE word_clerk;
SELECT count(*) FROM mailroom.find_documents(:one, 'nordmann');
\set VERBOSITY sqlstate
SELECT mailroom.find_documents(:two, 'nordmann');
SELECT mailroom.find_archived(:one, 'nordmann', 1);
SELECT mailroom.set_archive_index(:one, 'none');
RESET ROLE;
DROP OWNED BY word_clerk;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'word_clerk';
DROP ROLE word_clerk;
