-- balance over time: ledger, base of a year, forecast, take-or-pay, caps, outlook; and the planner's will with its price
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff plan-year version=1 valid-from=2025-01-01\nsource "made for this test"\ncurrency CZK\ncarrier cz-post "Test post" country=CZ national\ncarrier cz-city "City post" country=CZ\ncarrier cz-slow "Slow post" country=CZ\ncoverage cz-all CZ * land\noffer CZ-P carrier=cz-post product="Letter" class=A days=2 formats=C5 coverage=cz-all delivery-days=1,2,3,4,5\nprice CZ-P land C5 20:10.00 50:12.00\noffer CZ-C carrier=cz-city product="City" class=B days=3 formats=C5 coverage=cz-all delivery-days=2,4\nprice CZ-C land C5 20:9.50 50:11.00\noffer CZ-S carrier=cz-slow product="Slow" class=C days=4 formats=C5 coverage=cz-all\nprice CZ-S land C5 20:9.90 50:12.50\nscheme CZ-YEAR mode=all offers=CZ-P period=calendar-year counted-per=issuer retroactive=true 0:0% 100:10% 200:12%\nscheme CZ-STEP mode=incr offers=CZ-S period=contract-year year-starts=04-01 0:0 50:1.00\nobligation CZ-TAKE take-or-pay carrier=cz-city least=50 penalty=2.00\nobligation CZ-LIMIT cap carrier=cz-slow most=70\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'plan-year version 1 %' AS loaded;

-- periods
SELECT p.period, p.starts, p.day, mailroom.tariff_period_start(p.period, p.starts, p.day), mailroom.tariff_period_end(p.period, p.starts, p.day)
	FROM (VALUES ('calendar-year', NULL, date '2026-12-31'), ('contract-year', '04-01', '2026-03-31'), ('contract-year', '04-01', '2026-04-01'), ('contract-year', '02-29', '2024-02-29'),
		('contract-year', '02-29', '2025-02-28'), ('contract-year', '02-29', '2025-03-01'), ('month', NULL, '2026-02-28'), ('mailing', NULL, '2026-02-28')) AS p (period, starts, day);

CREATE FUNCTION pg_temp.mail(issuer bigint, day date, letters integer, thick integer DEFAULT 0) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	mailing bigint;
BEGIN
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, to_char(day, 'YYYY-MM-DD'), day, 'CZ', day) RETURNING mailing_id INTO mailing;
	INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
		SELECT issuer, mailing, mailing * 10000 + n, 1, CASE WHEN n <= thick THEN 4 ELSE 1 END, 'Recipient ' || n, (10000 + n * 13)::text, 'CZ', 4 FROM generate_series(1, letters) AS n;
	PERFORM mailroom.plan_mailing(issuer, mailing);
	RETURN mailing;
END;
$$;
CREATE TEMPORARY VIEW offers AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.cost_micro, (SELECT jsonb_object_agg(v.offer, v.letters ORDER BY v.offer) FROM mailroom.postage_volume v WHERE v.issuer_id = m.issuer_id AND v.mailing_id = m.mailing_id) AS letters,
			(SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) = m.cost_micro AS adds_up,
			mailroom.check_postage_certificate(mailroom.postage_problem(m.issuer_id, m.mailing_id), m.plan) AS proven
		FROM mailroom.mailing m;

-- Take or pay: nothing is known of the year yet, so that each letter that does not go to the city costs 2.00 at the year's end.
SELECT mailroom.create_issuer('Plan year', 'CZ', 'Europe/Prague', 'CZK') AS issuer \gset
SELECT pg_temp.mail(:issuer, '2026-01-10', 40) AS first \gset
-- 40 in 19 days are 768 a year: the obligation will be met, and the city is cheapest anyway
SELECT pg_temp.mail(:issuer, '2026-01-20', 80) AS second \gset
SELECT name, letters, cost_micro, adds_up, proven FROM offers WHERE issuer_id = :issuer ORDER BY name;
SELECT m.name, b.kind, b.object, b.period_start, b.counted, b.money_micro, b.expected, b.basis, b.base, b.base_money_micro
	FROM mailroom.mailing_base b JOIN mailroom.mailing m USING (issuer_id, mailing_id) WHERE b.issuer_id = :issuer ORDER BY 1, 2, 3;
