-- 34_expected_band: how much of what is usual in an expected file, learnt from those before, with their growth.

-- Bands -------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.find_median(sorted numeric[])
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN trim_scale(($1[(cardinality($1) + 1) / 2] + $1[cardinality($1) / 2 + 1]) / 2);
COMMENT ON FUNCTION mailroom.find_median(numeric[]) IS 'median of sorted values, exactly; NULL of none';

-- Growth is looked for in the logarithms, so it is one in percent; where there are zeros or credits, in the values themselves.
-- It counts when the pairs of values that go up, less those that go down, are more than chance makes them once in a hundred
-- times (Kendall); the slope is the median of the slopes of all pairs (Theil-Sen), so a few odd files do not turn it.
CREATE OR REPLACE FUNCTION mailroom.find_trend(history numeric[], days date[], due_on date, width numeric, OUT median numeric, OUT lowest numeric, OUT highest numeric, OUT growth numeric)
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	files CONSTANT integer := least(cardinality(history), 60);
	percent CONSTANT boolean := 0 < ALL (history);
	heights CONSTANT numeric[] := ARRAY(SELECT CASE WHEN percent THEN ln(h.v) ELSE h.v END FROM unnest(history[:files]) WITH ORDINALITY AS h (v, n) ORDER BY h.n);
	places CONSTANT integer[] := ARRAY(SELECT d.d - due_on FROM unnest(days[:files]) WITH ORDINALITY AS d (d, n) ORDER BY d.n);
	slopes numeric[];
	rises bigint;
	slope numeric;
	leads_to numeric;
	recent numeric;
	spread numeric;
BEGIN
	IF files < 8 THEN
		RETURN;
	END IF;
	SELECT array_agg(p.slope ORDER BY p.slope), sum(sign(p.slope)) INTO slopes, rises
		FROM (SELECT (heights[j] - heights[i]) / (places[j] - places[i]) AS slope FROM generate_series(1, files) AS i CROSS JOIN LATERAL generate_series(i + 1, files) AS j) p;
	IF (abs(rises) - 1) / sqrt(files * (files - 1) * (2 * files + 5) / 18.0) < 2.58 THEN
		RETURN;
	END IF;
	slope := mailroom.find_median(slopes);
	leads_to := mailroom.find_median(ARRAY(SELECT heights[i] - slope * places[i] AS rest FROM generate_series(1, files) AS i ORDER BY 1));
	spread := greatest(1.4826 * mailroom.find_median(ARRAY(SELECT abs(heights[i] - slope * places[i] - leads_to) AS off FROM generate_series(1, files) AS i ORDER BY 1)),
		0.02 * CASE WHEN percent THEN 1 ELSE abs(leads_to) END);
	-- what stops growing is as usual too: the band reaches from the last three files to where the growth leads
	recent := mailroom.find_median(ARRAY(SELECT heights[i] AS height FROM generate_series(1, 3) AS i ORDER BY 1));
	median := leads_to;
	lowest := least(leads_to, recent) - width * spread;
	highest := greatest(leads_to, recent) + width * spread;
	growth := CASE WHEN percent THEN exp(slope * 7) - 1 WHEN leads_to <> 0 THEN slope * 7 / abs(leads_to) END * 100;
	IF percent THEN
		median := exp(median);
		lowest := exp(greatest(lowest, -50));
		highest := exp(least(highest, 100));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.find_trend(numeric[], date[], date, numeric) IS 'where values of days (newest first, at least 8, of which 60 are looked at) lead to on a day, the band around it and the growth in percent a week; all NULL when they neither grow nor decline';

CREATE OR REPLACE FUNCTION mailroom.learn_band(history numeric[], width numeric, scale integer, days date[] DEFAULT NULL, due_on date DEFAULT NULL, OUT median numeric, OUT lowest numeric, OUT highest numeric, OUT growth numeric)
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT round(coalesce(t.median, m.median), $3), round(coalesce(t.lowest, m.median - $2 * s.spread), $3), round(coalesce(t.highest, m.median + $2 * s.spread), $3), round(t.growth, 1)
		FROM (SELECT mailroom.find_median(ARRAY(SELECT h.v FROM unnest($1) AS h (v) ORDER BY 1)) AS median) m
			CROSS JOIN LATERAL (SELECT greatest(1.4826 * mailroom.find_median(ARRAY(SELECT abs(h.v - m.median) FROM unnest($1) AS h (v) ORDER BY 1)), abs(m.median) * 0.02) AS spread) s
			CROSS JOIN LATERAL mailroom.find_trend($1, $4, $5, $2) t;
END;
COMMENT ON FUNCTION mailroom.learn_band(numeric[], numeric, integer, date[], date) IS 'median of values, and the band around it: width times 1.4826 times the median distance from it (at least 2 percent of it), rounded to scale places; one value far away does not move them. With the days of the values, newest first, and the day that they are learnt for, the band goes with their growth (percent a week), where they have one';

CREATE OR REPLACE FUNCTION mailroom.measure_source(a mailroom.expected_arrival)
	RETURNS TABLE (measure text, value numeric)
	STABLE ROWS 4
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT v.measure, v.value
		FROM (SELECT f.document_count, f.content_bytes, f.totals FROM mailroom.import_file f WHERE f.issuer_id = (a).issuer_id AND f.file_id = (a).file_id
				UNION ALL SELECT b.document_count, NULL, b.totals FROM mailroom.import_batch b WHERE b.issuer_id = (a).issuer_id AND b.batch_id = (a).batch_id) s
			CROSS JOIN LATERAL (SELECT 'documents' AS measure, s.document_count::numeric AS value
				UNION ALL SELECT 'bytes', s.content_bytes::numeric
				UNION ALL SELECT t.key, (t.value ->> 'sum')::numeric FROM jsonb_each(s.totals) AS t) v
		WHERE v.value IS NOT NULL;
