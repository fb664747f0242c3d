-- names of expected files: the date that they are for, running numbers; batches of rows that are expected as files are
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York'; -- not the issuer's: nothing depends on it
\pset format unaligned
SELECT mailroom.create_issuer('Navn AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE TEMPORARY TABLE place AS SELECT :issuer AS issuer_id;
CREATE TEMPORARY VIEW day AS
	SELECT e.name, d.due_on, d.state, a.name AS came FROM mailroom.expected_day d JOIN place USING (issuer_id) JOIN mailroom.expected_file e USING (issuer_id, expected_id)
		LEFT JOIN mailroom.expected_arrival a USING (issuer_id, arrival_id) ORDER BY e.name, d.due_on;
CREATE TEMPORARY VIEW fault AS
	SELECT e.name, f.due_on, f.rule, f.state, f.message, f.reason FROM mailroom.expected_fault f JOIN place USING (issuer_id) JOIN mailroom.expected_file e USING (issuer_id, expected_id) ORDER BY f.fault_id;
CREATE TEMPORARY VIEW came AS
	SELECT e.name AS of, a.name, a.state, a.number, a.number_period FROM mailroom.expected_arrival a JOIN place USING (issuer_id) JOIN mailroom.expected_file e USING (issuer_id, expected_id) ORDER BY e.name, a.arrival_id;
CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS void LANGUAGE sql AS $$ SELECT set_config('mailroom.clock', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), false) $$;
-- what is in the files is not looked at here: they are received, and not imported
CREATE FUNCTION pg_temp.send(at timestamptz, VARIADIC names text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.clock(at);
	INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT p.issuer_id, n.n, convert_to(n.n, 'UTF8') FROM place p, unnest(names) AS n (n);
	PERFORM mailroom.watch_expected(p.issuer_id, 0, '{}') FROM place p;
END $$;
CREATE FUNCTION pg_temp.look(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.clock(at);
	PERFORM mailroom.watch_expected(p.issuer_id, 0, '{}') FROM place p;
END $$;
CREATE FUNCTION pg_temp.settle(file_name text, state text) RETURNS void LANGUAGE sql AS $$
	UPDATE mailroom.import_file f SET state = settle.state FROM place p WHERE f.issuer_id = p.issuer_id AND f.file_name = settle.file_name $$;

-- what a name says
SELECT p.pattern, p.name, r.* FROM (VALUES ('BILL_{YYYY}{MM}{DD}_*.xml', 'BILL_20261122_7.xml'), ('BILL_{YYYY}{MM}{DD}_*.xml', 'BILL_20260229_7.xml'), ('BILL_{YYYY}{MM}{DD}_*.xml', 'BILL_2026112_7.xml'),
		('a{YY}{DDD}', 'a24366'), ('a{YY}{DDD}', 'a26366'), ('a{YY}{DDD}', 'a26000'), ('{DD}.{MM}.{YYYY}.csv', '01.12.2026.csv'), ('m{YYYY}-{MM}', 'm2026-02'), ('y{YYYY}', 'y2026'), ('y{YYYY}', 'y0000'),
		('x*{N}.csv', 'xa0017.csv'), ('x*_{NNN}?', 'x_1_017a'), ('x[{N}]+(1).$', 'x[12]+(1).$'), ('x{N}', 'x1234567890123456789'), ('x.csv', 'xacsv'), ('x{YYYY}*{N}', 'x2026-5')) AS p (pattern, name),
	LATERAL mailroom.read_expected_name(p.pattern, p.name) AS r;
-- a pattern that is none
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{YYY}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{MM}{DD}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{YYYY}{DD}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{YYYY}{YY}{MM}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{YYYY}{MM}{MM}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{YYYY}{MM}{DDD}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{N}{NNN}', '06:00', weekdays => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a{N', '06:00', weekdays => '{1}');
\set VERBOSITY sqlstate
SELECT mailroom.set_expected_file(:issuer, 'x', 'a', '06:00', weekdays => '{1}', comes_as => 'letter');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a', '06:00', weekdays => '{1}', comes_as => 'batch', layout => 'csv-flat');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a', '06:00', weekdays => '{1}', number_restarts => 'daily');
SELECT mailroom.set_expected_file(:issuer, 'x', 'a', '06:00', weekdays => '{1}', name_offset => '6 hours');
\set VERBOSITY terse

