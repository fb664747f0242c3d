-- what people say about expected files: rules that do not go together, a past that is learnt, an end
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York'; -- not the issuer's: nothing depends on it
\pset format unaligned
SELECT mailroom.create_issuer('Regel AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE TEMPORARY TABLE place AS SELECT :issuer AS issuer_id;
CREATE FUNCTION pg_temp.look(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('mailroom.clock', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), false);
	PERFORM mailroom.watch_expected(p.issuer_id, 0, '{}') FROM place p;
END $$;
-- each says what is wrong
CREATE FUNCTION pg_temp.said(rule text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT mailroom.set_expected_file(%s, ''x'', ''x*'', ''06:00'', %s)', (SELECT issuer_id FROM place), rule);
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT r, pg_temp.said(r) FROM unnest(ARRAY['months => ''{1}''', 'weekdays => ''{1}'', month_days => ''{1}''', 'weekdays => ''{0}''', 'month_days => ''{32}''', 'working_days => ''{24}'', calendar => ''NO''', 'weekdays => ''{1}'', months => ''{13}''',
	'working_days => ''{1}''', 'weekdays => ''{1}'', calendar => ''NO'', holiday => ''never''', 'weekdays => ''{1}'', holiday => ''skip''', 'weekdays => ''{1}'', grace => ''-1 hour''', 'weekdays => ''{1}'', early => ''31 days''',
	'weekdays => ''{1}'', grace => ''2 hours'', missing_after => ''1 hour''', 'weekdays => ''{1}'', comes_as => ''fax''', 'weekdays => ''{1}'', comes_as => ''either'', layout => ''csv-flat''', 'weekdays => ''{1}'', name_offset => ''100 days''',
	'weekdays => ''{1}'', number_restarts => ''day''', 'weekdays => ''{1}'', learn_from => 2', 'weekdays => ''{1}'', learn_from => 9, learn_periods => 8', 'weekdays => ''{1}'', calendar => ''XX''', 'weekdays => ''{1}'', time_zone => ''Oslo''']) AS r;

-- files and batches that came and were imported before anybody watched: a Saturday's, one of another name, one that was refused, two on a day, one far out
CREATE TEMPORARY TABLE past AS
	SELECT d::date AS day, row_number() OVER (ORDER BY d) AS no FROM generate_series(timestamp '2026-01-05', '2026-04-30', '1 day') AS d WHERE extract(isodow FROM d) < 6 AND d NOT IN ('2026-02-10', '2026-02-11');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, content_bytes, content_sha256, state, received_at, submitted_by, document_count, totals)
	SELECT :issuer, format('P_%s_%s.csv', to_char(day, 'YYYYMMDD'), no), '\x00'::bytea, 9000, decode(md5(no::text), 'hex'), CASE no WHEN 9 THEN 'refused' ELSE 'imported' END, (day + time '05:10') AT TIME ZONE 'Europe/Oslo', 'erp', CASE no WHEN 60 THEN 3 ELSE 100 + no % 5 END,
			'{"NOK": {"count": 100, "sum": "12345.00"}}'::jsonb FROM past
	UNION ALL SELECT :issuer, n, '\x00'::bytea, 9000, decode(md5(n), 'hex'), 'imported', at, 'erp', 100, '{}'::jsonb FROM (VALUES ('P_20260110_9.csv', timestamptz '2026-01-10 05:00Z'), ('Q_20260112_9.csv', '2026-01-12 04:00Z'), ('P_20260113_9.csv', '2026-01-13 04:30Z'), ('P_20251231_1.csv', '2025-12-31 04:00Z')) AS v (n, at);
INSERT INTO mailroom.import_batch (issuer_id, batch_key, expected_count, expected_total, expected_currency, state, last_row_id, last_line_row_id, document_count, totals, received_at, submitted_by)
	SELECT :issuer, 'fuel-' || to_char(m, 'YYYY-MM'), 1, 1, 'NOK', 'imported', 0, 0, 40, '{"NOK": {"count": 40, "sum": "400.00"}}', (m + interval '1 month 26 hours') AT TIME ZONE 'Europe/Oslo', 'erp' FROM generate_series(timestamp '2025-10-01', '2026-03-01', '1 month') AS m;
SET mailroom.clock = '2026-05-04T10:00:00Z';
SELECT mailroom.set_expected_file(:issuer, 'daily', 'P_{YYYY}{MM}{DD}_{N}.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO') > 0 AS set;
SELECT mailroom.set_expected_file(:issuer, 'plain', 'P_*.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO') > 0 AS set;
SELECT mailroom.set_expected_file(:issuer, 'fuel', 'fuel-{YYYY}-{MM}', '12:00', working_days => '{2}', calendar => 'NO', comes_as => 'batch', name_offset => '-1 month', learn_from => 3) > 0 AS set;
SELECT pg_temp.look('2026-05-04T10:00:00Z');
SELECT n, mailroom.learn_expected_past(:issuer, n, '2026-01-01') AS learnt, mailroom.learn_expected_past(:issuer, n, '2026-01-01') AS again FROM unnest(ARRAY['daily', 'plain', 'fuel']) AS n;
SELECT name, count(*), min(due_on), max(due_on) FILTER (WHERE state = 'arrived'), count(lowest) AS with_band, count(*) FILTER (WHERE is_outside) AS outside FROM mailroom.expected_history WHERE issuer_id = :issuer AND measure = 'documents' GROUP BY 1 ORDER BY 1;
SELECT name, due_on, state, file_name, value, lowest, highest FROM mailroom.expected_history WHERE issuer_id = :issuer AND (name = 'daily' AND due_on IN ('2026-01-13', '2026-04-30') OR name = 'fuel') AND measure = 'documents' ORDER BY 1, 2;
SELECT due_on, state FROM mailroom.expected_history WHERE issuer_id = :issuer AND name = 'daily' AND state <> 'arrived' ORDER BY 1;
SELECT count(*) AS faults FROM mailroom.expected_fault WHERE issuer_id = :issuer;
SELECT mailroom.learn_expected_past(:issuer, 'nobody', '2026-01-01');
-- the next file is measured by them, with a fault
SET mailroom.clock = '2026-05-05T03:00:00Z';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'P_20260505_84.csv', 'x');
UPDATE mailroom.import_file SET state = 'imported', document_count = 50, totals = '{}' WHERE issuer_id = :issuer AND file_name = 'P_20260505_84.csv';
SELECT pg_temp.look('2026-05-05T03:00:00Z');
SELECT message FROM mailroom.expected_open WHERE issuer_id = :issuer AND name = 'daily' AND measure = 'documents';

