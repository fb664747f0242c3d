-- archive: name parts, card and vehicle numbers, full text
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Words AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Other Words AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
SELECT mailroom.archive_words('Kari-Anne Nordmann (EK 12345) kort 7082 1234 5678 9012, łódź 4x', true) AS all_words, mailroom.archive_words('EK 12345, kort 7082-1234-5678-9012, Diesel 45 l, 2024', false) AS numbers, mailroom.archive_words(NULL, true) AS none;
SELECT id AS first FROM nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id \gset
CREATE TEMPORARY TABLE sample AS SELECT n, :first + n AS id, convert_to('Faktura ' || n, 'UTF8') AS content FROM generate_series(1, 40) AS n;
SELECT setval(pg_get_serial_sequence('mailroom.document', 'document_id'), :first + 40) > 0 AS set;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, issue_date, payable_minor, currency, note)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, -id, 'file', 'archived', 'seller', '', mailroom.now(), 'W' || n, 'KUNDE' || n % 5, CASE n % 3 WHEN 0 THEN 'Kari Nordmann' WHEN 1 THEN 'Åse Sørensen & Sønner AS' ELSE 'Łukasz O''Neil' END, date '2026-01-01' + n, n, 'NOK', 'Husk avtalegiro'
	FROM sample;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name, item_id, note, other_terms)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, -id, 1, 'Diesel', '7082 1234 5678 ' || 1000 + n, 'Bil EK ' || 12300 + n, '{"bt_128": "meter 70705750000123"}' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT CASE WHEN n = 40 THEN :two ELSE :one END, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
SELECT mailroom.set_archive_index(:one, 'items'), mailroom.set_archive_index(:two, 'items');
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n <= 39;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE n = 40;
-- parts of names, in any order and case; of the issuer asked for alone
SELECT q.words, (SELECT string_agg(f.invoice_number, ' ' ORDER BY f.invoice_number) FROM mailroom.find_documents(:one, q.words) AS f) AS found
	FROM (VALUES ('nordm'), ('NORDMANN kari'), ('sørens Åse'), ('o''neil Łuk'), ('łuk'), ('EK 12307'), ('ek12307'), ('ek-12307'), ('7082 1234 5678 1012'), ('7082123456781012'), ('708212345678'), ('70705750000123 kunde3'),
		('kunde2 nordmann'), ('EK 12340'), ('diesel'), ('mann'), ('nordmann Åse'), ('W7')) AS q (words) ORDER BY 1;
SELECT invoice_number, customer_name FROM mailroom.find_documents(:two, 'EK 12340');
SELECT invoice_number, issue_date FROM mailroom.find_documents(:one, 'nordmann', 3);
SELECT mailroom.find_documents(:one, ' - ');
SELECT mailroom.find_documents(:one, NULL);
SELECT count(*) FROM mailroom.find_documents(:one, ''' | ''1:kari'':* & !x \');
-- all text where it is asked for; nothing where not
SELECT mailroom.set_archive_index(:one, 'text');
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.find_documents(:one, 'avtalegiro diesel husk', 100);
SELECT mailroom.set_archive_index(:one, 'none');
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.archive_word WHERE issuer_id = :one;
SELECT mailroom.set_archive_index(:one, 'everything');
-- rights
SELECT mailroom.set_archive_index(:one, 'names');
CALL mailroom.run_jobs();
CREATE ROLE word_clerk;
SELECT mailroom.grant_role('clerk', 'word_clerk', ARRAY[:one]::bigint[]);
SET ROLE word_clerk;
SELECT count(*) FROM mailroom.find_documents(:one, 'nordmann');
\set VERBOSITY sqlstate
SELECT mailroom.find_documents(:two, 'nordmann');
SELECT mailroom.set_archive_index(:one, 'none');
RESET ROLE;
DROP OWNED BY word_clerk;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'word_clerk';
DROP ROLE word_clerk;
