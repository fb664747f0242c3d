-- each published stamp price of the list packs, to the minor unit, in its time; undone at the end, so that no
-- other test plans with these carriers
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
BEGIN;
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2016.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-no-2021.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2017.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2020.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2023.txt`
SELECT mailroom.load_tariff(:'pack');
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2024.txt`
SELECT mailroom.load_tariff(:'pack');
SELECT p.offer, p.on_date, g.grams, round(mailroom.step_price(p.offer, 'domestic', 'C5', g.grams, p.on_date) / 1000000.0, 2) AS price
	FROM (VALUES ('POSTEN-NO-A', date '2016-12-01'), ('POSTEN-NO-A', '2020-12-31'), ('POSTEN-NO-A', '2021-01-01'), ('POSTEN-NO-B', '2020-12-31'), ('POSTEN-NO', '2021-01-01')) AS p (offer, on_date),
		unnest(ARRAY[20, 50, 100, 350, 1000, 2000, 2001]) AS g (grams)
	WHERE mailroom.step_price(p.offer, 'domestic', 'C5', g.grams, p.on_date) IS NOT NULL
	ORDER BY 1, 2, 3;
SELECT p.on_date, g.grams, round(mailroom.step_price('POSTNORD-SE', 'domestic', 'C4', g.grams, p.on_date) / 1000000.0, 2) AS price
	FROM (VALUES (date '2016-12-31'), ('2017-01-01'), ('2019-12-31'), ('2020-01-01'), ('2023-06-01'), ('2024-01-01')) AS p (on_date),
		unnest(ARRAY[1, 50, 51, 100, 250, 500, 1000, 2000]) AS g (grams)
	WHERE mailroom.step_price('POSTNORD-SE', 'domestic', 'C4', g.grams, p.on_date) IS NOT NULL
	ORDER BY 1, 2;
SELECT c.carrier, d.on_date, t.* FROM (VALUES ('posten-no-list'), ('postnord-se-list')) AS c (carrier), (VALUES (date '2018-01-01'), ('2026-01-01')) AS d (on_date),
	mailroom.check_tariff(NULL, c.carrier, d.on_date) t WHERE t.finding <> 'no envelope' ORDER BY 1, 2, 3, 4, 5;
-- packs come in the order of their dates
\set pack `cat "$PG_ABS_SRCDIR"/../data/tariff/list-se-2020.txt`
SELECT mailroom.load_tariff(:'pack');
ROLLBACK;
