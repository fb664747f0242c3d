-- 34_expected: raises a fault when a file or a batch of rows is late, missing, came twice or is not what was expected.
--
-- The job watch_expected looks at one issuer: it plans days ahead, gives files that came to the day they are for, and
-- raises what is not as expected.  34_expected_name reads names, 34_expected_band learns what is usual.  It enqueues itself for the next moment at which something becomes due; a received or
-- imported file starts it besides.  expected_watch is locked first, so one job at a time looks at an issuer, and all that it
-- does is by key: run twice, or again after a crash, it finds nothing to do.

-- Days --------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.expected_days(e mailroom.expected_file, first_day date, last_day date)
	RETURNS TABLE (due_on date, "position" integer)
	STABLE PARALLEL SAFE
	ROWS 30
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN QUERY
	-- ten days more on both sides, for those that are moved in
	WITH raw (day, position) AS (
		SELECT d.day, extract(isodow FROM d.day)::integer
			FROM (SELECT first_day + n AS day FROM generate_series(-10, last_day - first_day + 10) AS n) d
			WHERE extract(isodow FROM d.day)::integer = ANY (e.weekdays)
		UNION ALL
		SELECT m.first_of + CASE WHEN k.k > 0 THEN least(k.k, m.length) - 1 ELSE greatest(m.length + k.k, 0) END, k.k
			FROM (SELECT s.month::date AS first_of, (s.month + '1 month')::date - s.month::date AS length
					FROM generate_series(date_trunc('month', (first_day - 10)::timestamp), (last_day + 10)::timestamp, '1 month') AS s (month)) m
				CROSS JOIN unnest(e.month_days) AS k (k)
		UNION ALL
		SELECT CASE WHEN k.k > 0 THEN mailroom.add_working_days(e.calendar, m.first_of - 1, k.k) ELSE mailroom.add_working_days(e.calendar, m.next_first, k.k) END, k.k
			FROM (SELECT s.month::date AS first_of, (s.month + '1 month')::date AS next_first
					FROM generate_series(date_trunc('month', (first_day - 10)::timestamp), (last_day + 10)::timestamp, '1 month') AS s (month)) m
				CROSS JOIN unnest(e.working_days) AS k (k)
	), moved AS (
		SELECT CASE WHEN e.holiday = 'keep' OR e.working_days IS NOT NULL THEN r.day
				WHEN e.holiday = 'skip' THEN CASE WHEN mailroom.roll_to_working_day(e.calendar, r.day) = r.day THEN r.day END
				ELSE mailroom.roll_to_working_day(e.calendar, r.day, e.holiday) END AS day, r.position, r.day AS raw_day
			FROM raw r
			WHERE e.months IS NULL OR extract(month FROM r.day)::integer = ANY (e.months)
	)
	SELECT DISTINCT ON (m.day) m.day, m.position
		FROM moved m
		WHERE m.day BETWEEN greatest(first_day, e.valid_from) AND least(last_day, e.valid_to)
		ORDER BY m.day, m.raw_day = m.day DESC, m.raw_day, m.position;
END;
$$;
COMMENT ON FUNCTION mailroom.expected_days(mailroom.expected_file, date, date) IS 'days on which a file is due by its rule, from a day to a day, with the weekday, day of the month or working day that made each; two that are moved to the same day are one';

CREATE OR REPLACE FUNCTION mailroom.add_seconds(at timestamptz, length interval)
	RETURNS timestamptz
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN $1 + make_interval(secs => extract(epoch FROM $2)::double precision);
COMMENT ON FUNCTION mailroom.add_seconds(timestamptz, interval) IS 'a moment so long after another, a day counted as 24 hours, whatever the session''s time zone';

