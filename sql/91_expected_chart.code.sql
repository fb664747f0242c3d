-- 91_expected_chart: what came of an expected file and its band, as a drawing.

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
	step numeric;
	mark numeric := 0;
	drawn text := '';
	band text;
	line text;
	points text;
	labels text;
	about text;
BEGIN
	top := (SELECT greatest(max(greatest(p.value, p.highest)), 1) * 1.05 FROM mailroom.expected_points($1, $2, $3, $4) p);
	step := mailroom.axis_step(coalesce(top, 1), 5);
	WHILE mark <= top LOOP
		drawn := drawn || format(E'<line x1="0" y1="%1$s" x2="%2$s" y2="%1$s" stroke="#d0d0d0"/>\n', round(high - high * mark / top, 1), wide)
			|| mailroom.svg_text(-8, high - high * mark / top + 4, to_char(mark, 'FM999,999,999,999,990'), 'text-anchor="end"');
		mark := mark + step;
	END LOOP;
	SELECT string_agg(format(E'<rect x="%s" y="%s" width="%s" height="%s" fill="#dbe7f3"/>\n', round(x.at - x.half, 1), round(x.high_y, 1), round(2 * x.half, 1), round(x.low_y - x.high_y, 1)), '' ORDER BY p.n)
				FILTER (WHERE p.lowest IS NOT NULL OR p.highest IS NOT NULL),
			string_agg(format(E'<line x1="%s" y1="%3$s" x2="%2$s" y2="%3$s" stroke="#6f93b8"/>\n', round(x.at - x.half, 1), round(x.at + x.half, 1), round(high - high * p.median / top, 1)), '' ORDER BY p.n) FILTER (WHERE p.median IS NOT NULL),
			string_agg(CASE WHEN p.value IS NULL THEN mailroom.svg_text(x.at, high - 2, CASE p.state WHEN 'excused' THEN 'o' ELSE 'x' END, 'text-anchor="middle" fill="#b3261e"')
				ELSE format(E'<circle cx="%s" cy="%s" r="%s" fill="%s"/>\n', round(x.at, 1), round(high - high * p.value / top, 1), CASE WHEN p.is_outside THEN 5 ELSE 3 END, CASE WHEN p.is_outside THEN '#b3261e' ELSE '#1f5aa6' END) END, '' ORDER BY p.n),
			string_agg(mailroom.svg_text(x.at, high + 18, to_char(p.due_on, 'MM-DD'), 'text-anchor="middle"'), '' ORDER BY p.n) FILTER (WHERE (p.points - p.n) % (p.points / 8 + 1) = 0),
			format('%s of %s days have a file; %s of them outside of the band.', count(p.value), count(*), count(*) FILTER (WHERE p.is_outside))
		INTO band, line, points, labels, about
		FROM mailroom.expected_points($1, $2, $3, $4) p
			CROSS JOIN LATERAL (SELECT wide * (p.n - 0.5) / p.points AS at, wide * 0.42 / p.points AS half, high - high * least(coalesce(p.highest, top), top) / top AS high_y, high - high * greatest(coalesce(p.lowest, 0), 0) / top AS low_y) x;
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 320" role="img" font-family="sans-serif" font-size="12" fill="#222222">\n<title>%s</title>\n<desc>%s</desc>\n<rect width="760" height="320" fill="#ffffff"/>\n',
			mailroom.html_text(format('%s of %s', $3, $2)), mailroom.html_text(about))
		|| mailroom.svg_text(100, 22, format('%s of %s', $3, $2), 'font-size="15"') || E'<g transform="translate(100 40)">\n' || drawn || coalesce(band, '') || coalesce(line, '')
		|| format(E'<path d="M0 0V%sH%s" fill="none" stroke="#333333"/>\n', high, wide) || coalesce(points, '') || coalesce(labels, '') || E'</g>\n</svg>\n';
END;
$$;
COMMENT ON FUNCTION mailroom.expected_chart(bigint, text, text, integer) IS 'SVG drawing of mailroom.expected_history: a measure (documents, bytes, or a currency) of the newest days of an expected file, its band behind it and its median, what is outside in red, x for days whose file is late or missing, o for excused ones; without data the axes alone; text and colours stand out, and title and description say it too';

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.expected_points(bigint, text, text, integer)'), ('mailroom.expected_chart(bigint, text, text, integer)')) AS f (name);
