-- 91_expected_chart: what came of expected files, their bands and when they came, as drawings.

CREATE OR REPLACE FUNCTION mailroom.expected_points(issuer_id bigint, name text, measure text, days integer)
	RETURNS TABLE (n bigint, points bigint, due_on date, state text, value numeric, median numeric, lowest numeric, highest numeric, is_outside boolean)
	STABLE PARALLEL SAFE
	ROWS 60
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT row_number() OVER (ORDER BY d.due_on), count(*) OVER (), d.due_on, d.state, m.value, m.median, m.lowest, m.highest, coalesce(m.value < m.lowest OR m.value > m.highest, false)
		FROM mailroom.expected_file e
			CROSS JOIN LATERAL (SELECT o.due_on, o.state FROM mailroom.expected_day o
				WHERE o.issuer_id = $1 AND o.expected_id = e.expected_id AND o.state <> 'waiting' ORDER BY o.due_on DESC LIMIT $4) d
			LEFT JOIN mailroom.expected_measure m ON m.issuer_id = $1 AND m.expected_id = e.expected_id AND m.due_on = d.due_on AND m.measure = $3
		WHERE e.issuer_id = $1 AND e.name = $2;
END;
COMMENT ON FUNCTION mailroom.expected_points(bigint, text, text, integer) IS 'the newest days of an expected file that are no longer waiting, 1-based in order, with a measure and its band';

CREATE OR REPLACE FUNCTION mailroom.expected_frame(title text, about text, high numeric)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 %1$s" role="img" font-family="sans-serif" font-size="12" fill="#222222">\n<title>%2$s</title>\n<desc>%3$s</desc>\n<rect width="760" height="%1$s" fill="#ffffff"/>\n',
			high, mailroom.html_text(title), mailroom.html_text(about))
		|| mailroom.svg_text(100, 22, title, 'font-size="15"') || E'<g transform="translate(100 40)">\n';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_frame(text, text, numeric) IS 'the beginning of a drawing of expected files: title, description, and the place of what is drawn';

CREATE OR REPLACE FUNCTION mailroom.chart_key(y numeric, marks text[])
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	mark text;
	drawn text := '';
	n integer := 0;
BEGIN
	FOREACH mark IN ARRAY marks LOOP
		drawn := drawn || format('<tspan%s fill="%s">%s</tspan> %s', CASE WHEN n > 0 THEN ' dx="18"' ELSE '' END, split_part(mark, ' ', 2), split_part(mark, ' ', 1), mailroom.html_text(substring(mark FROM '^\S+ \S+ (.*)$')));
		n := n + 1;
	END LOOP;
	RETURN format(E'<text x="0" y="%s">%s</text>\n', round(y, 1), drawn);
END;
$$;
COMMENT ON FUNCTION mailroom.chart_key(numeric, text[]) IS 'what the marks of a drawing mean, as a line of text: sign, colour and meaning of each, with spaces between';

-- The band behind what came, the median as a line, what is outside in red, days without a file as crosses at the foot.
CREATE OR REPLACE FUNCTION mailroom.expected_chart(issuer_id bigint, name text, measure text DEFAULT 'documents', days integer DEFAULT 60)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wide CONSTANT numeric := 640;
	high CONSTANT numeric := 240;
	top numeric;
	bottom numeric;
	step numeric;
	mark numeric;
	drawn text := '';
	band text;
	line text;
	points text;
	labels text;
	about text;
