-- files that are due by a calendar: late, missing, twice, outside of their band; each said once, settled by the file that comes
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York'; -- not the issuers': nothing depends on it
\pset format unaligned
SELECT mailroom.create_issuer('Ventet AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE ROLE expected_clerk;
CREATE ROLE expected_sender;
SELECT mailroom.grant_role('clerk', 'expected_clerk', ARRAY[:issuer]), mailroom.grant_role('importer', 'expected_sender', ARRAY[:issuer]);
SELECT $$invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
$$ AS head \gset
-- a file of so many invoices of 125.00 each
CREATE FUNCTION pg_temp.bills(mark text, invoices integer, currency text DEFAULT 'NOK', amount integer DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s-%s,380,2026-01-01,2026-12-20,%s,Fjellbygg AS,NO855828332MVA,855828332,Kunde %s AS,,,Gate %s,0150,OSLO,NO,,,,PO-1,,NO0868513681648,,,0.00,%s.00,%s.00,%s.00,0.00,%s.00,1,A1,Diesel,1,LTR,%s.00,0.00,%s.00,S,25', mark, n, currency, n, n, amount, amount / 4, amount * 5 / 4, amount * 5 / 4, amount, amount), E'\n' ORDER BY n) || E'\n'
		FROM generate_series(1, invoices) AS n $$;
CREATE TEMPORARY TABLE place AS SELECT :issuer AS issuer_id, :'head' AS head;
CREATE FUNCTION pg_temp.send(at timestamptz, file_name text, invoices integer, currency text DEFAULT 'NOK', amount integer DEFAULT 100, mark text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('mailroom.clock', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), false);
	INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT p.issuer_id, send.file_name, convert_to(p.head || pg_temp.bills(coalesce(mark, send.file_name), invoices, currency, amount), 'UTF8') FROM place p;
END $$;
-- only these jobs: what becomes of the invoices is not looked at here
DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices';
CREATE TEMPORARY VIEW day AS
	SELECT e.name, d.due_on, d.state, to_char(d.due_at AT TIME ZONE 'UTC', 'DD HH24:MI') AS due_utc, to_char(d.arrived_at AT TIME ZONE 'UTC', 'DD HH24:MI') AS arrived_utc, a.name AS file_name
		FROM mailroom.expected_day d JOIN place USING (issuer_id) JOIN mailroom.expected_file e USING (issuer_id, expected_id) LEFT JOIN mailroom.expected_arrival a USING (issuer_id, arrival_id) ORDER BY e.name, d.due_on;
CREATE TEMPORARY VIEW fault AS
	SELECT f.due_on, f.rule, nullif(f.measure, '') AS measure, f.state, f.message, f.reason FROM mailroom.expected_fault f JOIN place USING (issuer_id) ORDER BY f.fault_id;

-- the days of rules: all on one calendar
CREATE FUNCTION pg_temp.days(e mailroom.expected_file, first date, last date) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(to_char(d.due_on, 'MM-DD') || '=' || d.position, ' ' ORDER BY d.due_on) FROM mailroom.expected_days(e, first, last) AS d $$;
WITH rule (no, weekdays, month_days, working_days, months, calendar, holiday) AS (VALUES
		(1, '{1,2,3,4,5}'::integer[], NULL::integer[], NULL::integer[], NULL::integer[], NULL, 'keep'), (2, '{1,2,3,4,5}', NULL, NULL, NULL, 'NO', 'skip'), (3, '{1,3}', NULL, NULL, NULL, 'NO', 'following'),
		(4, NULL, '{1,15,31}', NULL, NULL, NULL, 'keep'), (5, NULL, '{1,15,31}', NULL, NULL, 'NO', 'following'), (6, NULL, '{-1}', NULL, NULL, 'NO', 'modified_following'), (7, NULL, '{1}', NULL, NULL, 'NO', 'preceding'),
		(8, NULL, NULL, '{1,-1}', NULL, 'NO', 'keep'), (9, NULL, NULL, '{-2}', '{4}', 'SE:bank', 'keep'), (10, NULL, '{-31}', NULL, '{4}', NULL, 'keep'))
	SELECT r.no, pg_temp.days(jsonb_populate_record(NULL::mailroom.expected_file, to_jsonb(r) || '{"valid_from": "2026-01-01"}'), '2026-03-30', '2026-05-04') AS easter
		FROM rule r ORDER BY r.no;

-- every working day at 06:00; set at noon: nothing is late of the same day
SET mailroom.clock = '2026-03-16T11:00:00Z';
SELECT mailroom.set_expected_file(:issuer, 'daily', 'daily_*.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO', learn_from => 3) > 0 AS set;
CALL mailroom.run_jobs();
SELECT * FROM day;
SELECT name, file_name, holiday, valid_from, name_prefix, name_like, planned_to FROM mailroom.expected_file WHERE issuer_id = :issuer;
SELECT state, due_at AT TIME ZONE 'UTC' AS due_utc FROM mailroom.job WHERE issuer_id = :issuer AND kind = 'watch_expected' AND state <> 'done';
-- early enough; then one that belongs to nobody, and the same job again: nothing changes
SELECT pg_temp.send('2026-03-17T03:10:00Z', 'daily_17.csv', 10);
SELECT pg_temp.send('2026-03-17T03:11:00Z', 'weekly_17.csv', 3);
CALL mailroom.run_jobs();
SELECT mailroom.watch_expected(:issuer, 0, '{}');
SELECT * FROM day;
SELECT measure, value, periods, median, lowest, highest FROM mailroom.expected_history WHERE issuer_id = :issuer AND measure <> 'bytes' ORDER BY due_on, measure;
-- late at 06:30 in Oslo, not a minute before; and not said twice, whatever runs
SET mailroom.clock = '2026-03-18T05:29:00Z';
CALL mailroom.run_jobs();
SELECT * FROM fault;
SET mailroom.clock = '2026-03-18T05:31:00Z';
CALL mailroom.run_jobs();
SELECT mailroom.watch_expected(:issuer, 0, '{}') FROM generate_series(1, 3);
SELECT * FROM fault;
SELECT name, state, due_at AT TIME ZONE 'UTC' AS due_utc, file_name FROM mailroom.expected_today WHERE issuer_id = :issuer;
SELECT rule, overdue, message FROM mailroom.expected_open WHERE issuer_id = :issuer;
SELECT count(*) AS events FROM mailroom.event WHERE issuer_id = :issuer AND object_kind = 'expected file' AND activity = 'fault';
-- it comes after all: settled
SELECT pg_temp.send('2026-03-18T07:00:00Z', 'daily_18.csv', 10);
CALL mailroom.run_jobs();
SELECT * FROM fault;
SELECT due_on, state, after_due, measure, value FROM mailroom.expected_history WHERE issuer_id = :issuer AND due_on = '2026-03-18' ORDER BY measure COLLATE "C";
-- missing after twelve hours: one fault that is open, not two
SET mailroom.clock = '2026-03-19T06:00:00Z';
CALL mailroom.run_jobs();
SET mailroom.clock = '2026-03-19T17:01:00Z';
CALL mailroom.run_jobs();
SELECT due_on, rule, state, reason FROM fault WHERE due_on = '2026-03-19';
-- two files on Friday: its own, and the one of Thursday; a third is one too many, so is the same content again
SELECT pg_temp.send('2026-03-20T04:00:00Z', 'daily_20.csv', 10);
CALL mailroom.run_jobs();
SELECT pg_temp.send('2026-03-20T04:30:00Z', 'daily_19.csv', 11);
CALL mailroom.run_jobs();
SELECT pg_temp.send('2026-03-20T04:40:00Z', 'daily_x.csv', 12);
SELECT pg_temp.send('2026-03-20T04:41:00Z', 'daily_again.csv', 10, mark => 'daily_20.csv');
CALL mailroom.run_jobs();
SELECT * FROM day WHERE due_on < '2026-03-23';
SELECT due_on, rule, state, message, reason FROM fault WHERE due_on IN ('2026-03-19', '2026-03-20');
-- said once each: late, missing, and nothing more when it came; twice for the two that were too many
SELECT detail ->> 'rule' AS rule, count(*) FROM mailroom.event WHERE issuer_id = :issuer AND object_kind = 'expected file' AND activity = 'fault' AND detail ->> 'message' NOT LIKE '%2026-03-18%' GROUP BY 1 ORDER BY 1;
-- jobs stood still: late all the same, and settled at once
BEGIN;
UPDATE mailroom.expected_day d SET state = 'waiting', arrival_id = NULL, arrived_at = NULL FROM place p WHERE d.issuer_id = p.issuer_id AND d.due_on = '2026-03-19';
DELETE FROM mailroom.expected_fault f USING place p WHERE f.issuer_id = p.issuer_id AND f.due_on = '2026-03-19';
UPDATE mailroom.expected_arrival a SET state = 'new', is_open = true FROM mailroom.import_file f WHERE a.issuer_id = :issuer AND f.issuer_id = a.issuer_id AND f.file_id = a.file_id AND f.file_name = 'daily_19.csv';
SELECT mailroom.take_arrivals(:issuer);
SELECT due_on, rule, state, reason FROM fault WHERE due_on = '2026-03-19';
ROLLBACK;
SELECT f.file_name, a.state, a.is_open FROM mailroom.expected_arrival a JOIN mailroom.import_file f USING (issuer_id, file_id) WHERE a.issuer_id = :issuer ORDER BY a.file_id;
-- the first is withdrawn: the one that was too many takes its place
SELECT w.object_kind FROM mailroom.import_file f, LATERAL mailroom.withdraw_file(:issuer, f.file_id, 'wrong prices') w WHERE f.issuer_id = :issuer AND f.file_name = 'daily_20.csv';
CALL mailroom.run_jobs();
SELECT * FROM day WHERE due_on = '2026-03-20';
SELECT due_on, rule, state, reason FROM fault WHERE due_on = '2026-03-20';

-- clerks: a reason is asked for, a late one that is closed does not become missing, a day can be excused before
SET mailroom.clock = '2026-03-23T06:00:00Z';
CALL mailroom.run_jobs();
SELECT fault_id AS late FROM mailroom.expected_open WHERE issuer_id = :issuer AND rule = 'EXPECTED-LATE' \gset
SET ROLE expected_sender;
\set VERBOSITY sqlstate
SELECT mailroom.close_expected_fault(:issuer, :late, 'x');
SELECT mailroom.set_expected_file(:issuer, 'mine', '*', '06:00', weekdays => '{1}');
SET ROLE expected_clerk;
SELECT mailroom.set_expected_file(:issuer, 'mine', '*', '06:00', weekdays => '{1}');
SELECT mailroom.close_expected_fault(:issuer, :late, ' ');
SELECT mailroom.close_expected_fault(:issuer, -1, 'x');
SELECT mailroom.close_expected_fault(:issuer, :late, 'their server is down');
SELECT mailroom.close_expected_fault(:issuer, :late, 'again');
SELECT mailroom.excuse_expected_day(:issuer, 'nothing', '2026-03-24', 'x');
SELECT mailroom.excuse_expected_day(:issuer, 'daily', '2026-03-28', 'a Saturday');
SELECT mailroom.excuse_expected_day(:issuer, 'daily', '2026-03-24', '');
\set VERBOSITY terse
SELECT mailroom.excuse_expected_day(:issuer, 'daily', '2026-03-24', 'stocktaking');
SELECT mailroom.excuse_expected_day(:issuer, 'daily', '2026-03-26', 'stocktaking');
SELECT due_on, state FROM mailroom.expected_history ORDER BY 1 DESC LIMIT 1;
RESET ROLE;
SET mailroom.clock = '2026-03-24T23:00:00Z';
CALL mailroom.run_jobs();
SELECT due_on, rule, state, reason FROM fault WHERE due_on >= '2026-03-23';
-- refused: that is not to have come
SELECT pg_temp.send('2026-03-25T04:00:00Z', 'daily_25.csv', 10);
UPDATE mailroom.import_file SET content = 'rubbish' WHERE issuer_id = :issuer AND file_name = 'daily_25.csv';
CALL mailroom.run_jobs();
SELECT state, fault_count > 0 AS faulty FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'daily_25.csv';
SET mailroom.clock = '2026-03-25T05:40:00Z';
CALL mailroom.run_jobs();
SELECT due_on, rule, state, message FROM fault WHERE due_on = '2026-03-25';
UPDATE mailroom.import_file f SET content = convert_to(p.head || pg_temp.bills('daily_25', 10), 'UTF8') FROM place p WHERE f.issuer_id = p.issuer_id AND file_name = 'daily_25.csv';
SELECT mailroom.retry_import(:issuer, file_id) FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'daily_25.csv';
CALL mailroom.run_jobs();
SELECT due_on, rule, state, reason FROM fault WHERE due_on = '2026-03-25';
-- two came for a day and were looked at before both are refused: none has come, none is too many
SELECT mailroom.set_expected_file(:issuer, 'pair', 'pair_*.csv', '06:00', weekdays => '{4}', valid_from => '2026-03-26', valid_to => '2026-03-26') > 0 AS set;
CALL mailroom.run_jobs();
SELECT pg_temp.send('2026-03-26T04:00:00Z', 'pair_a.csv', 10);
SELECT pg_temp.send('2026-03-26T04:01:00Z', 'pair_b.csv', 10);
UPDATE mailroom.import_file SET content = convert_to('rubbish in ' || file_name, 'UTF8') WHERE issuer_id = :issuer AND file_name LIKE 'pair%';
SELECT mailroom.watch_expected(:issuer, 0, '{}');
CREATE TEMP VIEW pair AS SELECT f.file_name, f.state AS file_state, a.state, a.is_open FROM mailroom.expected_arrival a JOIN mailroom.import_file f USING (issuer_id, file_id), place p WHERE a.issuer_id = p.issuer_id AND f.file_name LIKE 'pair%' ORDER BY a.file_id;
SELECT * FROM pair;
SELECT mailroom.import_files(:issuer, ARRAY(SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name LIKE 'pair%' ORDER BY file_id));
SELECT mailroom.watch_expected(:issuer, 0, '{}');
SELECT * FROM pair;
CALL mailroom.run_jobs();
SELECT * FROM day WHERE name = 'pair';
SELECT due_on, rule, state, reason FROM fault WHERE due_on = '2026-03-26' AND message LIKE '%pair%';
SET mailroom.clock = '2026-03-26T05:40:00Z';
CALL mailroom.run_jobs();
SELECT due_on, rule, state, message FROM fault WHERE due_on = '2026-03-26' AND message LIKE '%pair%' AND rule = 'EXPECTED-LATE';
-- sound ones: the second stays one too many
UPDATE mailroom.import_file f SET content = convert_to(p.head || pg_temp.bills(f.file_name, 10), 'UTF8') FROM place p WHERE f.issuer_id = p.issuer_id AND file_name LIKE 'pair%';
SELECT mailroom.retry_import(:issuer, file_id) FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name LIKE 'pair%' ORDER BY file_id;
CALL mailroom.run_jobs();
SELECT * FROM pair;
SELECT due_on, rule, state FROM fault WHERE due_on = '2026-03-26' AND message LIKE '%pair%';
-- summer time begins on the 29th: 06:00 in Oslo is another hour of the world; Easter: no file, no fault
SELECT pg_temp.send(('2026-03-' || n)::timestamp AT TIME ZONE 'Europe/Oslo' + interval '5 hours', format('daily_%s.csv', n), 10) FROM generate_series(27, 30) AS n WHERE n NOT IN (28, 29);
CALL mailroom.run_jobs();
SET mailroom.clock = '2026-04-08T03:00:00Z';
CALL mailroom.run_jobs();
SELECT * FROM day WHERE due_on >= '2026-03-25';
SELECT due_on, rule, state FROM fault WHERE due_on > '2026-03-25';

SELECT mailroom.set_expected_file(:issuer, 'daily', 'daily_*.csv', '06:00', weekdays => '{1,2,3,4,5}', calendar => 'NO', valid_to => '2026-04-07') > 0 AS ended;
CALL mailroom.run_jobs();
SELECT max(due_on) AS last_day FROM day;

-- bands: learnt from the same weekday, robust against one odd file; every measure by itself
SELECT median, lowest, highest FROM mailroom.learn_band('{100, 104, 96, 100, 9999, 101}', 4, 0);
SELECT median, lowest, highest FROM mailroom.learn_band('{10.00, 10.00, 10.00}', 4, 2);
SELECT median, lowest, highest FROM mailroom.learn_band('{0, 0, 0}', 4, 2);
SELECT mailroom.find_median('{1, 2}'), mailroom.find_median('{}');
SELECT mailroom.set_expected_file(:issuer, 'weekly', 'weekly?.csv', '08:00', weekdays => '{2}', calendar => NULL, learn_from => 4, time_zone => 'Europe/Helsinki', early => '5 days') > 0 AS set;
SELECT pg_temp.send('2026-04-14T04:30:00Z'::timestamptz + n * interval '168 hours', format('weekly%s.csv', n), 20 + n % 2) FROM generate_series(0, 4) AS n;
CALL mailroom.run_jobs();
SELECT pg_temp.send('2026-05-19T04:30:00Z', 'weekly5.csv', 2, amount => 1000);
CALL mailroom.run_jobs();
SELECT pg_temp.send('2026-05-26T04:30:00Z', 'weekly6.csv', 20, 'SEK');
CALL mailroom.run_jobs();
SELECT due_on, measure, value, periods, median, lowest, highest, is_outside FROM mailroom.expected_history WHERE issuer_id = :issuer AND name = 'weekly' AND measure <> 'bytes' AND due_on > '2026-05-04' ORDER BY due_on, measure;
SELECT due_on, rule, measure, message FROM fault WHERE due_on IN ('2026-05-19', '2026-05-26') AND measure IS DISTINCT FROM 'bytes' AND message LIKE '%weekly%';
-- the user's own band goes before the learnt one
\set VERBOSITY sqlstate
SELECT mailroom.set_expected_band(:issuer, 'weekly', 'documents', 5, 4);
SELECT mailroom.set_expected_band(:issuer, 'weekly', 'pages', 5, 6);
SELECT mailroom.set_expected_band(:issuer, 'none', 'documents', 5, 6);
\set VERBOSITY terse
SELECT mailroom.set_expected_band(:issuer, 'weekly', 'documents', 1, NULL), mailroom.set_expected_band(:issuer, 'weekly', 'EUR', NULL, 0.5), mailroom.set_expected_band(:issuer, 'weekly', 'NOK', 200, NULL);
SELECT pg_temp.send('2026-06-02T04:30:00Z', 'weekly7.csv', 1);
CALL mailroom.run_jobs();
SELECT measure, value, lowest, highest, is_outside FROM mailroom.expected_history WHERE issuer_id = :issuer AND name = 'weekly' AND measure <> 'bytes' AND due_on = '2026-06-02' ORDER BY measure;
SELECT rule, measure, message FROM fault WHERE due_on = '2026-06-02' AND rule = 'EXPECTED-BAND' AND measure <> 'bytes';

-- drawn: well-formed, a mark for each day
SELECT xpath('string(/*[local-name() = ''svg'']/*[local-name() = ''desc''])', c.drawn::xml) AS about, cardinality(xpath('//*[local-name() = ''circle'']', c.drawn::xml)) AS files, cardinality(xpath('//*[local-name() = ''circle''][@r = ''5'']', c.drawn::xml)) AS outside,
		cardinality(xpath('//*[local-name() = ''text''][text() = ''x'']', c.drawn::xml)) AS missing
	FROM (VALUES ('daily', 'documents'), ('weekly', 'NOK'), ('nothing', 'bytes')) AS n (name, measure), LATERAL mailroom.expected_chart(:issuer, n.name, n.measure) AS c (drawn);
SELECT n.name, xpath('string(/*[local-name() = ''svg'']/*[local-name() = ''desc''])', c.drawn::xml) AS about, cardinality(xpath('//*[local-name() = ''circle'']', c.drawn::xml)) AS files, cardinality(xpath('//*[local-name() = ''circle''][@r = ''5'']', c.drawn::xml)) AS late,
		cardinality(xpath('//*[local-name() = ''text''][text() = ''x'']', c.drawn::xml)) AS missing
	FROM (VALUES ('daily'), ('weekly'), ('nothing')) AS n (name), LATERAL mailroom.expected_time_chart(:issuer, n.name) AS c (drawn);
SELECT xpath('string(/*[local-name() = ''svg'']/*[local-name() = ''desc''])', c.drawn::xml) AS about, xpath('//*[local-name() = ''text''][@text-anchor = ''end'']/text()', c.drawn::xml) AS names, cardinality(xpath('//*[local-name() = ''rect'']', c.drawn::xml)) - 1 AS squares
	FROM unnest(ARRAY[90, 1]) AS d, LATERAL mailroom.expected_overview_chart(:issuer, d) AS c (drawn);
SELECT mailroom.hour_text(h, s) FROM (VALUES (0, 1), (-1.5, 0.5), (2, 1), (48, 24), (-36, 24)) AS v (h, s);

-- a rule changes: days to come follow it, nothing before is late; it ends
SET mailroom.clock = '2026-06-02T12:00:00Z';
SELECT mailroom.set_expected_file(:issuer, 'weekly', 'weekly?.csv', '09:00', working_days => '{-1}', calendar => 'FI:bank', valid_to => '2026-08-15') > 0 AS set;
CALL mailroom.run_jobs();
SELECT due_on, state FROM day WHERE name = 'weekly' AND due_on > '2026-05-30';
SET mailroom.clock = '2027-01-02T12:00:00Z';
CALL mailroom.run_jobs();
SELECT due_on, state FROM day WHERE name = 'weekly' AND due_on > '2026-05-30';
SELECT name, next_open FROM mailroom.expected_file WHERE issuer_id = :issuer AND name = 'weekly';
-- refused: what does not go together
\set VERBOSITY sqlstate
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{1}', month_days => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{8}');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', month_days => '{0}');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', working_days => '{1}');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{1}', calendar => 'XX');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{1}', time_zone => 'Europe/Nowhere');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{1}', holiday => 'skip');
SELECT mailroom.set_expected_file(:issuer, 'w', '*', '06:00', weekdays => '{1}', grace => '2 hours', missing_after => '1 hour');
SELECT mailroom.set_expected_file(:issuer, '', '*', '06:00', weekdays => '{1}');
\set VERBOSITY terse
-- found by the beginning of the pattern; the marks of LIKE are nothing special
SELECT mailroom.set_expected_file(:issuer, 'p' || n, p, '06:00', weekdays => '{1}') > 0 AS set FROM unnest(ARRAY['100%_*', '*', 'ab?d', E'a\\b*', '*.xml']) WITH ORDINALITY AS u (p, n);
SELECT pg_temp.send('2027-01-03T12:00:00Z', n, 1) FROM unnest(ARRAY['100%_x', '100abx', 'abcd', E'a\\bc', 'x.xml']) AS u (n);
SELECT f.file_name, string_agg(e.name, ' ' ORDER BY e.name) AS fits FROM mailroom.expected_arrival a JOIN mailroom.import_file f USING (issuer_id, file_id) JOIN mailroom.expected_file e USING (issuer_id, expected_id)
	WHERE a.issuer_id = :issuer AND e.name LIKE 'p%' GROUP BY f.file_id, f.file_name ORDER BY f.file_id;
-- jobs that wait are gone in a restored copy: where jobs are started, the watch begins anew
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND kind = 'watch_expected' AND state = 'queued';
SELECT mailroom.start_jobs();
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND kind = 'watch_expected' AND state = 'queued';
CALL mailroom.run_jobs();
SELECT kind, state, message FROM mailroom.job WHERE issuer_id = :issuer AND state NOT IN ('done', 'waiting');
SELECT count(*) > 0 AS waits FROM mailroom.job WHERE issuer_id = :issuer AND state = 'waiting';
RESET mailroom.clock;
RESET timezone;
SELECT mailroom.register_handler('process_invoices', 'mailroom.process_invoices(bigint, bigint, jsonb)');
DELETE FROM mailroom.expected_watch WHERE issuer_id = :issuer; -- no job of this issuer goes on
DROP OWNED BY expected_clerk, expected_sender;
DELETE FROM mailroom.issuer_grant WHERE role_name IN ('expected_clerk', 'expected_sender');
DROP ROLE expected_clerk, expected_sender;
