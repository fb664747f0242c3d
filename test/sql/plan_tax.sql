-- a plan is the cheapest with the value added tax that the issuer does not deduct, to the last fraction
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-tax version=1 valid-from=2026-01-01
source "made for this test"
currency ISK
carrier is-exempt "Exempt" country=IS national
carrier is-taxed "Taxed" country=IS
coverage is-all IS * land
offer IS-E carrier=is-exempt product="Letter" class=A days=2 formats=C5 coverage=is-all vat=exempt
price IS-E land C5 20:12.00 50:14.00
offer IS-T carrier=is-taxed product="Letter" class=B days=2 formats=C5 coverage=is-all vat=25%
price IS-T land C5 20:10.01 50:12.51
offer IS-F carrier=is-taxed product="Bulk" class=C days=2 formats=C5 coverage=is-all vat=10% fixed=7.77 min-mailing=4 topup=1.11
price IS-F land C5 20:9.13 50:11.29
scheme IS-V mode=all offers=IS-T,IS-F 0:0% 3:3.33% 6:7.77%
scheme IS-I mode=incr offers=IS-T 0:0 2:0.07
$pack$) LIKE 'plan-tax version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan tax', 'IS', 'Atlantic/Reykjavik', 'ISK') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	SELECT :issuer, n || ' letters', '2026-06-30', 'IS', '2026-06-29' FROM unnest(ARRAY[1, 3, 5, 9]) AS n;
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, m.mailing_id, m.mailing_id * 1000 + n, 1, CASE WHEN n > 6 THEN 3 ELSE 1 END, 'Recipient', '101', 'IS'
	FROM mailroom.mailing m, generate_series(1, split_part(m.name, ' ', 1)::integer) AS n WHERE m.issuer_id = :issuer;

-- the same by trying everything: light and heavy letters at each offer, in exact numbers
CREATE FUNCTION pg_temp.cheapest(light bigint, heavy bigint, deductible numeric) RETURNS numeric
BEGIN ATOMIC
	SELECT min(e.list + t.list + f.list)
		FROM generate_series(0, $1) AS e1, generate_series(0, $2) AS e2, generate_series(0, $1 - e1) AS t1, generate_series(0, $2 - e2) AS t2,
			LATERAL (SELECT $1 - e1 - t1 AS f1, $2 - e2 - t2 AS f2) l,
			LATERAL (SELECT CASE WHEN t1 + t2 + f1 + f2 >= 6 THEN 0.0777 WHEN t1 + t2 + f1 + f2 >= 3 THEN 0.0333 ELSE 0 END AS rate) d,
			LATERAL (SELECT 12.00 * e1 + 14.00 * e2 AS list) e,
			LATERAL (SELECT ((10.01 * t1 + 12.51 * t2) * (1 - rate) - 0.07 * greatest(0, t1 + t2 - 2)) * (1 + 0.25 * (1 - $3)) AS list) t,
			LATERAL (SELECT CASE WHEN f1 + f2 = 0 THEN 0 ELSE ((9.13 * f1 + 11.29 * f2) * (1 - rate) + 7.77 + 1.11 * greatest(0, 4 - f1 - f2)) * (1 + 0.10 * (1 - $3)) END AS list) f;