BEGIN
	-- files of credit notes have sums below zero
	SELECT greatest(max(greatest(p.value, p.highest)), 1) * 1.05, least(min(p.value), 0) * 1.05 INTO top, bottom FROM mailroom.expected_points($1, $2, $3, $4) p;
	top := coalesce(top, 1);
	bottom := coalesce(bottom, 0);
	step := mailroom.axis_step(top - bottom, 5);
	mark := ceil(bottom / step) * step;
	WHILE mark <= top LOOP
		drawn := drawn || format(E'<line x1="0" y1="%1$s" x2="%2$s" y2="%1$s" stroke="#d0d0d0"/>\n', round(high * (top - mark) / (top - bottom), 1), wide)
			|| mailroom.svg_text(-8, high * (top - mark) / (top - bottom) + 4, CASE WHEN top > 50000000 THEN to_char(mark / 1000000, 'FM999,999,999,990.9') || ' M' ELSE to_char(mark, 'FM999,999,999,999,990') END, 'text-anchor="end"');
		mark := mark + step;
	END LOOP;
	SELECT string_agg(format(E'<rect x="%s" y="%s" width="%s" height="%s" fill="#dbe7f3"/>\n', round(x.at - x.half, 1), round(x.high_y, 1), round(2 * x.half, 1), round(x.low_y - x.high_y, 1)), '' ORDER BY p.n)
				FILTER (WHERE p.lowest IS NOT NULL OR p.highest IS NOT NULL),
			string_agg(format(E'<line x1="%s" y1="%3$s" x2="%2$s" y2="%3$s" stroke="#6f93b8"/>\n', round(x.at - x.half, 1), round(x.at + x.half, 1), round(high * (top - p.median) / (top - bottom), 1)), '' ORDER BY p.n) FILTER (WHERE p.median IS NOT NULL),
			string_agg(CASE WHEN p.value IS NULL THEN mailroom.svg_text(x.at, high - 2, CASE p.state WHEN 'excused' THEN 'o' ELSE 'x' END, format('text-anchor="middle" fill="%s"', CASE p.state WHEN 'excused' THEN '#555555' ELSE '#b3261e' END))
				ELSE format(E'<circle cx="%s" cy="%s" r="%s" fill="%s"/>\n', round(x.at, 1), round(high * (top - p.value) / (top - bottom), 1), CASE WHEN p.is_outside THEN 5 ELSE 3 END, CASE WHEN p.is_outside THEN '#b3261e' ELSE '#1f5aa6' END) END, '' ORDER BY p.n),
			string_agg(mailroom.svg_text(x.at, high + 18, to_char(p.due_on, 'MM-DD'), 'text-anchor="middle"'), '' ORDER BY p.n) FILTER (WHERE (p.points - p.n) % (p.points / 8 + 1) = 0),
			format('%s of %s days have a file; %s of them outside of the band.', count(p.value), count(*), count(*) FILTER (WHERE p.is_outside))
		INTO band, line, points, labels, about
		FROM mailroom.expected_points($1, $2, $3, $4) p
			CROSS JOIN LATERAL (SELECT wide * (p.n - 0.5) / p.points AS at, wide * 0.42 / p.points AS half, high * (top - least(coalesce(p.highest, top), top)) / (top - bottom) AS high_y, high * (top - greatest(coalesce(p.lowest, bottom), bottom)) / (top - bottom) AS low_y) x;
	RETURN mailroom.expected_frame(format('%s of "%s"', $3, $2), about, 345) || drawn || coalesce(band, '') || coalesce(line, '')
		|| format(E'<path d="M0 0V%1$sM0 %2$sH%3$s" fill="none" stroke="#333333"/>\n', high, round(high * top / (top - bottom), 1), wide) || coalesce(points, '') || coalesce(labels, '')
		|| mailroom.chart_key(high + 45, ARRAY['● #1f5aa6 as usual', '● #b3261e outside of the band', '■ #dbe7f3 band', '– #6f93b8 middle', 'x #b3261e no file', 'o #555555 excused']) || E'</g>\n</svg>\n';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_chart(bigint, text, text, integer) IS 'SVG drawing of mailroom.expected_history: a measure (documents, bytes, or a currency) of the newest days of an expected file, its band behind it and its median, what is outside in red, x for days whose file is late or missing, o for excused ones; without data the axes alone; text and colours stand out, and title and description say it too';

