-- 34_expected_set: what people say about expected files: which are due, what is usual, what is excused and settled.

CREATE OR REPLACE FUNCTION mailroom.find_expected_file(issuer_id bigint, name text)
	RETURNS mailroom.expected_file
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
BEGIN
	-- as the job does: the watch first
	PERFORM FROM mailroom.expected_watch w WHERE w.issuer_id = $1 FOR UPDATE;
	SELECT * INTO e FROM mailroom.expected_file x WHERE x.issuer_id = $1 AND x.name = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'expected file "%" does not exist', $2 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT name, file_name FROM mailroom.expected_file".';
	END IF;
	RETURN e;
END;
$$;
COMMENT ON FUNCTION mailroom.find_expected_file(bigint, text) IS 'the row of an expected file by its name, locked; 42704 when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.find_expected_file(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.check_expected_rule(name text, weekdays integer[], month_days integer[], working_days integer[], months integer[], calendar text, holiday text, due_time time, grace interval, missing_after interval, early interval,
		layout text, learn_from integer, learn_periods integer, comes_as text, name_offset interval, number_restarts text)
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wrong text;
BEGIN
	-- the first that is wrong; the constraints of the table say the same in their own words
	wrong := CASE
		WHEN name = '' THEN 'has no name'
		WHEN num_nonnulls(weekdays, month_days, working_days) <> 1 THEN 'needs one of weekdays, month_days and working_days'
		WHEN NOT weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7] OR weekdays = '{}' THEN 'has weekdays other than 1 (Monday) to 7'
		WHEN 0 = ANY (month_days) OR NOT 31 >= ALL (month_days) OR NOT -31 <= ALL (month_days) OR month_days = '{}' THEN 'has month_days other than 1 to 31 and -1 (the last) to -31'
		WHEN 0 = ANY (working_days) OR NOT 23 >= ALL (working_days) OR NOT -23 <= ALL (working_days) OR working_days = '{}' THEN 'has working_days other than 1 to 23 and -1 (the last) to -23'
		WHEN NOT months <@ ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] OR months = '{}' THEN 'has months other than 1 to 12'
		WHEN working_days IS NOT NULL AND calendar IS NULL THEN 'counts working days without a calendar'
		WHEN holiday NOT IN ('keep', 'skip', 'following', 'preceding', 'modified_following') THEN 'has a holiday other than keep, skip, following, preceding and modified_following'
		WHEN holiday <> 'keep' AND calendar IS NULL THEN 'moves holidays without a calendar'
		WHEN due_time IS NULL THEN 'has no due_time'
		WHEN grace < '0' OR early NOT BETWEEN '0' AND '30 days' OR missing_after > '30 days' THEN 'has a grace, missing_after or early that is negative or longer than 30 days'
		WHEN missing_after < grace THEN 'is missing before it is late: missing_after is shorter than grace'
		WHEN comes_as NOT IN ('file', 'batch', 'either') THEN 'comes as something other than file, batch or either'
		WHEN comes_as <> 'file' AND layout IS NOT NULL THEN 'has a layout, which batches have not'
		WHEN NOT name_offset BETWEEN '-92 days' AND '92 days' OR extract(epoch FROM name_offset - date_trunc('day', name_offset)) <> 0 THEN 'has a name_offset that is not whole days, or more than 92'
		WHEN number_restarts NOT IN ('never', 'year', 'month') THEN 'has number_restarts other than never, year and month'
		WHEN learn_from <> 0 AND learn_from < 3 OR learn_periods NOT BETWEEN greatest(learn_from, 3) AND 400 THEN 'learns from fewer than 3 files, or looks at fewer than it learns from'
	END;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'expected file "%" %', name, wrong USING ERRCODE = 'check_violation', HINT = 'docs/expected.md has an example of each kind.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.check_expected_rule(text, integer[], integer[], integer[], integer[], text, text, time, interval, interval, interval, text, integer, integer, text, interval, text) IS 'raises 23514 with the reason when what is said about an expected file does not go together; part of set_expected_file';

