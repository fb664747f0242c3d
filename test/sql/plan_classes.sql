-- letters that an offer counts apart by format, area or category: minima refused, paid up, without discount, and limits
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-classes version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier sm-n "Any" country=SM national
carrier sm-f "By format" country=SM
carrier sm-r "By region" country=SM
carrier sm-p "Paid" country=SM
carrier sm-l "Paid at list" country=SM
carrier sm-d "Discount" country=SM
carrier sm-m "At most" country=SM
carrier sm-c "Category" country=SM
carrier sm-b "Bundles" country=SM
coverage sm-all SM A north
coverage sm-all SM B south
zones SM digits=1
offer SM-N carrier=sm-n product="Letter" class=A days=2 formats=C5,C4 coverage=sm-all
price SM-N north,south C5 *:10.00
price SM-N north,south C4 *:20.00
offer SM-F carrier=sm-f product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all fixed=5.00
price SM-F north C5 *:6.00
price SM-F south C5 *:7.00
price SM-F north,south C4 *:12.00
condition SM-F pieces least=4 per=format
scheme SM-F-ALL mode=all offers=SM-F 0:0% 8:10%
offer SM-R carrier=sm-r product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all
price SM-R north,south C5,C4 *:6.00
condition SM-R pieces least=3 region=south
condition SM-R pieces least=4 format=C4
offer SM-P carrier=sm-p product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all min-mailing=6 topup=1.00 fixed=4.00
price SM-P north,south C5 *:6.00
price SM-P north,south C4 *:12.00
condition SM-P pieces least=4 per=format missing=paid topup=2.00
offer SM-L carrier=sm-l product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all
price SM-L north,south C5 20:6.00 50:6.50
price SM-L north,south C4 *:12.00
condition SM-L pieces least=6 missing=paid
offer SM-D carrier=sm-d product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all
price SM-D north,south C5 *:9.00
price SM-D north,south C4 *:18.00
condition SM-D pieces least=8 missing=no-discount
scheme SM-D-ALL mode=all offers=SM-D 0:5% 5:20% 9:30%
offer SM-M carrier=sm-m product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all
price SM-M north,south C5 *:6.00
price SM-M north,south C4 *:12.00
condition SM-M pieces most=2 per=region
condition SM-M pieces format=C4 least=2 most=2
offer SM-C carrier=sm-c product="Letter" class=B days=3 formats=C5 coverage=sm-all
price SM-C north,south C5 *:6.00
condition SM-C pieces category=B least=6
offer SM-C2 carrier=sm-c product="Letter" class=B days=3 formats=C4 coverage=sm-all
price SM-C2 north,south C4 *:6.00
condition SM-C2 pieces category=service-point least=2
offer SM-B carrier=sm-b product="Letter" class=B days=3 formats=C5,C4 coverage=sm-all min-bundle=2
price SM-B north,south C5,C4 *:5.00
condition SM-B pieces least=3 per=format
$pack$) LIKE 'plan-classes version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan classes', 'SM', 'Europe/San_Marino', 'EUR') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	SELECT :issuer, name, '2026-06-30', 'SM', '2026-06-29 12:00Z' FROM unnest(ARRAY['1', '2', '3']) AS name;
-- C5 (1 sheet, 12 g) to north and south, C4 (15 sheets) to north; the third mailing has two heavier C5 (4 sheets, 27 g)
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, m.mailing_id, m.name::bigint * 100 + row_number() OVER w, m.name::bigint * 100 + row_number() OVER w, 1, k.sheets, 'Recipient', k.postcode, 'SM'
	FROM mailroom.mailing m
		JOIN (VALUES ('1', 1, 'AAA', 2), ('1', 1, 'BBB', 3), ('1', 15, 'AAA', 3), ('2', 1, 'AAA', 2), ('2', 1, 'BBB', 3), ('2', 15, 'AAA', 4), ('3', 4, 'AAA', 2), ('3', 1, 'AAA', 1)) AS k (name, sheets, postcode, letters) ON k.name = m.name
		CROSS JOIN generate_series(1, k.letters)
	WHERE m.issuer_id = :issuer WINDOW w AS (PARTITION BY m.name ORDER BY k.postcode, k.sheets);
CREATE FUNCTION pg_temp.plan(issuer bigint, mailing text, carriers text[]) RETURNS TABLE (cost text, offers text, parts text, is_sum boolean, is_certified boolean, is_priced boolean, is_kept boolean)
	LANGUAGE plpgsql
AS $$
DECLARE
	m bigint := (SELECT g.mailing_id FROM mailroom.mailing g WHERE g.issuer_id = issuer AND g.name = mailing);
	problem jsonb;