CREATE OR REPLACE FUNCTION mailroom.expected_times(issuer_id bigint, name text, days integer)
	RETURNS TABLE (n bigint, points bigint, due_on date, state text, after_due numeric, opens numeric, late numeric, missing numeric)
	STABLE PARALLEL SAFE
	ROWS 60
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT row_number() OVER (ORDER BY d.due_on), count(*) OVER (), d.due_on, d.state, extract(epoch FROM d.arrived_at - d.due_at) / 3600, extract(epoch FROM d.opens_at - d.due_at) / 3600,
			extract(epoch FROM d.late_at - d.due_at) / 3600, extract(epoch FROM d.missing_at - d.due_at) / 3600
		FROM mailroom.expected_file e
			CROSS JOIN LATERAL (SELECT o.* FROM mailroom.expected_day o
				WHERE o.issuer_id = $1 AND o.expected_id = e.expected_id AND (o.state <> 'waiting' OR o.due_at <= mailroom.now()) ORDER BY o.due_on DESC LIMIT $3) d
		WHERE e.issuer_id = $1 AND e.name = $2;
END;
COMMENT ON FUNCTION mailroom.expected_times(bigint, text, integer) IS 'the newest days of an expected file that are due or settled, 1-based in order: when it came, opened, was late and missing, in hours after it was due (negative before)';

CREATE OR REPLACE FUNCTION mailroom.hour_text(hours numeric, step numeric)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN hours = 0 THEN 'due'
		ELSE CASE WHEN hours > 0 THEN '+' ELSE '-' END || CASE WHEN step >= 24 THEN trim_scale(round(abs(hours) / 24, 2))::text || ' d' WHEN step < 1 THEN round(abs(hours) * 60)::text || ' min' ELSE trim_scale(round(abs(hours), 2))::text || ' h' END END;
COMMENT ON FUNCTION mailroom.hour_text(numeric, numeric) IS 'a length of time as a label of an axis, with its sign';

-- Each day's file at its hour against when it was due: on time below the line of lateness, late above it, without a file at the top.
CREATE OR REPLACE FUNCTION mailroom.expected_time_chart(issuer_id bigint, name text, days integer DEFAULT 60)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wide CONSTANT numeric := 640;
	high CONSTANT numeric := 220;
	head CONSTANT numeric := 24; -- days without a file
	lowest numeric;
	highest numeric;
	step numeric;
	mark numeric;
	drawn text := '';
	zones text;
	points text;
	labels text;
	about text;
