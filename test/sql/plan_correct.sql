-- addresses: what is right, what was meant, what a clerk is told; mail that comes back
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.town_key(t, 'case') AS as_is, mailroom.town_key(t, 'plain') AS plain, mailroom.town_key(t, 'digraphs') AS spelled
	FROM (VALUES (1, 'Tromsø'), (2, ' mo  i rana'), (3, 'Łódź'), (4, 'München-Süd'), (5, ''), (6, 'Iași')) AS v (n, t) ORDER BY n;
SELECT mailroom.town_key('Oslo', 'bold');
SELECT mailroom.text_slip('0510', '0150') AS swapped, mailroom.text_slip('0151', '0150') AS replaced, mailroom.text_slip('015', '0150') AS missing,
	mailroom.text_slip('01500', '0150') AS extra, mailroom.text_slip('0150', '0150') AS equal, mailroom.text_slip('0511', '0150') AS far;

-- the form alone, where no list is known
SELECT c AS country, p AS postcode, a.state, a.postcode AS becomes, a.reason
	FROM (VALUES (1, 'NO', 'N-0150'), (2, 'NO', 'O150'), (3, 'NO', '150'), (4, 'SE', 'S-111 22'), (5, 'SE', '011 22'), (6, 'FI', 'FIN-00100'), (7, 'PL', 'OO-95O'),
		(8, 'RO', '50563'), (9, 'DE', 'D-10117'), (10, 'DE', '00117'), (11, 'DK', 'DK-1050'), (12, 'US', '20500-0003'), (13, 'US', '2050'), (14, 'GB', 'sw1a1aa'),
		(15, 'GB', 'SW1A 1CC'), (16, 'AE', NULL), (17, 'ZZ', '1'), (18, 'NO', NULL), (19, 'NO', 'SE-11122'), (20, 'FI', 'SF-OO1OO')) AS v (n, c, p)
		CROSS JOIN LATERAL mailroom.check_address(c, p, 'Somewhere', '2026-11-22') a
	ORDER BY n;

-- lists: whole, partial, at fault, followed by another
\set no `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-no.csv`
BEGIN;
SELECT mailroom.load_postcodes('NO', :'no', '2026-01-01', 'sample');
SELECT mailroom.load_postcodes('NO', :'no', '2026-01-01', 'sample');
SELECT is_complete, postcodes, source FROM mailroom.postcode_list WHERE country = 'NO';
SELECT state FROM mailroom.check_address('NO', '0199', 'Oslo', '2026-11-22');
SELECT mailroom.load_postcodes('NO', replace(:'no', E'partial\n', E'complete\n'), '2026-06-01', 'sample');
SELECT (mailroom.check_address('NO', '0199', 'Oslo', '2026-05-31')).state AS then_unknown, (mailroom.check_address('NO', '0199', 'Oslo', '2026-06-01')).reason AS now_wrong;
SET LOCAL client_min_messages = error; -- its warning counts the customers of all tests; that of another country is tested below
SELECT mailroom.load_postcodes('NO', E'complete\n0150;Oslo\n', '2027-01-01', 'sample');
SET LOCAL client_min_messages = warning;
SELECT count(*) FILTER (WHERE valid_to IS NULL) AS open, count(*) AS all_rows FROM mailroom.postcode_town WHERE country = 'NO';
SELECT (mailroom.check_address('NO', '5003', 'Bergen', '2026-12-31')).state AS before, (mailroom.check_address('NO', '5003', 'Bergen', '2027-01-01')).reason AS after;
SAVEPOINT s;
SELECT mailroom.load_postcodes('NO', '0150,Oslo', '2026-12-31', 'sample');
ROLLBACK TO s;
SELECT mailroom.load_postcodes('NO', E'0150,Oslo\n015,Oslo\n', '2028-01-01', 'sample');
ROLLBACK TO s;
SELECT mailroom.load_postcodes('NO', E'0150,Oslo\n0151\n', '2028-01-01', 'sample');
ROLLBACK TO s;
SELECT mailroom.load_postcodes('NO', E'# nothing\n', '2028-01-01', 'sample');
ROLLBACK TO s;
SELECT mailroom.load_postcodes('AE', '1,Dubai', '2028-01-01', 'sample');
ROLLBACK;

