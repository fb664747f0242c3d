-- Prices by the average weight of the order, and least prices of an order, from the pack to letters and back.
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-order version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier hr-a "Old" country=HR national
carrier hr-b "New" country=HR
coverage hr-all HR * land
offer HR-A carrier=hr-a product="Letter" class=A days=2 formats=C5,C4 coverage=hr-all vat=exempt
price HR-A land C5,C4 20:2.00 50:3.10 2000:6.50
offer HR-MIX carrier=hr-b product="Varying sizes" class=B days=2 formats=C5,C4 coverage=hr-all min-order=6.00 vat=19%
price HR-MIX land C5,C4 by=average 20:1.20 50:1.90 100:2.20+9.00/kg
offer HR-PLAIN carrier=hr-b product="Letter" class=B days=2 formats=C5 coverage=hr-all min-order=9.50 vat=19%
price HR-PLAIN land C5 20:1.10 50:1.30
scheme HR-VOLUME mode=all offers=HR-MIX 0:0% 6:10%
$pack$) LIKE 'plan-order version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan order', 'HR', 'Europe/Zagreb', 'EUR') AS issuer \gset
SELECT * FROM mailroom.check_tariff(:issuer, 'hr-b', '2026-06-30');
SELECT topic, terms, in_plan FROM mailroom.offer_terms('HR-MIX', '2026-06-30') WHERE topic IN ('minimum order', 'price by average');
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	SELECT :issuer, n || ' letters', '2026-06-30', 'HR', '2026-06-29' FROM generate_series(1, 11) AS n;
-- light ones, some of 7 sheets, each fifth of 20
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, m.mailing_id, m.mailing_id * 1000 + n, 1, CASE WHEN n % 5 = 3 THEN 20 WHEN n % 3 = 0 THEN 7 ELSE 1 END, 'Recipient', '10000', 'HR', 4
	FROM mailroom.mailing m, generate_series(1, split_part(m.name, ' ', 1)::integer) AS n WHERE m.issuer_id = :issuer;

-- each way to send up to 11 letters, by hand: 12 g, 42 g and 119 g (in C4)
CREATE FUNCTION pg_temp.cheapest(letters integer, borne numeric) RETURNS numeric
BEGIN ATOMIC
	SELECT min(w.a + ((CASE WHEN w.n1 = 0 THEN 0 ELSE greatest(6.00, w.mixed) - CASE WHEN w.n1 >= 6 THEN 0.10 * w.mixed ELSE 0 END END)
				+ (CASE WHEN w.n2 = 0 THEN 0 ELSE greatest(9.50, w.plain) END)) * (1 + 0.19 * borne))
		FROM generate_series(0, (3 ^ $1)::integer - 1) AS way,
			LATERAL (SELECT sum(CASE WHEN k = 0 THEN CASE WHEN grams <= 20 THEN 2.00 WHEN grams <= 50 THEN 3.10 ELSE 6.50 END ELSE 0 END) AS a,
					count(*) FILTER (WHERE k = 1) AS n1, sum(grams) FILTER (WHERE k = 1) AS grams, bool_or(k = 2 AND grams > 50) AS no_way,
					sum(CASE WHEN k = 2 THEN CASE WHEN grams <= 20 THEN 1.10 ELSE 1.30 END ELSE 0 END) AS plain, count(*) FILTER (WHERE k = 2) AS n2
				FROM (SELECT CASE WHEN n % 5 = 3 THEN 119 WHEN n % 3 = 0 THEN 42 ELSE 12 END AS grams, way / (3 ^ (n - 1))::integer % 3 AS k FROM generate_series(1, $1) AS n) s) x,
			LATERAL (SELECT x.*, CASE WHEN x.n1 = 0 THEN 0 WHEN x.grams <= 20 * x.n1 THEN 1.20 * x.n1 WHEN x.grams <= 50 * x.n1 THEN 1.90 * x.n1
					WHEN x.grams <= 100 * x.n1 THEN 2.20 * x.n1 + 0.009 * x.grams END AS mixed) w
		WHERE NOT w.no_way AND w.mixed IS NOT NULL;