CREATE OR REPLACE FUNCTION mailroom.set_expected_file(issuer_id bigint, name text, file_name text, due_time time, weekdays integer[] DEFAULT NULL, month_days integer[] DEFAULT NULL, working_days integer[] DEFAULT NULL,
		months integer[] DEFAULT NULL, calendar text DEFAULT NULL, holiday text DEFAULT NULL, time_zone text DEFAULT NULL, grace interval DEFAULT '30 minutes', missing_after interval DEFAULT '12 hours', early interval DEFAULT '12 hours',
		layout text DEFAULT NULL, submitted_by name DEFAULT NULL, valid_from date DEFAULT NULL, valid_to date DEFAULT NULL, learn_from integer DEFAULT 8, learn_periods integer DEFAULT 26, band_width numeric DEFAULT 4,
		comes_as text DEFAULT 'file', name_offset interval DEFAULT '0', number_restarts text DEFAULT 'never', learn_trend boolean DEFAULT true)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	zone text;
	today date;
	first_day date;
	e mailroom.expected_file;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	zone := coalesce(set_expected_file.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1));
	today := (mailroom.now() AT TIME ZONE zone)::date; -- raises for a zone that is none
	PERFORM mailroom.count_working_days(set_expected_file.calendar, today, today); -- raises for a calendar that is none
	PERFORM mailroom.check_expected_name($3);
	PERFORM mailroom.check_expected_rule($2, $5, $6, $7, $8, $9, $10, $4, $12, $13, $14, $15, $19, $20, $22, $23, $24);
	INSERT INTO mailroom.expected_watch (issuer_id) VALUES ($1) ON CONFLICT DO NOTHING;
	PERFORM FROM mailroom.expected_watch w WHERE w.issuer_id = $1 FOR UPDATE;
	SELECT * INTO e FROM mailroom.expected_file x WHERE x.issuer_id = $1 AND x.name = $2;
	first_day := coalesce(set_expected_file.valid_from, e.valid_from, today);
	IF e.file_name <> $3 OR e.number_restarts <> $24 THEN
		PERFORM mailroom.forget_numbers(e, 'names or numbers follow another rule');
	END IF;
	INSERT INTO mailroom.expected_file AS x (issuer_id, name, file_name, due_time, weekdays, month_days, working_days, months, calendar, holiday, time_zone, grace, missing_after, early, layout, submitted_by,
			valid_from, valid_to, learn_from, learn_periods, band_width, planned_to, next_open, comes_as, name_offset, number_restarts, learn_trend)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, CASE WHEN $9 IS NULL OR $7 IS NOT NULL THEN 'keep' WHEN $5 IS NOT NULL THEN 'skip' ELSE 'following' END), $11, $12, $13, $14, $15, $16,
			first_day, $18, $19, $20, $21, first_day, '-infinity', $22, $23, $24, $25)
		ON CONFLICT ON CONSTRAINT expected_file_issuer_id_name_key DO UPDATE
			SET file_name = excluded.file_name, due_time = excluded.due_time, weekdays = excluded.weekdays, month_days = excluded.month_days, working_days = excluded.working_days, months = excluded.months,
				calendar = excluded.calendar, holiday = excluded.holiday, time_zone = excluded.time_zone, grace = excluded.grace, missing_after = excluded.missing_after, early = excluded.early,
				layout = excluded.layout, submitted_by = excluded.submitted_by, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
				learn_from = excluded.learn_from, learn_periods = excluded.learn_periods, band_width = excluded.band_width, next_open = '-infinity',
				comes_as = excluded.comes_as, name_offset = excluded.name_offset, number_restarts = excluded.number_restarts, learn_trend = excluded.learn_trend
		RETURNING * INTO e;
	-- days that are still to come follow the new rule; nothing is late of what was due before
	DELETE FROM mailroom.expected_day d
		WHERE d.issuer_id = $1 AND d.expected_id = e.expected_id AND d.state = 'waiting' AND d.due_at > mailroom.now()
			AND NOT EXISTS (SELECT FROM mailroom.expected_fault f WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id AND f.due_on = d.due_on);
	UPDATE mailroom.expected_file x
		SET planned_to = greatest(first_day - 1, CASE WHEN (today + x.due_time) AT TIME ZONE zone < mailroom.now() THEN today ELSE today - 1 END)
		WHERE x.issuer_id = $1 AND x.expected_id = e.expected_id;
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'set', to_jsonb(e) - 'issuer_id' - 'expected_id' - 'planned_to' - 'next_open' - 'name_prefix' - 'name_like');
	PERFORM mailroom.submit_job($1, 'watch_expected');
	RETURN e.expected_id;