-- with lists: every shipped sample loads
CREATE TEMPORARY TABLE sample (country text, content text);
\set se `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-se.csv`
\set fi `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-fi.csv`
\set pl `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-pl.csv`
\set ro `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-ro.csv`
\set de `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-de.csv`
\set dk `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-dk.csv`
\set us `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-us.csv`
\set gb `cat "$PG_ABS_SRCDIR"/../data/postcode/sample-gb.csv`
INSERT INTO sample VALUES ('NO', :'no'), ('SE', :'se'), ('FI', :'fi'), ('PL', :'pl'), ('RO', :'ro'), ('DE', :'de'), ('DK', :'dk'), ('US', :'us'), ('GB', :'gb');
-- here they stand for whole lists
SELECT mailroom.load_postcodes(country, replace(content, E'partial\n', E'complete\n'), '2026-01-01', 'sample') FROM sample ORDER BY country;
SELECT c AS country, p AS postcode, t AS town, a.state, CASE a.state WHEN 'corrected' THEN a.postcode || ' ' || coalesce(a.town, '') END AS becomes, a.reason
	FROM (VALUES (1, 'NO', '0150', 'OSLO'), (2, 'NO', '0510', 'Oslo'), (3, 'NO', '150', 'Oslo'), (4, 'NO', '1', NULL), (5, 'NO', 'N-O15O', 'Oslo'), (6, 'NO', '0150', 'Olso'), (7, 'NO', '9008', 'Tromso'),
		(8, 'NO', '9008', 'TROMSOE'), (9, 'NO', '6002', 'Aalesund'), (10, 'NO', '0150', 'Oslo Sentrum'), (11, 'NO', '0150', 'Bergen'), (12, 'NO', '0199', 'Oslo'), (13, 'NO', '5033', 'Bergen'),
		(14, 'NO', NULL, 'Moss'), (15, 'NO', NULL, 'Oslo'), (16, 'NO', '9999', 'Nowhere'), (17, 'NO', '0150', NULL), (18, 'NO', '5030', 'Bergen'), (19, 'NO', '8622', 'mo-i-rana'),
		(20, 'NO', '0150', 'Bergen'), (21, 'NO', '1051', 'Moss'),
		(30, 'SE', '11122', 'STOCKHOLM'), (31, 'SE', 'S-112 12', 'Stockholm'), (32, 'SE', '21119', 'Malmo'), (33, 'SE', '41101', 'Gotebörg'), (34, 'SE', '411 01', 'Goteborgg'),
		(40, 'FI', '100', 'Helsinki'), (41, 'FI', 'FI-40100', 'Jyvaskyla'), (42, 'FI', '4010', 'Jyväskylä'), (43, 'FI', '33100', 'Turku'),
		(50, 'PL', '00950', 'Warszawa'), (51, 'PL', '950', 'Warszawa'), (52, 'PL', '90-001', 'Lodz'), (53, 'PL', '90-010', 'Łódź'),
		(60, 'RO', '50563', 'Bucuresti'), (61, 'RO', '700064', 'IASI'), (62, 'RO', '400010', 'Cluj Napoca'),
		(70, 'DE', '1067', 'Dresden'), (71, 'DE', '80331', 'Muenchen'), (72, 'DE', '80313', 'München'), (73, 'DE', '60311', 'Frankfurt'), (74, 'DE', '10117', 'Bonn'),
		(80, 'DK', '1050', 'Kobenhavn K'), (81, 'DK', '1050', 'København'), (82, 'DK', '800', 'Aarhus C'), (83, 'DK', '8000', 'Århus C'),
		(90, 'US', '2108', 'Boston'), (91, 'US', '20500-0003', 'Washington'), (92, 'US', '20050', 'Washington'), (93, 'US', '10001', 'NEW YORK'),
		(95, 'GB', 'sw1a1aa', 'London'), (96, 'GB', 'SW1A 3AA', 'London'), (97, 'GB', '12345', 'London')) AS v (n, c, p, t)
		CROSS JOIN LATERAL mailroom.check_address(c, p, t, '2026-11-22') a
	ORDER BY n;

