-- every price form, dimension, condition, scheme, obligation and fee of a tariff pack: stored, priced, shown, checked
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
BEGIN;
\set pack `cat "$PG_ABS_SRCDIR"/sql/tariff_forms.txt`
SELECT mailroom.load_tariff(:'pack');
SELECT offer, area, format, form, up_to_grams, price_micro, rate_micro, base_grams, percent_points, of_offer, of_area, unit_micro
	FROM mailroom.offer_price WHERE pack = 'forms-test' ORDER BY offer COLLATE "C", area, format, up_to_grams;
-- one price for each way of the formula; to the milligram, borders included
SELECT p.offer, p.postcode, p.format, p.grams, mailroom.price_text(mailroom.price_piece(p.offer, 'PT', p.postcode, p.format, p.grams, '2026-03-01')) AS price
	FROM (VALUES
		('F-STEP', '1000', 'C5', 50), ('F-STEP', '1000', 'C5', 50.001), ('F-STEP', '1000', 'C5', 100.001), ('F-STEP', '5000', 'C5', 50), ('F-STEP', '1000', 'C3', 20),
		('F-KILO', '1000', 'C5', 0.001), ('F-KILO', '1000', 'C5', 20), ('F-KILO', '1000', 'C5', 20.158), ('F-KILO', '1000', 'C4', 20.158), ('F-KILO', '1000', 'C4', 1000.5),
		('F-GRAM', '1000', 'C5', 60), ('F-GRAM', '1000', 'C5', 60.001), ('F-GRAM', '1000', 'C5', 61), ('F-GRAM', '1000', 'C5', 750),
		('F-FLAT', '1000', 'C5', 1), ('F-FLAT', '1000', 'C5', 999999),
		('F-PERCENT', '1000', 'C5', 20), ('F-PERCENT', '1000', 'C5', 100), ('F-PERCENT', '1000', 'C5', 101), ('F-PERCENT', '1000', 'C4', 20.158),
		('F-AVERAGE', '1000', 'C5', 49.9), ('F-AVERAGE', '1000', 'C5', 51)) AS p (offer, postcode, format, grams)
	ORDER BY 1, 2, 3, 4;