-- it ends: what is late is no fault any more, nothing follows, and what still comes is not asked for
SELECT pg_temp.look('2026-05-06T06:00:00Z');
SELECT name, due_on, rule FROM mailroom.expected_open WHERE issuer_id = :issuer AND rule = 'EXPECTED-LATE' ORDER BY name, due_on;
SELECT mailroom.end_expected_file(:issuer, 'daily');
SELECT mailroom.end_expected_file(:issuer, 'plain', '2026-05-07');
SELECT mailroom.end_expected_file(:issuer, 'nobody');
SELECT pg_temp.look('2026-05-06T07:00:00Z');
SELECT name, due_on, rule FROM mailroom.expected_open WHERE issuer_id = :issuer AND rule = 'EXPECTED-LATE' ORDER BY name, due_on;
SET mailroom.clock = '2026-05-08T03:00:00Z';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'P_20260508_85.csv', 'z');
SELECT pg_temp.look('2026-05-12T10:00:00Z');
SELECT name, due_on, state, reason FROM mailroom.expected_day d JOIN mailroom.expected_file USING (issuer_id, expected_id) WHERE issuer_id = :issuer AND name IN ('daily', 'plain') AND due_on > '2026-05-04' ORDER BY 1, 2;
SELECT e.name, a.name, a.state FROM mailroom.expected_arrival a JOIN mailroom.expected_file e USING (issuer_id, expected_id) WHERE issuer_id = :issuer AND a.name = 'P_20260508_85.csv' ORDER BY 1;
SELECT e.name, f.due_on, f.rule, f.state, f.reason FROM mailroom.expected_fault f JOIN mailroom.expected_file e USING (issuer_id, expected_id) WHERE issuer_id = :issuer AND f.rule <> 'EXPECTED-BAND' ORDER BY 1, f.fault_id;
-- and begins again
SELECT mailroom.set_expected_file(:issuer, 'daily', 'P_{YYYY}{MM}{DD}_{N}.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO') > 0 AS set;
SELECT pg_temp.look('2026-05-12T10:00:00Z');
SELECT due_on, state FROM mailroom.expected_history WHERE issuer_id = :issuer AND name = 'daily' AND due_on > '2026-05-06' ORDER BY 1;
RESET mailroom.clock;
RESET timezone;
DELETE FROM mailroom.expected_watch WHERE issuer_id = :issuer; -- no job of this issuer goes on
UPDATE mailroom.import_file SET state = 'withdrawn' WHERE issuer_id = :issuer AND state = 'received';
