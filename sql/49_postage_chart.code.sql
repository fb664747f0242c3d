-- 49_postage_chart: how the cost of a mailing depends on the split between carriers, as rows and as a drawing.

-- The split ------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.split_counts(problem jsonb, carrier text, planned bigint)
	RETURNS SETOF bigint
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT o ->> 'id' AS offer, o ->> 'op' = $2 AS is_its, (o ->> 'min_mailing')::bigint AS min_mailing FROM jsonb_array_elements($1 -> 'offers') AS o
	), cell AS MATERIALIZED (
		SELECT (c ->> 'id')::bigint AS cell, (c ->> 'count')::bigint AS letters FROM jsonb_array_elements($1 -> 'cells') AS c
	), arc AS MATERIALIZED (
		SELECT (a ->> 'cell')::bigint AS cell, bool_or(o.is_its) AS its, bool_or(NOT o.is_its) AS others
			FROM jsonb_array_elements($1 -> 'arcs') AS a JOIN offer o ON o.offer = a ->> 'offer'
			GROUP BY 1
	), reach AS MATERIALIZED (
		SELECT coalesce(sum(c.letters) FILTER (WHERE a.its), 0)::bigint AS most, coalesce(sum(c.letters) FILTER (WHERE NOT a.others), 0)::bigint AS least, sum(c.letters)::bigint AS letters
			FROM cell c JOIN arc a ON a.cell = c.cell
	), corner AS (
		SELECT (t ->> 'frm')::bigint AS letters, bool_and(o.is_its) AS is_its
			FROM jsonb_array_elements($1 -> 'groups') AS g CROSS JOIN jsonb_array_elements(g -> 'tiers') AS t
				JOIN offer o ON g -> 'offers' ? o.offer
			GROUP BY g, t
		UNION SELECT o.min_mailing, o.is_its FROM offer o WHERE o.min_mailing > 1
	)
	SELECT DISTINCT x.letters
		FROM reach r
			CROSS JOIN LATERAL (
				SELECT r.least + (r.most - r.least) * n / 20 AS letters FROM generate_series(0, 20) AS n
				UNION ALL SELECT $3
				UNION ALL SELECT CASE WHEN k.is_its THEN k.letters ELSE r.letters - k.letters END + d.side FROM corner k CROSS JOIN (VALUES (-1), (0), (1)) AS d (side)) x
		WHERE x.letters BETWEEN r.least AND r.most
		ORDER BY 1
		LIMIT 60;
END;
COMMENT ON FUNCTION mailroom.split_counts(jsonb, text, bigint) IS 'letters of a carrier for which a problem is worth solving: 21 even steps from the fewest to the most it can have, the planned count, and both sides of each tier and minimum';

-- Exactly so many letters at a carrier: its cap, and a take-or-pay that is never worth paying.
CREATE OR REPLACE FUNCTION mailroom.forced_split(problem jsonb, carrier text, letters bigint)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	RETURN problem || jsonb_build_object(
		'caps', coalesce((SELECT jsonb_agg(c) FROM jsonb_array_elements(problem -> 'caps') AS c WHERE c ->> 'op' <> carrier), '[]') || jsonb_build_object('op', carrier, 'max', letters),
		'commits', coalesce((SELECT jsonb_agg(c) FROM jsonb_array_elements(problem -> 'commits') AS c WHERE c ->> 'op' <> carrier), '[]')
			|| jsonb_build_object('op', carrier, 'min', letters, 'base', 0, 'penalty', 1000000000));
COMMENT ON FUNCTION mailroom.forced_split(jsonb, text, bigint) IS 'a postage problem in which a carrier gets exactly so many letters: fewer cost 1,000 currency units each';

CREATE OR REPLACE FUNCTION mailroom.split_carrier(issuer_id bigint, mailing_id bigint)
	RETURNS text
	STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT o.carrier
		FROM mailroom.mailing m
			CROSS JOIN LATERAL mailroom.postage_offers(m.issuer_id, m.origin_country, m.currency, m.hand_in_date) o
			LEFT JOIN mailroom.mailing_cell c ON c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id AND c.offer = o.offer
		WHERE m.issuer_id = $1 AND m.mailing_id = $2
		GROUP BY o.carrier
		ORDER BY bool_or(o.is_national), coalesce(sum(c.letters), 0) DESC, o.carrier
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.split_carrier(bigint, bigint) IS 'the carrier whose share is in question: of those that are not national, the one with the most planned letters';