-- the date says the day: what came early, late, for another day; what is due on no day
SELECT pg_temp.clock('2026-03-16T11:00:00Z');
SELECT mailroom.set_expected_file(:issuer, 'dated', 'BILL_{YYYY}{MM}{DD}_*.xml', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO') > 0 AS set;
SELECT pg_temp.look('2026-03-16T11:00:00Z');
SELECT name_prefix, name_like FROM mailroom.expected_file WHERE issuer_id = :issuer;
-- Tuesday's does not come; on Wednesday morning Wednesday's and then Tuesday's; one with another day's date is that day's, and Wednesday a second time
SELECT pg_temp.look('2026-03-17T18:00:00Z');
SELECT pg_temp.send('2026-03-18T03:00:00Z', 'BILL_20260318_a.xml');
SELECT pg_temp.send('2026-03-18T03:05:00Z', 'BILL_20260317_a.xml');
SELECT pg_temp.send('2026-03-18T03:10:00Z', 'BILL_20260318_b.xml', 'BILL_20260321_a.xml', 'BILL_20261301_a.xml', 'BILL_20260101_a.xml', 'BILL_x.xml');
SELECT pg_temp.send('2026-03-18T12:00:00Z', 'BILL_20260323_a.xml');
SELECT * FROM day;
SELECT * FROM came;
SELECT due_on, rule, state, message, reason FROM fault;
-- on Thursday the file of Friday comes: Thursday is late, and its message says what to look for
SELECT pg_temp.send('2026-03-19T03:00:00Z', 'BILL_20260320_a.xml');
SELECT pg_temp.look('2026-03-19T06:00:00Z');
SELECT due_on, rule, state, message FROM fault WHERE due_on >= '2026-03-19';
-- one with a date of a Sunday comes: it is not Thursday's
SELECT pg_temp.send('2026-03-19T06:10:00Z', 'BILL_20260322_a.xml');
SELECT pg_temp.look('2026-03-19T18:00:00Z');
SELECT due_on, rule, state, message FROM fault WHERE due_on >= '2026-03-19';
-- it was a slip, and it is withdrawn
SELECT pg_temp.settle('BILL_20260322_a.xml', 'withdrawn');
SELECT pg_temp.look('2026-03-19T18:10:00Z');
SELECT due_on, rule, state, reason FROM fault WHERE rule = 'EXPECTED-DATE';
-- Friday's is withdrawn; what was one too many for Wednesday takes its place when that is withdrawn too
SELECT pg_temp.settle('BILL_20260320_a.xml', 'withdrawn'), pg_temp.settle('BILL_20260318_a.xml', 'withdrawn');
SELECT pg_temp.look('2026-03-20T02:00:00Z');
SELECT * FROM day WHERE due_on BETWEEN '2026-03-18' AND '2026-03-23';

-- the date of the working day before; of the month before
SELECT mailroom.set_expected_file(:issuer, 'before', 'day{YY}{DDD}', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO', name_offset => '-1 day') > 0 AS set;
SELECT mailroom.set_expected_file(:issuer, 'month', 'month-{YYYY}-{MM}', '06:00', working_days => '{2}', calendar => 'NO', name_offset => '-1 month', early => '3 days') > 0 AS set;
SELECT pg_temp.look('2026-03-20T06:00:00Z');
-- Friday before Easter week is the 27th; Monday's file carries its date, and that of the Tuesday after Easter carries Wednesday's
SELECT pg_temp.send('2026-03-30T03:00:00Z', 'day26086');
SELECT pg_temp.send('2026-04-07T03:00:00Z', format('day26%s', to_char(date '2026-04-01', 'DDD')), 'month-2026-03', 'month-2026-04');
SELECT * FROM day WHERE name <> 'dated' AND state = 'arrived';
SELECT due_on, message FROM fault WHERE name IN ('before', 'month') AND due_on > '2026-04-01' AND rule <> 'EXPECTED-MISSING';
SELECT d, mailroom.expected_name_for(e, d) FROM mailroom.expected_file e, unnest(ARRAY[date '2026-04-07', '2026-03-03']) AS d WHERE e.issuer_id = :issuer AND e.name IN ('before', 'month') ORDER BY e.name, d;

-- running numbers: a gap, a part of it comes, all of it; one twice; 99 is followed by 00 or 01
SELECT pg_temp.clock('2026-05-01T12:00:00Z');
SELECT mailroom.set_expected_file(:issuer, 'run', 'R{NN}.csv', '06:00', weekdays => '{1,2,3,4,5,6,7}') > 0 AS set;
CREATE TEMPORARY VIEW number_fault AS SELECT due_on, rule, state, message, reason FROM fault WHERE rule IN ('EXPECTED-GAP', 'EXPECTED-NUMBER');
SELECT pg_temp.look('2026-05-01T12:00:00Z');
SELECT pg_temp.send('2026-05-02T03:00:00Z', 'R95.csv');
SELECT pg_temp.send('2026-05-03T03:00:00Z', 'R99.csv');
SELECT * FROM number_fault;
SELECT pg_temp.send('2026-05-04T03:00:00Z', 'R97.csv');
SELECT * FROM number_fault;
SELECT pg_temp.send('2026-05-05T03:00:00Z', 'R96.csv', 'R98.csv');
SELECT * FROM number_fault;
-- after 99 comes 01: none is missing; then 04, and 03 on the same day
SELECT pg_temp.send('2026-05-06T03:00:00Z', 'R01.csv');
SELECT pg_temp.send('2026-05-07T03:00:00Z', 'R04.csv', 'R03.csv');
SELECT * FROM number_fault WHERE due_on > '2026-05-05';
SELECT name, state, number FROM came WHERE of = 'run' ORDER BY number;
-- a clerk knows that 02 does not come, and it is not asked for again; 03 came before
SELECT mailroom.close_expected_fault(:issuer, fault_id, 'a test of theirs') FROM mailroom.expected_open WHERE issuer_id = :issuer AND rule = 'EXPECTED-GAP';
SELECT pg_temp.send('2026-05-08T03:00:00Z', 'R05.csv');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'R03.csv', 'other');
SELECT pg_temp.look('2026-05-08T03:10:00Z');
SELECT * FROM number_fault WHERE due_on > '2026-05-05';
-- the same content under the same name is the same file, not another number; the first 03 is withdrawn, and the second is the one
SELECT pg_temp.send('2026-05-09T03:00:00Z', 'R05.csv');
UPDATE mailroom.import_file SET state = 'withdrawn' WHERE issuer_id = :issuer AND file_name = 'R03.csv' AND content <> 'other';
SELECT pg_temp.look('2026-05-09T03:10:00Z');
SELECT * FROM number_fault WHERE due_on > '2026-05-05';
SELECT rule, count(*) FROM fault WHERE name = 'run' GROUP BY 1 ORDER BY 1;
-- what was refused has not come: its number is missing until it is read
SELECT pg_temp.settle('R04.csv', 'refused');
UPDATE mailroom.expected_arrival SET is_open = true WHERE issuer_id = :issuer AND name = 'R04.csv'; -- as at the end of an import
SELECT pg_temp.look('2026-05-09T03:20:00Z');
SELECT due_on, state, message FROM number_fault WHERE state = 'open';
SELECT pg_temp.settle('R04.csv', 'received');
SELECT pg_temp.look('2026-05-09T03:30:00Z');
SELECT due_on, state, reason FROM number_fault WHERE message LIKE 'number 04%';
-- installed again: the count begins anew
SELECT mailroom.restart_expected_numbers(:issuer, 'run', ' ');
SELECT pg_temp.send('2026-05-10T03:00:00Z', 'R50.csv');
SELECT count(*) FROM number_fault WHERE state = 'open';
SELECT mailroom.restart_expected_numbers(:issuer, 'run', 'installed again');
SELECT count(*) FROM number_fault WHERE state = 'open';
SELECT pg_temp.send('2026-05-11T03:00:00Z', 'R07.csv'), pg_temp.send('2026-05-12T03:00:00Z', 'R08.csv');
SELECT count(*) FROM number_fault WHERE state = 'open';
-- anew each year: what comes first is not 1
SELECT mailroom.set_expected_file(:issuer, 'yearly', 'Y{YYYY}{MM}{DD}-{N}', '06:00', weekdays => '{1,2,3,4,5,6,7}', number_restarts => 'year') > 0 AS set;
SELECT pg_temp.look('2026-12-29T12:00:00Z');
SELECT pg_temp.send('2026-12-31T03:00:00Z', 'Y20261230-364', 'Y20261231-365');
SELECT pg_temp.send('2027-01-01T04:00:00Z', 'Y20270101-3');
SELECT * FROM number_fault WHERE due_on > '2026-12-29';
SELECT pg_temp.send('2027-01-02T04:00:00Z', 'Y20270102-1', 'Y20270103-2');
SELECT * FROM number_fault WHERE due_on > '2026-12-29';
SELECT name, number, number_period FROM came WHERE of = 'yearly';
-- a jump is one fault, however far
SELECT pg_temp.send('2027-01-04T04:00:00Z', 'Y20270104-123456789012345678');
SELECT message FROM number_fault WHERE state = 'open';

-- batches of rows
SELECT mailroom.set_expected_file(:issuer, 'rows', 'october-{N}', '06:00', weekdays => '{1,2,3,4,5,6,7}', comes_as => 'batch') > 0 AS set;
SELECT mailroom.set_expected_file(:issuer, 'both', 'october*', '06:00', weekdays => '{1,2,3,4,5,6,7}', comes_as => 'either', submitted_by => session_user) > 0 AS set;
SELECT mailroom.set_expected_file(:issuer, 'other', 'october*', '06:00', weekdays => '{1,2,3,4,5,6,7}', comes_as => 'batch', submitted_by => 'nobody') > 0 AS set;
SELECT pg_temp.look('2027-01-05T12:00:00Z');
DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices';
CREATE FUNCTION pg_temp.stage(batch_key text, number text, amount numeric) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, buyer_name) SELECT p.issuer_id, batch_key, number, '2026-10-31', '2026-11-20', 'Somebody AS' FROM place p;
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		SELECT p.issuer_id, batch_key, number, 1, 'LTR', amount, amount, 'S', 25, 'Diesel' FROM place p $$;
SELECT pg_temp.clock('2027-01-06T03:00:00Z'), pg_temp.stage('october-1', 'O-1', 100);
SELECT mailroom.close_batch(:issuer, 'october-1', 1, 125.00) > 0 AS closed;
CALL mailroom.run_jobs();
SELECT * FROM day WHERE name IN ('rows', 'both', 'other') AND due_on <= '2027-01-06';
SELECT name, measure, value, file_id, batch_id > 0 AS batch, file_name FROM mailroom.expected_history WHERE issuer_id = :issuer AND state = 'arrived' AND name IN ('rows', 'both') ORDER BY name, measure;
SELECT name, state, file_name, document_count, totals -> 'NOK' ->> 'sum' AS sum FROM mailroom.expected_today WHERE issuer_id = :issuer AND name = 'rows';
-- it is closed twice: nothing; a second one, and a number that is missing
SELECT mailroom.close_batch(:issuer, 'october-1', 1, 125.00) > 0 AS closed;
SELECT pg_temp.stage('october-3', 'O-3', 100);
SELECT mailroom.close_batch(:issuer, 'october-3', 1, 125.00) > 0 AS closed;
CALL mailroom.run_jobs();
SELECT due_on, rule, state, message FROM fault WHERE name = 'rows' AND rule <> 'EXPECTED-MISSING';
-- refused: that is not to have come; late; put right and closed again: it has come
SELECT pg_temp.clock('2027-01-07T03:00:00Z'), pg_temp.stage('october-4', 'O-4', 100);
SELECT mailroom.close_batch(:issuer, 'october-4', 2, 250.00) > 0 AS closed;
CALL mailroom.run_jobs();
SELECT pg_temp.clock('2027-01-07T05:40:00Z');
CALL mailroom.run_jobs();
SELECT due_on, rule, state, message FROM fault WHERE name = 'rows' AND due_on = '2027-01-07';
SELECT mailroom.retry_batch(:issuer, 'october-4', 1, 125.00) > 0 AS retried;
CALL mailroom.run_jobs();
SELECT due_on, rule, state, reason FROM fault WHERE name = 'rows' AND due_on = '2027-01-07';
SELECT * FROM day WHERE name IN ('rows', 'both') AND due_on = '2027-01-07';
-- withdrawn before it was read
SELECT pg_temp.clock('2027-01-08T03:00:00Z'), pg_temp.stage('october-5', 'O-5', 100);
SELECT mailroom.close_batch(:issuer, 'october-5', 1, 125.00) > 0 AS closed;
SELECT mailroom.watch_expected(:issuer, 0, '{}');
SELECT * FROM day WHERE name = 'rows' AND due_on = '2027-01-08';
SELECT mailroom.withdraw_batch(:issuer, 'october-5', 'wrong month');
CALL mailroom.run_jobs();
SELECT * FROM day WHERE name = 'rows' AND due_on = '2027-01-08';