END;
$$;
COMMENT ON FUNCTION mailroom.set_expected_file(bigint, text, text, time, integer[], integer[], integer[], integer[], text, text, text, interval, interval, interval, text, name, date, date, integer, integer, numeric, text, interval, text, boolean) IS 'says which files or row batches an issuer''s applications send and when, or says it anew under the same name (days to come follow the new rule, what came stays): columns as in mailroom.expected_file; one of weekdays, month_days, working_days; holiday defaults to skip for weekdays and following for days of the month where a calendar is given; valid_to ends it. Nothing that was due before is late. Returns expected_id; 22023 for another calendar, time zone or pattern, 23514 for values that do not go together; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_expected_file(bigint, text, text, time, integer[], integer[], integer[], integer[], text, text, text, interval, interval, interval, text, name, date, date, integer, integer, numeric, text, interval, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.end_expected_file(issuer_id bigint, name text, last_day date DEFAULT NULL)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
	ends date;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	e := mailroom.find_expected_file($1, $2);
	ends := coalesce($3, (mailroom.now() AT TIME ZONE coalesce(e.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1)))::date - 1);
	UPDATE mailroom.expected_file x SET valid_to = ends, next_open = '-infinity' WHERE x.issuer_id = $1 AND x.expected_id = e.expected_id;
	DELETE FROM mailroom.expected_day d
		WHERE d.issuer_id = $1 AND d.expected_id = e.expected_id AND d.due_on > ends AND d.state = 'waiting'
			AND NOT EXISTS (SELECT FROM mailroom.expected_fault f WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id AND f.due_on = d.due_on);
	UPDATE mailroom.expected_fault f SET state = 'closed', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = 'the expected file has ended'
		WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id AND f.due_on > ends AND f.rule IN ('EXPECTED-LATE', 'EXPECTED-MISSING') AND f.state = 'open';
	UPDATE mailroom.expected_day d SET state = 'excused', next_at = NULL, excused_by = mailroom.outer_role(), reason = 'the expected file has ended'
		WHERE d.issuer_id = $1 AND d.expected_id = e.expected_id AND d.due_on > ends AND d.state IN ('waiting', 'late', 'missing');
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'ended', jsonb_build_object('last_day', ends));
	PERFORM mailroom.submit_job($1, 'watch_expected');
END;
$$;
COMMENT ON FUNCTION mailroom.end_expected_file(bigint, text, date) IS 'ends an expected file after a day (yesterday when none is given): nothing is due after it, faults that say so are closed, what came stays; set_expected_file under the same name begins it again. 42704 no such expected file; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.end_expected_file(bigint, text, date) FROM PUBLIC;