BEGIN
	SELECT least(min(t.after_due), -0.5), greatest(max(t.after_due), max(t.late) * 1.5, 0.5) INTO lowest, highest FROM mailroom.expected_times($1, $2, $3) t;
	lowest := coalesce(lowest, -1) * 1.1;
	highest := coalesce(highest, 1) * 1.1;
	step := (SELECT s FROM unnest(ARRAY[0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 120, 240, 720]) AS s WHERE (highest - lowest) / s <= 7 OR s = 720 ORDER BY s LIMIT 1);
	mark := ceil(lowest / step) * step;
	WHILE mark <= highest LOOP
		drawn := drawn || format(E'<line x1="0" y1="%1$s" x2="%2$s" y2="%1$s" stroke="%3$s"/>\n', round(head + high * (highest - mark) / (highest - lowest), 1), wide, CASE WHEN mark = 0 THEN '#333333' ELSE '#d0d0d0' END)
			|| mailroom.svg_text(-8, head + high * (highest - mark) / (highest - lowest) + 4, mailroom.hour_text(mark, step), 'text-anchor="end"');
		mark := mark + step;
	END LOOP;
	SELECT string_agg(format(E'<rect x="%1$s" y="%3$s" width="%2$s" height="%4$s" fill="#e6f0e4" shape-rendering="crispEdges"/>\n<rect x="%1$s" y="%5$s" width="%2$s" height="%6$s" fill="#fbe9d0" shape-rendering="crispEdges"/>\n', round(x.at - x.half, 1), round(2 * x.half, 1),
				round(x.late_y, 1), round(head + high - x.late_y, 1), round(x.missing_y, 1), round(x.late_y - x.missing_y, 1)), '' ORDER BY t.n),
			string_agg(CASE
				WHEN t.after_due IS NULL THEN mailroom.svg_text(x.at, head - 8, CASE t.state WHEN 'excused' THEN 'o' ELSE 'x' END, format('text-anchor="middle" fill="%s"', CASE t.state WHEN 'excused' THEN '#555555' ELSE '#b3261e' END))
				ELSE format(E'<circle cx="%s" cy="%s" r="%s" fill="%s"/>\n', round(x.at, 1), round(head + high * (highest - t.after_due) / (highest - lowest), 1), CASE WHEN t.after_due > t.late THEN 5 ELSE 3 END, CASE WHEN t.after_due > t.late THEN '#b3261e' ELSE '#1f5aa6' END) END, '' ORDER BY t.n),
			string_agg(mailroom.svg_text(x.at, head + high + 18, to_char(t.due_on, 'MM-DD'), 'text-anchor="middle"'), '' ORDER BY t.n) FILTER (WHERE (t.points - t.n) % (t.points / 8 + 1) = 0),
			format('Of %s days %s have a file in time, %s a late one, %s none, %s are excused.', count(*), count(*) FILTER (WHERE t.after_due <= t.late), count(*) FILTER (WHERE t.after_due > t.late),
				count(*) FILTER (WHERE t.after_due IS NULL AND t.state <> 'excused'), count(*) FILTER (WHERE t.state = 'excused'))
		INTO zones, points, labels, about
		FROM mailroom.expected_times($1, $2, $3) t
			CROSS JOIN LATERAL (SELECT wide * (t.n - 0.5) / t.points AS at, wide * 0.5 / t.points AS half, head + high * (highest - t.late) / (highest - lowest) AS late_y,
				head + high * greatest(highest - t.missing, 0) / (highest - lowest) AS missing_y) x;
	RETURN mailroom.expected_frame(format('When "%s" came', $2), about, 355) || coalesce(zones, '') || drawn || format(E'<path d="M0 0V%sH%s" fill="none" stroke="#333333"/>\n', head + high, wide) || coalesce(points, '') || coalesce(labels, '')
		|| mailroom.chart_key(head + high + 42, ARRAY['● #1f5aa6 in time', '● #b3261e late', '■ #e6f0e4 not late yet', '■ #fbe9d0 late, not missing yet', 'x #b3261e no file', 'o #555555 excused']) || E'</g>\n</svg>\n';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_time_chart(bigint, text, integer) IS 'SVG drawing of when the files of the newest days of an expected file came against when they were due: green until they are late, orange until they are missing; late ones in red above the line, x at the top for days without a file, o for excused ones; the description says the counts';

-- All expected files of an issuer, a line each, and a square for each day.
CREATE OR REPLACE FUNCTION mailroom.expected_overview_chart(issuer_id bigint, days integer DEFAULT 60)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wide CONSTANT numeric := 560;
	today CONSTANT date := mailroom.today($1);
	size CONSTANT numeric := least(wide / greatest($2, 1), 18);
	names text;
	squares text;
	labels text;
	about text;
	files integer;