END;
CREATE FUNCTION pg_temp.try_it(issuer bigint, points integer) RETURNS TABLE (letters bigint, cost numeric, offers text, average numeric, paid_up text, is_cheapest boolean, is_sum boolean, is_certified boolean, is_list boolean)
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.issuer_postage (issuer_id, vat_deductible_points) VALUES (issuer, points)
		ON CONFLICT (issuer_id) DO UPDATE SET vat_deductible_points = excluded.vat_deductible_points;
	PERFORM mailroom.plan_mailing(m.issuer_id, m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = issuer;
	RETURN QUERY
		SELECT m.letter_count, trim_scale(c.cost / 1000000),
				(SELECT string_agg(r.letters || ' ' || r.offer, ', ' ORDER BY r.offer) FROM mailroom.mailing_cost_report r WHERE r.issuer_id = issuer AND r.mailing_id = m.mailing_id),
				(SELECT round(r.grams::numeric / r.letters, 1) FROM mailroom.mailing_orders(issuer, m.mailing_id) r WHERE r.offer = 'HR-MIX'),
				(SELECT string_agg((p ->> 'item') || ' ' || mailroom.price_text((p ->> 'amount_micro')::bigint), ', ' ORDER BY p ->> 'item') FROM jsonb_array_elements(m.plan -> 'parts') AS p WHERE p ->> 'part' = 'topup'),
				c.cost = 1000000 * pg_temp.cheapest(m.letter_count::integer, 1 - points / 10000.0),
				c.cost = (SELECT sum(l.cost_micro) FROM mailroom.letter_cost l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id)
					AND (m.plan ->> 'net_micro')::bigint = (SELECT sum(l.price_micro) FROM mailroom.letter_postage l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id),
				mailroom.check_postage_certificate(mailroom.postage_problem(issuer, m.mailing_id), m.plan),
				NOT EXISTS (SELECT FROM mailroom.price_letters(issuer, m.mailing_id) l WHERE l.list_micro IS DISTINCT FROM l.planned_micro)
					AND NOT EXISTS (SELECT FROM mailroom.check_mailing_prices(issuer, m.mailing_id))
			FROM mailroom.mailing m CROSS JOIN LATERAL (SELECT (m.plan ->> 'cost')::numeric / (m.plan ->> 'scale')::numeric AS cost) c
			WHERE m.issuer_id = issuer ORDER BY m.letter_count;
END;
$$;
SELECT * FROM pg_temp.try_it(:issuer, 10000);
SELECT * FROM pg_temp.try_it(:issuer, 5000);
-- grams as reckoned by hand
SELECT DISTINCT p.format, p.grams FROM mailroom.letter_postage p WHERE p.issuer_id = :issuer ORDER BY 2;
-- a letter says why, and what others would have cost
SELECT m.mailing_id AS mailing FROM mailroom.mailing m WHERE m.issuer_id = :issuer AND m.name = '11 letters' \gset
SELECT e.choice, e.offer, e.list_micro, e.discount_micro, e.note FROM mailroom.explain_letter(:issuer, :mailing, (SELECT min(p.letter_id) FROM mailroom.letter_postage p WHERE p.issuer_id = :issuer AND p.mailing_id = :mailing AND p.offer = 'HR-MIX')) e;
-- baselines: the cheapest list breaks the average
SELECT m.plan #> '{baselines,cheapest_list,example}' AS example, m.plan #> '{baselines,national_unsorted,cost}' AS national FROM mailroom.mailing m WHERE m.issuer_id = :issuer AND m.mailing_id = :mailing;
-- what if the offer were dearer, or closed
SELECT w ->> 'status' AS status, (w ->> 'difference')::bigint > 0 AS dearer FROM mailroom.what_if_postage(:issuer, :mailing, '{"prices": [{"offer": "HR-MIX", "percent": 20}]}') w;
SELECT w -> 'offers' @? '$[*] ? (@.offer == "HR-MIX")' AS used, (w ->> 'difference')::bigint > 0 AS dearer FROM mailroom.what_if_postage(:issuer, :mailing, '{"offers": [{"offer": "HR-MIX", "closed": true}]}') w;