-- a corrected address is right, whatever was wrong with it
WITH slipped AS (
	SELECT t.country, t.postcode AS meant, t.town, b.broken
		FROM mailroom.postcode_town t, generate_series(1, 4) AS i,
			LATERAL (VALUES (overlay(t.postcode PLACING '7' FROM i FOR 1)), (overlay(t.postcode PLACING '' FROM i FOR 1)), (overlay(t.postcode PLACING '0' FROM i FOR 0)),
				(left(t.postcode, i - 1) || substr(t.postcode, i + 1, 1) || substr(t.postcode, i, 1) || substr(t.postcode, i + 2))) AS b (broken)
), checked AS (
	SELECT s.*, a.state, a.postcode AS becomes, a.town AS becomes_town, again.state AS then_state
		FROM slipped s
			CROSS JOIN LATERAL mailroom.check_address(s.country, s.broken, s.town, '2026-11-22') a
			CROSS JOIN LATERAL mailroom.check_address(s.country, a.postcode, a.town, '2026-11-22') again
)
SELECT count(*) > 1000 AS enough, count(*) FILTER (WHERE state <> 'fault' AND then_state <> 'ok') AS corrected_and_not_right,
		count(*) FILTER (WHERE state = 'corrected') > 500 AS many_corrected,
		count(*) FILTER (WHERE state = 'corrected' AND NOT EXISTS (SELECT FROM mailroom.postcode_town t WHERE t.country = checked.country AND t.town = becomes_town
			AND t.postcode = mailroom.plain_postcode(checked.country, becomes))) AS corrected_to_nowhere
	FROM checked;

-- a run: corrected, at fault, and the trace of both
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Retur AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.run(issuer bigint, batch text, places text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, gross_total)
		SELECT issuer, batch, batch || '-' || n, '2026-10-31', '2026-12-20', 'NOK', 'K' || n, 'Kunde ' || n, 'Gate ' || n, split_part(p, ' ', 1), split_part(p, ' ', 2), 'NO', 125
			FROM unnest(places) WITH ORDINALITY AS u (p, n);
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		SELECT issuer, batch, batch || '-' || n, 10, 'LTR', 10, 100, 'S', 25, 'Diesel' FROM generate_series(1, cardinality(places)) AS n;
	PERFORM mailroom.close_batch(issuer, batch, cardinality(places), 125 * cardinality(places));
END;
$$;
SELECT pg_temp.run(:issuer, 'A', ARRAY['0150 Oslo', '0510 Oslo', '9008 Tromso', '0150 Bergen', '7O12 TRONDHEIM']);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, f.rule, f.message FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer ORDER BY 1;
SELECT i.invoice_number, l.postcode, l.city, a.corrected_on, a.given_postcode, a.given_city, a.reason
	FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)
		LEFT JOIN mailroom.corrected_address a USING (issuer_id, invoice_id) WHERE l.issuer_id = :issuer ORDER BY 1;
-- a document shows what was meant, the invoice keeps what was given
SELECT i.invoice_number, i.buyer_postcode, i.buyer_city, d.content_sha256 = sha256(mailroom.render_invoice(:issuer, i.invoice_id)) AS shown
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number IN ('A-2', 'A-3') ORDER BY 1;
BEGIN;
DELETE FROM mailroom.recipient_correction WHERE issuer_id = :issuer;
SELECT i.invoice_number, d.content_sha256 = sha256(mailroom.render_invoice(:issuer, i.invoice_id)) AS would_be_the_same
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number IN ('A-1', 'A-2', 'A-3') ORDER BY 1;
ROLLBACK;
-- documents that were rendered before a list was known are corrected on the ticket
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'late', '2026-11-22', 'NO', now()) RETURNING mailing_id AS late \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, city, country) VALUES (:issuer, :late, -1, 1, 1, 'Late', '0510', 'Oslo', 'NO'), (:issuer, :late, -2, 1, 1, 'Right', '0150', 'Oslo', 'NO');
SELECT mailroom.plan_mailing(:issuer, :late);
SELECT l.recipient, l.postcode, a.given_postcode, a.reason FROM mailroom.letter l LEFT JOIN mailroom.letter_address a USING (issuer_id, mailing_id, letter_id) WHERE l.mailing_id = :late ORDER BY 1;
SELECT step, detail FROM mailroom.invoice_trace(:issuer, 'A-2') WHERE step IN ('address', 'finding');
SELECT customer_no, given_postcode, given_city, state, postcode, city, reason FROM mailroom.party_address WHERE issuer_id = :issuer ORDER BY 1;