-- Days before it was watched are only those whose file came: nothing is late in the past.
CREATE OR REPLACE FUNCTION mailroom.learn_expected_past(issuer_id bigint, name text, first_day date)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
	zone text;
	last_day date;
	f record;
	day record;
	a mailroom.expected_arrival;
	n record;
	taken bigint := 0;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	e := mailroom.find_expected_file($1, $2);
	zone := coalesce(e.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1));
	last_day := coalesce((SELECT min(d.due_on) FROM mailroom.expected_day d WHERE d.issuer_id = $1 AND d.expected_id = e.expected_id), (mailroom.now() AT TIME ZONE zone)::date) - 1;
	e.valid_from := $3;
	FOR f IN
		SELECT s.*
			FROM (SELECT o.file_id, NULL::bigint AS batch_id, 'file' AS came_as, o.file_name AS name, o.layout, o.submitted_by, o.received_at FROM mailroom.import_file o
					WHERE o.issuer_id = $1 AND o.state = 'imported' AND o.file_name LIKE e.name_like
				UNION ALL
				SELECT NULL, b.batch_id, 'batch', b.batch_key, NULL, b.submitted_by, b.received_at FROM mailroom.import_batch b
					WHERE b.issuer_id = $1 AND b.state = 'imported' AND b.batch_key LIKE e.name_like) s
			WHERE s.received_at >= ($3 - 30)::timestamp AT TIME ZONE zone AND e.expected_id IN (SELECT l.expected_id FROM mailroom.expected_files_like($1, s.came_as, s.name, s.layout, s.submitted_by) l)
				AND NOT EXISTS (SELECT FROM mailroom.expected_arrival x WHERE x.issuer_id = $1 AND x.expected_id = e.expected_id AND x.file_id = s.file_id)
				AND NOT EXISTS (SELECT FROM mailroom.expected_arrival x WHERE x.issuer_id = $1 AND x.expected_id = e.expected_id AND x.batch_id = s.batch_id)
			ORDER BY s.received_at, s.file_id, s.batch_id
	LOOP
		n := mailroom.read_expected_name(e.file_name, f.name);
		SELECT d.due_on, d.position, t.due_at INTO day
			FROM mailroom.expected_days(e, greatest($3, (f.received_at AT TIME ZONE zone)::date - 75), least(last_day, (f.received_at AT TIME ZONE zone)::date + 75)) d
				CROSS JOIN LATERAL (SELECT (d.due_on + e.due_time) AT TIME ZONE zone AS due_at) t
			WHERE NOT EXISTS (SELECT FROM mailroom.expected_day o WHERE o.issuer_id = $1 AND o.expected_id = e.expected_id AND o.due_on = d.due_on)
				AND CASE WHEN n.has_date THEN mailroom.expected_name_day(e, d.due_on) BETWEEN n.first_day AND n.last_day
					ELSE f.received_at >= mailroom.add_seconds(t.due_at, -e.early) AND f.received_at < mailroom.add_seconds(t.due_at, e.missing_after) END
			ORDER BY d.due_on LIMIT 1;
		CONTINUE WHEN day.due_on IS NULL;
		INSERT INTO mailroom.expected_arrival (issuer_id, expected_id, file_id, batch_id, name, received_at, state, is_open)
			VALUES ($1, e.expected_id, f.file_id, f.batch_id, f.name, f.received_at, 'taken', false) RETURNING * INTO a;
		INSERT INTO mailroom.expected_day (issuer_id, expected_id, due_on, position, opens_at, due_at, late_at, missing_at, state, arrival_id, arrived_at)
			VALUES ($1, e.expected_id, day.due_on, day.position, mailroom.add_seconds(day.due_at, -e.early), day.due_at, mailroom.add_seconds(day.due_at, e.grace), mailroom.add_seconds(day.due_at, e.missing_after), 'arrived', a.arrival_id, a.received_at);
		taken := taken + 1;
	END LOOP;
	FOR day IN SELECT d.due_on, x AS arrival FROM mailroom.expected_day d JOIN mailroom.expected_arrival x ON x.issuer_id = d.issuer_id AND x.arrival_id = d.arrival_id
			WHERE d.issuer_id = $1 AND d.expected_id = e.expected_id AND d.due_on <= last_day ORDER BY d.due_on LOOP
		PERFORM mailroom.measure_arrival($1, e.expected_id, day.due_on, day.arrival, true);
	END LOOP;
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'past learnt', jsonb_build_object('first_day', $3, 'files', taken));
	RETURN taken;
