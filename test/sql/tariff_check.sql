-- mailroom.check_tariff finds what is wrong with packs that load, and with rows written by hand
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
BEGIN;
SELECT E'version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency EUR\n' AS head \gset

-- contradictions of a pack that loads
SELECT mailroom.load_tariff('tariff check-rules ' || :'head' || $$
carrier check-post "Check post" country=PT max-mailing=1000
coverage check-all PT * land
offer K-MANY carrier=check-post product=p class=A days=1 formats=C5 coverage=check-all min-mailing=2000
price K-MANY land C5 50:1.00
offer K-BUNDLE carrier=check-post product=p class=A days=1 formats=C5 coverage=check-all min-mailing=10 min-bundle=20
price K-BUNDLE land C5 50:1.00
condition K-BUNDLE bundle least=30
condition K-BUNDLE tray least=1500
condition K-BUNDLE pieces least=12 per=format
condition K-BUNDLE pieces region=north least=5
condition K-BUNDLE weight-spread format=C4 most=30
offer K-HIDDEN carrier=check-post product=p class=A days=1 formats=C5 coverage=check-all
price K-HIDDEN land C5 50:1.00
condition K-HIDDEN pieces least=500
offer K-EMPTY carrier=check-post product=p class=A days=1 formats=C5 coverage=check-all
scheme K-TOP mode=all offers=K-MANY top=5% 0:0% 10:6%
scheme K-FALL mode=all offers=K-BUNDLE 0:0% 10:6% 20:5%
scheme K-FALL-PIECE mode=incr offers=K-BUNDLE 0:0.05 10:0.02
obligation K-TAKE take-or-pay carrier=check-post least=900000
obligation K-CAP cap carrier=check-post most=800000
obligation K-CAP-MANY cap carrier=check-post offers=K-MANY most=1500 period=mailing
obligation K-SHARE share carrier=check-post least=60 most=120
obligation K-NORTH profile carrier=check-post region=north least=70
obligation K-SOUTH profile carrier=check-post region=south least=40
carrier check-idle "Idle post" country=PT
$$) LIKE 'check-rules version 1 %' AS loaded;
SELECT * FROM mailroom.check_tariff(NULL, 'check-post', '2026-03-01') WHERE finding <> 'no envelope';
SELECT * FROM mailroom.check_tariff(NULL, 'check-idle', '2026-03-01');

-- prices: gaps, inversions at a border of any form, use of nothing
SELECT mailroom.load_tariff('tariff check-prices ' || :'head' || $$
carrier check-price "Check prices" country=PT
coverage check-price PT 1000-4999 near
coverage check-price PT 5000-9999 far
coverage check-price PT 5500-5999 isle
coverage check-nowhere PT * none
offer P-STEP carrier=check-price product=p class=A days=1 formats=C5,C4 coverage=check-price
price P-STEP near C5,C4 50:1.00 100:0.90 250:2.00
price P-STEP far C5 50:1.10
price P-STEP isle C5,C4 250:9.00
price P-STEP moon C5 50:1.00
offer P-KILO carrier=check-price product=p class=A days=1 formats=C5 coverage=check-price
price P-KILO near,far,isle C5 50:1.00+10.00/kg 100:1.10+8.00/kg 2000:1.20+6.00/kg
offer P-GRAM carrier=check-price product=p class=A days=1 formats=C5 coverage=check-price
price P-GRAM near,far,isle C5 100:0.30 750:0.25+0.0012/g>100
offer P-FLAT carrier=check-price product=p class=A days=1 formats=C5 coverage=check-price
price P-FLAT near,far C5 *:1.00
price P-FLAT isle C5 50:1.00
offer P-PERCENT carrier=check-price product=p class=A days=1 formats=C5 coverage=check-price
price P-PERCENT near,far,isle C5 percent=90% of=P-STEP
$$) LIKE 'check-prices version 1 %' AS loaded;
SELECT * FROM mailroom.check_tariff(NULL, 'check-price', '2026-03-01') WHERE finding <> 'no envelope';

-- what no pack can do, rows written by hand can: names that nothing answers to, and validity that overlaps, in every catalogue
UPDATE mailroom.discount_scheme SET offers = '{K-MANY,K-GONE}' WHERE scheme = 'K-TOP';
UPDATE mailroom.carrier_obligation SET offers = '{K-GONE}' WHERE obligation = 'K-TAKE';
UPDATE mailroom.carrier_offer SET coverage = 'check-lost' WHERE offer = 'K-MANY';
DELETE FROM mailroom.discount_tier WHERE scheme = 'K-FALL' AND from_count = 0;
DELETE FROM mailroom.discount_tier WHERE scheme = 'K-FALL-PIECE';
DELETE FROM mailroom.offer_price WHERE offer = 'P-STEP' AND area = 'near' AND format = 'C5';
SELECT finding, object, detail FROM mailroom.check_tariff(NULL, 'check-post', '2026-03-01') WHERE finding IN ('unknown offer', 'no coverage', 'tier gap');
SELECT finding, object, detail FROM mailroom.check_tariff(NULL, 'check-price', '2026-03-01') WHERE finding IN ('no percentage base');
SELECT mailroom.load_tariff('tariff check-twice ' || :'head' || $$
paper twice-paper milligrams=1
envelope twice-envelope format=twice milligrams=1 max-sheets=1
carrier twice "Twice" country=MT
zones MT digits=1 to=1
coverage twice MT 1-2 land
format C5 n carrier=twice max=1x1x1
offer TW carrier=twice product=p class=A days=1 formats=C5 coverage=twice
price TW land C5 50:1.00
condition TW senders most=1
scheme TW mode=all offers=TW 0:1%
obligation TW cap carrier=twice most=5
fee TW order carrier=twice amount=1.00 per=order
$$) LIKE 'check-twice version 1 %' AS loaded;
SELECT count(*) FROM mailroom.check_tariff(NULL, 'twice', '2026-03-01') WHERE finding = 'overlap';
SELECT format('INSERT INTO mailroom.%1$I SELECT (jsonb_populate_record(t, ''{"valid_from": "2026-08-01"}'')).* FROM mailroom.%1$I t WHERE pack = ''check-twice''', t.name) FROM unnest(mailroom.tariff_tables()) AS t (name) \gexec
SELECT * FROM mailroom.check_tariff(NULL, 'twice', '2026-03-01');

-- the issuer's view
SELECT mailroom.create_issuer('Tariff check', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT * FROM mailroom.check_tariff(:issuer, 'check-idle', '2026-03-01');
UPDATE mailroom.issuer SET hand_in_countries = '{PT}' WHERE issuer_id = :issuer;
SELECT * FROM mailroom.check_tariff(:issuer, 'check-idle', '2026-03-01');
INSERT INTO mailroom.issuer_carrier VALUES (:issuer, 'check-post');
SELECT * FROM mailroom.check_tariff(:issuer, 'check-idle', '2026-03-01');
SELECT * FROM mailroom.check_tariff(:issuer, 'check-idle', '2025-03-01');
ROLLBACK;
