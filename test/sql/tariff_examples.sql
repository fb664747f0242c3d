-- every published figure of the packs in data/tariff, priced to the cent through the engine (tariff_examples.txt);
-- undone at the end, so that no other test plans with these carriers
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
BEGIN;
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-de-2005.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-de-2019.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-de-2020.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-de-2024.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-de-2025.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-fi-2019.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-fi-2020.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-gb-2011.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-gb-2019.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2016.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2018.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2021.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2023.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2025.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-pl-2016.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-pl-2019.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-ro-2020.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2017.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2018.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2020.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2021.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2022.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2023.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2024.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-us-2021.txt`
SELECT mailroom.load_tariff(:'pack');
\set examples `cat "$PG_ABS_SRCDIR"/sql/tariff_examples.txt`
CREATE TEMP TABLE example ON COMMIT DROP AS
	SELECT p[1] AS kind, p[2] AS name, p[3] AS country, p[4] AS postcode, p[5] AS what, nullif(p[6], '')::bigint AS amount, p[7]::date AS on_date,
			p[8] AS expected, p[9] AS source, p[10] AS pack
		FROM string_to_table(:'examples', E'\n') AS line, string_to_array(line, '|') AS p
		WHERE line <> '' AND line NOT LIKE '#%';
CREATE TEMP TABLE got ON COMMIT DROP AS
	SELECT e.*, CASE e.kind
			WHEN 'price' THEN mailroom.price_text(mailroom.price_piece(e.name, e.country, e.postcode, e.what, e.amount, e.on_date))
			WHEN 'rate' THEN (SELECT round(d.basis_points / 100.0, 2) || ' %' FROM mailroom.discount_at(e.name, e.amount, e.on_date) d)
			WHEN 'top' THEN (SELECT round(s.top_points / 100.0, 2) || ' %' FROM mailroom.discount_scheme s
				WHERE s.scheme = e.name AND s.valid_from <= e.on_date AND (s.valid_to IS NULL OR s.valid_to > e.on_date))
			WHEN 'area' THEN coalesce(mailroom.coverage_area(e.name, e.country, mailroom.plain_postcode(e.country, e.postcode), e.on_date), '')
			WHEN 'term' THEN coalesce((SELECT string_agg(t.terms, '; ' ORDER BY t.terms COLLATE "C") FROM mailroom.offer_terms(e.name, e.on_date) t WHERE t.topic = e.what), '')
		END AS result
		FROM example e;
SELECT pack, count(*) AS examples, count(*) FILTER (WHERE result = expected) AS equal FROM got GROUP BY 1 ORDER BY 1;
SELECT kind, name, what, amount, on_date, expected, result FROM got WHERE result IS DISTINCT FROM expected ORDER BY 1, 2, 3, 4, 5;
-- above its heaviest step a letter has no price, and neither before the first day
SELECT count(*) AS heaviest, count(*) FILTER (WHERE mailroom.price_piece(e.name, e.country, e.postcode, e.what, e.amount + 0.001, e.on_date) IS NULL) AS without_price_above
	FROM example e
	WHERE e.kind = 'price' AND e.amount = (SELECT max(p.up_to_grams) FROM mailroom.price_rows(e.on_date) p WHERE p.offer = e.name AND p.format = e.what);
SELECT count(*) FILTER (WHERE mailroom.price_piece(e.name, e.country, e.postcode, e.what, e.amount, '2004-12-31') IS NULL) = count(*) AS none_before FROM example e WHERE e.kind = 'price';
-- every row that the packs made says where it is from, and none overlaps another
SELECT count(*) FROM mailroom.offer_price WHERE pack LIKE 'list-%' AND source = '';
-- what the packs do not know: offers by contract have no price
SELECT c.carrier, t.finding, count(DISTINCT t.object) AS objects
	FROM (SELECT DISTINCT carrier FROM mailroom.carrier WHERE pack LIKE 'list-%') c, (VALUES (date '2018-06-01'), ('2021-08-01'), ('2026-01-01')) AS d (on_date),
		mailroom.check_tariff(NULL, c.carrier, d.on_date) t
	WHERE t.finding NOT IN ('no envelope', 'no carrier')
	GROUP BY 1, 2 ORDER BY 1, 2;
-- a mailing is planned by a published list: offers by contract have no price and are not used
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS demo;
SELECT mailroom.create_issuer('Tariff examples', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.issuer_carrier VALUES (:issuer, 'posten-no-list');
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	VALUES (:issuer, 'list', '2026-02-02', 'NO', '2026-02-02') RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, :mailing, n, 2, n, 'Recipient ' || n, '0150', 'NO' FROM generate_series(1, 20) AS n;
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT p.offer, p.format, mailroom.price_text(p.price_micro) AS price, count(*) AS letters, min(l.sheets) AS from_sheets, max(l.sheets) AS to_sheets
	FROM mailroom.letter_postage p JOIN mailroom.letter l USING (issuer_id, mailing_id, letter_id) WHERE p.issuer_id = :issuer GROUP BY 1, 2, 3 ORDER BY 5;
-- packs come in the order of their dates
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2020.txt`
SELECT mailroom.load_tariff(:'pack');
ROLLBACK;
