-- changing a price never rewrites the past: a planned mailing re-prices to the same cent, whatever form its prices have
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
BEGIN;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS demo;
SELECT $$tariff past-test version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier past-post "Past post" country=PT national
coverage past-near PT 1000-2999 near
coverage past-mid  PT 3000-4999 near
coverage past-far  PT 5000-6999 near
coverage past-rest PT 7000-9999 near
offer PAST-STEP carrier=past-post product=p class=A days=1 formats=C5,C4 coverage=past-near
price PAST-STEP near C5,C4 20:1.00 50:1.50 2000:3.00
offer PAST-KILO carrier=past-post product=p class=A days=1 formats=C5,C4 coverage=past-mid
price PAST-KILO near C5,C4 2000:0.85+12.50/kg
offer PAST-GRAM carrier=past-post product=p class=A days=1 formats=C5,C4 coverage=past-far
price PAST-GRAM near C5,C4 2000:0.28+0.0125/g>10
offer PAST-PERCENT carrier=past-post product=p class=A days=1 formats=C5,C4 coverage=past-rest
price PAST-PERCENT near C5,C4 percent=62% of=PAST-STEP
scheme PAST-VOLUME mode=all offers=PAST-STEP,PAST-KILO,PAST-GRAM,PAST-PERCENT 0:0% 100:3%
$$ AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'past-test version 1 %' AS loaded;
SELECT mailroom.create_issuer('Tariff past', 'PT', 'Europe/Lisbon', 'EUR') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	VALUES (:issuer, 'past', '2026-06-30', 'PT', '2026-06-29') RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, :mailing, n, 2, 1 + n % 12, 'Recipient ' || n, (1000 + n * 29 % 9000)::text || '-001', 'PT' FROM generate_series(1, 400) AS n;
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT offer, count(*) AS letters, sum(list_micro) > sum(price_micro) AS discounted FROM mailroom.letter_postage WHERE issuer_id = :issuer GROUP BY 1 ORDER BY 1;
SELECT sum(p.price_micro) = m.cost_micro AS sums_to_the_cost FROM mailroom.letter_postage p JOIN mailroom.mailing m USING (issuer_id, mailing_id) WHERE p.issuer_id = :issuer GROUP BY m.cost_micro;
CREATE TEMP TABLE planned ON COMMIT DROP AS SELECT letter_id, list_micro FROM mailroom.price_letters(:issuer, :mailing);
SELECT count(*) AS letters, count(*) FILTER (WHERE l.list_micro = p.list_micro) AS equal FROM planned p JOIN mailroom.letter_postage l USING (letter_id) WHERE l.issuer_id = :issuer;
-- every price changes, the discount goes, the percentage is of another price
SELECT mailroom.load_tariff(replace(replace(replace(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'),
	'20:1.00 50:1.50 2000:3.00', '20:1.25 50:1.80 2000:3.70'), '0.85+12.50', '0.90+13.70'), '0.28+0.0125', '0.30+0.0150'), 'scheme PAST-VOLUME', '# scheme PAST-VOLUME')) LIKE 'past-test version 2 %' AS loaded;
SELECT count(*) AS letters, count(*) FILTER (WHERE l.list_micro = p.list_micro) AS equal FROM planned p JOIN mailroom.price_letters(:issuer, :mailing) l USING (letter_id);
SELECT l.offer, count(*) FILTER (WHERE l.list_micro > p.list_micro) AS dearer_now, count(*) AS letters FROM planned p JOIN mailroom.price_letters(:issuer, :mailing, '2026-07-01') l USING (letter_id) GROUP BY 1 ORDER BY 1;
SELECT plan ->> 'cost' = cost_micro::text AS same_cost, mailroom.check_postage_certificate(mailroom.postage_problem(issuer_id, mailing_id), plan) AS proven FROM mailroom.mailing WHERE issuer_id = :issuer;
CREATE TEMP TABLE before_it ON COMMIT DROP AS SELECT letter_id, offer, list_micro, discount_micro, price_micro FROM mailroom.letter_postage WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT count(*) AS changed FROM (SELECT letter_id, offer, list_micro, discount_micro, price_micro FROM mailroom.letter_postage WHERE issuer_id = :issuer EXCEPT TABLE before_it) c;
-- a row that is there is never altered by a load but for its end and version
SELECT count(*) AS prices, count(*) FILTER (WHERE valid_to = '2026-07-01') AS closed, count(DISTINCT price_micro || '/' || rate_micro) AS different FROM mailroom.offer_price WHERE pack = 'past-test';
ROLLBACK;