-- mail comes back: by letter, by invoice, twice, and what was never sent
SELECT l.letter_id AS letter FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE i.invoice_number = 'A-1' AND i.issuer_id = :issuer \gset
SELECT mailroom.report_returned(:issuer, :letter, 'moved', '2026-11-10') AS address \gset
SELECT mailroom.report_returned(:issuer, 'A-1'::text, 'moved away', '2026-11-12') = :'address' AS same;
SELECT mailroom.report_returned(:issuer, 'A-3'::text, 'unknown at the address', '2026-11-11') = :'address' AS same;
SELECT recipient, street, postcode, city, country, since, reason, released_at FROM mailroom.undeliverable_address WHERE issuer_id = :issuer ORDER BY 1;
SELECT mailroom.report_returned(:issuer, 'A-4'::text, 'moved', '2026-11-11');
SELECT mailroom.report_returned(:issuer, -1::bigint, 'moved', '2026-11-11');
SELECT mailroom.report_returned(:issuer, :letter, ' ', '2026-11-11');
SELECT step, regexp_replace(detail, '(letter|address) \d+', '\1 N', 'g') AS detail FROM mailroom.invoice_trace(:issuer, 'A-1') WHERE step = 'returned';

-- the next letters: held at the old address, whatever its spelling; not held at a new one
SELECT pg_temp.run(:issuer, 'B', ARRAY['0150 OSLO', '0151 Oslo', '9008 Tromsø']);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, f.rule, regexp_replace(f.message, 'address \d+', 'address N') AS message FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'B%' ORDER BY 1;
SELECT invoice_number, recipient, since, reason, letters_returned FROM mailroom.held_letter WHERE issuer_id = :issuer ORDER BY 1;
SELECT received, set_aside, archived, difference FROM mailroom.reconciliation WHERE issuer_id = :issuer ORDER BY batch_id;
-- one is released with its address, the other alone: both go out, and are not held again
SELECT mailroom.release_address(:issuer, :'address', 'customer was on holiday') AS invoices;
SELECT mailroom.release_invoice(issuer_id, invoice_id, 'send it all the same') FROM mailroom.held_letter WHERE issuer_id = :issuer;
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'B%' ORDER BY 1;
SELECT recipient, released_at IS NOT NULL AS released, release_reason FROM mailroom.undeliverable_address WHERE issuer_id = :issuer ORDER BY 1;
SELECT count(*) FROM mailroom.held_letter WHERE issuer_id = :issuer;
-- the address that was not released still holds
SELECT pg_temp.run(:issuer, 'C', ARRAY['0150 Oslo', '0151 Oslo', '9008 TROMSØ']);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'C%' ORDER BY 1;
\set VERBOSITY sqlstate
SELECT mailroom.release_address(:issuer, :'address', 'again');
\set VERBOSITY terse
SELECT mailroom.release_address(:issuer, address_no, '') FROM mailroom.undeliverable_address WHERE issuer_id = :issuer AND released_at IS NULL;