-- The forecast brings the post to its first tier: 9.00 for what is 10.00 today.
INSERT INTO mailroom.postage_forecast VALUES (:issuer, 'CZ-YEAR', '2026-01-01', 20), (:issuer, 'CZ-YEAR', '2026-02-01', 60), (:issuer, 'CZ-YEAR', '2026-03-01', 60);
SELECT pg_temp.mail(:issuer, '2026-01-25', 10) AS third \gset
SELECT name, letters, cost_micro, adds_up, proven FROM offers WHERE mailing_id = :third;
-- 20 - 10 at hand of January, and 120
SELECT kind, object, counted, expected, basis, base, base_money_micro FROM mailroom.mailing_base WHERE mailing_id = :third AND object = 'CZ-YEAR';
-- what stays after this one: 10 of January's 20, two months; 1,300.00 of list money at 10 %
SELECT object, carrier, measure, mode, period_start, period_end, reached, only_planned, expected, basis FROM mailroom.postage_outlook(:issuer, '2026-01-25') ORDER BY object;
SELECT object, tier_from, discount_now, discount_expected, next_from, to_next, next_discount, next_is_worth_micro, next_letter_is_worth_micro, letter_is_worth_micro, rebate_due_micro, rebate_expected_micro
	FROM mailroom.postage_outlook(:issuer, '2026-01-25') WHERE kind = 'scheme' ORDER BY object;
SELECT object, reached, expected, at_least, still_to_deliver, penalty_if_stopped_micro, penalty_expected_micro, at_most, still_allowed FROM mailroom.postage_outlook(:issuer, '2026-01-11') WHERE kind <> 'scheme' ORDER BY object;
SELECT marginal_micro IS NOT NULL AS has_marginal_value FROM mailroom.postage_outlook(:issuer, '2026-01-25') WHERE object = 'CZ-YEAR';
SELECT * FROM mailroom.carrier_outlook(:issuer, '2026-01-25');
-- the ledger is what the plans say
SELECT mailroom.rebuild_postage_volume(:issuer) AS nothing_changed;
DELETE FROM mailroom.postage_volume WHERE mailing_id = :first;
UPDATE mailroom.postage_volume SET letters = letters + 1 WHERE mailing_id = :second;
SELECT mailroom.rebuild_postage_volume(:issuer) AS rows_wrong, mailroom.rebuild_postage_volume(:issuer) AS nothing_changed;
SELECT name, letters FROM offers WHERE issuer_id = :issuer ORDER BY name;
-- planning again counts nothing twice
SELECT mailroom.plan_mailing(:issuer, :third);
SELECT object, counted, expected FROM mailroom.mailing_base WHERE mailing_id = :third AND object = 'CZ-YEAR';
-- next year's forecast out of this year's months, 10 % more, rounded down; only what was handed in counts
UPDATE mailroom.mailing SET state = 'printed' WHERE issuer_id = :issuer AND mailing_id IN (:first, :third);
SELECT mailroom.forecast_postage(:issuer, 'CZ-YEAR', '2027-05-01', 1000), mailroom.forecast_postage(:issuer, 'CZ-TAKE', '2027-05-01', 100);
SELECT object, month, letters FROM mailroom.postage_forecast WHERE issuer_id = :issuer AND month >= '2027-01-01' AND letters > 0 ORDER BY 1, 2;
SELECT mailroom.forecast_postage(:issuer, 'CZ-NONE', '2027-05-01');

