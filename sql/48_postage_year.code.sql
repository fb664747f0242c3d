-- 48_postage_year: balance over time, the planner's will.

CREATE OR REPLACE FUNCTION mailroom.require_day(day date)
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF day IS NULL OR NOT isfinite(day) OR day NOT BETWEEN '1900-01-01' AND '9999-12-31' THEN
		RAISE EXCEPTION 'day "%" is not a day from 1900 to 9999', coalesce(day::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a day such as 2026-11-22, or leave it out for today where that is allowed.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_day(date) IS 'raises 22023 unless the day is one that years can be counted from';

-- The ledger -----------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.tariff_period_start(period text, year_starts text, on_date date)
	RETURNS date
	IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'mailing' THEN $3
		WHEN 'month' THEN date_trunc('month', $3::timestamp)::date
		WHEN 'contract-year' THEN (
			SELECT max(d.day) FROM (
				SELECT (y.first + make_interval(months => split_part($2, '-', 1)::integer - 1, days => split_part($2, '-', 2)::integer - 1))::date AS day
					FROM (VALUES (date_trunc('year', $3::timestamp)), (date_trunc('year', $3::timestamp) - interval '1 year')) AS y (first)) d
				WHERE d.day <= $3)
		ELSE date_trunc('year', $3::timestamp)::date
	END;
COMMENT ON FUNCTION mailroom.tariff_period_start(text, text, date) IS 'first day of the period (mailing, month, calendar-year, contract-year that starts on year_starts as 04-01) that a day is in; a contract year from 29 February starts on 1 March where there is none';

CREATE OR REPLACE FUNCTION mailroom.tariff_period_end(period text, year_starts text, on_date date)
	RETURNS date
	IMMUTABLE PARALLEL SAFE
	RETURN CASE $1
		WHEN 'mailing' THEN $3 + 1
		WHEN 'month' THEN (date_trunc('month', $3::timestamp) + interval '1 month')::date
		ELSE mailroom.tariff_period_start($1, $2, (mailroom.tariff_period_start($1, $2, $3) + interval '1 year 7 days')::date)
	END;
COMMENT ON FUNCTION mailroom.tariff_period_end(text, text, date) IS 'first day after the period that a day is in, see mailroom.tariff_period_start';

CREATE OR REPLACE FUNCTION mailroom.mailing_volume(issuer_id bigint, mailing_id bigint)
	RETURNS SETOF mailroom.postage_volume
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	SELECT m.issuer_id, m.mailing_id, c.offer, coalesce(h.issuer_id, m.issuer_id), m.hand_in_date, coalesce(m.currency, i.currency), sum(c.letters)::bigint,
			sum(c.letters::numeric * c.milligrams)::bigint, sum(c.list_micro)::bigint
		FROM mailroom.mailing m
			JOIN mailroom.issuer i ON i.issuer_id = m.issuer_id
			JOIN mailroom.mailing_cell c ON c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id
			LEFT JOIN mailroom.hand_in_member h ON h.member_issuer_id = m.issuer_id AND h.member_mailing_id = m.mailing_id
		WHERE m.issuer_id = $1 AND ($2 IS NULL OR m.mailing_id = $2) AND m.state <> 'open'
			-- the letters of a hand-in are its members'
			AND NOT EXISTS (SELECT FROM mailroom.hand_in_member x WHERE x.issuer_id = m.issuer_id AND x.mailing_id = m.mailing_id)
		GROUP BY m.issuer_id, m.mailing_id, c.offer, h.issuer_id, m.hand_in_date, m.currency, i.currency;
END;
COMMENT ON FUNCTION mailroom.mailing_volume(bigint, bigint) IS 'the rows of mailroom.postage_volume as the plans say: of a mailing, or of all mailings of the issuer (mailing_id NULL)';

CREATE OR REPLACE FUNCTION mailroom.count_postage(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.postage_volume v WHERE v.issuer_id = $1 AND v.mailing_id = $2;
	INSERT INTO mailroom.postage_volume SELECT v.* FROM mailroom.mailing_volume($1, $2) v ORDER BY v.offer;
END;
$$;
COMMENT ON FUNCTION mailroom.count_postage(bigint, bigint) IS 'writes a planned mailing into the ledger mailroom.postage_volume, anew if it is there';
REVOKE EXECUTE ON FUNCTION mailroom.count_postage(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.rebuild_postage_volume(issuer_id bigint)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	changed bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	CREATE TEMPORARY TABLE postage_volume_now ON COMMIT DROP AS SELECT v.* FROM mailroom.mailing_volume($1, NULL) v;
	SELECT count(*) INTO changed FROM (
		(SELECT v.* FROM mailroom.postage_volume v WHERE v.issuer_id = $1 EXCEPT SELECT n.* FROM pg_temp.postage_volume_now n)
		UNION ALL
		(SELECT n.* FROM pg_temp.postage_volume_now n EXCEPT SELECT v.* FROM mailroom.postage_volume v WHERE v.issuer_id = $1)) d;
	DELETE FROM mailroom.postage_volume v WHERE v.issuer_id = $1;
	INSERT INTO mailroom.postage_volume SELECT n.* FROM pg_temp.postage_volume_now n ORDER BY n.mailing_id, n.offer;
	DROP TABLE pg_temp.postage_volume_now;
	RETURN changed;
END;
$$;
COMMENT ON FUNCTION mailroom.rebuild_postage_volume(bigint) IS 'derives the ledger mailroom.postage_volume of an issuer from its plans again; returns how many rows were not as they are now: 0 when nothing was wrong';
REVOKE EXECUTE ON FUNCTION mailroom.rebuild_postage_volume(bigint) FROM PUBLIC;

-- Where a year stands --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.postage_year_objects(on_date date)
	RETURNS TABLE (kind text, object text, carrier text, offers text[], period text, measure text, counted_per text, own_name_only boolean,
		is_retroactive boolean, mode text, stacking text, at_least bigint, at_most bigint, penalty_micro bigint, period_start date, period_end date)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT 'scheme', s.scheme, (SELECT string_agg(DISTINCT c.carrier, ', ' ORDER BY c.carrier) FROM mailroom.carrier_offer c
				WHERE c.offer = ANY (s.offers) AND c.valid_from <= $1 AND (c.valid_to IS NULL OR c.valid_to > $1)),
			s.offers, s.period, s.measure, s.counted_per, s.own_name_only, s.is_retroactive, s.mode, s.stacking, NULL::bigint, NULL::bigint, 0::bigint,
			mailroom.tariff_period_start(s.period, s.year_starts, $1), mailroom.tariff_period_end(s.period, s.year_starts, $1)
		FROM mailroom.discount_scheme s
		WHERE s.period <> 'mailing' AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
	UNION ALL
	SELECT o.kind, o.obligation, o.carrier, coalesce(o.offers, ARRAY(SELECT DISTINCT c.offer::text FROM mailroom.carrier_offer c WHERE c.carrier = o.carrier ORDER BY 1)),
			o.period, o.measure, 'submitter', false, false, NULL, NULL, o.least, o.most, o.penalty_micro,
			mailroom.tariff_period_start(o.period, to_char(o.valid_from, 'MM-DD'), $1), mailroom.tariff_period_end(o.period, to_char(o.valid_from, 'MM-DD'), $1)
		FROM mailroom.carrier_obligation o
		WHERE o.kind IN ('take-or-pay', 'cap') AND o.region = '' AND o.valid_from <= $1 AND (o.valid_to IS NULL OR o.valid_to > $1);
END;
COMMENT ON FUNCTION mailroom.postage_year_objects(date) IS 'discount schemes of a year, and take-or-pay and caps of any period, that hold on a day, each with the period the day is in; a contract year of an obligation starts on the day of the year on which the obligation began';

CREATE OR REPLACE FUNCTION mailroom.postage_standing(issuer_id bigint, on_date date, before_mailing bigint, letters bigint)
	RETURNS TABLE (kind text, object text, carrier text, offers text[], period text, measure text, counted_per text, is_retroactive boolean, mode text, stacking text,
		at_least bigint, at_most bigint, penalty_micro bigint, period_start date, period_end date, counted bigint, money_micro bigint, planned bigint,
		expected bigint, basis text, is_known boolean)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	WITH object AS (
		SELECT o.*, b.counted AS base_counted, b.money_micro - b.money_micro % 10000 AS base_money, b.expected AS stated
			FROM mailroom.postage_year_objects($2) o
				LEFT JOIN mailroom.scheme_base b ON b.issuer_id = $1 AND o.kind = 'scheme' AND b.scheme = o.object AND b.year_from = o.period_start
	), counted AS (
		SELECT o.*, coalesce(o.base_counted, 0) + CASE o.measure WHEN 'kilograms' THEN v.milligrams / 1000000 WHEN 'money' THEN v.list_micro / 1000000 ELSE v.letters END AS counted,
				coalesce(o.base_money, 0) + v.list_micro AS money_micro, v.planned, v.of_month, v.letters > 0 OR o.base_counted IS NOT NULL AS is_known
			FROM object o
				CROSS JOIN LATERAL (
					SELECT coalesce(sum(v.letters), 0)::bigint AS letters, coalesce(sum(v.milligrams), 0)::bigint AS milligrams, coalesce(sum(v.list_micro), 0)::bigint AS list_micro,
							coalesce(sum(v.letters) FILTER (WHERE m.state = 'planned'), 0)::bigint AS planned,
							coalesce(sum(v.letters) FILTER (WHERE v.hand_in_date >= date_trunc('month', $2::timestamp)::date), 0)::bigint AS of_month
						FROM mailroom.postage_volume v
							JOIN mailroom.mailing m ON m.issuer_id = v.issuer_id AND m.mailing_id = v.mailing_id AND m.state <> 'open'
							LEFT JOIN mailroom.hand_in_member h ON h.member_issuer_id = v.issuer_id AND h.member_mailing_id = v.mailing_id
						WHERE (o.counted_per = 'issuer' AND v.issuer_id = $1 OR o.counted_per = 'submitter' AND v.submitter_id = $1 AND (NOT o.own_name_only OR v.issuer_id = $1))
							AND o.period <> 'mailing' AND v.offer = ANY (o.offers) AND v.hand_in_date >= o.period_start AND v.hand_in_date <= $2
							AND ($3 IS NULL OR (v.hand_in_date, coalesce(h.mailing_id, v.mailing_id)) < ($2, $3))) v
	), ahead AS (
		SELECT c.*, f.rest, c.counted * (c.period_end - c.period_start) / greatest(1, $2 - c.period_start + CASE WHEN $3 IS NULL THEN 1 ELSE 0 END) AS at_this_rate
			FROM counted c
				CROSS JOIN LATERAL (
					SELECT sum(CASE WHEN f.month > $2 THEN f.letters ELSE greatest(0, f.letters - c.of_month - $4) END)::bigint AS rest
						FROM mailroom.postage_forecast f
						WHERE f.issuer_id = $1 AND f.object = c.object AND f.month >= date_trunc('month', $2::timestamp)::date AND f.month < c.period_end) f
	)
	SELECT a.kind, a.object, a.carrier, a.offers, a.period, a.measure, a.counted_per, a.is_retroactive, a.mode, a.stacking, a.at_least, a.at_most, a.penalty_micro, a.period_start,
			a.period_end, a.counted, a.money_micro, a.planned,
			CASE WHEN a.period = 'mailing' THEN 0 WHEN a.rest IS NOT NULL AND a.measure = 'pieces' THEN a.counted + a.rest WHEN a.stated IS NOT NULL THEN greatest(a.counted, a.stated - $4) ELSE a.at_this_rate END,
			CASE WHEN a.rest IS NOT NULL AND a.measure = 'pieces' THEN 'forecast' WHEN a.stated IS NOT NULL THEN 'stated' ELSE 'run rate' END, a.is_known
		FROM ahead a
		ORDER BY 1, 2;
END;
COMMENT ON FUNCTION mailroom.postage_standing(bigint, date, bigint, bigint) IS 'discount schemes of a year, take-or-pay and caps as an issuer stands with them on a day, or before a mailing of that day: counted so far (with mailroom.scheme_base) in the measure, list money, letters of it that are only planned, and what is expected at the end of the period besides so many letters at hand: counted and the forecast months to come (of this month what is not there yet); else the stated year; else counted in proportion to the days that are gone';
REVOKE EXECUTE ON FUNCTION mailroom.postage_standing(bigint, date, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.expected_money(counted bigint, money_micro bigint, expected bigint)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN $1 <= 0 THEN $2 ELSE ($2::numeric + div($2, $1) * ($3 - $1))::bigint / 10000 * 10000 END;
COMMENT ON FUNCTION mailroom.expected_money(bigint, bigint, bigint) IS 'list money when expected letters are reached, if those to come cost what the counted ones cost on average; whole hundredths of the currency unit, millionths';

CREATE OR REPLACE FUNCTION mailroom.set_mailing_base(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	at_hand bigint := 0;
	wish text;
BEGIN
	SELECT w.wish INTO wish FROM mailroom.mailing_wishes($1, $2, $5) w
		WHERE w.kind = 'min-share' AND w.share_points > 0 AND NOT EXISTS (SELECT FROM mailroom.postage_offers($1, $3, $4, $5) o WHERE o.carrier = w.carrier OR o.offer = w.offer)
		ORDER BY w.wish_id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'cannot plan mailing % because a wish asks for what its tariffs do not have', $2
			USING ERRCODE = 'MR005', DETAIL = wish || '.', HINT = 'Change mailroom.postage_wish, then plan the mailing again.';
	END IF;
	IF EXISTS (SELECT FROM mailroom.postage_forecast f WHERE f.issuer_id = $1 AND f.month = date_trunc('month', $5)::date)
		OR EXISTS (SELECT FROM mailroom.scheme_base b WHERE b.issuer_id = $1 AND b.expected IS NOT NULL) THEN
		SELECT count(*) INTO at_hand FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2;
	END IF;
	DELETE FROM mailroom.mailing_base b WHERE b.issuer_id = $1 AND b.mailing_id = $2;
	INSERT INTO mailroom.mailing_base
		SELECT $1, $2, s.kind, s.object, s.carrier, s.period_start, s.counted, s.money_micro, s.expected, s.basis,
				CASE WHEN s.kind = 'take-or-pay' OR k.looks_ahead THEN s.expected ELSE s.counted END,
				CASE WHEN k.looks_ahead THEN mailroom.expected_money(s.counted, s.money_micro, s.expected) WHEN s.is_retroactive THEN s.money_micro ELSE 0 END,
				s.at_least, s.at_most, s.penalty_micro
			FROM mailroom.postage_standing($1, $5, $2, at_hand) s
				CROSS JOIN LATERAL (SELECT s.kind = 'scheme' AND s.is_retroactive AND s.mode = 'all' AND s.basis <> 'run rate' AS looks_ahead) k
			WHERE s.measure = 'pieces' AND coalesce(s.stacking, 'additive') = 'additive'
				AND EXISTS (SELECT FROM mailroom.postage_offers($1, $3, $4, $5) o WHERE o.offer = ANY (s.offers))
				-- the problem knows obligations of a whole carrier only
				AND (s.kind = 'scheme' OR NOT EXISTS (SELECT FROM mailroom.postage_offers($1, $3, $4, $5) o WHERE o.carrier = s.carrier AND NOT o.offer = ANY (s.offers)));
END;
$$;
COMMENT ON FUNCTION mailroom.set_mailing_base(bigint, bigint, text, text, date) IS 'the step of mailroom.plan_mailing that notes in mailing_base what the year brings to the mailing';
REVOKE EXECUTE ON FUNCTION mailroom.set_mailing_base(bigint, bigint, text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.forecast_postage(issuer_id bigint, object text, on_date date, growth_points integer DEFAULT 0)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	o record;
	expected bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.require_day($3);
	SELECT * INTO o FROM mailroom.postage_year_objects($3) y WHERE y.object = $2 AND y.period <> 'mailing';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no discount scheme or obligation "%" of a year holds on %', $2, to_char($3, 'YYYY-MM-DD')
			USING ERRCODE = 'undefined_object', HINT = format('List them with "SELECT kind, object FROM mailroom.postage_year_objects(%L)".', to_char($3, 'YYYY-MM-DD'));
	END IF;
	DELETE FROM mailroom.postage_forecast f WHERE f.issuer_id = $1 AND f.object = $2 AND f.month >= date_trunc('month', o.period_start) AND f.month < o.period_end;
	INSERT INTO mailroom.postage_forecast (issuer_id, object, month, letters)
		SELECT $1, $2, k.month::date, coalesce((
				SELECT div(sum(v.letters) * (10000 + $4), 10000)
					FROM mailroom.postage_volume v
						JOIN mailroom.mailing m ON m.issuer_id = v.issuer_id AND m.mailing_id = v.mailing_id AND m.state IN ('printed', 'closed')
					WHERE (o.counted_per = 'issuer' AND v.issuer_id = $1 OR o.counted_per = 'submitter' AND v.submitter_id = $1 AND (NOT o.own_name_only OR v.issuer_id = $1))
						AND v.offer = ANY (o.offers) AND v.hand_in_date >= k.month - interval '1 year' AND v.hand_in_date < k.month - interval '11 months'), 0)
			FROM generate_series(date_trunc('month', o.period_start::timestamp), o.period_end - 1, interval '1 month') AS k (month);
	SELECT sum(f.letters) INTO expected FROM mailroom.postage_forecast f WHERE f.issuer_id = $1 AND f.object = $2 AND f.month >= date_trunc('month', o.period_start) AND f.month < o.period_end;
	RETURN expected;
END;
$$;
COMMENT ON FUNCTION mailroom.forecast_postage(bigint, text, date, integer) IS 'writes the months of the year that the day is in into mailroom.postage_forecast: each month as many letters as the same month of the year before handed in (printed or closed) in the scheme''s or obligation''s offers, and growth_points (basis points) more, rounded down; replaces what was there; returns the letters of the year. 42704 no such object of a year, 22023 no day of the calendar';
REVOKE EXECUTE ON FUNCTION mailroom.forecast_postage(bigint, text, date, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.postage_outlook(issuer_id bigint, on_date date DEFAULT NULL)
	RETURNS TABLE (kind text, object text, carrier text, measure text, mode text, period_start date, period_end date, reached bigint, only_planned bigint, expected bigint, basis text,
		tier_from bigint, discount_now bigint, discount_expected bigint, next_from bigint, to_next bigint, next_discount bigint, next_is_worth_micro bigint, next_letter_is_worth_micro bigint,
		letter_is_worth_micro bigint, rebate_due_micro bigint, rebate_expected_micro bigint, at_least bigint, still_to_deliver bigint, penalty_if_stopped_micro bigint, penalty_expected_micro bigint,
		at_most bigint, still_allowed bigint, marginal_micro numeric)
	STABLE
	SECURITY DEFINER
	ROWS 20
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	day CONSTANT date := coalesce($2, mailroom.today($1));
BEGIN
	PERFORM mailroom.require_issuer($1, 'reader');
	PERFORM mailroom.require_day(day);
	RETURN QUERY
	WITH standing AS (
		SELECT s.*, mailroom.expected_money(s.counted, s.money_micro, s.expected) AS expected_money, CASE WHEN s.counted > 0 THEN div(s.money_micro, s.counted)::bigint ELSE 0 END AS average
			FROM mailroom.postage_standing($1, day, NULL, 0) s
				JOIN mailroom.issuer i ON i.issuer_id = $1
			WHERE s.period <> 'mailing'
				AND (s.is_known OR EXISTS (SELECT FROM mailroom.postage_offers($1, i.country, i.currency, day) o WHERE o.offer = ANY (s.offers))
					OR EXISTS (SELECT FROM mailroom.postage_forecast f WHERE f.issuer_id = $1 AND f.object = s.object))
	), tier AS (
		SELECT s.object, t.from_count, CASE s.mode WHEN 'all' THEN t.basis_points ELSE t.amount_micro END AS discount
			FROM standing s
				JOIN mailroom.discount_tier t ON s.kind = 'scheme' AND t.scheme = s.object AND t.valid_from <= day AND (t.valid_to IS NULL OR t.valid_to > day)
	), reach AS (
		SELECT s.*, n.from_count AS now_from, coalesce(n.discount, 0) AS now_discount, coalesce(e.discount, 0) AS expected_discount, x.from_count AS next_count, x.discount AS x_discount
			FROM standing s
				LEFT JOIN LATERAL (SELECT t.from_count, t.discount FROM tier t WHERE t.object = s.object AND t.from_count <= s.counted ORDER BY t.from_count DESC LIMIT 1) n ON s.kind = 'scheme'
				LEFT JOIN LATERAL (SELECT t.from_count, t.discount FROM tier t WHERE t.object = s.object AND t.from_count <= s.expected ORDER BY t.from_count DESC LIMIT 1) e ON s.kind = 'scheme'
				LEFT JOIN LATERAL (SELECT t.from_count, t.discount FROM tier t WHERE t.object = s.object AND t.from_count > CASE WHEN s.is_retroactive THEN s.expected ELSE s.counted END
					ORDER BY t.from_count LIMIT 1) x ON s.kind = 'scheme'
	), worth AS (
		SELECT r.*, r.next_count - CASE WHEN r.is_retroactive THEN r.expected ELSE r.counted END AS missing,
				CASE WHEN r.mode = 'all' AND r.is_retroactive THEN div(r.expected_money::numeric * (r.x_discount - r.expected_discount), 10000)::bigint
					WHEN r.mode = 'all' THEN div(r.average::numeric * greatest(0, r.expected - r.next_count) * (r.x_discount - r.now_discount), 10000)::bigint
					ELSE greatest(0, r.expected - r.next_count) * (r.x_discount - r.now_discount) END AS next_worth,
				CASE WHEN r.kind = 'take-or-pay' THEN CASE WHEN r.expected < r.at_least THEN r.penalty_micro ELSE 0 END
					WHEN r.kind = 'cap' THEN 0
					WHEN r.mode = 'all' THEN div(r.average::numeric * CASE WHEN r.is_retroactive THEN r.expected_discount ELSE r.now_discount END, 10000)::bigint
					ELSE r.now_discount END AS letter_worth
			FROM reach r
	), last_plan AS (
		SELECT m.plan FROM mailroom.mailing m
			WHERE m.issuer_id = $1 AND m.state <> 'open' AND m.hand_in_date <= day AND m.plan ? 'marginal_values'
			ORDER BY m.hand_in_date DESC, m.mailing_id DESC LIMIT 1
	)
	SELECT w.kind, w.object, w.carrier, w.measure, w.mode, w.period_start, w.period_end, w.counted, w.planned, w.expected, w.basis,
			w.now_from, CASE WHEN w.kind = 'scheme' THEN w.now_discount END, CASE WHEN w.kind = 'scheme' THEN w.expected_discount END, w.next_count, w.missing, w.x_discount::bigint,
			w.next_worth, CASE WHEN w.missing > 0 THEN div(w.next_worth, w.missing)::bigint END, w.letter_worth,
			CASE WHEN w.mode = 'all' AND w.is_retroactive THEN div(w.money_micro::numeric * w.now_discount, 10000)::bigint END,
			CASE WHEN w.mode = 'all' AND w.is_retroactive THEN div(w.expected_money::numeric * w.expected_discount, 10000)::bigint END,
			w.at_least, CASE WHEN w.at_least IS NOT NULL THEN greatest(0, w.at_least - w.counted) END, CASE WHEN w.at_least IS NOT NULL THEN greatest(0, w.at_least - w.counted) * w.penalty_micro END,
			CASE WHEN w.at_least IS NOT NULL THEN greatest(0, w.at_least - w.expected) * w.penalty_micro END, w.at_most, CASE WHEN w.at_most IS NOT NULL THEN greatest(0, w.at_most - w.counted) END,
			(SELECT (v ->> 'value')::numeric FROM last_plan p, jsonb_array_elements(p.plan -> 'marginal_values') AS v
				WHERE jsonb_array_length(v -> 'offers') > 0 AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(v -> 'offers') AS x WHERE NOT split_part(x, '#', 1) = ANY (w.offers))
				ORDER BY jsonb_array_length(v -> 'offers') DESC LIMIT 1)
		FROM worth w
		ORDER BY w.kind, w.object;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_outlook(bigint, date) IS 'discount schemes of a year, take-or-pay and caps of an issuer on a day (default today): reached (in measure; only_planned of it is not printed yet), expected at the period''s end (basis: forecast, stated, run rate), discount (basis points, or micro a letter in mode incr) now and expected, the next tier above what is expected (retroactive) or reached: how much is missing and what reaching it is worth, in all and for each missing letter; what the next letter is worth by itself (discount it gets, or penalty it saves); rebate of a retroactive scheme as of today and as expected; letters and penalties of take-or-pay; room under a cap; marginal_micro: what one more letter in these offers was worth in the last plan, by its multipliers. Whole micro units, rounded down. Needs the right reader; 22023 no day of the calendar';
REVOKE EXECUTE ON FUNCTION mailroom.postage_outlook(bigint, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.carrier_outlook(issuer_id bigint, on_date date DEFAULT NULL)
	RETURNS TABLE (carrier text, objects text[], letter_is_worth_micro bigint, next_letter_is_worth_micro bigint)
	STABLE
	ROWS 5
BEGIN ATOMIC
	SELECT o.carrier, array_agg(o.object ORDER BY o.object), sum(o.letter_is_worth_micro)::bigint, sum(o.next_letter_is_worth_micro)::bigint
		FROM mailroom.postage_outlook($1, $2) o
		GROUP BY o.carrier
		ORDER BY o.carrier;
END;
COMMENT ON FUNCTION mailroom.carrier_outlook(bigint, date) IS 'what the next letter is worth at each carrier by the schemes and obligations of the year: what it gets by itself, and what it adds on the way to the next tiers, millionths; see mailroom.postage_outlook';
REVOKE EXECUTE ON FUNCTION mailroom.carrier_outlook(bigint, date) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.mailing_marginal_value
	WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.hand_in_date, v.offers, v.carriers, v.letters, m.currency, v.worth_micro, round(v.worth_micro / 1000000, 4) AS worth,
			CASE WHEN v.worth_micro > 0 THEN format('a letter here may cost up to %s more than elsewhere: its rules pull', trim_scale(round(v.worth_micro / 1000000, 4)))
				WHEN v.worth_micro < 0 AND v.letters = 0 THEN format('not used: each letter here would have to be %s cheaper, or come with enough others', trim_scale(round(- v.worth_micro / 1000000, 4)))
				WHEN v.worth_micro < 0 THEN format('a letter here must cost %s less than elsewhere: its fees or limits weigh', trim_scale(round(- v.worth_micro / 1000000, 4)))
				ELSE 'a letter goes where its price is lowest' END AS meaning
		FROM mailroom.mailing m
			CROSS JOIN LATERAL jsonb_array_elements(m.plan -> 'marginal_values') AS e
			CROSS JOIN LATERAL (SELECT ARRAY(SELECT jsonb_array_elements_text(e -> 'offers') ORDER BY 1) AS offers, (e ->> 'letters')::bigint AS letters,
					(e ->> 'value')::numeric / coalesce((m.plan ->> 'scale')::bigint, 1) AS worth_micro) s
			CROSS JOIN LATERAL (SELECT s.*, ARRAY(SELECT DISTINCT o.carrier::text FROM mailroom.carrier_offer o
					WHERE (o.offer = ANY (s.offers) OR EXISTS (SELECT FROM jsonb_array_elements(m.plan -> 'issuers') AS i WHERE i ->> 'id' = ANY (s.offers) AND i ->> 'offer' = o.offer))
						AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date) ORDER BY 1) AS carriers) v;
COMMENT ON VIEW mailroom.mailing_marginal_value IS 'what the next letter was worth where letters are counted together (an offer, the offers of a scheme or fee, a carrier with a limit or a contract) when a mailing was planned, by the multipliers of its proof: what it may cost more there than elsewhere before it should go elsewhere, with the tax that is not deducted; above 0 a tier, minimum or contract pulls, below 0 a fee, limit or share pushes away; where the optimum is a corner several values are true, and one is given. worth in units of the currency, worth_micro in millionths. Several values of one letter add up; see docs/postage.md. Over the year: mailroom.carrier_outlook';

-- The planner's will ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.wish_text(kind text, carrier text, offer text, days integer, weekdays integer[], share_points integer)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN concat_ws(' ', CASE $1 WHEN 'min-share' THEN 'at least' WHEN 'max-share' THEN 'at most' WHEN 'max-days' THEN 'delivered within' WHEN 'delivery-days' THEN 'delivered on weekdays' WHEN 'must-use' THEN 'must use' ELSE $1 END,
		CASE WHEN $4 IS NOT NULL THEN $4 || ' days' END, array_to_string($5, ', '), CASE WHEN $6 IS NOT NULL THEN trim_scale($6 / 100.0) || ' % by' END,
		CASE WHEN $2 IS NOT NULL THEN 'carrier "' || $2 || '"' END, CASE WHEN $3 IS NOT NULL THEN 'offer "' || $3 || '"' END);
COMMENT ON FUNCTION mailroom.wish_text(text, text, text, integer, integer[], integer) IS 'a row of mailroom.postage_wish in words';

CREATE OR REPLACE FUNCTION mailroom.mailing_wishes(issuer_id bigint, mailing_id bigint, on_date date)
	RETURNS TABLE (wish_id bigint, kind text, carrier text, offer text, days integer, weekdays integer[], share_points integer, wish text,
		template text, customer_group text, cost_centre text, is_scoped boolean)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT w.wish_id, w.kind, w.carrier, w.offer, w.days, w.weekdays, w.share_points,
			format('wish %s: %s', w.wish_id, mailroom.wish_text(w.kind, w.carrier, w.offer, w.days, w.weekdays, w.share_points))
				|| coalesce(', letters of ' || nullif(concat_ws(', ', 'template "' || w.template || '"', 'customer group "' || w.customer_group || '"', 'cost centre "' || w.cost_centre || '"'), ''), ''),
			w.template, w.customer_group, w.cost_centre, num_nonnulls(w.template, w.customer_group, w.cost_centre) > 0
		FROM mailroom.postage_wish w
		WHERE w.issuer_id = $1 AND (w.mailing_id IS NULL OR w.mailing_id = $2) AND w.valid_from <= $3 AND (w.valid_to IS NULL OR w.valid_to > $3)
		ORDER BY w.wish_id;
END;
COMMENT ON FUNCTION mailroom.mailing_wishes(bigint, bigint, date) IS 'wishes that bind a mailing handed in on a day, in words; is_scoped: some of its letters only';

CREATE OR REPLACE FUNCTION mailroom.letter_scope(issuer_id bigint, mailing_id bigint, letter_issuer_id bigint, letter_mailing_id bigint, letter_id bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT string_agg(DISTINCT w.wish_id::text, ',' ORDER BY w.wish_id::text)
			FROM mailroom.letter l
				CROSS JOIN LATERAL (SELECT l.document_id, l.customer_no
					UNION ALL SELECT o.document_id, o.customer_no FROM mailroom.letter o
						WHERE l.cover_sheets IS NOT NULL AND o.issuer_id = l.issuer_id AND o.mailing_id = l.mailing_id AND o.cover_id = l.letter_id) n
				LEFT JOIN LATERAL (SELECT d.template, d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $3 AND d.document_id = n.document_id OFFSET 0) d ON true
				LEFT JOIN LATERAL (SELECT i.buyer_no, i.buyer_reference, i.currency, i.other_terms ->> 'bt_19' AS accounting_reference
					FROM mailroom.invoice i WHERE i.issuer_id = $3 AND i.invoice_id = d.invoice_id OFFSET 0) i ON true
				CROSS JOIN mailroom.mailing m
				CROSS JOIN LATERAL mailroom.mailing_wishes($1, $2, m.hand_in_date) w
			WHERE l.issuer_id = $3 AND l.mailing_id = $4 AND l.letter_id = $5 AND m.issuer_id = $1 AND m.mailing_id = $2 AND w.is_scoped
				AND (w.template IS NULL OR w.template = d.template)
				AND (w.customer_group IS NULL OR EXISTS (SELECT FROM mailroom.party_group g
					WHERE g.issuer_id = $3 AND g.customer_no = coalesce(n.customer_no, i.buyer_no) AND g.customer_group = w.customer_group))
				AND (w.cost_centre IS NULL OR w.cost_centre = mailroom.cost_centre_of($3, d.template, i.buyer_no, i.buyer_reference, i.currency, i.accounting_reference)));
COMMENT ON FUNCTION mailroom.letter_scope(bigint, bigint, bigint, bigint, bigint) IS 'wishes for a mailing that bind a letter by its template, customer group or cost centre (of any document in its envelope): wish_ids, separated by commas; NULL when none does';

CREATE OR REPLACE FUNCTION mailroom.wish_offers(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, without_wish bigint, scope text DEFAULT '')
	RETURNS TABLE (wish_id bigint, effect text, offer text, share_points integer, wish text)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	WITH wish AS (
		SELECT w.* FROM mailroom.mailing_wishes($1, $2, $5) w
			WHERE w.wish_id IS DISTINCT FROM $6 AND (NOT w.is_scoped OR w.wish_id::text = ANY (string_to_array($7, ',')))
	), offer AS (
		SELECT o.offer, o.carrier, o.days, c.delivery_weekdays
			FROM mailroom.postage_offers($1, $3, $4, $5) o
				JOIN mailroom.carrier_offer c ON c.offer = o.offer AND c.valid_from <= $5 AND (c.valid_to IS NULL OR c.valid_to > $5)
	)
	SELECT w.wish_id, CASE WHEN w.kind IN ('must-use', 'min-share', 'max-share') THEN w.kind ELSE 'forbid' END, o.offer, w.share_points, w.wish
		FROM wish w, offer o
		WHERE CASE w.kind
				WHEN 'max-days' THEN o.days > w.days
				WHEN 'delivery-days' THEN NOT o.delivery_weekdays <@ w.weekdays
				WHEN 'allow' THEN false
				ELSE o.carrier = w.carrier OR o.offer = w.offer END
	UNION ALL
	SELECT a.wish_id, 'forbid', o.offer, NULL, a.wish
		FROM offer o, (SELECT min(w.wish_id) AS wish_id, string_agg(w.wish, ', ' ORDER BY w.wish_id) AS wish FROM wish w WHERE w.kind = 'allow' HAVING count(*) > 0) a
		WHERE NOT EXISTS (SELECT FROM wish w WHERE w.kind = 'allow' AND (w.carrier = o.carrier OR w.offer = o.offer))
	ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION mailroom.wish_offers(bigint, bigint, text, text, date, bigint, text) IS 'what the wishes for a mailing, but for one, mean for its offers: effect forbid, must-use, min-share or max-share (share_points); those for all letters, and of those for some letters the ones named in scope (mailroom.letter_scope)';

CREATE OR REPLACE FUNCTION mailroom.infeasible_wishes(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	RETURN (
		SELECT string_agg(w.wish, ', ' ORDER BY w.wish_id)
			FROM mailroom.mailing_wishes($1, $2, $5) w
			WHERE mailroom.solve_postage(mailroom.build_postage_problem($1, $2, $3, $4, $5, w.wish_id), '{"node_limit": 200}') ->> 'status' <> 'infeasible');
COMMENT ON FUNCTION mailroom.infeasible_wishes(bigint, bigint, text, text, date) IS 'for a mailing that has no plan: the wishes without any one of which it has one, in words; NULL when no single wish is to blame';
REVOKE EXECUTE ON FUNCTION mailroom.infeasible_wishes(bigint, bigint, text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.price_wishes(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.mailing_wish w WHERE w.issuer_id = $1 AND w.mailing_id = $2;
	INSERT INTO mailroom.mailing_wish
		SELECT $1, $2, w.wish_id, w.wish, m.cost_micro, mailroom.plan_micro(r.result, 'cost'), mailroom.plan_micro(r.result, 'lower_bound')
			FROM mailroom.mailing m
				CROSS JOIN mailroom.mailing_wishes($1, $2, $5) w
				CROSS JOIN LATERAL (SELECT CASE WHEN m.plan ? 'issuers' -- cells do not say whose letters they are
						THEN (SELECT p || mailroom.solve_postage(p, jsonb_build_object('warm_start', m.plan -> 'plan')) FROM mailroom.build_postage_problem($1, $2, $3, $4, $5, w.wish_id) p)
						ELSE mailroom.replan_cells($1, $2, $3, $4, $5, jsonb_build_object('without_wish', w.wish_id)) END AS result) r
			WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND m.letter_count > 0;
END;
$$;
COMMENT ON FUNCTION mailroom.price_wishes(bigint, bigint, text, text, date) IS 'the step of mailroom.plan_mailing that plans the cells again without each of the wishes and writes mailing_wish';
REVOKE EXECUTE ON FUNCTION mailroom.price_wishes(bigint, bigint, text, text, date) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.mailing_wish_price
	WITH (security_invoker = true) AS
	SELECT w.issuer_id, w.mailing_id, w.wish_id, w.wish, m.currency, round(w.cost_micro / 1000000.0, 2) AS cost, round(w.cost_without_micro / 1000000.0, 2) AS cost_without,
			round((w.cost_micro - w.cost_without_micro) / 1000000.0, 2) AS price, w.cost_micro - w.cost_without_micro AS price_micro,
			w.cost_without_micro = w.lower_bound_without_micro AS is_proven
		FROM mailroom.mailing_wish w
			JOIN mailroom.mailing m ON m.issuer_id = w.issuer_id AND m.mailing_id = w.mailing_id;
COMMENT ON VIEW mailroom.mailing_wish_price IS 'what each of the planner''s wishes costs in a planned mailing: the plan against the best plan without this one wish, in units of the currency; is_proven: no plan without it is cheaper still. Prices of several wishes do not add up';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('postage_volume'), ('postage_forecast'), ('mailing_base'), ('postage_wish'), ('mailing_wish'), ('mailing_wish_price'), ('mailing_marginal_value')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE') FROM (VALUES ('postage_forecast'), ('postage_wish')) AS t (name);
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE') FROM (VALUES ('mailroom.rebuild_postage_volume(bigint)'), ('mailroom.forecast_postage(bigint, text, date, integer)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader')) AS k (kind), (VALUES ('mailroom.postage_outlook(bigint, date)'), ('mailroom.carrier_outlook(bigint, date)')) AS f (name);