CREATE OR REPLACE FUNCTION mailroom.plan_expected_days(issuer_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	at CONSTANT timestamptz := mailroom.now();
	zone CONSTANT text := (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1);
	step integer;
	e mailroom.expected_file;
	last_open timestamptz;
	planned date;
	turn integer;
BEGIN
	FOR e IN SELECT * FROM mailroom.expected_file f WHERE f.issuer_id = $1 AND f.next_open <= at ORDER BY f.expected_id FOR UPDATE LOOP
		last_open := NULL;
		planned := e.planned_to;
		-- until one is planned that has not opened yet; a rule that gives none in 14 windows is looked at again in a week
		FOR turn IN 1 .. 400 LOOP
			step := CASE turn WHEN 1 THEN 9 ELSE 35 END; -- mostly the next day is near
			EXIT WHEN last_open > at OR planned >= least(e.valid_to, date '2099-10-01') OR turn > 14 AND planned > (at AT TIME ZONE zone)::date + 14 * step;
			WITH due AS (
				SELECT d.due_on, d.position, (d.due_on + e.due_time) AT TIME ZONE coalesce(e.time_zone, zone) AS due_at
					FROM mailroom.expected_days(e, planned + 1, planned + step) d
			), wanted AS (
				-- those that have opened, and the one after
				SELECT d.*, mailroom.add_seconds(d.due_at, -e.early) AS opens_at,
						mailroom.add_seconds(lag(d.due_at) OVER (ORDER BY d.due_on), -e.early) AS opens_before
					FROM due d
			), added AS (
				INSERT INTO mailroom.expected_day AS o (issuer_id, expected_id, due_on, position, opens_at, due_at, late_at, missing_at, next_at)
					SELECT $1, e.expected_id, w.due_on, w.position, w.opens_at, w.due_at, l.late_at, mailroom.add_seconds(w.due_at, e.missing_after), l.late_at
						FROM wanted w CROSS JOIN LATERAL (SELECT mailroom.add_seconds(w.due_at, e.grace) AS late_at) l
						WHERE w.opens_before IS NULL OR w.opens_before <= at
					ON CONFLICT DO NOTHING
			)
			SELECT max(w.opens_at), coalesce(max(w.due_on) FILTER (WHERE w.opens_at > at), planned + step) INTO last_open, planned
				FROM wanted w WHERE w.opens_before IS NULL OR w.opens_before <= at;
		END LOOP;
		UPDATE mailroom.expected_file f
			SET planned_to = planned, next_open = CASE WHEN last_open > at THEN last_open WHEN planned < least(e.valid_to, date '2099-10-01') THEN at + interval '168 hours' END
			WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.plan_expected_days(bigint) IS 'the step of the job watch_expected that plans days: all that have opened and the next one after';
REVOKE EXECUTE ON FUNCTION mailroom.plan_expected_days(bigint) FROM PUBLIC;

-- Faults ------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.local_minute(at timestamptz, time_zone text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN to_char($1 AT TIME ZONE $2, 'YYYY-MM-DD HH24:MI') || ' ' || $2;
COMMENT ON FUNCTION mailroom.local_minute(timestamptz, text) IS 'a moment as people of a time zone say it, to the minute, with the zone';

-- Raised once; what was settled and is so again is opened again, what a clerk closed stays closed.
CREATE OR REPLACE FUNCTION mailroom.raise_expected_fault(issuer_id bigint, expected_id bigint, due_on date, rule text, measure text, arrival_id bigint, message text)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
	WITH raised AS (
		INSERT INTO mailroom.expected_fault AS f (issuer_id, expected_id, due_on, rule, measure, arrival_id, message, raised_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, mailroom.now())
			ON CONFLICT (issuer_id, expected_id, due_on, rule, measure, coalesce(arrival_id, 0)) DO UPDATE
				SET state = 'open', message = excluded.message, raised_at = excluded.raised_at, ended_at = NULL, ended_by = NULL, reason = NULL
				WHERE f.state = 'settled'
			RETURNING f.fault_id, f.raised_at
	)
	INSERT INTO mailroom.event (issuer_id, object_kind, object_id, activity, happened_at, actor, detail)
		SELECT $1, 'expected file', $2, 'fault', r.raised_at, mailroom.outer_role(), jsonb_build_object('fault_id', r.fault_id, 'rule', $4, 'message', $7) FROM raised r;
	IF FOUND THEN
		PERFORM pg_notify('mailroom_fault', jsonb_build_object('issuer_id', $1)::text); -- once a transaction
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.raise_expected_fault(bigint, bigint, date, text, text, bigint, text) IS 'raises a fault of an expected file unless it is there, with its event and NOTIFY mailroom_fault';
REVOKE EXECUTE ON FUNCTION mailroom.raise_expected_fault(bigint, bigint, date, text, text, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_expected_faults(issuer_id bigint, expected_id bigint, due_on date, rules text[], reason text)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
	UPDATE mailroom.expected_fault f
		SET state = 'settled', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = $5
		WHERE f.issuer_id = $1 AND f.expected_id = $2 AND f.due_on = $3 AND f.rule = ANY ($4) AND f.state = 'open';
END;
$$;
COMMENT ON FUNCTION mailroom.settle_expected_faults(bigint, bigint, date, text[], text) IS 'settles the open faults of a day';
REVOKE EXECUTE ON FUNCTION mailroom.settle_expected_faults(bigint, bigint, date, text[], text) FROM PUBLIC;

-- What comes --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.note_arrivals(issuer_ids bigint[], file_ids bigint[])
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	-- files out of a dump (which sets row_security off) were noted before
	IF NOT EXISTS (SELECT FROM mailroom.expected_watch w WHERE w.issuer_id = ANY (issuer_ids)) OR NOT current_setting('row_security')::boolean THEN
		RETURN;
	END IF;
	WITH noted AS (
		INSERT INTO mailroom.expected_arrival (issuer_id, file_id, expected_id, name, received_at)
			SELECT u.issuer_id, u.file_id, e.expected_id, f.file_name, f.received_at
				FROM ROWS FROM (unnest(issuer_ids), unnest(file_ids)) AS u (issuer_id, file_id)
					CROSS JOIN LATERAL (SELECT o.file_name, o.layout, o.submitted_by, o.received_at
						FROM mailroom.import_file o WHERE o.issuer_id = u.issuer_id AND o.file_id = u.file_id OFFSET 0) f
					CROSS JOIN LATERAL mailroom.expected_files_like(u.issuer_id, 'file', f.file_name, f.layout, f.submitted_by) e
				ORDER BY u.file_id, e.expected_id
			ON CONFLICT DO NOTHING
			RETURNING expected_arrival.issuer_id
	)
	INSERT INTO mailroom.job_queue (issuer_id, kind) SELECT DISTINCT n.issuer_id, 'watch_expected' FROM noted n;
END;
$$;
COMMENT ON FUNCTION mailroom.note_arrivals(bigint[], bigint[]) IS 'notes which received files are expected ones, and a job that looks at them';
REVOKE EXECUTE ON FUNCTION mailroom.note_arrivals(bigint[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.note_batch_arrival(issuer_id bigint, batch_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.expected_watch w WHERE w.issuer_id = $1) THEN
		RETURN;
	END IF;
	INSERT INTO mailroom.expected_arrival (issuer_id, batch_id, expected_id, name, received_at)
		SELECT $1, $2, e.expected_id, b.batch_key, b.received_at
			FROM mailroom.import_batch b CROSS JOIN LATERAL mailroom.expected_files_like($1, 'batch', b.batch_key, NULL, b.submitted_by) e
			WHERE b.issuer_id = $1 AND b.batch_id = $2
			ORDER BY e.expected_id
		ON CONFLICT DO NOTHING;
	IF FOUND THEN
		PERFORM mailroom.submit_job($1, 'watch_expected');
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.note_batch_arrival(bigint, bigint) IS 'notes whether a closed batch is an expected one, and a job that looks at it';
REVOKE EXECUTE ON FUNCTION mailroom.note_batch_arrival(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.note_imported(issuer_id bigint, file_ids bigint[], batch_id bigint DEFAULT NULL)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM mailroom.expected_watch w WHERE w.issuer_id = $1)
		AND (EXISTS (SELECT FROM mailroom.expected_arrival a WHERE a.issuer_id = $1 AND a.file_id = ANY ($2))
			OR EXISTS (SELECT FROM mailroom.expected_arrival a WHERE a.issuer_id = $1 AND a.batch_id = $3)) THEN
		PERFORM mailroom.submit_job($1, 'watch_expected');
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.note_imported(bigint, bigint[], bigint) IS 'a job looks at what expected files held, or an expected batch, that were imported now';
REVOKE EXECUTE ON FUNCTION mailroom.note_imported(bigint, bigint[], bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.reopen_arrival()
	RETURNS trigger
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF TG_RELID = 'mailroom.import_batch'::regclass THEN
		UPDATE mailroom.expected_arrival a SET is_open = true, state = CASE a.state WHEN 'void' THEN 'new' ELSE a.state END
			WHERE a.issuer_id = NEW.issuer_id AND a.batch_id = NEW.batch_id;
	ELSE
		UPDATE mailroom.expected_arrival a SET is_open = true, state = CASE a.state WHEN 'void' THEN 'new' ELSE a.state END
			WHERE a.issuer_id = NEW.issuer_id AND a.file_id = NEW.file_id;
	END IF;
	IF FOUND THEN
		PERFORM mailroom.submit_job(NEW.issuer_id, 'watch_expected');
	END IF;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.reopen_arrival() IS 'trigger: a file or batch that is withdrawn, or tried again, is looked at again by watch_expected';
REVOKE EXECUTE ON FUNCTION mailroom.reopen_arrival() FROM PUBLIC;
CREATE OR REPLACE TRIGGER reopen_arrival AFTER UPDATE OF state ON mailroom.import_file
	FOR EACH ROW WHEN (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' OR OLD.state = 'refused') EXECUTE FUNCTION mailroom.reopen_arrival();
CREATE OR REPLACE TRIGGER reopen_arrival AFTER UPDATE OF state ON mailroom.import_batch
	FOR EACH ROW WHEN (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' OR OLD.state = 'refused') EXECUTE FUNCTION mailroom.reopen_arrival();

CREATE OR REPLACE FUNCTION mailroom.arrival_source(issuer_id bigint, file_id bigint, batch_id bigint)
	RETURNS TABLE (state text, duplicate_of bigint)
	STABLE
	ROWS 1
	LANGUAGE sql
BEGIN ATOMIC
	SELECT f.state, f.duplicate_of FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $2
	UNION ALL
	SELECT b.state, NULL FROM mailroom.import_batch b WHERE b.issuer_id = $1 AND b.batch_id = $3
	OFFSET 0;
END;
COMMENT ON FUNCTION mailroom.arrival_source(bigint, bigint, bigint) IS 'state of the file or the batch that came, and the file that the same content came in before';
REVOKE EXECUTE ON FUNCTION mailroom.arrival_source(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.arrival_words(a mailroom.expected_arrival)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN format('%s "%s"', CASE WHEN (a).file_id IS NULL THEN 'batch' ELSE 'file' END, (a).name);
COMMENT ON FUNCTION mailroom.arrival_words(mailroom.expected_arrival) IS 'what came, as messages name it';

-- The day whose time it is comes first; a second file is for the oldest day that still has none.
CREATE OR REPLACE FUNCTION mailroom.find_expected_day(issuer_id bigint, expected_id bigint, received_at timestamptz)
	RETURNS date
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN coalesce(
		(SELECT d.due_on FROM mailroom.expected_day d
			WHERE d.issuer_id = $1 AND d.expected_id = $2 AND d.due_on BETWEEN ($3 AT TIME ZONE 'UTC')::date - 40 AND ($3 AT TIME ZONE 'UTC')::date + 40
				AND d.arrival_id IS NULL AND d.opens_at <= $3 AND d.missing_at > $3 ORDER BY d.due_on LIMIT 1),
		(SELECT d.due_on FROM mailroom.expected_day d
			WHERE d.issuer_id = $1 AND d.expected_id = $2 AND d.due_on > ($3 AT TIME ZONE 'UTC')::date - 40 AND d.arrival_id IS NULL AND d.state <> 'excused' AND d.due_at < $3 ORDER BY d.due_on LIMIT 1));
END;
$$;
COMMENT ON FUNCTION mailroom.find_expected_day(bigint, bigint, timestamptz) IS 'the day without a file that one received then is for: of those whose time it is the earliest, else the oldest of the last 40 days; NULL when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.find_expected_day(bigint, bigint, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.day_of_arrival(a mailroom.expected_arrival)
	RETURNS date
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN coalesce((SELECT d.due_on FROM mailroom.expected_day d WHERE d.issuer_id = a.issuer_id AND d.arrival_id = a.arrival_id AND d.expected_id = a.expected_id),
		(SELECT d.due_on FROM mailroom.expected_day d WHERE d.issuer_id = a.issuer_id AND d.expected_id = a.expected_id AND d.opens_at <= a.received_at ORDER BY d.due_on DESC LIMIT 1));
END;
$$;
COMMENT ON FUNCTION mailroom.day_of_arrival(mailroom.expected_arrival) IS 'the day that has what came, else the newest that was open then: where its faults are; NULL before the first day';
REVOKE EXECUTE ON FUNCTION mailroom.day_of_arrival(mailroom.expected_arrival) FROM PUBLIC;

-- A second file that was one too many may be the one for the day now.
CREATE OR REPLACE FUNCTION mailroom.free_expected_day(a mailroom.expected_arrival, why text)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	day date;
	f mailroom.expected_fault;
BEGIN
	UPDATE mailroom.expected_day e SET state = 'waiting', arrival_id = NULL, arrived_at = NULL, next_at = e.late_at
		WHERE e.issuer_id = a.issuer_id AND e.arrival_id = a.arrival_id AND e.expected_id = a.expected_id RETURNING e.due_on INTO day;
	IF FOUND THEN
		DELETE FROM mailroom.expected_measure m WHERE m.issuer_id = a.issuer_id AND m.expected_id = a.expected_id AND m.due_on = day;
	END IF;
	FOR f IN UPDATE mailroom.expected_fault o SET state = 'settled', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = why
			WHERE o.issuer_id = a.issuer_id AND o.expected_id = a.expected_id AND o.state = 'open' AND (o.arrival_id = a.arrival_id OR o.rule = 'EXPECTED-TWICE' AND o.due_on = day) RETURNING o.* LOOP
		UPDATE mailroom.expected_arrival o SET state = 'new', is_open = true
			WHERE o.issuer_id = a.issuer_id AND o.arrival_id = f.arrival_id AND o.state = 'twice' AND f.arrival_id <> a.arrival_id
				AND (SELECT i.state FROM mailroom.arrival_source(o.issuer_id, o.file_id, o.batch_id) i) NOT IN ('duplicate', 'refused', 'withdrawn');
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.free_expected_day(mailroom.expected_arrival, text) IS 'a file does not count any more: its day waits again, its faults are settled';
REVOKE EXECUTE ON FUNCTION mailroom.free_expected_day(mailroom.expected_arrival, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.take_for_day(a mailroom.expected_arrival, day date)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	d mailroom.expected_day;
BEGIN
	UPDATE mailroom.expected_day e SET state = 'arrived', arrival_id = a.arrival_id, arrived_at = a.received_at, next_at = NULL
		WHERE e.issuer_id = a.issuer_id AND e.expected_id = a.expected_id AND e.due_on = day RETURNING * INTO d;
	-- jobs stood still when it was late, so nobody was told yet
	IF a.received_at > d.late_at AND NOT EXISTS (SELECT FROM mailroom.expected_fault f
			WHERE f.issuer_id = a.issuer_id AND f.expected_id = a.expected_id AND f.due_on = day AND f.rule IN ('EXPECTED-LATE', 'EXPECTED-MISSING')) THEN
		PERFORM mailroom.raise_expected_fault(a.issuer_id, a.expected_id, day, 'EXPECTED-LATE', '', NULL, mailroom.expected_message(a.issuer_id, a.expected_id, d, 'late'));
	END IF;
	PERFORM mailroom.settle_expected_faults(a.issuer_id, a.expected_id, day, ARRAY['EXPECTED-LATE', 'EXPECTED-MISSING'],
		format('%s came at %s', mailroom.arrival_words(a), mailroom.local_minute(a.received_at, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = a.issuer_id))));
	UPDATE mailroom.expected_arrival o SET state = 'taken' WHERE o.issuer_id = a.issuer_id AND o.arrival_id = a.arrival_id;
END;
$$;
COMMENT ON FUNCTION mailroom.take_for_day(mailroom.expected_arrival, date) IS 'what came is for a day, whose faults of lateness it settles';
REVOKE EXECUTE ON FUNCTION mailroom.take_for_day(mailroom.expected_arrival, date) FROM PUBLIC;

-- What has no day of its own: the same content again, another for a day that has one, or with a date for which nothing is due.
CREATE OR REPLACE FUNCTION mailroom.refuse_arrival(a mailroom.expected_arrival, e mailroom.expected_file, first_day date, last_day date, same_as bigint, is_dated boolean)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	earlier CONSTANT bigint := (SELECT o.arrival_id FROM mailroom.expected_arrival o WHERE o.issuer_id = a.issuer_id AND o.file_id = same_as AND o.expected_id = a.expected_id);
	day date := (SELECT d.due_on FROM mailroom.expected_day d WHERE d.issuer_id = a.issuer_id AND d.arrival_id = earlier AND d.expected_id = a.expected_id);
	before CONSTANT date := (SELECT min(d.due_on) FROM mailroom.expected_day d WHERE d.issuer_id = a.issuer_id AND d.expected_id = a.expected_id);
	verdict text := 'twice';
BEGIN
	IF day IS NULL AND is_dated AND same_as IS NULL THEN
		SELECT d.due_on INTO day FROM mailroom.expected_day d
			WHERE d.issuer_id = a.issuer_id AND d.expected_id = a.expected_id AND d.arrival_id IS NOT NULL AND mailroom.expected_name_day(e, d.due_on) BETWEEN first_day AND last_day
			ORDER BY d.due_on DESC LIMIT 1;
		IF day IS NULL THEN
			verdict := CASE WHEN last_day < mailroom.expected_name_day(e, before) THEN 'unasked' ELSE 'misdated' END;
		END IF;
	END IF;
	IF day IS NULL THEN
		day := mailroom.day_of_arrival(a);
		-- before the first day, or after the last
		verdict := CASE WHEN day IS NULL OR (a.received_at AT TIME ZONE coalesce(e.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = a.issuer_id)))::date > e.valid_to THEN 'unasked' ELSE verdict END;
	END IF;
	IF verdict = 'twice' THEN
		PERFORM mailroom.raise_expected_fault(a.issuer_id, a.expected_id, day, 'EXPECTED-TWICE', '', a.arrival_id, format('%s of "%s" for %s: found "%s", expected no other than "%s"',
			CASE WHEN same_as IS NOT NULL THEN 'the same content again' ELSE 'a second file' END, e.name, to_char(day, 'YYYY-MM-DD'), a.name,
			coalesce((SELECT o.name FROM mailroom.expected_day d JOIN mailroom.expected_arrival o ON o.issuer_id = d.issuer_id AND o.arrival_id = d.arrival_id
				WHERE d.issuer_id = a.issuer_id AND d.expected_id = a.expected_id AND d.due_on = day), (SELECT f.file_name FROM mailroom.import_file f WHERE f.issuer_id = a.issuer_id AND f.file_id = same_as))));
	ELSIF verdict = 'misdated' THEN
		PERFORM mailroom.raise_expected_fault(a.issuer_id, a.expected_id, day, 'EXPECTED-DATE', '', a.arrival_id, format('the name of "%s" has a date for which none of "%s" is due: found %s, expected one like "%s"', a.name, e.name,
			CASE WHEN first_day IS NULL THEN 'digits that are no date' WHEN first_day = last_day THEN to_char(first_day, 'YYYY-MM-DD') ELSE to_char(first_day, 'YYYY-MM-DD') || ' to ' || to_char(last_day, 'YYYY-MM-DD') END,
			mailroom.expected_name_for(e, day)));
	END IF;
	UPDATE mailroom.expected_arrival o SET state = verdict WHERE o.issuer_id = a.issuer_id AND o.arrival_id = a.arrival_id;
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_arrival(mailroom.expected_arrival, mailroom.expected_file, date, date, bigint, boolean) IS 'what came has no day of its own: the fault that says why';
REVOKE EXECUTE ON FUNCTION mailroom.refuse_arrival(mailroom.expected_arrival, mailroom.expected_file, date, date, bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.take_arrivals(issuer_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	zone CONSTANT text := (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = $1);
	o record;
	a mailroom.expected_arrival;
	e mailroom.expected_file;
	n record;
	day date;
	numbered bigint[] := '{}';
BEGIN
	-- what was refused or withdrawn has not come: its day waits again, before anything else is given to one
	FOR o IN SELECT x AS arrival, x.number, f.state FROM mailroom.expected_arrival x CROSS JOIN LATERAL mailroom.arrival_source($1, x.file_id, x.batch_id) f
			WHERE x.issuer_id = $1 AND x.is_open AND (f.state IN ('refused', 'withdrawn') OR f.state = 'duplicate' AND x.state = 'taken') ORDER BY x.received_at, x.arrival_id LOOP
		a := o.arrival;
		PERFORM mailroom.free_expected_day(a, format('%s was %s', mailroom.arrival_words(a), o.state));
		UPDATE mailroom.expected_arrival x SET state = CASE o.state WHEN 'duplicate' THEN 'new' ELSE 'void' END, is_open = o.state = 'duplicate'
			WHERE x.issuer_id = $1 AND x.arrival_id = a.arrival_id;
		numbered := CASE WHEN a.number IS NOT NULL THEN numbered || a.expected_id ELSE numbered END;
	END LOOP;
	FOR o IN SELECT x AS arrival, f.state, f.duplicate_of FROM mailroom.expected_arrival x CROSS JOIN LATERAL mailroom.arrival_source($1, x.file_id, x.batch_id) f
			-- one refused since is looked at by the job of its import
			WHERE x.issuer_id = $1 AND x.is_open AND x.state = 'new' AND f.state NOT IN ('refused', 'withdrawn') ORDER BY x.received_at, x.arrival_id LOOP
		a := o.arrival;
		SELECT * INTO e FROM mailroom.expected_file x WHERE x.issuer_id = $1 AND x.expected_id = a.expected_id;
		n := mailroom.read_expected_name(e.file_name, a.name);
		-- the pattern may have changed since it came
		day := CASE WHEN o.state = 'duplicate' THEN NULL
			WHEN n.has_date AND n.fits THEN mailroom.find_named_day(e, n.first_day, n.last_day, a.received_at)
			ELSE mailroom.find_expected_day($1, a.expected_id, a.received_at) END;
		IF n.number IS NOT NULL AND o.state <> 'duplicate' THEN
			PERFORM mailroom.note_number(a, e, n.number, n.digits, coalesce(n.first_day, day, (a.received_at AT TIME ZONE coalesce(e.time_zone, zone))::date));
			numbered := numbered || a.expected_id;
		END IF;
		IF day IS NOT NULL THEN
			PERFORM mailroom.take_for_day(a, day);
		ELSE
			PERFORM mailroom.refuse_arrival(a, e, n.first_day, n.last_day, CASE o.state WHEN 'duplicate' THEN o.duplicate_of END, n.has_date AND n.fits);
		END IF;
	END LOOP;
	-- one too many stays open until it is imported: refused, it was none
	UPDATE mailroom.expected_arrival x SET is_open = false
		WHERE x.issuer_id = $1 AND x.is_open AND x.state IN ('twice', 'misdated', 'unasked') AND (SELECT f.state FROM mailroom.arrival_source($1, x.file_id, x.batch_id) f) IN ('imported', 'duplicate');
	PERFORM mailroom.check_numbers($1, u.expected_id) FROM (SELECT DISTINCT unnest(numbered) AS expected_id ORDER BY 1) u;
END;
$$;
COMMENT ON FUNCTION mailroom.take_arrivals(bigint) IS 'the step of the job watch_expected that gives each file that came to its day';
REVOKE EXECUTE ON FUNCTION mailroom.take_arrivals(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.expected_message(issuer_id bigint, expected_id bigint, d mailroom.expected_day, what text)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN (SELECT format('the %s of "%s" for %s is %s: found %s, expected one like "%s" by %s', CASE e.comes_as WHEN 'batch' THEN 'batch' ELSE 'file' END, e.name, to_char(d.due_on, 'YYYY-MM-DD'), $4,
			coalesce((SELECT format('"%s", which %s', a.name, CASE a.state WHEN 'misdated' THEN 'has another date' ELSE 'was ' || f.state END)
				FROM mailroom.expected_arrival a CROSS JOIN LATERAL mailroom.arrival_source($1, a.file_id, a.batch_id) f
				WHERE a.issuer_id = $1 AND a.expected_id = $2 AND a.state IN ('void', 'misdated') AND a.received_at >= d.opens_at ORDER BY a.received_at DESC LIMIT 1), 'none'),
			mailroom.expected_name_for(e, d.due_on), mailroom.local_minute(d.late_at, coalesce(e.time_zone, i.time_zone)))
		FROM mailroom.expected_file e JOIN mailroom.issuer i ON i.issuer_id = e.issuer_id
		WHERE e.issuer_id = $1 AND e.expected_id = $2);
END;
$$;
COMMENT ON FUNCTION mailroom.expected_message(bigint, bigint, mailroom.expected_day, text) IS 'what is said of a file that is late or missing';
REVOKE EXECUTE ON FUNCTION mailroom.expected_message(bigint, bigint, mailroom.expected_day, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.mark_overdue(issuer_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	at CONSTANT timestamptz := mailroom.now();
	d mailroom.expected_day;
BEGIN
	FOR d IN WITH overdue AS (UPDATE mailroom.expected_day o
				SET state = CASE WHEN at >= o.missing_at THEN 'missing' ELSE 'late' END, next_at = CASE WHEN at < o.missing_at THEN o.missing_at END
				WHERE o.issuer_id = $1 AND o.next_at <= at RETURNING o.*)
			SELECT * FROM overdue o ORDER BY o.due_at, o.expected_id LOOP
		IF d.state = 'missing' THEN
			PERFORM mailroom.settle_expected_faults($1, d.expected_id, d.due_on, ARRAY['EXPECTED-LATE'], 'no longer late but missing');
		END IF;
		PERFORM mailroom.raise_expected_fault($1, d.expected_id, d.due_on, CASE d.state WHEN 'missing' THEN 'EXPECTED-MISSING' ELSE 'EXPECTED-LATE' END, '', NULL, mailroom.expected_message($1, d.expected_id, d, d.state));
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.mark_overdue(bigint) IS 'the step of the job watch_expected that says what is late and what is missing';
REVOKE EXECUTE ON FUNCTION mailroom.mark_overdue(bigint) FROM PUBLIC;

-- The job -----------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.watch_expected(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	SET jit = off -- many subplans, each short
	LANGUAGE plpgsql
AS $$
DECLARE
	planned timestamptz;
	next timestamptz;
BEGIN
	SELECT w.next_at INTO planned FROM mailroom.expected_watch w WHERE w.issuer_id = $1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	PERFORM mailroom.plan_expected_days($1);
	PERFORM mailroom.take_arrivals($1);
	PERFORM mailroom.mark_overdue($1);
	PERFORM mailroom.measure_arrivals($1);
	next := least((SELECT min(d.next_at) FROM mailroom.expected_day d WHERE d.issuer_id = $1 AND d.next_at IS NOT NULL),
		(SELECT min(e.next_open) FROM mailroom.expected_file e WHERE e.issuer_id = $1 AND e.next_open IS NOT NULL));
	-- one that waits for the same moment is enough
	IF next IS NOT NULL AND (planned IS NULL OR planned <= mailroom.now() OR next < planned) THEN
		PERFORM mailroom.submit_job($1, 'watch_expected', '{}', next);
		UPDATE mailroom.expected_watch w SET next_at = next WHERE w.issuer_id = $1;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.watch_expected(bigint, bigint, jsonb) IS 'job handler: looks at the expected files of an issuer and enqueues itself for the next moment at which one opens, is late or missing; a transaction that raises faults sends one NOTIFY mailroom_fault {"issuer_id"}';
REVOKE EXECUTE ON FUNCTION mailroom.watch_expected(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('watch_expected', 'mailroom.watch_expected(bigint, bigint, jsonb)', 20);

-- Jobs that wait are not in a dump: where jobs may run from now on, the watch begins anew.
CREATE OR REPLACE FUNCTION mailroom.watch_again()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.submit_job(w.issuer_id, 'watch_expected') FROM mailroom.expected_watch w ORDER BY w.issuer_id;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.watch_again() IS 'trigger: where jobs are started, expected files are watched';
CREATE OR REPLACE TRIGGER watch_again AFTER INSERT ON mailroom.installation
	FOR EACH ROW WHEN (NEW.database_oid <> 0) EXECUTE FUNCTION mailroom.watch_again();

-- Views -------------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW mailroom.expected_today WITH (security_invoker = true) AS
	SELECT d.issuer_id, d.expected_id, e.name, d.due_on, d.due_at, d.late_at, d.state, a.name AS file_name, d.arrived_at, coalesce(f.document_count, b.document_count) AS document_count, coalesce(f.totals, b.totals) AS totals, d.reason
		FROM mailroom.issuer i
			JOIN mailroom.expected_day d ON d.issuer_id = i.issuer_id AND d.due_on = mailroom.today(i.issuer_id)
			JOIN mailroom.expected_file e ON e.issuer_id = d.issuer_id AND e.expected_id = d.expected_id
			LEFT JOIN mailroom.expected_arrival a ON a.issuer_id = d.issuer_id AND a.arrival_id = d.arrival_id
			LEFT JOIN mailroom.import_file f ON f.issuer_id = a.issuer_id AND f.file_id = a.file_id
			LEFT JOIN mailroom.import_batch b ON b.issuer_id = a.issuer_id AND b.batch_id = a.batch_id;
COMMENT ON VIEW mailroom.expected_today IS 'files and batches (file_name: the key) that are due today in the issuer''s time zone, with what came: state waiting, late, missing, arrived or excused';

CREATE OR REPLACE VIEW mailroom.expected_open WITH (security_invoker = true) AS
	SELECT f.issuer_id, f.fault_id, f.expected_id, e.name, f.due_on, f.rule, nullif(f.measure, '') AS measure, f.message, f.raised_at, o.file_id, o.batch_id, o.name AS file_name,
			CASE WHEN f.rule IN ('EXPECTED-LATE', 'EXPECTED-MISSING') THEN mailroom.now() - d.due_at END AS overdue
		FROM mailroom.expected_fault f
			JOIN mailroom.expected_file e ON e.issuer_id = f.issuer_id AND e.expected_id = f.expected_id
			JOIN mailroom.expected_day d ON d.issuer_id = f.issuer_id AND d.expected_id = f.expected_id AND d.due_on = f.due_on
			LEFT JOIN mailroom.expected_arrival o ON o.issuer_id = f.issuer_id AND o.arrival_id = f.arrival_id
		WHERE f.state = 'open';
COMMENT ON VIEW mailroom.expected_open IS 'open faults of expected files: what is late or missing and since when, what came twice or with another date, which running numbers are missing or came before, what is outside of its band; mailroom.close_expected_fault closes one';

CREATE OR REPLACE VIEW mailroom.expected_history WITH (security_invoker = true) AS
	SELECT d.issuer_id, d.expected_id, e.name, d.due_on, d.position, d.state, d.due_at, d.arrived_at, d.arrived_at - d.due_at AS after_due, a.file_id, a.batch_id, a.name AS file_name,
			m.measure, m.value, m.periods, m.median, m.lowest, m.highest, m.growth, m.value < m.lowest OR m.value > m.highest AS is_outside
		FROM mailroom.expected_day d
			JOIN mailroom.expected_file e ON e.issuer_id = d.issuer_id AND e.expected_id = d.expected_id
			LEFT JOIN mailroom.expected_arrival a ON a.issuer_id = d.issuer_id AND a.arrival_id = d.arrival_id
			LEFT JOIN mailroom.expected_measure m ON m.issuer_id = d.issuer_id AND m.expected_id = d.expected_id AND m.due_on = d.due_on;
COMMENT ON VIEW mailroom.expected_history IS 'days of expected files, a row for each measure of what came (documents, bytes, sums of BT-112 by currency) with its median and band as they were then; after_due: how long after it was due, negative when before; mailroom.expected_chart draws it';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('expected_file'), ('expected_band'), ('expected_day'), ('expected_measure'), ('expected_arrival'), ('expected_fault'), ('expected_today'), ('expected_open'), ('expected_history')) AS t (name);