END;
CREATE TEMPORARY TABLE outcome (deductible numeric, name text, letters bigint, scale bigint, cost numeric, offers text, is_cheapest boolean, is_sum boolean, is_certified boolean, net_is_sum boolean);
CREATE FUNCTION pg_temp.try_it(issuer bigint, points integer) RETURNS void
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.issuer_postage (issuer_id, vat_deductible_points) VALUES (issuer, points)
		ON CONFLICT (issuer_id) DO UPDATE SET vat_deductible_points = excluded.vat_deductible_points;
	PERFORM mailroom.plan_mailing(m.issuer_id, m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = issuer;
	INSERT INTO outcome
		SELECT trim_scale(points / 100.0), m.name, m.letter_count, (m.plan ->> 'scale')::bigint, c.cost,
				(SELECT string_agg(r.letters || ' ' || r.offer, ', ' ORDER BY r.offer) FROM mailroom.mailing_cost_report r WHERE r.issuer_id = issuer AND r.mailing_id = m.mailing_id),
				c.cost = 1000000 * pg_temp.cheapest(least(m.letter_count, 6), greatest(m.letter_count - 6, 0), points / 10000.0),
				c.cost = (SELECT sum(l.cost_micro) FROM mailroom.letter_cost l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id)
					AND c.cost = (SELECT sum(r.cost_micro) FROM mailroom.mailing_cost_report r WHERE r.issuer_id = issuer AND r.mailing_id = m.mailing_id),
				mailroom.check_postage_certificate(mailroom.postage_problem(issuer, m.mailing_id), m.plan),
				(m.plan ->> 'net_micro')::bigint = (SELECT sum(l.price_micro) FROM mailroom.letter_postage l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id)
			FROM mailroom.mailing m CROSS JOIN LATERAL (SELECT (m.plan ->> 'cost')::numeric / (m.plan ->> 'scale')::bigint AS cost) c
			WHERE m.issuer_id = issuer;
END;
$$;
SELECT pg_temp.try_it(:issuer, points) FROM unnest(ARRAY[10000, 7500, 2000, 0]) AS points;
SELECT bool_and(is_cheapest) AS all_cheapest, bool_and(is_sum) AS letters_sum, bool_and(is_certified) AS all_certified, bool_and(net_is_sum) AS net_is_sum, count(*) FROM outcome;
SELECT deductible, letters, scale, round(cost / 1000000, 8) AS cost, offers FROM outcome ORDER BY 2, 1 DESC;
-- one letter of the bank: exempt at 12.00, for taxed at 10.01 costs 12.5125; who deducts all pays 10.01
SELECT m.name, m.cost_micro, m.lower_bound_micro, r.cost, r.gap, r.national_unsorted FROM mailroom.mailing m JOIN mailroom.mailing_report r USING (issuer_id, mailing_id)
	WHERE m.issuer_id = :issuer AND m.name IN ('1 letters', '9 letters') ORDER BY 1;
SELECT offer, letters, net_micro, vat_treatment, vat_percent, trim_scale(vat_micro) AS vat_micro, trim_scale(deducted_micro) AS deducted_micro, trim_scale(cost_micro) AS cost_micro
	FROM mailroom.mailing_cost_report WHERE issuer_id = :issuer AND mailing_id = (SELECT mailing_id FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '9 letters') ORDER BY 1;
-- what-if speaks in micro units too; nothing changed
SELECT w ->> 'difference' AS difference, w ->> 'net_micro' = m.plan ->> 'net_micro' AS same_net FROM mailroom.mailing m, mailroom.what_if_postage(m.issuer_id, m.mailing_id) AS w WHERE m.issuer_id = :issuer AND m.name = '9 letters';
-- another share is another tariff for this issuer
UPDATE mailroom.issuer_postage SET vat_deductible_points = 10000 WHERE issuer_id = :issuer;
SELECT DISTINCT tariff_changed FROM mailroom.mailing_report WHERE issuer_id = :issuer;
-- a share that would need money finer than the solver has
UPDATE mailroom.issuer_postage SET vat_deductible_points = 3333 WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '9 letters';
-- an amount off letters of different tax is no one amount
UPDATE mailroom.issuer_postage SET vat_deductible_points = 0 WHERE issuer_id = :issuer;
UPDATE mailroom.discount_scheme SET offers = '{IS-T,IS-F}' WHERE scheme = 'IS-I';
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '9 letters';
UPDATE mailroom.discount_scheme SET offers = '{IS-T}' WHERE scheme = 'IS-I';
DELETE FROM mailroom.issuer_postage WHERE issuer_id = :issuer;