-- Every split of letters, by hand: the plan is the cheapest.  k letters to the post, c to the city, the rest to the slow one.
SELECT mailroom.create_issuer('Plan year brute', 'CZ', 'Europe/Prague', 'CZK') AS brute \gset
INSERT INTO mailroom.scheme_base VALUES (:brute, 'CZ-YEAR', '2026-01-01', 90, 300000000), (:brute, 'CZ-STEP', '2026-04-01', 45, 400000000);
CREATE TEMPORARY TABLE case_of AS SELECT n, pg_temp.mail(:brute, date '2026-06-01' + n, 3 + n % 17, 0) AS mailing FROM generate_series(1, 40) AS n;
SELECT count(*) AS mailings, count(*) FILTER (WHERE m.cost_micro = best.cost) AS cheapest, count(DISTINCT best.cost) > 5 AS differ
	FROM case_of x
		JOIN mailroom.mailing m ON m.mailing_id = x.mailing
		JOIN mailroom.mailing_base y ON y.mailing_id = m.mailing_id AND y.object = 'CZ-YEAR'
		JOIN mailroom.mailing_base s ON s.mailing_id = m.mailing_id AND s.object = 'CZ-STEP'
		JOIN mailroom.mailing_base t ON t.mailing_id = m.mailing_id AND t.object = 'CZ-TAKE'
		JOIN mailroom.mailing_base l ON l.mailing_id = m.mailing_id AND l.object = 'CZ-LIMIT'
		CROSS JOIN LATERAL (
			SELECT min(10000000 * k + 9500000 * c + 9900000 * o.slow
					- (10000000 * k * r.reached + (r.reached - r.before) * y.base_money_micro) / 100
					- 1000000 * (greatest(0, s.base + o.slow - 50) - greatest(0, s.base - 50))
					+ 2000000 * greatest(0, least(50, t.base + m.letter_count) - t.base - c)) AS cost
				FROM generate_series(0, m.letter_count) AS k, generate_series(0, m.letter_count - k) AS c,
					LATERAL (SELECT m.letter_count - k - c AS slow) o,
					LATERAL (SELECT CASE WHEN k = 0 THEN b.points WHEN y.base + k >= 200 THEN 12 WHEN y.base + k >= 100 THEN 10 ELSE 0 END AS reached, b.points AS before
						FROM (SELECT CASE WHEN y.base >= 200 THEN 12 WHEN y.base >= 100 THEN 10 ELSE 0 END AS points) b) r
				WHERE l.counted + o.slow <= 70) best;
SELECT bool_and(adds_up) AS adds_up, bool_and(proven) AS proven FROM offers WHERE issuer_id = :brute;
-- the rebate of the year, given in plans, is what the carrier owes on the base and on all letters since
SELECT reached, rebate_due_micro, (SELECT sum(- (p ->> 'amount_micro')::bigint) FROM mailroom.mailing m, jsonb_array_elements(m.plan -> 'parts') AS p
		WHERE m.issuer_id = :brute AND p ->> 'item' = 'CZ-YEAR') AS given_micro, tier_from
	FROM mailroom.postage_outlook(:brute, '2026-12-31') WHERE object = 'CZ-YEAR';
SELECT reached, at_most, still_allowed FROM mailroom.postage_outlook(:brute, '2026-12-31') WHERE object = 'CZ-LIMIT';

-- The planner's will.  Ten letters, two of them heavier: the city at 9.50 and 11.00 costs 98.00.
SELECT mailroom.create_issuer('Plan wishes', 'CZ', 'Europe/Prague', 'CZK') AS wishes \gset
SELECT pg_temp.mail(:wishes, '2026-06-02', 10, 2) AS mailing \gset
SELECT letters, cost_micro FROM offers WHERE mailing_id = :mailing;
CREATE FUNCTION pg_temp.with_wishes(issuer bigint, mailing bigint, wishes text) RETURNS TABLE (letters jsonb, cost_micro bigint, prices text, right_sum boolean) LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
BEGIN
	DELETE FROM mailroom.postage_wish w WHERE w.issuer_id = issuer;
	INSERT INTO mailroom.postage_wish (issuer_id, wish_id, kind, carrier, offer, days, weekdays, share_points, mailing_id, valid_from)
		SELECT issuer, w.wish_id, w.kind, w.carrier, w.offer, w.days, w.weekdays, w.share_points, w.mailing_id, coalesce(w.valid_from, '-infinity')
		FROM jsonb_populate_recordset(NULL::mailroom.postage_wish, wishes::jsonb) AS w;
	PERFORM mailroom.plan_mailing(issuer, mailing);
	RETURN QUERY SELECT o.letters, o.cost_micro, (SELECT string_agg(p.wish || ' costs ' || p.price || CASE WHEN p.is_proven THEN '' ELSE ' (not proven)' END, '; ' ORDER BY p.wish_id) FROM mailroom.mailing_wish_price p WHERE p.issuer_id = issuer AND p.mailing_id = mailing),
		o.adds_up AND o.proven FROM pg_temp.offers o WHERE o.issuer_id = issuer AND o.mailing_id = mailing;
