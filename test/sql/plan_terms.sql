-- terms of offers in the plan: the size a carrier takes, discounts on discounts, obligations of some offers and of shares
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-terms version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier ad-n "Any" country=AD national
carrier ad-t "Thin" country=AD
carrier ad-g "Light" country=AD
carrier ad-s "Discount on discount" country=AD
carrier ad-f "Fractions" country=AD
coverage ad-all AD * land
format C5 "Thin" carrier=ad-t max=250x176x1
format C5 "Light" carrier=ad-g max=*x*x* max-grams=20
offer AD-N carrier=ad-n product="Letter" class=A days=2 formats=C5 coverage=ad-all
price AD-N land C5 *:10.00
offer AD-T carrier=ad-t product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-T land C5 *:6.00
offer AD-G carrier=ad-g product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-G land C5 *:5.00
offer AD-S carrier=ad-s product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-S land C5 *:10.00
scheme AD-S-VOLUME mode=all offers=AD-S 0:0% 3:10% 5:20%
scheme AD-S-CASH mode=all offers=AD-S stacking=multiplicative order=2 0:5% 4:10%
scheme AD-S-MORE mode=all offers=AD-S 0:0% 5:10%
offer AD-F1 carrier=ad-f product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-F1 land C5 *:1.00
scheme AD-F1-VOLUME mode=all offers=AD-F1 0:0% 2:2.5%
scheme AD-F1-CASH mode=all offers=AD-F1 stacking=multiplicative order=2 0:3.5%
offer AD-F2 carrier=ad-f product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-F2 land C5 *:1.00
offer AD-F3 carrier=ad-f product="Letter" class=B days=3 formats=C5 coverage=ad-all
price AD-F3 land C5 *:1.00
scheme AD-F2-VOLUME mode=all offers=AD-F2,AD-F3 0:0% 2:10%
scheme AD-F2-CASH mode=all offers=AD-F2 stacking=multiplicative order=2 0:10%
$pack$) LIKE 'plan-terms version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan terms', 'AD', 'Europe/Andorra', 'EUR') AS issuer \gset
-- letters of 1 sheet (12 g, 400 micrometres), 4 (27 g, 1 mm) and 5 (32 g, 1.2 mm); and mailings of 2 to 5 letters of 1 sheet
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	SELECT :issuer, name, '2026-06-30', 'AD', '2026-06-29 12:00Z' FROM unnest(ARRAY['1', '2', '3', '4', '5']) AS name;
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, m.mailing_id, m.name::bigint * 100 + n, m.name::bigint * 100 + n, 1, CASE WHEN m.name > '1' THEN 1 ELSE (ARRAY[1, 4, 5])[n] END, 'Recipient', 'AD500', 'AD'
	FROM mailroom.mailing m CROSS JOIN generate_series(1, CASE m.name WHEN '1' THEN 3 ELSE m.name::integer END) AS n WHERE m.issuer_id = :issuer;
CREATE FUNCTION pg_temp.plan(issuer bigint, mailing text, carriers text[]) RETURNS TABLE (cost text, offers text, parts text, is_sum boolean, is_certified boolean, is_priced boolean, is_kept boolean)
	LANGUAGE plpgsql
AS $$
DECLARE
	m bigint := (SELECT g.mailing_id FROM mailroom.mailing g WHERE g.issuer_id = issuer AND g.name = mailing);
	problem jsonb;
BEGIN
	DELETE FROM mailroom.issuer_carrier c WHERE c.issuer_id = issuer;
	INSERT INTO mailroom.issuer_carrier SELECT issuer, 'ad-' || unnest(carriers);
	PERFORM mailroom.plan_mailing(issuer, m);
	problem := mailroom.postage_problem(issuer, m);
	RETURN QUERY SELECT mailroom.price_text(g.cost_micro),
			(SELECT string_agg(c.letters || ' ' || c.offer, ', ' ORDER BY c.offer) FROM (SELECT c.offer, sum(c.letters) AS letters FROM mailroom.mailing_cell c WHERE c.issuer_id = issuer AND c.mailing_id = m GROUP BY 1) c),
			(SELECT string_agg(format('%s %s%s', coalesce(e ->> 'item', e ->> 'part'), mailroom.price_text((e ->> 'amount_micro')::bigint), ' at ' || (e ->> 'basis_points')), ', ' ORDER BY n) FROM jsonb_array_elements(g.plan -> 'parts') WITH ORDINALITY AS e (e, n)),
			g.cost_micro = (SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = issuer AND p.mailing_id = m),
			mailroom.check_postage_certificate(problem, g.plan),
			(mailroom.price_postage_plan(problem, g.plan -> 'plan') ->> 'cost')::numeric = g.cost_micro,
			(mailroom.what_if_postage(issuer, m) ->> 'difference') = '0'
		FROM mailroom.mailing g WHERE g.issuer_id = issuer AND g.mailing_id = m;
END;
$$;

-- sizes: up to 1 mm at 6, up to 20 g at 5, the third at 10
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,t,g}');
SELECT e.offer, e.note FROM mailroom.letter_explanation e WHERE e.issuer_id = :issuer AND e.letter_id = 103 ORDER BY 1;

-- discounts on discounts: 2 x 10 x 0.95; 3 x 10 x 0.9 x 0.95; 4 x 10 x 0.9 x 0.9; 5 x 10 x (1 - 0.2 - 0.1) x 0.9
SELECT p.* FROM unnest(ARRAY['2', '3', '4', '5']) AS m CROSS JOIN LATERAL pg_temp.plan(:issuer, m, '{s}') AS p;
SELECT scheme, letters, percent, discount FROM mailroom.mailing_discount_report r JOIN mailroom.mailing m USING (issuer_id, mailing_id) WHERE r.issuer_id = :issuer AND m.name = '5' ORDER BY 1;
SELECT kind, offer, discounts, net_micro FROM mailroom.mailing m, mailroom.expected_postage_invoice(m.issuer_id, m.mailing_id) WHERE m.issuer_id = :issuer AND m.name = '5' ORDER BY line_no;
-- what cannot be planned exactly is not planned, although it is the cheapest: only AD-F3 is
SELECT * FROM pg_temp.plan(:issuer, '2', '{n,f}');
SELECT * FROM mailroom.check_tariff(NULL, 'ad-f', '2026-06-30');
SELECT topic, in_plan FROM mailroom.offer_terms('AD-F1', '2026-06-30') WHERE topic LIKE 'discount%';
SELECT topic, in_plan FROM mailroom.offer_terms('AD-S', '2026-06-30') WHERE topic LIKE 'discount%';
DELETE FROM mailroom.issuer_carrier WHERE issuer_id = :issuer;