END;
$$;
COMMENT ON FUNCTION mailroom.learn_expected_past(bigint, text, date) IS 'gives imported files and batches that came before an expected file was watched, from a day on, to the days for which the rule of today makes them, so that its bands are learnt at once: no fault is raised for them, and days without a file stay away. Returns how many; 42704 no such expected file; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.learn_expected_past(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_expected_band(issuer_id bigint, name text, measure text, lowest numeric DEFAULT NULL, highest numeric DEFAULT NULL)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	e := mailroom.find_expected_file($1, $2);
	DELETE FROM mailroom.expected_band b WHERE b.issuer_id = $1 AND b.expected_id = e.expected_id AND b.measure = $3;
	IF num_nonnulls($4, $5) > 0 THEN
		INSERT INTO mailroom.expected_band (issuer_id, expected_id, measure, lowest, highest) VALUES ($1, e.expected_id, $3, $4, $5);
	END IF;
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'band set', jsonb_build_object('measure', $3, 'lowest', $4, 'highest', $5));
END;
$$;
COMMENT ON FUNCTION mailroom.set_expected_band(bigint, text, text, numeric, numeric) IS 'gives the band of a measure (documents, bytes, or a currency: sum of BT-112) of an expected file instead of the learnt one; NULL = no limit, both NULL: learnt again; for files that come from now on; 42704 no such expected file, 23514 for another measure or a band upside down; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_expected_band(bigint, text, text, numeric, numeric) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.excuse_expected_day(issuer_id bigint, name text, due_on date, reason text)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
	d mailroom.expected_day;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	PERFORM mailroom.require_reason($4, 'Say why no file comes: the reason is kept.');
	e := mailroom.find_expected_file($1, $2);
	IF $3 > e.planned_to THEN
		INSERT INTO mailroom.expected_day (issuer_id, expected_id, due_on, position, opens_at, due_at, late_at, missing_at)
			SELECT $1, e.expected_id, n.due_on, n.position, mailroom.add_seconds(t.due_at, -e.early), t.due_at, mailroom.add_seconds(t.due_at, e.grace), mailroom.add_seconds(t.due_at, e.missing_after)
				FROM mailroom.expected_days(e, $3, $3) n
					CROSS JOIN LATERAL (SELECT (n.due_on + e.due_time) AT TIME ZONE coalesce(e.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1)) AS due_at) t
			ON CONFLICT DO NOTHING;
	END IF;
	UPDATE mailroom.expected_day o SET state = 'excused', next_at = NULL, excused_by = mailroom.outer_role(), reason = btrim($4)
		WHERE o.issuer_id = $1 AND o.expected_id = e.expected_id AND o.due_on = $3 AND o.state <> 'arrived' RETURNING * INTO d;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no file of "%" is awaited for %', $2, to_char($3, 'YYYY-MM-DD') USING ERRCODE = 'MR004', HINT = 'It is not due on that day, or it has come: mailroom.expected_history.';
	END IF;
	UPDATE mailroom.expected_fault f SET state = 'closed', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = btrim($4)
		WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id AND f.due_on = $3 AND f.rule IN ('EXPECTED-LATE', 'EXPECTED-MISSING') AND f.state = 'open';
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'excused', jsonb_build_object('due_on', $3, 'reason', btrim($4)));
END;
$$;
COMMENT ON FUNCTION mailroom.excuse_expected_day(bigint, text, date, text) IS 'says why no file comes on a day, before or after it is due: it becomes neither late nor missing, and faults that say so are closed; a file that comes in its time is taken all the same. 42704 no such expected file, 22023 no reason, MR004 nothing is awaited for that day; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.excuse_expected_day(bigint, text, date, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.close_expected_fault(issuer_id bigint, fault_id bigint, reason text)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	f mailroom.expected_fault;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	PERFORM mailroom.require_reason($3, 'Say why it is closed: the reason is kept.');
	PERFORM FROM mailroom.expected_watch w WHERE w.issuer_id = $1 FOR UPDATE;
	SELECT * INTO f FROM mailroom.expected_fault o WHERE o.issuer_id = $1 AND o.fault_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'fault % of an expected file does not exist', $2 USING ERRCODE = 'undefined_object', HINT = 'Open ones are in mailroom.expected_open.';
	ELSIF f.state <> 'open' THEN
		RAISE EXCEPTION 'cannot close fault % because it is %', $2, f.state USING ERRCODE = 'MR004';
	END IF;
	UPDATE mailroom.expected_fault o SET state = 'closed', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = btrim($3)
		WHERE o.issuer_id = $1 AND o.fault_id = $2;
	-- who knows that it is late is not told that it is missing
	UPDATE mailroom.expected_day d SET next_at = NULL WHERE f.rule = 'EXPECTED-LATE' AND d.issuer_id = $1 AND d.expected_id = f.expected_id AND d.due_on = f.due_on;
	PERFORM mailroom.log_event($1, 'expected file', f.expected_id, 'fault closed', jsonb_build_object('fault_id', $2, 'rule', f.rule, 'reason', btrim($3)));
END;
$$;
COMMENT ON FUNCTION mailroom.close_expected_fault(bigint, bigint, text) IS 'closes an open fault of an expected file with a reason; of one that is late none follows when it is missing; the file is taken for its day all the same when it comes. 42704 no such fault, 22023 no reason, MR004 not open; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.close_expected_fault(bigint, bigint, text) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.set_expected_file(bigint, text, text, time, integer[], integer[], integer[], integer[], text, text, text, interval, interval, interval, text, name, date, date, integer, integer, numeric, text, interval, text, boolean)'),
		('mailroom.set_expected_band(bigint, text, text, numeric, numeric)'), ('mailroom.end_expected_file(bigint, text, date)'), ('mailroom.learn_expected_past(bigint, text, date)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.excuse_expected_day(bigint, text, date, text)'), ('mailroom.close_expected_fault(bigint, bigint, text)')) AS f (name);