-- a clerk corrects the address: the page shows it, the invoice keeps what was given; for the customer too, so that the next one goes there by itself
SELECT invoice_id AS faulty FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'A-4' \gset
SELECT invoice_id AS held FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'C-3' \gset
SELECT mailroom.correct_recipient(:issuer, :faulty, '{"postcode": "0199"}', 'as on the phone');
SELECT mailroom.correct_recipient(:issuer, :faulty, '{"city": "Bergen", "postcode": 5003}', 'as on the phone');
SELECT mailroom.correct_recipient(:issuer, :faulty, '{}', 'as on the phone');
SELECT mailroom.correct_recipient(:issuer, :faulty, '{"recipient": " "}', 'as on the phone');
SELECT mailroom.correct_recipient(:issuer, :faulty, '{"city": "Oslo"}', ' ');
SELECT mailroom.correct_recipient(:issuer, :held, '{"city": "Tromso"}', 'nothing new');
SELECT mailroom.correct_recipient(:issuer, :faulty, '{"city": "Olso"}', 'as on the phone');
SELECT mailroom.correct_recipient(:issuer, :held, '{"recipient": "Kunde 3 AS", "street": "Nygata 30", "postcode": "5030", "city": "Bergen"}', 'moved', true);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, i.settled_reason, i.buyer_street, i.buyer_city, l.recipient, l.postcode, l.city, d.content_sha256 = sha256(mailroom.render_invoice(:issuer, i.invoice_id)) AS page_shows_it,
		(SELECT count(*) FROM mailroom.document w WHERE w.issuer_id = i.issuer_id AND w.invoice_id = i.invoice_id AND w.channel LIKE 'withdrawn %') AS withdrawn
	FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) JOIN mailroom.letter l USING (issuer_id, document_id)
	WHERE i.issuer_id = :issuer AND i.invoice_id IN (:faulty, :held) ORDER BY 1;
SELECT detail ->> 'reason' AS reason, detail -> 'was' ->> 'street' AS was, detail -> 'becomes' ->> 'street' AS becomes, detail ->> 'for_customer' AS for_customer FROM mailroom.event
	WHERE issuer_id = :issuer AND activity = 'address corrected' ORDER BY event_id;
SELECT name, street, postcode, city FROM mailroom.party WHERE issuer_id = :issuer AND customer_no IN ('K3', 'K4') ORDER BY 1;
SELECT pg_temp.run(:issuer, 'D', ARRAY['0150 Oslo', '0151 Oslo', '9008 TROMSØ', '0150 Bergen']);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, l.recipient, l.postcode, l.city FROM mailroom.invoice i LEFT JOIN mailroom.document d USING (issuer_id, invoice_id) LEFT JOIN mailroom.letter l USING (issuer_id, document_id)
	WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'D%' ORDER BY 1;
-- moved again, and back to where mail once came back from: no more once the mark is gone; then invoices go where they say
SELECT mailroom.report_returned(:issuer, 'D-3'::text, 'moved', '2026-11-20') IS NOT NULL AS reported;
SELECT pg_temp.run(:issuer, 'E', ARRAY['0150 Oslo', '0151 Oslo', '9008 TROMSØ']);
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state FROM mailroom.invoice i WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'E%' ORDER BY 1;
SELECT invoice_id AS again FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'E-3' \gset
SELECT mailroom.correct_recipient(:issuer, :again, '{"recipient": "Kunde 3", "street": "Gate 3", "postcode": "9008", "city": "Tromsø"}', 'moved back', true);
SELECT mailroom.release_address(:issuer, address_no, 'lives there again') FROM mailroom.undeliverable_address WHERE issuer_id = :issuer AND street = 'Gate 3' AND released_at IS NULL;
SELECT mailroom.correct_recipient(:issuer, :again, '{"recipient": "Kunde 3", "street": "Gate 3", "postcode": "9008", "city": "Tromsø"}', 'moved back', true);
SELECT recipient, street, city FROM mailroom.customer_move WHERE issuer_id = :issuer;
CALL mailroom.run_jobs();
SELECT i.invoice_number, i.state, l.recipient, l.city FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) JOIN mailroom.letter l USING (issuer_id, document_id) WHERE i.invoice_id = :again AND i.issuer_id = :issuer;
-- an invoice that waits for more, or does not wait
\set VERBOSITY sqlstate
SELECT mailroom.correct_recipient(:issuer, :again, '{"street": "Gate 4"}', 'moved');
BEGIN;
UPDATE mailroom.invoice SET state = 'set_aside' WHERE issuer_id = :issuer AND invoice_id = :again;
INSERT INTO mailroom.finding (issuer_id, invoice_id, finding_no, rule, severity, message) VALUES (:issuer, :again, 1, 'BR-01', 'fatal', 'made for this test');
SELECT mailroom.correct_recipient(:issuer, :again, '{"street": "Gate 4"}', 'moved');
ROLLBACK;
\set VERBOSITY terse