-- an offer whose price depends on the whole order gives the plan no price of a letter
SELECT mailroom.step_price('F-AVERAGE', 'city', 'C5', 20, '2026-03-01') AS average, mailroom.step_price('F-KILO', 'city', 'C5', 20, '2026-03-01') AS kilo;
SELECT t.topic, t.terms, t.in_plan FROM mailroom.offer_terms('F-STEP', '2026-03-01') t ORDER BY topic COLLATE "C", terms COLLATE "C";
SELECT t.topic, t.terms, t.in_plan FROM mailroom.offer_terms('F-AVERAGE', '2026-03-01') t ORDER BY topic COLLATE "C", terms COLLATE "C";
SELECT s.counted, t.* FROM unnest(ARRAY[0, 999, 1000, 99999999]) AS s (counted), mailroom.discount_at('F-YEAR', s.counted, '2026-03-01') t ORDER BY 1;
SELECT * FROM mailroom.discount_at('F-YEAR', 1000, '2025-03-01');
SELECT format, name, max_length_mm, max_width_mm, max_thickness_mm, max_grams FROM mailroom.carrier_format WHERE pack = 'forms-test';
SELECT * FROM mailroom.check_tariff(NULL, 'forms-post', '2026-03-01') WHERE finding <> 'no envelope';
-- every catalogue of packs is filled here, so that none is forgotten
SELECT t.name, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM mailroom.%I WHERE pack = ''forms-test''', t.name), false, true, '')))[1]::text::integer > 0 AS filled
	FROM unnest(mailroom.tariff_tables()) AS t (name) ORDER BY 1;
-- value added tax counts where it is not deducted
SELECT mailroom.create_issuer('Tariff forms', 'PT', 'Europe/Lisbon', 'DKK') AS issuer \gset
SELECT mailroom.piece_cost(:issuer, 'F-STEP', 10000000, '2026-03-01') AS deducts_all;
INSERT INTO mailroom.issuer_postage VALUES (:issuer, 4000);
SELECT mailroom.piece_cost(:issuer, 'F-STEP', 10000000, '2026-03-01') AS deducts_40_percent, mailroom.piece_cost(:issuer, 'F-KILO', 10000000, '2026-03-01') AS exempt;
SELECT mailroom.vat_cost(333333, 2500, 0) AS rounded, mailroom.vat_cost(2, 2500, 0) AS half_up;

-- what a later version would change, before it is loaded
SELECT * FROM mailroom.compare_tariff(replace(replace(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'), '50:10.00', '50:12.00 75:13.00'),
	'fee F-WRONG', '# fee'), 'days=5', 'days=6'));
SELECT count(*) FROM mailroom.compare_tariff(:'pack');
-- a later version closes what it changes: yesterday's prices stay, a percentage follows its base by date
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'), '50:10.00', '50:12.00'));
SELECT d.on_date, p.offer, mailroom.price_text(mailroom.price_piece(p.offer, 'PT', '1000', 'C5', 50, d.on_date)) AS price
	FROM (VALUES (date '2025-12-31'), ('2026-01-01'), ('2026-06-30'), ('2026-07-01')) AS d (on_date), unnest(ARRAY['F-STEP', 'F-PERCENT', 'F-KILO']) AS p (offer) ORDER BY 1, 2;
SELECT count(*) FILTER (WHERE valid_to IS NOT NULL) AS closed, count(*) FILTER (WHERE version = 2) AS of_version_2, count(*) AS rows FROM mailroom.offer_price WHERE pack = 'forms-test';
SELECT count(*) FROM mailroom.check_tariff(NULL, 'forms-post', '2026-07-01') WHERE finding <> 'no envelope';
ROLLBACK;

-- refusals name the line and the cause, and load nothing
SELECT E'tariff broken version=1 valid-from=2026-01-01\nsource s\ncurrency DKK\ncarrier b-post n country=PT\ncoverage b-all PT * a\noffer B carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all\noffer C carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all\nprice B a C5 20:1.00\n' AS head \gset
SELECT mailroom.load_tariff(:'head' || 'price C a C5');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 percent=50%');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 20:1 percent=50% of=B');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 percent=half of=B');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 percent=101% of=B');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 percent=50% of=D');
SELECT mailroom.load_tariff(:'head' || E'# comment\nprice C a C5 percent=50% of=C');
SELECT mailroom.load_tariff(:'head' || 'price C a C4 percent=50% of=B');
SELECT mailroom.load_tariff(:'head' || E'price C a C5 percent=50% of=B\nprice C a C5 20:1');
SELECT mailroom.load_tariff(:'head' || E'price C a C5 by=average 20:1\nprice C a C5 30:2');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 by=volume 20:1');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 by=average 20:1+1/g');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 20:1+1/kg>10');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 20:1+1/g>20');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 20:0+0/kg');
SELECT mailroom.load_tariff(:'head' || 'price C a C5 20:1 round=0.03');
SELECT mailroom.load_tariff(:'head' || E'price C a C5 20:0.3690\nscheme S mode=all offers=C 0:0% 10:0.01%');
SELECT mailroom.load_tariff(:'head' || E'price C a C5 20:1+0.05/kg\nscheme S mode=all offers=B,C 0:0% 10:0.5%');
SELECT mailroom.load_tariff(:'head' || 'zones PT digits=3 to=999999999');
SELECT mailroom.load_tariff(:'head' || 'format C5 name carrier=b-post max=10x20');
SELECT mailroom.load_tariff(:'head' || 'format C5 name carrier=c-post max=10x20x5');
SELECT mailroom.load_tariff(:'head' || 'offer E shiny carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all');
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all code=3d');
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all notice=booking');
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all hand-in-days=8');
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product=p class=A days=1 formats=C5 coverage=b-all vat=none');
SELECT mailroom.load_tariff(:'head' || 'condition B shape least=1');
SELECT mailroom.load_tariff(:'head' || 'condition B pieces');
SELECT mailroom.load_tariff(:'head' || 'condition B pieces least=5 most=4');
SELECT mailroom.load_tariff(:'head' || 'condition B pieces least=5 topup=1.00');
SELECT mailroom.load_tariff(:'head' || 'condition B pieces least=5 per=moon');
SELECT mailroom.load_tariff(:'head' || E'condition B pieces least=5\ncondition B pieces least=6');
SELECT mailroom.load_tariff(:'head' || 'condition D pieces least=5');
SELECT mailroom.load_tariff(:'head' || 'scheme S mode=all offers=B,D 0:1%');
SELECT mailroom.load_tariff(:'head' || 'scheme S mode=all offers=B period=contract-year 0:1%');
SELECT mailroom.load_tariff(:'head' || 'scheme S mode=all offers=B period=week 0:1%');
SELECT mailroom.load_tariff(:'head' || 'scheme S mode=all offers=B retroactive=perhaps 0:1%');
SELECT mailroom.load_tariff(:'head' || 'obligation O promise carrier=b-post most=5');
SELECT mailroom.load_tariff(:'head' || 'obligation O take-or-pay carrier=b-post most=5');
SELECT mailroom.load_tariff(:'head' || 'obligation O share carrier=b-post least=5 measure=pieces');
SELECT mailroom.load_tariff(:'head' || 'fee F small-batch carrier=b-post amount=1 per=piece');
SELECT mailroom.load_tariff(:'head' || 'fee F order carrier=b-post amount=0 per=order');
SELECT mailroom.load_tariff(:'head' || 'fee F order carrier=b-post amount=1 per=order offers=D');
SELECT count(*) FROM mailroom.tariff_pack WHERE pack = 'broken';
SELECT count(*) FROM mailroom.carrier WHERE carrier = 'b-post';
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product= class=A days=1 formats=C5 coverage=b-all');
SELECT mailroom.load_tariff(:'head' || 'offer E carrier=b-post product=p class=A days=1 days=2 formats=C5 coverage=b-all');
SELECT mailroom.load_tariff('tariff broken version=0 valid-from=2026-01-01');
SELECT mailroom.load_tariff('tariff Broken version=1 valid-from=2026-01-01');
-- whatever word is missing, a pack loads or is refused with a line, and nothing else
SELECT set_config('tariff.pack', :'pack', false) <> '' AS set;
DO $$
DECLARE
	lines CONSTANT text[] := string_to_array(current_setting('tariff.pack'), E'\n');
	words text[];
	outcome text;
	outcomes text[] := '{}';
BEGIN
	FOR l IN 3 .. cardinality(lines) LOOP
		words := string_to_array(lines[l], ' ');
		FOR w IN 1 .. cardinality(words) LOOP
			CONTINUE WHEN (l + w) % 3 > 0;
			BEGIN
				PERFORM mailroom.load_tariff(array_to_string(lines[:l - 1] || array_to_string(words[:w - 1] || words[w + 1:], ' ') || lines[l + 1:], E'\n'));
				RAISE EXCEPTION 'loaded';
			EXCEPTION
				WHEN SQLSTATE 'MR014' THEN
					outcome := CASE WHEN SQLERRM LIKE 'tariff pack line %' THEN 'refused with line' ELSE SQLERRM END;
				WHEN raise_exception THEN
					outcome := SQLERRM;
			END;
			outcomes := outcomes || outcome;
		END LOOP;
	END LOOP;
	RAISE WARNING '%', (SELECT string_agg(DISTINCT o, ', ') FROM unnest(outcomes) AS o);
END;
$$;
-- the detail has the line, and what there is to choose from
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT mailroom.load_tariff(:'head' || 'stamp 5');
\set VERBOSITY terse
-- a price of no form, and rows in the wrong order
SELECT mailroom.piece_price(ARRAY[ROW('o', 'a', 'f', 'percent', 1, 1, 0, 0, 10000, 1)::mailroom.price_row], 1);
SELECT mailroom.piece_price(ARRAY[ROW('o', 'a', 'f', 'step', 2, 1, 0, 0, 10000, 1), ROW('o', 'a', 'f', 'step', 1, 1, 0, 0, 10000, 1)]::mailroom.price_row[], 1);
SELECT mailroom.piece_price(ARRAY[ROW('o', 'a', 'f', 'step', 2, NULL, 0, 0, 10000, 1)]::mailroom.price_row[], 1);
SELECT mailroom.piece_price(ARRAY[NULL]::mailroom.price_row[], 1);
SELECT mailroom.piece_price('{}', 1) IS NULL AS no_row;