EXCEPTION WHEN SQLSTATE 'MR005' THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN QUERY SELECT NULL::jsonb, NULL::bigint, replace(message, mailing::text, 'N') || ' / ' || replace(detail, mailing::text, 'N'), NULL::boolean;
END;
$$;
SELECT w.n, t.* FROM (VALUES
		(1, '[{"wish_id": 1, "kind": "forbid", "carrier": "cz-city"}]'),
		(2, '[{"wish_id": 1, "kind": "forbid", "offer": "CZ-C"}, {"wish_id": 2, "kind": "max-days", "days": 3}]'),
		(3, '[{"wish_id": 1, "kind": "allow", "carrier": "cz-post"}, {"wish_id": 2, "kind": "allow", "offer": "CZ-S"}]'),
		(4, '[{"wish_id": 1, "kind": "min-share", "carrier": "cz-post", "share_points": 2500}]'),
		(5, '[{"wish_id": 1, "kind": "max-share", "carrier": "cz-city", "share_points": 5000}]'),
		(6, '[{"wish_id": 1, "kind": "must-use", "carrier": "cz-slow"}]'),
		(7, '[{"wish_id": 1, "kind": "delivery-days", "weekdays": [1, 2, 3, 4, 5]}]'),
		(8, '[{"wish_id": 1, "kind": "delivery-days", "weekdays": [1, 3]}]'),
		(9, '[{"wish_id": 1, "kind": "max-days", "days": 2}]'),
		(10, '[{"wish_id": 1, "kind": "max-days", "days": 1}]'),
		(11, '[{"wish_id": 1, "kind": "min-share", "carrier": "cz-post", "share_points": 6000}, {"wish_id": 2, "kind": "min-share", "offer": "CZ-C", "share_points": 6000}, {"wish_id": 3, "kind": "forbid", "carrier": "cz-slow"}]'),
		(12, '[{"wish_id": 1, "kind": "min-share", "carrier": "cz-none", "share_points": 1}]'),
		(13, '[{"wish_id": 1, "kind": "forbid", "carrier": "cz-none"}]'),
		(14, '[{"wish_id": 1, "kind": "forbid", "carrier": "cz-city", "valid_from": "2026-06-03"}]'),
		(15, '[{"wish_id": 1, "kind": "forbid", "carrier": "cz-city", "mailing_id": 0}]'),
		(16, '[]')) AS w (n, wishes), pg_temp.with_wishes(:wishes, :mailing, w.wishes) AS t ORDER BY w.n;
-- a plan that failed left everything as it was
SELECT letters, cost_micro, adds_up FROM offers WHERE mailing_id = :mailing;
-- a wish says one thing
\set VERBOSITY sqlstate
INSERT INTO mailroom.postage_wish (issuer_id, kind) VALUES (:wishes, 'forbid');
INSERT INTO mailroom.postage_wish (issuer_id, kind, carrier, offer) VALUES (:wishes, 'forbid', 'a', 'b');
INSERT INTO mailroom.postage_wish (issuer_id, kind, carrier) VALUES (:wishes, 'min-share', 'a');
INSERT INTO mailroom.postage_wish (issuer_id, kind, days, carrier) VALUES (:wishes, 'max-days', 2, 'a');
INSERT INTO mailroom.postage_wish (issuer_id, kind, weekdays) VALUES (:wishes, 'delivery-days', '{8}');