-- rights: clerks report and release, readers read, nobody else's
CREATE ROLE address_clerk;
CREATE ROLE address_reader;
SELECT mailroom.grant_role('clerk', 'address_clerk', ARRAY[:issuer]);
SELECT mailroom.grant_role('reader', 'address_reader', ARRAY[:issuer]);
SET ROLE address_clerk;
SELECT mailroom.report_returned(:issuer, 'A-5'::text, 'refused', '2026-11-13') IS NOT NULL AS reported;
\set VERBOSITY sqlstate
SELECT mailroom.report_returned(:issuer + 1000000, 'A-5'::text, 'refused', '2026-11-13');
SELECT mailroom.load_postcodes('NO', '0150,Oslo', '2030-01-01', 'mine');
SELECT mailroom.correct_recipient(:issuer + 1000000, 1, '{"street": "Gate 4"}', 'moved');
SET ROLE address_reader;
SELECT mailroom.correct_recipient(:issuer, 1, '{"street": "Gate 4"}', 'moved');
SELECT count(*) AS addresses FROM mailroom.undeliverable_address;
SELECT mailroom.report_returned(:issuer, 'A-5'::text, 'refused', '2026-11-13');
RESET ROLE;
DROP OWNED BY address_clerk, address_reader;
DELETE FROM mailroom.issuer_grant WHERE role_name LIKE 'address\_%';
DROP ROLE address_clerk, address_reader;
-- a list that cannot be whole: too short to be the country's, or lacking what customers and letters have
BEGIN;
DELETE FROM mailroom.postcode_town;
DELETE FROM mailroom.postcode_list;
\set VERBOSITY default
SELECT mailroom.load_postcodes('NO', E'0150,Oslo\n0151,Oslo', '2026-02-01', 'cut off');
SELECT state, reason FROM mailroom.check_address('NO', '0152', 'Oslo', '2026-11-22');
INSERT INTO mailroom.party (issuer_id, customer_no, name, postcode, city, country) SELECT :issuer, 'L' || n, 'Many', '1' || n, 'Reykjavík', 'IS' FROM generate_series(10, 39) AS n;
SELECT mailroom.load_postcodes('IS', E'complete\n101,Reykjavík\n110,Reykjavík', '2026-03-01', 'cut off');
SET client_min_messages = error;
SELECT mailroom.load_postcodes('NO', E'complete\n0150,Oslo\n7010,Trondheim', '2026-03-01', 'cut off');
SET client_min_messages = warning;
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'doubt', '2026-11-22', 'NO', '2026-11-20') RETURNING mailing_id AS doubt \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, city, country)
	SELECT :issuer, :doubt, -100 - n, 1, 1, 'Many', CASE WHEN n < 40 THEN '70' || n ELSE '0150' END, CASE WHEN n < 40 THEN 'Trondheim' WHEN n = 99 THEN 'Bergen' ELSE 'Oslo' END, 'NO' FROM generate_series(10, 99) AS n;
SELECT mailroom.plan_mailing(:issuer, :doubt);
SELECT count(*) AS letters, count(*) FILTER (WHERE postcode LIKE '70%') AS by_form FROM mailroom.letter_postage p JOIN mailroom.letter l USING (issuer_id, mailing_id, letter_id) WHERE mailing_id = :doubt;
SELECT activity, detail - 'letter_id' AS detail FROM mailroom.event WHERE issuer_id = :issuer AND object_kind = 'mailing' AND object_id = :doubt ORDER BY event_id;
ROLLBACK;
\set VERBOSITY terse
-- the lists were for this test alone
DELETE FROM mailroom.postcode_town;
DELETE FROM mailroom.postcode_list;