CREATE OR REPLACE FUNCTION mailroom.postage_split(issuer_id bigint, mailing_id bigint, carrier text DEFAULT NULL)
	RETURNS TABLE (letters bigint, cost_micro bigint, is_plan boolean, tiers jsonb)
	STABLE PARALLEL RESTRICTED
	ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	problem jsonb;
	solved jsonb;
	its_offers text[];
	planned bigint;
	flow jsonb;
BEGIN
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF m.state = 'open' THEN
		RAISE EXCEPTION 'mailing % cannot be drawn because it is not planned', $2 USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing().';
	END IF;
	carrier := coalesce(carrier, mailroom.split_carrier($1, $2));
	problem := mailroom.postage_problem($1, $2);
	its_offers := ARRAY(SELECT o ->> 'id' FROM jsonb_array_elements(problem -> 'offers') AS o WHERE o ->> 'op' = carrier);
	IF its_offers = '{}' THEN
		RAISE EXCEPTION 'carrier "%" has no offer for mailing %', carrier, $2
			USING ERRCODE = 'undefined_object', HINT = 'mailroom.mailing_offer_report shows the carriers of the plan.';
	END IF;
	SELECT coalesce(sum((f ->> 'count')::bigint), 0) INTO planned FROM jsonb_array_elements(m.plan -> 'plan') AS f WHERE f ->> 'offer' = ANY (its_offers);
	FOR letters IN SELECT x FROM mailroom.split_counts(problem, carrier, planned) AS x LOOP
		is_plan := letters = planned;
		IF is_plan THEN
			cost_micro := m.cost_micro;
			flow := m.plan -> 'plan';
		ELSE
			-- limits that do not depend on time, so that a drawing is the same each time
			solved := mailroom.solve_postage(mailroom.forced_split(problem, carrier, letters), '{"gap_limit": 0.0002, "node_limit": 200}');
			flow := solved -> 'plan';
			CONTINUE WHEN flow IS NULL OR letters <> (SELECT coalesce(sum((f ->> 'count')::bigint), 0) FROM jsonb_array_elements(flow) AS f WHERE f ->> 'offer' = ANY (its_offers));
			cost_micro := mailroom.plan_micro(solved || jsonb_build_object('scale', problem -> 'scale'), 'cost');
		END IF;
		tiers := (SELECT jsonb_object_agg(g.scheme, t.tier)
			FROM (SELECT s ->> 'id' AS scheme, s, (SELECT coalesce(sum((f ->> 'count')::bigint), 0) FROM jsonb_array_elements(flow) AS f WHERE s -> 'offers' ? (f ->> 'offer')) AS counted
					FROM jsonb_array_elements(problem -> 'groups') AS s) g
				CROSS JOIN LATERAL (SELECT t AS tier FROM jsonb_array_elements(g.s -> 'tiers') AS t WHERE (t ->> 'frm')::bigint <= g.counted ORDER BY (t ->> 'frm')::bigint DESC LIMIT 1) t);
		RETURN NEXT;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_split(bigint, bigint, text) IS 'what a planned mailing costs if a carrier (NULL = the one that is not national and has the most letters) gets exactly so many letters and the rest is planned as well as possible (to 0.02 percent or 200 nodes): from the fewest to the most, on both sides of each tier and minimum, and at the plan; tiers = {scheme: tier reached as in mailroom.postage_problem}. Counts that no plan can have are left out. 42704 no such mailing or offer, MR004 not planned';