BEGIN
	DELETE FROM mailroom.issuer_carrier c WHERE c.issuer_id = issuer;
	INSERT INTO mailroom.issuer_carrier SELECT issuer, 'sm-' || unnest(carriers);
	PERFORM mailroom.plan_mailing(issuer, m);
	problem := mailroom.postage_problem(issuer, m);
	RETURN QUERY SELECT mailroom.price_text(g.cost_micro),
			(SELECT string_agg(c.letters || ' ' || c.offer || ' ' || c.format, ', ' ORDER BY c.offer, c.format) FROM (SELECT c.offer, c.format, sum(c.letters) AS letters FROM mailroom.mailing_cell c WHERE c.issuer_id = issuer AND c.mailing_id = m GROUP BY 1, 2) c),
			(SELECT string_agg(format('%s %s', e ->> 'part', mailroom.price_text((e ->> 'amount_micro')::bigint)), ', ' ORDER BY n) FROM jsonb_array_elements(g.plan -> 'parts') WITH ORDINALITY AS e (e, n)),
			g.cost_micro = (SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = issuer AND p.mailing_id = m),
			mailroom.check_postage_certificate(problem, g.plan),
			(mailroom.price_postage_plan(problem, g.plan -> 'plan') ->> 'cost')::numeric = g.cost_micro,
			(mailroom.what_if_postage(issuer, m) ->> 'difference') = '0'
		FROM mailroom.mailing g WHERE g.issuer_id = issuer AND g.mailing_id = m;
END;
$$;
SELECT class, format, area FROM mailroom.offer_classes('SM-M', '2026-06-30') ORDER BY 1;
SELECT format, area, at_least, at_most, shortfall FROM mailroom.offer_limits('SM-M', '2026-06-30') ORDER BY 1, 2, 3;

-- by format, refused: three C4 are too few: 2 x 6 + 3 x 7 + 5 = 38, 3 x 20 = 60
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,f}');
-- four are enough, the fee is one, the scheme counts all nine: (33 + 48) x 0.9 + 5 = 77.90
SELECT * FROM pg_temp.plan(:issuer, '2', '{n,f}');
-- by region: three to the south at 6; north is free of it, but C4 has to be four: 5 x 6 = 30, 3 x 20 = 60
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,r}');
-- 9 x 6
SELECT * FROM pg_temp.plan(:issuer, '2', '{n,r}');
-- paid: 5 x 6 + 3 x 12 = 66, one C4 missing 2, fee 4; the minimum of six is reached
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,p}');
-- three C5 only: 3 x 6 + 1 x 2 + 3 x 1 + 4 = 27, all at 10 would be 30
SELECT * FROM pg_temp.plan(:issuer, '3', '{n,p}');
-- at list: two of 6.50 and one of 6 are 19, three missing at 6 are 18: 37 is more than 30; alone it has to be
SELECT * FROM pg_temp.plan(:issuer, '3', '{n,l}');
SELECT * FROM pg_temp.plan(:issuer, '3', '{l}');
-- no discount below eight: 3 x 9 = 27; eight: (5 x 9 + 3 x 18) x 0.8 = 79.20; nine: (45 + 72) x 0.7 = 81.90
SELECT * FROM pg_temp.plan(:issuer, '3', '{d}');
SELECT * FROM pg_temp.plan(:issuer, '1', '{d}');
SELECT * FROM pg_temp.plan(:issuer, '2', '{d}');
-- two to the south and two to the north; C4 both or none: 2 x 6 + 2 x 12, the others at 10 and 20: 3 x 10 + 1 x 20 = 86
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,m}');
-- the category that is the class is all of the offer, five are below six; another category is not planned
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,c}');
SELECT * FROM mailroom.check_tariff(NULL, 'sm-c', '2026-06-30');
SELECT topic, terms, in_plan FROM mailroom.offer_terms('SM-C2', '2026-06-30') WHERE topic LIKE 'condition%';
-- bundles of two are of one format each: 5 x 5, 3 x 5
SELECT * FROM pg_temp.plan(:issuer, '1', '{n,b}');
SELECT p.offer, p.format, p.bundle_no, count(*), min(p.sequence_no) FROM mailroom.letter_postage p JOIN mailroom.mailing m USING (issuer_id, mailing_id) WHERE p.issuer_id = :issuer AND m.name = '1' GROUP BY 1, 2, 3 ORDER BY 3;
-- nobody takes them
SELECT * FROM pg_temp.plan(:issuer, '3', '{f}');
SELECT m.plan #>> '{baselines,cheapest_list,example}' FROM mailroom.mailing m WHERE m.issuer_id = :issuer AND m.name = '1';
-- what-if: without the minimum of six of SM-P; the fee twice as high
SELECT * FROM pg_temp.plan(:issuer, '3', '{n,p}');
SELECT x ->> 'cost' AS cost, x -> 'offers' -> 0 ->> 'letters' AS letters FROM mailroom.mailing m, mailroom.what_if_postage(:issuer, m.mailing_id, '{"offers": [{"offer": "SM-P", "min_mailing": 0, "fixed_micro": 8000000}]}') AS x
	WHERE m.issuer_id = :issuer AND m.name = '3';
DELETE FROM mailroom.issuer_carrier WHERE issuer_id = :issuer;