-- a growth of 3 percent a week: no fault, and a band that is narrow enough to see half a file; what stops growing is as usual
CREATE TEMPORARY TABLE week AS SELECT n, date '2026-01-05' + 7 * n AS day, round(1000 * 1.03 ^ n + (n * 7 % 5 - 2) * 6) AS value FROM generate_series(0, 40) AS n;
CREATE FUNCTION pg_temp.band(last integer, at integer) RETURNS TABLE (median numeric, lowest numeric, highest numeric, growth numeric) LANGUAGE sql AS $$
	SELECT (mailroom.learn_band(array_agg(w.value ORDER BY w.n DESC), 4, 0, array_agg(w.day ORDER BY w.n DESC), date '2026-01-05' + 7 * at)).* FROM week w WHERE w.n BETWEEN last - 25 AND last $$;
SELECT count(*) AS weeks, count(*) FILTER (WHERE w.value BETWEEN b.lowest AND b.highest) AS inside, count(*) FILTER (WHERE w.value / 2 < b.lowest AND w.value * 2 > b.highest) AS half_and_double_seen, min(b.growth), max(b.growth)
	FROM week w, LATERAL pg_temp.band(w.n - 1, w.n) b WHERE w.n >= 8;
-- without the trend half of it passes
SELECT count(*) FILTER (WHERE w.value / 2 BETWEEN b.lowest AND b.highest) > 0 AS half_passes FROM week w, LATERAL (SELECT (mailroom.learn_band(array_agg(o.value ORDER BY o.n DESC), 4, 0)).* FROM week o WHERE o.n BETWEEN w.n - 26 AND w.n - 1) b WHERE w.n >= 8;
BEGIN;
UPDATE week SET value = (SELECT value FROM week WHERE n = 30) WHERE n > 30;
SELECT w.n, w.value, b.*, w.value BETWEEN b.lowest AND b.highest AS inside FROM week w, LATERAL pg_temp.band(w.n - 1, w.n) b WHERE w.n > 30 ORDER BY 1;
ROLLBACK;
-- figures that go up and down have no trend; nor do too few; zeros and credits are looked at as they are
SELECT (mailroom.learn_band(array_agg(100 + (n * 37 % 11) ORDER BY n DESC), 4, 0, array_agg(date '2026-01-05' + 7 * n ORDER BY n DESC), '2026-07-06')).* FROM generate_series(0, 25) AS n;
SELECT (mailroom.learn_band('{7,6,5,4,3,2,1}', 4, 0, array_agg(date '2026-01-05' - n ORDER BY n), '2026-01-06')).growth FROM generate_series(1, 7) AS n;
SELECT (mailroom.learn_band(array_agg(n - 5 ORDER BY n DESC), 4, 1, array_agg(date '2026-01-05' + n ORDER BY n DESC), '2026-01-25')).* FROM generate_series(0, 19) AS n;
SELECT (mailroom.learn_band(array_agg(1000 - 20 * n ORDER BY n DESC), 4, 1, array_agg(date '2026-01-05' + 7 * n ORDER BY n DESC), '2026-05-25')).* FROM generate_series(0, 19) AS n;
SELECT mailroom.register_handler('process_invoices', 'mailroom.process_invoices(bigint, bigint, jsonb)');
SELECT kind, state, message FROM mailroom.job WHERE issuer_id = :issuer AND kind = 'watch_expected' AND message IS NOT NULL;
-- whatever order files come in, and whichever are refused, tried again or withdrawn: the open gaps are the numbers that are not there, and each number that is there again is said once
CREATE FUNCTION pg_temp.try_numbers(issuer bigint, seed integer, pattern text, first integer, many integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state bigint := seed * 7919 + 17;
	name text := 'p' || seed;
	expected bigint;
	n integer; i integer; r bigint; file bigint;
	turn integer := CASE WHEN pattern LIKE '%{NN}%' THEN 100 END;
	missing bigint[]; said bigint[]; doubled bigint; said_doubled bigint;
BEGIN
	PERFORM set_config('mailroom.clock', '2026-05-01T12:00:00Z', false);
	expected := mailroom.set_expected_file(issuer, name, 'p' || seed || '_' || pattern, '06:00', weekdays => '{1,2,3,4,5,6,7}');
	PERFORM mailroom.watch_expected(issuer, 0, '{}');
	PERFORM set_config('mailroom.clock', '2026-05-02T03:00:00Z', false);
	FOR i IN 1 .. many LOOP
		state := (state * 1103515245 + 12345) % 2147483648;
		-- near the front, so that some come early, some late, some twice, some never
		n := first + i + ((state >> 8) % 7)::integer - 3;
		IF i = 1 THEN n := first; END IF;
		n := greatest(n, first);
		INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (issuer, 'p' || seed || '_' || CASE WHEN turn IS NULL THEN n::text ELSE lpad((n % turn)::text, 2, '0') END || '.' || i, convert_to(seed || ' ' || i, 'UTF8')) RETURNING file_id INTO file;
		state := (state * 1103515245 + 12345) % 2147483648;
		r := (state >> 8) % 10;
		IF r < 2 AND i > 1 THEN -- refused before or after it was looked at
			IF r = 0 THEN PERFORM mailroom.watch_expected(issuer, 0, '{}'); END IF;
			UPDATE mailroom.import_file f SET state = 'refused' WHERE f.issuer_id = issuer AND f.file_id = file;
			UPDATE mailroom.expected_arrival a SET is_open = true WHERE a.issuer_id = issuer AND a.file_id = file;
		ELSIF r = 2 THEN
			UPDATE mailroom.import_file f SET state = 'received' WHERE f.issuer_id = issuer AND f.file_id = (SELECT max(o.file_id) FROM mailroom.import_file o WHERE o.issuer_id = issuer AND o.state = 'refused' AND o.file_name LIKE 'p' || seed || '\_%');
		ELSIF r = 3 THEN
			UPDATE mailroom.import_file f SET state = 'withdrawn' WHERE f.issuer_id = issuer AND f.file_id = (SELECT max(o.file_id) FROM mailroom.import_file o WHERE o.issuer_id = issuer AND o.state = 'received' AND o.file_id < file - 1 AND o.file_name NOT LIKE '%.1' AND o.file_name LIKE 'p' || seed || '\_%');
		END IF;
		IF r > 4 THEN PERFORM mailroom.watch_expected(issuer, 0, '{}'); END IF;
	END LOOP;
	PERFORM mailroom.watch_expected(issuer, 0, '{}');
	WITH here AS (SELECT a.number FROM mailroom.expected_arrival a JOIN mailroom.import_file f ON f.issuer_id = a.issuer_id AND f.file_id = a.file_id WHERE a.issuer_id = issuer AND a.expected_id = expected AND f.state = 'received')
		SELECT array_agg(g ORDER BY g) FILTER (WHERE NOT EXISTS (SELECT FROM here h WHERE h.number = g) AND (turn IS NULL OR g % turn <> 0 OR EXISTS (SELECT FROM here h WHERE h.number = g))), (SELECT count(*) - count(DISTINCT number) FROM here)
			INTO missing, doubled FROM generate_series((SELECT h.number FROM mailroom.expected_arrival h WHERE h.issuer_id = issuer AND h.expected_id = expected ORDER BY h.arrival_id LIMIT 1), (SELECT max(number) FROM here)) AS g;
	SELECT array_agg(g ORDER BY g) FILTER (WHERE turn IS NULL OR g % turn <> 0) INTO said FROM mailroom.expected_fault f, generate_series(f.first_number, f.last_number) AS g WHERE f.issuer_id = issuer AND f.expected_id = expected AND f.rule = 'EXPECTED-GAP' AND f.state = 'open';
	said_doubled := (SELECT count(*) FROM mailroom.expected_fault f WHERE f.issuer_id = issuer AND f.expected_id = expected AND f.rule = 'EXPECTED-NUMBER' AND f.state = 'open');
	RETURN CASE WHEN missing IS NOT DISTINCT FROM said AND doubled = said_doubled THEN 'agrees' ELSE format('seed %s %s: missing %s, said %s; twice %s, said %s', seed, pattern, missing, said, doubled, said_doubled) END;
END $$;
SELECT mailroom.create_issuer('Tall AS', 'NO', 'Europe/Oslo', 'NOK') AS numbers \gset
SELECT r, count(*) FROM generate_series(1, 6) AS s, LATERAL pg_temp.try_numbers(:numbers, s, CASE WHEN s % 2 = 0 THEN '{N}.*' ELSE '{NN}.*' END, 80, 30) AS r GROUP BY 1 ORDER BY 1;
SELECT rule, state, count(*) > 3 AS some FROM mailroom.expected_fault WHERE issuer_id = :numbers AND rule <> 'EXPECTED-TWICE' GROUP BY 1, 2 ORDER BY 1, 2;
RESET mailroom.clock;
RESET timezone;
DELETE FROM mailroom.expected_watch WHERE issuer_id IN (:issuer, :numbers); -- no job of this issuer goes on
UPDATE mailroom.import_file SET state = 'withdrawn' WHERE issuer_id IN (:issuer, :numbers) AND state = 'received';
