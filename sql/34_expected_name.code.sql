-- 34_expected_name: what the name of a file or the key of a batch says: the date that it is for, and its running number.

-- Patterns ----------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.expected_name_regex(pattern text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	digits CONSTANT text := substring(pattern FROM '\{(N+)\}');
	-- as few characters as fit for *, so that a number after it is whole
	expression text := replace(replace(regexp_replace(pattern, '([\\.^$|()+]|\[|\])', '\\\1', 'g'), '?', '.'), '*', '.*?');
BEGIN
	IF digits IS NOT NULL THEN
		expression := replace(expression, '{' || digits || '}', CASE digits WHEN 'N' THEN '([0-9]{1,18})' ELSE format('([0-9]{%s})', length(digits)) END);
	END IF;
	expression := replace(replace(expression, '{YYYY}', '([0-9]{4})'), '{DDD}', '([0-9]{3})');
	RETURN '^' || regexp_replace(expression, '\{(YY|MM|DD)\}', '([0-9]{2})', 'g') || '$';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_name_regex(text) IS 'the regular expression of a pattern as in mailroom.expected_file.file_name, a group for each {...} in their order';

CREATE OR REPLACE FUNCTION mailroom.check_expected_name(pattern text)
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	tokens CONSTANT text[] := ARRAY(SELECT CASE WHEN t.t[1] ~ '^N{1,18}$' THEN 'N' ELSE t.t[1] END FROM regexp_matches(pattern, '\{([^{}]*)\}', 'g') AS t (t) ORDER BY 1);
	wrong text;
BEGIN
	wrong := CASE
		WHEN regexp_replace(pattern, '\{[^{}]*\}', '', 'g') ~ '[{}]' THEN 'a brace that is alone'
		WHEN NOT tokens <@ ARRAY['YYYY', 'YY', 'MM', 'DD', 'DDD', 'N'] THEN format('{%s}, which means nothing', (SELECT t FROM unnest(tokens) AS t WHERE t <> ALL (ARRAY['YYYY', 'YY', 'MM', 'DD', 'DDD', 'N']) LIMIT 1))
		WHEN (SELECT count(DISTINCT t) FROM unnest(tokens) AS t) < cardinality(tokens) THEN 'the same twice'
		WHEN (tokens && ARRAY['MM', 'DD', 'DDD']) AND NOT tokens && ARRAY['YYYY', 'YY'] THEN 'a date without a year'
		WHEN tokens @> ARRAY['YYYY', 'YY'] THEN 'two years'
		WHEN 'DD' = ANY (tokens) AND NOT 'MM' = ANY (tokens) THEN 'a day without a month'
		WHEN 'DDD' = ANY (tokens) AND 'MM' = ANY (tokens) THEN 'a day of the year beside a month'
	END;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'pattern "%" of an expected file has %', pattern, wrong
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'A date is {YYYY} or {YY} alone, with {MM}, with {MM} and {DD}, or with {DDD}; a running number {N} or {NNN} for three digits; * and ? stand for any characters, also for braces.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.check_expected_name(text) IS 'raises 22023 for a pattern whose {...} do not give a date or a running number';

CREATE OR REPLACE FUNCTION mailroom.read_expected_name(pattern text, name text, OUT fits boolean, OUT has_date boolean, OUT first_day date, OUT last_day date, OUT number bigint, OUT digits integer)
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	tokens CONSTANT text[] := ARRAY(SELECT t.t[1] FROM regexp_matches($1, '\{([A-Z]+)\}', 'g') AS t (t));
	found CONSTANT text[] := regexp_match($2, mailroom.expected_name_regex($1));
	year integer;
	month integer;
	day integer;
	at integer;
BEGIN
	fits := found IS NOT NULL;
	has_date := tokens && ARRAY['YYYY', 'YY'];
	IF NOT fits THEN
		RETURN;
	END IF;
	FOR at IN 1 .. cardinality(tokens) LOOP
		CASE tokens[at]
			WHEN 'YYYY' THEN year := found[at];
			WHEN 'YY' THEN year := 2000 + found[at]::integer;
			WHEN 'MM' THEN month := found[at];
			WHEN 'DD', 'DDD' THEN day := found[at];
			ELSE
				number := found[at];
				digits := nullif(length(tokens[at]), 1);
		END CASE;
	END LOOP;
	IF NOT has_date THEN
		RETURN;
	END IF;
	BEGIN
		first_day := make_date(year, coalesce(month, 1), CASE WHEN month IS NULL THEN 1 ELSE coalesce(day, 1) END);
		IF month IS NULL AND day IS NOT NULL THEN
			first_day := CASE WHEN day > 0 AND day <= make_date(year + 1, 1, 1) - first_day THEN first_day + day - 1 END;
		END IF;
		last_day := CASE WHEN day IS NOT NULL THEN first_day WHEN month IS NOT NULL THEN (first_day + interval '1 month')::date - 1 ELSE make_date(year, 12, 31) END;
	EXCEPTION WHEN datetime_field_overflow THEN
		NULL; -- digits, but no date: both stay NULL
	END;
END;
$$;
COMMENT ON FUNCTION mailroom.read_expected_name(text, text) IS 'what a name says by a pattern as in mailroom.expected_file.file_name: whether it fits, whether a date belongs to it and the days that it covers (a day, a month or a year; NULL when the digits are no date), its running number and the length of such numbers (NULL when it varies); to try a pattern';

CREATE OR REPLACE FUNCTION mailroom.expected_name_day(e mailroom.expected_file, due_on date)
	RETURNS date
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	days CONSTANT integer := extract(day FROM e.name_offset);
BEGIN
	RETURN CASE WHEN e.calendar IS NULL OR days = 0 THEN (due_on + e.name_offset)::date
		ELSE mailroom.add_working_days(e.calendar, (due_on + e.name_offset)::date - days, days) END;
END;
$$;
COMMENT ON FUNCTION mailroom.expected_name_day(mailroom.expected_file, date) IS 'the date in the name of the file that is due on a day';

CREATE OR REPLACE FUNCTION mailroom.expected_name_for(e mailroom.expected_file, due_on date)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	day date;
BEGIN
	IF e.file_name !~ '\{YY' THEN
		RETURN e.file_name;
	END IF;
	day := mailroom.expected_name_day(e, due_on);
	RETURN replace(replace(replace(replace(replace(e.file_name, '{YYYY}', to_char(day, 'YYYY')), '{YY}', to_char(day, 'YY')), '{MM}', to_char(day, 'MM')),
		'{DDD}', to_char(day, 'DDD')), '{DD}', to_char(day, 'DD'));
END;
$$;
COMMENT ON FUNCTION mailroom.expected_name_for(mailroom.expected_file, date) IS 'the pattern of an expected file with the date of a day in it, for messages';

CREATE OR REPLACE FUNCTION mailroom.expected_files_like(issuer_id bigint, came_as text, name text, layout text, submitted_by name)
	RETURNS TABLE (expected_id bigint)
	STABLE PARALLEL SAFE
	ROWS 1
	LANGUAGE sql
BEGIN ATOMIC
	-- by what the pattern begins with: a look into the index for each beginning of the name
	SELECT x.expected_id
		FROM mailroom.expected_file x
		WHERE x.issuer_id = $1 AND x.name_prefix = ANY (ARRAY(SELECT left($3, n) FROM generate_series(0, length($3)) AS n))
			AND x.comes_as IN ($2, 'either') AND $3 LIKE x.name_like AND (x.layout IS NULL OR x.layout = $4) AND (x.submitted_by IS NULL OR x.submitted_by = $5)
			AND CASE WHEN x.file_name LIKE '%{%' THEN $3 ~ mailroom.expected_name_regex(x.file_name) ELSE true END
		OFFSET 0;
END;
COMMENT ON FUNCTION mailroom.expected_files_like(bigint, text, text, text, name) IS 'the expected files that what came (file or batch) fits by its name, layout and role';

-- Days by the date in the name --------------------------------------------------------------------

-- A day that is still to be planned is planned here: the file for it has come.
CREATE OR REPLACE FUNCTION mailroom.find_named_day(e mailroom.expected_file, first_day date, last_day date, received_at timestamptz)
	RETURNS date
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	zone CONSTANT text := coalesce(e.time_zone, (SELECT i.time_zone FROM mailroom.issuer i WHERE i.issuer_id = e.issuer_id));
	-- working days make the distance a little longer
	from_day CONSTANT date := (first_day - e.name_offset)::date - 40;
	to_day CONSTANT date := (last_day - e.name_offset)::date + 40;
	latest CONSTANT date := least(to_day, (received_at AT TIME ZONE zone)::date + 40);
	day date;
BEGIN
	SELECT d.due_on INTO day
		FROM mailroom.expected_day d
		WHERE d.issuer_id = e.issuer_id AND d.expected_id = e.expected_id AND d.due_on BETWEEN from_day AND to_day AND d.arrival_id IS NULL
			AND mailroom.expected_name_day(e, d.due_on) BETWEEN first_day AND last_day
		ORDER BY d.opens_at <= received_at AND d.missing_at > received_at DESC, d.due_on LIMIT 1;
	IF day IS NULL AND latest > e.planned_to THEN
		INSERT INTO mailroom.expected_day (issuer_id, expected_id, due_on, position, opens_at, due_at, late_at, missing_at, next_at)
			SELECT e.issuer_id, e.expected_id, n.due_on, n.position, mailroom.add_seconds(t.due_at, -e.early), t.due_at, t.late_at, mailroom.add_seconds(t.due_at, e.missing_after), t.late_at
				FROM mailroom.expected_days(e, greatest(from_day, e.planned_to + 1), latest) n
					CROSS JOIN LATERAL (SELECT (n.due_on + e.due_time) AT TIME ZONE zone AS due_at, mailroom.add_seconds((n.due_on + e.due_time) AT TIME ZONE zone, e.grace) AS late_at) t
				WHERE mailroom.expected_name_day(e, n.due_on) BETWEEN first_day AND last_day
					AND NOT EXISTS (SELECT FROM mailroom.expected_day o WHERE o.issuer_id = e.issuer_id AND o.expected_id = e.expected_id AND o.due_on = n.due_on)
				ORDER BY n.due_on LIMIT 1
			RETURNING due_on INTO day;
	END IF;
	RETURN day;
END;
$$;
COMMENT ON FUNCTION mailroom.find_named_day(mailroom.expected_file, date, date, timestamptz) IS 'the day without a file whose date in the name lies in a span of days: of those whose time it is the earliest, else the earliest; up to 40 days ahead; NULL when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.find_named_day(mailroom.expected_file, date, date, timestamptz) FROM PUBLIC;

-- Running numbers ---------------------------------------------------------------------------------

-- One of a fixed length begins at 0 or 1 again: the count goes on with what is nearest to the highest.
CREATE OR REPLACE FUNCTION mailroom.note_number(a mailroom.expected_arrival, e mailroom.expected_file, number bigint, digits integer, day date)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	period CONSTANT text := CASE e.number_restarts WHEN 'year' THEN to_char(day, 'YYYY') WHEN 'month' THEN to_char(day, 'YYYY-MM') ELSE 'all' END;
	highest CONSTANT bigint := (SELECT max(o.number) FROM mailroom.expected_arrival o
		WHERE o.issuer_id = a.issuer_id AND o.expected_id = a.expected_id AND o.number_period = period AND o.number IS NOT NULL AND o.arrival_id <> a.arrival_id);
	turn CONSTANT bigint := CASE WHEN digits BETWEEN 2 AND 17 THEN 10::numeric ^ digits END;
BEGIN
	UPDATE mailroom.expected_arrival o
		SET number = CASE WHEN turn IS NULL OR highest IS NULL THEN $3 ELSE greatest($3 + turn * round((highest - $3)::numeric / turn)::bigint, $3) END, number_period = period
		WHERE o.issuer_id = a.issuer_id AND o.arrival_id = a.arrival_id;
END;
$$;
COMMENT ON FUNCTION mailroom.note_number(mailroom.expected_arrival, mailroom.expected_file, bigint, integer, date) IS 'keeps the running number of what came, in the count of its period';
REVOKE EXECUTE ON FUNCTION mailroom.note_number(mailroom.expected_arrival, mailroom.expected_file, bigint, integer, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.say_number(pattern text, number bigint)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN $1 ~ '\{NN+\}' THEN lpad(right($2::text, length(substring($1 FROM '\{(N+)\}'))), length(substring($1 FROM '\{(N+)\}')), '0') ELSE $2::text END;
COMMENT ON FUNCTION mailroom.say_number(text, bigint) IS 'a running number as a name of a pattern has it';

CREATE OR REPLACE FUNCTION mailroom.raise_number_fault(e mailroom.expected_file, arrival_id bigint, rule text, first_number bigint, last_number bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a mailroom.expected_arrival;
	day date;
	words text;
BEGIN
	SELECT * INTO a FROM mailroom.expected_arrival o WHERE o.issuer_id = e.issuer_id AND o.arrival_id = $2;
	day := coalesce((SELECT f.due_on FROM mailroom.expected_fault f WHERE f.issuer_id = e.issuer_id AND f.expected_id = e.expected_id AND f.rule = $3 AND f.arrival_id = $2),
		mailroom.day_of_arrival(a));
	IF day IS NULL THEN
		RETURN; -- before the first day
	END IF;
	words := CASE $3
		WHEN 'EXPECTED-GAP' THEN format(CASE WHEN $4 = $5 THEN 'number %1$s of "%3$s" is missing: found %4$s in "%5$s", expected %1$s' ELSE 'numbers %1$s to %2$s of "%3$s" are missing: found %4$s in "%5$s", expected %1$s' END,
			mailroom.say_number(e.file_name, $4), mailroom.say_number(e.file_name, $5), e.name, mailroom.say_number(e.file_name, a.number), a.name)
		ELSE format('number %s of "%s" came before: found it in "%s", expected it in no other than "%s"', mailroom.say_number(e.file_name, $4), e.name, a.name,
			(SELECT o.name FROM mailroom.expected_arrival o WHERE o.issuer_id = e.issuer_id AND o.expected_id = e.expected_id AND o.number_period = a.number_period AND o.number = a.number AND o.state NOT IN ('new', 'void') ORDER BY o.arrival_id LIMIT 1))
	END;
	PERFORM mailroom.raise_expected_fault(e.issuer_id, e.expected_id, day, $3, '', $2, words);
	-- some of them came meanwhile
	UPDATE mailroom.expected_fault f SET first_number = $4, last_number = $5, message = words
		WHERE f.issuer_id = e.issuer_id AND f.expected_id = e.expected_id AND f.due_on = day AND f.rule = $3 AND f.arrival_id = $2 AND f.state = 'open';
END;
$$;
COMMENT ON FUNCTION mailroom.raise_number_fault(mailroom.expected_file, bigint, text, bigint, bigint) IS 'raises the fault that numbers are missing before what came, or that its number came before; one that is open says what is missing still';
REVOKE EXECUTE ON FUNCTION mailroom.raise_number_fault(mailroom.expected_file, bigint, text, bigint, bigint) FROM PUBLIC;

-- All faults of numbers follow from the numbers that are there: they are made out anew, and what is as it was stays.
CREATE OR REPLACE FUNCTION mailroom.wanted_number_faults(e mailroom.expected_file)
	RETURNS TABLE (arrival_id bigint, rule text, first_number bigint, last_number bigint)
	STABLE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
	turn CONSTANT bigint := (SELECT CASE WHEN length(t) BETWEEN 2 AND 17 THEN 10::numeric ^ length(t) END FROM substring(e.file_name FROM '\{(N+)\}') AS t);
	-- where a count begins anew at 1 and is not the first, all before its lowest number are missing too
	first_period CONSTANT text := (SELECT min(o.number_period) FROM mailroom.expected_arrival o WHERE o.issuer_id = e.issuer_id AND o.expected_id = e.expected_id AND o.number IS NOT NULL);
BEGIN
	RETURN QUERY
	WITH shown AS (
		SELECT s.number_period, s.number, array_agg(s.arrival_id ORDER BY s.arrival_id) AS arrivals FROM mailroom.newest_numbers(e) s GROUP BY 1, 2
	), base AS (
		SELECT s.number_period, count(*) AS numbers, (array_agg(s.number ORDER BY s.arrivals[1]))[1] AS number FROM shown s GROUP BY 1
	), pair AS (
		SELECT s.number_period, s.arrivals[1] AS arrival_id, s.number,
				coalesce(lag(s.number) OVER (PARTITION BY s.number_period ORDER BY s.number), CASE WHEN s.number_period > first_period AND b.numbers < 300 THEN 0 END) AS before,
				CASE WHEN s.number_period > first_period THEN 0 ELSE b.number END AS base
			FROM shown s JOIN base b ON b.number_period = s.number_period
	), gap AS (
		-- 999 may be followed by 000 or by 001
		SELECT p.arrival_id, p.number_period, p.before + CASE WHEN (p.before + 1) % turn = 0 THEN 2 ELSE 1 END AS first_number, p.number - CASE WHEN (p.number - 1) % turn = 0 THEN 2 ELSE 1 END AS last_number
			FROM pair p WHERE p.before >= p.base
	)
	SELECT g.arrival_id, 'EXPECTED-GAP', g.first_number, g.last_number
		FROM gap g
		WHERE g.first_number <= g.last_number
			-- a clerk said that they do not come
			AND NOT EXISTS (SELECT FROM mailroom.expected_fault f JOIN mailroom.expected_arrival o ON o.issuer_id = f.issuer_id AND o.arrival_id = f.arrival_id
				WHERE f.issuer_id = e.issuer_id AND f.expected_id = e.expected_id AND f.rule = 'EXPECTED-GAP' AND f.state = 'closed' AND f.arrival_id <> g.arrival_id
					AND o.number_period = g.number_period AND f.first_number <= g.first_number AND f.last_number >= g.last_number)
	UNION ALL
	SELECT t.arrival_id, 'EXPECTED-NUMBER', s.number, s.number FROM shown s CROSS JOIN LATERAL unnest(s.arrivals[2:]) AS t (arrival_id);
END;
$$;
COMMENT ON FUNCTION mailroom.wanted_number_faults(mailroom.expected_file) IS 'which running numbers are missing between those that came (with what came after them), and which came before';
REVOKE EXECUTE ON FUNCTION mailroom.wanted_number_faults(mailroom.expected_file) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.newest_numbers(e mailroom.expected_file)
	RETURNS SETOF mailroom.expected_arrival
	STABLE
	ROWS 100
	LANGUAGE sql
BEGIN ATOMIC
	SELECT a.*
		FROM (SELECT DISTINCT o.number_period FROM mailroom.expected_arrival o WHERE o.issuer_id = e.issuer_id AND o.expected_id = e.expected_id AND o.number IS NOT NULL ORDER BY 1 DESC LIMIT 2) p
			CROSS JOIN LATERAL (SELECT o.* FROM mailroom.expected_arrival o
				WHERE o.issuer_id = e.issuer_id AND o.expected_id = e.expected_id AND o.number_period = p.number_period AND o.number IS NOT NULL AND o.state NOT IN ('new', 'void')
				ORDER BY o.number DESC LIMIT 300) a;
END;
COMMENT ON FUNCTION mailroom.newest_numbers(mailroom.expected_file) IS 'the highest 300 running numbers that came in each of the newest two periods';
REVOKE EXECUTE ON FUNCTION mailroom.newest_numbers(mailroom.expected_file) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.check_numbers(issuer_id bigint, expected_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
	g record;
BEGIN
	SELECT * INTO e FROM mailroom.expected_file x WHERE x.issuer_id = $1 AND x.expected_id = $2;
	FOR g IN
		SELECT w.*, f.fault_id, f.arrival_id AS said_of
			FROM mailroom.wanted_number_faults(e) w
				FULL JOIN (SELECT x.* FROM mailroom.expected_fault x JOIN mailroom.expected_arrival o ON o.issuer_id = x.issuer_id AND o.arrival_id = x.arrival_id
						JOIN (SELECT n.number_period, min(n.number) AS lowest FROM mailroom.newest_numbers(e) n GROUP BY 1) p ON p.number_period = o.number_period AND x.first_number >= p.lowest - 1
					WHERE x.issuer_id = $1 AND x.expected_id = $2 AND x.state = 'open' AND x.rule IN ('EXPECTED-GAP', 'EXPECTED-NUMBER')) f ON f.arrival_id = w.arrival_id AND f.rule = w.rule
			WHERE (f.first_number, f.last_number) IS DISTINCT FROM (w.first_number, w.last_number)
			ORDER BY w.first_number NULLS FIRST
	LOOP
		IF g.arrival_id IS NULL THEN
			UPDATE mailroom.expected_fault f
				SET state = 'settled', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = CASE f.rule WHEN 'EXPECTED-GAP' THEN 'all of them came' ELSE 'the other does not count' END
				WHERE f.issuer_id = $1 AND f.fault_id = g.fault_id;
		ELSE
			PERFORM mailroom.raise_number_fault(e, g.arrival_id, g.rule, g.first_number, g.last_number);
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.check_numbers(bigint, bigint) IS 'raises and settles the faults of the running numbers of an expected file';
REVOKE EXECUTE ON FUNCTION mailroom.check_numbers(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.restart_expected_numbers(issuer_id bigint, name text, reason text)
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
	PERFORM mailroom.require_reason($3, 'Say why the numbers begin anew: the reason is kept.');
	e := mailroom.find_expected_file($1, $2);
	PERFORM mailroom.forget_numbers(e, btrim($3));
	PERFORM mailroom.log_event($1, 'expected file', e.expected_id, 'numbers restarted', jsonb_build_object('reason', btrim($3)));
END;
$$;
COMMENT ON FUNCTION mailroom.restart_expected_numbers(bigint, text, text) IS 'says that the running numbers of an expected file begin anew, as when the application was installed again: the next one that comes is the first, and faults of numbers are closed. 42704 no such expected file, 22023 no reason; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.restart_expected_numbers(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.forget_numbers(e mailroom.expected_file, reason text)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.expected_arrival a SET number = NULL, number_period = NULL WHERE a.issuer_id = e.issuer_id AND a.expected_id = e.expected_id AND a.number IS NOT NULL;
	UPDATE mailroom.expected_fault f SET state = 'closed', ended_at = mailroom.now(), ended_by = mailroom.outer_role(), reason = $2
		WHERE f.issuer_id = e.issuer_id AND f.expected_id = e.expected_id AND f.rule IN ('EXPECTED-GAP', 'EXPECTED-NUMBER') AND f.state = 'open';
END;
$$;
COMMENT ON FUNCTION mailroom.forget_numbers(mailroom.expected_file, text) IS 'running numbers that came count no longer';
REVOKE EXECUTE ON FUNCTION mailroom.forget_numbers(mailroom.expected_file, text) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.restart_expected_numbers(bigint, text, text)', 'EXECUTE');