END;
COMMENT ON FUNCTION mailroom.measure_source(mailroom.expected_arrival) IS 'what an imported file or batch holds: documents, bytes (of a file), and the sum of BT-112 by currency';
REVOKE EXECUTE ON FUNCTION mailroom.measure_source(mailroom.expected_arrival) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.measure_arrival(issuer_id bigint, expected_id bigint, due_on date, a mailroom.expected_arrival, is_quiet boolean DEFAULT false)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e mailroom.expected_file;
	m mailroom.expected_measure;
	days date[];
BEGIN
	SELECT * INTO e FROM mailroom.expected_file x WHERE x.issuer_id = $1 AND x.expected_id = $2;
	days := ARRAY(SELECT d.due_on FROM mailroom.expected_day d
		WHERE d.issuer_id = $1 AND d.expected_id = $2 AND d.due_on < $3 AND d.state = 'arrived'
			AND d.position = (SELECT o.position FROM mailroom.expected_day o WHERE o.issuer_id = $1 AND o.expected_id = $2 AND o.due_on = $3)
			AND EXISTS (SELECT FROM mailroom.expected_measure k WHERE k.issuer_id = $1 AND k.expected_id = $2 AND k.due_on = d.due_on)
		ORDER BY d.due_on DESC LIMIT e.learn_periods);
	-- a currency that this file has and the others had not, or the other way round, is a sum of zero
	FOR m IN
		INSERT INTO mailroom.expected_measure (issuer_id, expected_id, due_on, measure, value, periods, median, lowest, highest, growth)
			SELECT $1, $2, $3, n.measure, coalesce(v.value, 0), cardinality(days), l.median,
					CASE WHEN b.measure IS NOT NULL THEN b.lowest ELSE l.lowest END, CASE WHEN b.measure IS NOT NULL THEN b.highest ELSE l.highest END, l.growth
				FROM (SELECT g.measure FROM mailroom.measure_source($4) g
						UNION SELECT k.measure FROM mailroom.expected_measure k WHERE k.issuer_id = $1 AND k.expected_id = $2 AND k.due_on = ANY (days)
						UNION SELECT u.measure FROM mailroom.expected_band u WHERE u.issuer_id = $1 AND u.expected_id = $2) n
					LEFT JOIN mailroom.measure_source($4) v ON v.measure = n.measure
					LEFT JOIN mailroom.expected_band b ON b.issuer_id = $1 AND b.expected_id = $2 AND b.measure = n.measure
					LEFT JOIN LATERAL mailroom.learn_band(ARRAY(SELECT coalesce((SELECT k.value FROM mailroom.expected_measure k
						WHERE k.issuer_id = $1 AND k.expected_id = $2 AND k.due_on = o.day AND k.measure = n.measure), 0) FROM unnest(days) AS o (day)),
						e.band_width, CASE WHEN n.measure IN ('documents', 'bytes') THEN 0 ELSE 2 END, CASE WHEN e.learn_trend THEN days END, $3) l ON e.learn_from > 0 AND cardinality(days) >= e.learn_from
				ORDER BY n.measure
			ON CONFLICT DO NOTHING
			RETURNING *
	LOOP
		IF NOT is_quiet AND (m.value < m.lowest OR m.value > m.highest) THEN
			PERFORM mailroom.raise_expected_fault($1, $2, $3, 'EXPECTED-BAND', m.measure, a.arrival_id, format('the %s of "%s" for %s are not as usual: found %s, expected %s%s',
				CASE WHEN m.measure IN ('documents', 'bytes') THEN m.measure ELSE m.measure || ' totals' END, e.name, to_char($3, 'YYYY-MM-DD'), m.value,
				CASE WHEN m.highest IS NULL THEN format('at least %s', m.lowest) WHEN m.lowest IS NULL THEN format('at most %s', m.highest) ELSE format('%s to %s', m.lowest, m.highest) END,
				CASE WHEN m.growth > 0 THEN format(' (growing by %s percent a week)', m.growth) WHEN m.growth < 0 THEN format(' (declining by %s percent a week)', -m.growth) END));
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.measure_arrival(bigint, bigint, date, mailroom.expected_arrival, boolean) IS 'writes what a file that came held, with the band that it should be in, and a fault (unless it is to be quiet) for each measure that is not';
REVOKE EXECUTE ON FUNCTION mailroom.measure_arrival(bigint, bigint, date, mailroom.expected_arrival, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.measure_arrivals(issuer_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	o record;
BEGIN
	FOR o IN SELECT x AS arrival, d.due_on FROM mailroom.expected_arrival x
				CROSS JOIN LATERAL mailroom.arrival_source($1, x.file_id, x.batch_id) f
				CROSS JOIN LATERAL (SELECT e.due_on FROM mailroom.expected_day e WHERE e.issuer_id = $1 AND e.arrival_id = x.arrival_id AND e.expected_id = x.expected_id OFFSET 0) d
			WHERE x.issuer_id = $1 AND x.is_open AND x.state = 'taken' AND f.state = 'imported' ORDER BY d.due_on, x.arrival_id LOOP
		PERFORM mailroom.measure_arrival($1, (o.arrival).expected_id, o.due_on, o.arrival);
		UPDATE mailroom.expected_arrival x SET is_open = false WHERE x.issuer_id = $1 AND x.arrival_id = (o.arrival).arrival_id;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.measure_arrivals(bigint) IS 'the step of the job watch_expected that measures imported files';
REVOKE EXECUTE ON FUNCTION mailroom.measure_arrivals(bigint) FROM PUBLIC;