BEGIN
	-- those with most trouble first, then by name
	WITH e AS MATERIALIZED (
		SELECT f.expected_id, f.name, row_number() OVER (ORDER BY coalesce(t.trouble, 0) DESC, f.name) - 1 AS line
			FROM mailroom.expected_file f
				LEFT JOIN (SELECT d.expected_id, count(*) FILTER (WHERE d.state IN ('late', 'missing') OR d.arrived_at > d.late_at) AS trouble
					FROM mailroom.expected_day d WHERE d.issuer_id = $1 AND d.due_on BETWEEN today - $2 + 1 AND today GROUP BY 1) t ON t.expected_id = f.expected_id
			WHERE f.issuer_id = $1 AND coalesce(f.valid_to, today) >= today - $2
			ORDER BY 3 LIMIT 60
	), d AS (
		SELECT e.line, e.name, o.due_on, (o.due_on - today + $2 - 1) * size AS x, e.line * 20 AS y, CASE WHEN o.state = 'arrived' AND o.arrived_at > o.late_at THEN 'came late' ELSE o.state END AS state,
				EXISTS (SELECT FROM mailroom.expected_fault f WHERE f.issuer_id = $1 AND f.expected_id = e.expected_id AND f.due_on = o.due_on AND f.state = 'open' AND f.rule NOT IN ('EXPECTED-LATE', 'EXPECTED-MISSING')) AS is_faulty
			FROM e JOIN mailroom.expected_day o ON o.issuer_id = $1 AND o.expected_id = e.expected_id AND o.due_on BETWEEN today - $2 + 1 AND today
	)
	SELECT (SELECT string_agg(mailroom.svg_text(170, e.line * 20 + 13, CASE WHEN length(e.name) > 24 THEN left(e.name, 23) || '…' ELSE e.name END, 'text-anchor="end"'), '' ORDER BY e.line) FROM e),
			(SELECT string_agg(format(E'<rect x="%s" y="%s" width="%s" height="14" fill="%s"%s/>\n', round(178 + d.x, 1), d.y + 2, round(greatest(size - 1.5, 0.5), 1),
					CASE d.state WHEN 'arrived' THEN '#8fbf88' WHEN 'came late' THEN '#f0b95a' WHEN 'late' THEN '#e07b39' WHEN 'missing' THEN '#b3261e' WHEN 'excused' THEN '#bdbdbd' ELSE '#ffffff' END, CASE d.state WHEN 'waiting' THEN ' stroke="#999999"' ELSE '' END)
				|| CASE WHEN d.is_faulty THEN mailroom.svg_text(178 + d.x + (size - 1.5) / 2, d.y + 13, '!', 'text-anchor="middle" font-weight="bold"') WHEN d.state = 'missing' THEN mailroom.svg_text(178 + d.x + (size - 1.5) / 2, d.y + 13, 'x', 'text-anchor="middle" fill="#ffffff"') ELSE '' END, '' ORDER BY d.line, d.due_on) FROM d),
			(SELECT format('Of %s days %s came in time, %s late, %s are late, %s are missing; %s have another open fault.', count(*), count(*) FILTER (WHERE d.state = 'arrived'), count(*) FILTER (WHERE d.state = 'came late'),
				count(*) FILTER (WHERE d.state = 'late'), count(*) FILTER (WHERE d.state = 'missing'), count(*) FILTER (WHERE d.is_faulty)) FROM d),
			(SELECT count(*) FROM e)
		INTO names, squares, about, files;
	SELECT string_agg(mailroom.svg_text(178 + ($2 - 1 - n) * size + size / 2, files * 20 + 18, to_char(today - n, 'MM-DD'), 'text-anchor="middle"'), '' ORDER BY n) INTO labels
		FROM generate_series(0, $2 - 1, greatest($2 / 8, ceil(40 / size)::integer)) AS n;
	RETURN replace(mailroom.expected_frame(format('Expected files, %s to %s', to_char(today - $2 + 1, 'YYYY-MM-DD'), to_char(today, 'YYYY-MM-DD')), about, 105 + files * 20), 'translate(100 40)', 'translate(0 40)')
		|| coalesce(names, '') || coalesce(squares, '') || coalesce(labels, '')
		|| replace(mailroom.chart_key(files * 20 + 48, ARRAY['■ #8fbf88 in time', '■ #f0b95a came late', '■ #e07b39 late', '■ #b3261e missing', '■ #bdbdbd excused', '□ #999999 waiting', '! #222222 another open fault']), 'x="0"', 'x="100"') || E'</g>\n</svg>\n';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_overview_chart(bigint, integer) IS 'SVG drawing of all expected files of an issuer that are in force (60 at most, those with most trouble first), a line each and a square for each day up to today on which one was due: in time, came late, late, missing (x), excused, waiting; ! where another fault is open; the description says the counts';

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.expected_points(bigint, text, text, integer)'), ('mailroom.expected_chart(bigint, text, text, integer)'),
			('mailroom.expected_times(bigint, text, integer)'), ('mailroom.expected_time_chart(bigint, text, integer)'), ('mailroom.expected_overview_chart(bigint, integer)')) AS f (name);