-- The drawing ------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.svg_text(x numeric, y numeric, content text, attributes text DEFAULT '')
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN format(E'<text x="%s" y="%s"%s>%s</text>\n', round(x, 1), round(y, 1), CASE WHEN attributes <> '' THEN ' ' || attributes ELSE '' END,
		replace(replace(replace(regexp_replace(content, E'[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f]', '', 'g'), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'));
COMMENT ON FUNCTION mailroom.svg_text(numeric, numeric, text, text) IS 'a text element of an SVG drawing, its content escaped';

CREATE OR REPLACE FUNCTION mailroom.axis_step(span numeric, parts integer)
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (SELECT s.step FROM generate_series(-6, 15) AS e, unnest(ARRAY[1, 2, 5]) AS d, LATERAL (SELECT d * 10::numeric ^ e AS step) s
		WHERE s.step * parts >= span ORDER BY s.step LIMIT 1);
COMMENT ON FUNCTION mailroom.axis_step(numeric, integer) IS 'distance of the marks of an axis: the smallest of 1, 2, 5, 10 ... that needs no more parts';

CREATE OR REPLACE FUNCTION mailroom.tier_text(tier jsonb)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN tier ? 'bp' THEN mailroom.percent_text((tier ->> 'bp')::integer) || ' %' ELSE mailroom.price_text((tier ->> 'amt')::bigint) END;
COMMENT ON FUNCTION mailroom.tier_text(jsonb) IS 'discount of a tier of a postage problem: percent, or the amount for each further letter';

CREATE OR REPLACE FUNCTION mailroom.chart_axes(x_from numeric, x_to numeric, y_from numeric, y_to numeric, wide numeric, high numeric)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	x_step CONSTANT numeric := greatest(mailroom.axis_step(x_to - x_from, 8), 1);
	y_step CONSTANT numeric := mailroom.axis_step(y_to - y_from, 6);
	y_form CONSTANT text := CASE WHEN y_step < 1 THEN 'FM999,999,999,999,990.00' ELSE 'FM999,999,999,999,990' END;
	v numeric;
	place numeric;
	drawn text := '';
BEGIN
	v := ceil(y_from / y_step) * y_step;
	WHILE v <= y_to LOOP
		place := high * (y_to - v) / (y_to - y_from);
		drawn := drawn || format(E'<line x1="0" y1="%1$s" x2="%2$s" y2="%1$s" stroke="#d0d0d0"/>\n', round(place, 1), wide)
			|| mailroom.svg_text(-8, place + 4, to_char(v, y_form), 'text-anchor="end"');
		v := v + y_step;
	END LOOP;
	v := ceil(x_from / x_step) * x_step;
	WHILE v <= x_to LOOP
		place := wide * (v - x_from) / (x_to - x_from);
		drawn := drawn || format(E'<line x1="%1$s" y1="%2$s" x2="%1$s" y2="%3$s" stroke="#333333"/>\n', round(place, 1), high, high + 5)
			|| mailroom.svg_text(place, high + 19, to_char(v, 'FM999,999,999,990'), 'text-anchor="middle"');
		v := v + x_step;
	END LOOP;
	RETURN drawn || format(E'<path d="M0 0V%sH%s" fill="none" stroke="#333333"/>\n', high, wide);
END;
$$;
COMMENT ON FUNCTION mailroom.chart_axes(numeric, numeric, numeric, numeric, numeric, numeric) IS 'axes, marks and lines of a chart whose area is wide by high, as SVG';

-- One band a scheme: a step where a tier begins, its discount written where there is room for it.
CREATE OR REPLACE FUNCTION mailroom.chart_tiers(scheme text, points bigint[], tiers jsonb[], x_from numeric, x_to numeric, wide numeric, top numeric)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	run record;
	steps CONSTANT jsonb[] := ARRAY(SELECT DISTINCT t -> scheme FROM unnest(tiers) AS t WHERE t ? scheme);
	ordered CONSTANT jsonb[] := ARRAY(SELECT s FROM unnest(steps) AS s ORDER BY (s ->> 'frm')::bigint);
	line text := '';
	drawn text := '';
	x1 numeric;
	x2 numeric;
	y numeric;
BEGIN
	FOR run IN
		SELECT min(r.letters) AS from_letters, coalesce(lead(min(r.letters)) OVER (ORDER BY min(r.letters)), max(r.letters)) AS to_letters, r.tier
			FROM (SELECT p.letters, p.tier, sum(p.starts) OVER (ORDER BY p.letters) AS run
					FROM (SELECT u.letters, u.t -> scheme AS tier, CASE WHEN lag(u.t -> scheme) OVER (ORDER BY u.letters) IS DISTINCT FROM u.t -> scheme THEN 1 ELSE 0 END AS starts
							FROM unnest(points, tiers) AS u (letters, t)) p) r
			GROUP BY r.run, r.tier
			ORDER BY 1
	LOOP
		x1 := round(wide * (run.from_letters - x_from) / (x_to - x_from), 1);
		x2 := round(wide * (run.to_letters - x_from) / (x_to - x_from), 1);
		y := top + 26 - 18 * (array_position(ordered, run.tier) - 1) / greatest(cardinality(ordered) - 1, 1);
		line := line || CASE WHEN line = '' THEN 'M' ELSE 'L' END || x1 || ' ' || round(y, 1) || 'H' || x2;
		IF x2 - x1 >= 44 THEN
			drawn := drawn || mailroom.svg_text((x1 + x2) / 2, y - 4, mailroom.tier_text(run.tier), 'text-anchor="middle" font-size="11"');
		END IF;
	END LOOP;
	RETURN drawn || format(E'<path d="%s" fill="none" stroke="#6a3d9a" stroke-width="1.5"/>\n', line) || mailroom.svg_text(wide, top + 42, scheme, 'text-anchor="end" font-size="11" fill="#6a3d9a"');
END;
$$;
COMMENT ON FUNCTION mailroom.chart_tiers(text, bigint[], jsonb[], numeric, numeric, numeric, numeric) IS 'the tier of a scheme that is reached at each count, as a band of steps in SVG';

CREATE OR REPLACE FUNCTION mailroom.postage_chart(issuer_id bigint, mailing_id bigint, carrier text DEFAULT NULL)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wide CONSTANT numeric := 600;
	high CONSTANT numeric := 260;
	m mailroom.mailing;
	its text := coalesce(carrier, mailroom.split_carrier($1, $2));
	its_name text;
	points bigint[];
	costs numeric[];
	all_tiers jsonb[];
	planned integer;
	x_from numeric;
	x_to numeric;
	y_from numeric;
	y_to numeric;
	schemes text[];
	drawn text;
	about text;
	top numeric;
BEGIN
	SELECT array_agg(s.letters ORDER BY s.letters), array_agg(s.cost_micro / 1000000.0 ORDER BY s.letters), array_agg(s.tiers ORDER BY s.letters),
			min(s.n) FILTER (WHERE s.is_plan), min(s.letters), max(s.letters), min(s.cost_micro) / 1000000.0, max(s.cost_micro) / 1000000.0
		INTO points, costs, all_tiers, planned, x_from, x_to, y_from, y_to
		FROM (SELECT p.*, (row_number() OVER (ORDER BY p.letters))::integer AS n FROM mailroom.postage_split($1, $2, its) p) s;
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	SELECT c.name INTO its_name FROM mailroom.carrier c WHERE c.carrier = its AND c.valid_from <= m.hand_in_date AND (c.valid_to IS NULL OR c.valid_to > m.hand_in_date);
	x_to := greatest(x_to, x_from + 1);
	y_to := greatest(y_to + (y_to - y_from) * 0.05, y_from + 1);
	y_from := y_from - (y_to - y_from) * 0.08;
	schemes := ARRAY(SELECT DISTINCT k FROM unnest(all_tiers) AS t, jsonb_object_keys(t) AS k
		WHERE (SELECT count(DISTINCT u -> k) FROM unnest(all_tiers) AS u) > 1 ORDER BY k LIMIT 5);
	about := format('%s letters in all. By the plan %s of them go with %s and the mailing costs %s %s; with %s letters there it costs %s, with %s it costs %s.',
		to_char(m.letter_count, 'FM999,999,999,990'), to_char(points[planned], 'FM999,999,999,990'), its_name, to_char(costs[planned], 'FM999,999,999,999,990.00'), m.currency,
		to_char(points[1], 'FM999,999,999,990'), to_char(costs[1], 'FM999,999,999,999,990.00'),
		to_char(points[cardinality(points)], 'FM999,999,999,990'), to_char(costs[cardinality(costs)], 'FM999,999,999,999,990.00'));
	top := high + 58;
	drawn := mailroom.chart_axes(x_from, x_to, y_from, y_to, wide, high)
		|| format(E'<line x1="%1$s" y1="0" x2="%1$s" y2="%2$s" stroke="#b3261e" stroke-dasharray="4 4"/>\n', round(wide * (points[planned] - x_from) / (x_to - x_from), 1), high)
		|| (SELECT string_agg(format(E'<polyline points="%s" fill="none" stroke="#1f5aa6" stroke-width="2"/>\n', r.line), '')
			FROM (SELECT string_agg(round(wide * (u.letters - x_from) / (x_to - x_from), 1) || ',' || round(high * (y_to - u.cost) / (y_to - y_from), 1), ' ' ORDER BY u.letters) AS line
					FROM unnest(points, costs) AS u (letters, cost)) r)
		|| (SELECT string_agg(format(E'<circle cx="%s" cy="%s" r="2" fill="#1f5aa6"/>\n', round(wide * (u.letters - x_from) / (x_to - x_from), 1), round(high * (y_to - u.cost) / (y_to - y_from), 1)), '' ORDER BY u.letters)
			FROM unnest(points, costs) AS u (letters, cost))
		|| format(E'<circle cx="%s" cy="%s" r="6" fill="#b3261e" stroke="#ffffff" stroke-width="1.5"/>\n', round(wide * (points[planned] - x_from) / (x_to - x_from), 1),
			round(high * (y_to - costs[planned]) / (y_to - y_from), 1))
		|| mailroom.svg_text(wide / 2, high + 40, 'letters with ' || its_name, 'text-anchor="middle" font-weight="bold"')
		|| mailroom.svg_text(-86, -14, 'cost in ' || m.currency, 'font-weight="bold"')
		|| coalesce((SELECT string_agg(mailroom.chart_tiers(s.scheme, points, all_tiers, x_from, x_to, wide, top + 46 * (s.n - 1)), '' ORDER BY s.n) FROM unnest(schemes) WITH ORDINALITY AS s (scheme, n)), '');
	top := top + 46 * cardinality(schemes) + 24;
	drawn := drawn || format(E'<circle cx="-80" cy="%s" r="6" fill="#b3261e"/>\n', top - 4)
		|| mailroom.svg_text(-66, top, format('the plan: %s letters with %s, %s in all, %s %s', to_char(points[planned], 'FM999,999,999,990'), its_name, to_char(m.letter_count, 'FM999,999,999,990'),
			to_char(costs[planned], 'FM999,999,999,999,990.00'), m.currency))
		|| format(E'<line x1="-88" y1="%1$s" x2="-72" y2="%1$s" stroke="#1f5aa6" stroke-width="2"/>\n', top + 16)
		|| mailroom.svg_text(-66, top + 20, 'the least cost with exactly so many letters there')
		|| CASE WHEN schemes <> '{}' THEN format(E'<path d="M-88 %sH-80V%sH-72" fill="none" stroke="#6a3d9a" stroke-width="1.5"/>\n', top + 40, top + 32)
			|| mailroom.svg_text(-66, top + 40, 'discount reached, scheme by scheme: a step where a tier begins') ELSE '' END;
	RETURN format(E'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 730 %1$s" width="730" height="%1$s" role="img" aria-labelledby="postage-title postage-desc" font-family="sans-serif" font-size="12" fill="#222222">\n',
			round(top + 136))
		|| format(E'<title id="postage-title">%s</title>\n<desc id="postage-desc">%s</desc>\n', regexp_replace(mailroom.svg_text(0, 0, 'Postage of mailing ' || m.name || ' by split between carriers'), '^<text[^>]*>|</text>\n$', '', 'g'),
			regexp_replace(mailroom.svg_text(0, 0, about), '^<text[^>]*>|</text>\n$', '', 'g'))
		|| E'<rect width="100%" height="100%" fill="#ffffff"/>\n' || mailroom.svg_text(14, 26, 'Postage of mailing ' || m.name || ' by split between carriers', 'font-size="16" font-weight="bold"')
		|| E'<g transform="translate(100 76)">\n' || drawn || E'</g>\n</svg>\n';
END;
$$;
COMMENT ON FUNCTION mailroom.postage_chart(bigint, bigint, text) IS 'a drawing of mailroom.postage_split as a self-contained SVG with title and description: letters with a carrier (NULL = the one that is not national and has the most) against the cost of the whole mailing, the plan marked, below it the discounts reached as steps. Errors as postage_split';
