-- tariff packs: loading, following versions, refusals, lookups and checks
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff(:'demo');
SELECT carrier, mailroom.check_tariff(NULL, carrier, '2026-11-22') FROM mailroom.carrier WHERE pack = 'demo-no-se';

\set first 'tariff plan-test version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency DKK\ncarrier dk-post "Test post" country=DK national\nzones DK digits=1\ncoverage dk-all DK * land\ncoverage dk-all * * abroad\noffer DK-A carrier=dk-post product="Letter A" class=A days=2 formats=C5,C4 coverage=dk-all\nprice DK-A land C5,C4 20:10.00 50:12.50 100:15.00\nprice DK-A abroad C5,C4 20:20.00 100:30.00\nscheme DK-V mode=all offers=DK-A 0:0% 1000:1.5%\n'
SELECT replace(:'first', '\n', E'\n') AS first \gset
SELECT replace(replace(replace(:'first', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'), '50:12.50 ', '50:13.00 '), ' 1000:1.5%', '') AS second \gset
SELECT mailroom.load_tariff(:'first');
SELECT mailroom.load_tariff(:'second');
-- the same again changes nothing; an older version is refused; so is other content under the same number
SELECT mailroom.load_tariff(:'second');
SELECT mailroom.load_tariff(:'first');
SELECT mailroom.load_tariff(replace(:'second', '13.00', '14.00'));
-- a changed price closes the row and opens another; what a version leaves out is closed
SELECT area, format, up_to_grams, price_micro, valid_from, valid_to, version FROM mailroom.offer_price
	WHERE offer = 'DK-A' AND format = 'C5' ORDER BY 1, 3, 5;
SELECT from_count, basis_points, valid_from, valid_to FROM mailroom.discount_tier WHERE scheme = 'DK-V' ORDER BY 1;
-- up to and including
SELECT g AS grams, mailroom.step_price('DK-A', 'land', 'C5', g, '2026-06-30') AS june, mailroom.step_price('DK-A', 'land', 'C5', g, '2026-07-01') AS july
	FROM unnest(ARRAY[1, 20, 21, 50, 51, 100, 101]) AS g ORDER BY 1;
SELECT mailroom.step_price('DK-A', 'land', 'C5', 20, '2025-12-31') AS before_it_holds;
-- destinations
SELECT mailroom.plain_postcode('SE', 'SE-114 55'), mailroom.plain_postcode('NO', ' 0150 '), mailroom.plain_postcode('GB', 'sw1a 1aa'), mailroom.plain_postcode('NO', NULL);
SELECT c.country, c.postcode, mailroom.coverage_area('demo-no-towns', c.country, c.postcode, '2026-11-22') AS towns,
		mailroom.coverage_area('demo-no-land', c.country, c.postcode, '2026-11-22') AS land,
		mailroom.coverage_area('demo-no-world', c.country, c.postcode, '2026-11-22') AS world, mailroom.sort_zone_of(c.country, c.postcode, '2026-11-22') AS zone
	FROM (VALUES ('NO', '0001'), ('NO', '1299'), ('NO', '1300'), ('NO', '1400'), ('NO', '9999'), ('NO', ''), ('NO', 'X'), ('SE', '11455'), ('SE', '05000'), ('FI', '00100'), ('BR', '')) AS c (country, postcode)
	ORDER BY 1, 2;
-- weight from content: A4 of 80 g/m2 in a C5 envelope up to 9 sheets, then C4
SELECT s AS sheets, l.* FROM unnest(ARRAY[1, 2, 3, 8, 9, 10, 190, 191]) AS s LEFT JOIN mailroom.letter_shape(NULL, s, '2026-11-22') l ON true ORDER BY 1;

-- refusals name the line and the cause, and load nothing
SELECT mailroom.load_tariff('');
SELECT mailroom.load_tariff('paper A milligrams=1');
SELECT mailroom.load_tariff(E'tariff x version=1 valid-from=2026-13-01');
SELECT mailroom.load_tariff(E'tariff x version=1 valid-from=1.2.2026');
SELECT mailroom.load_tariff(E'tariff x version=1 valid-from=2026-01-01\npaper A milligrams=1');
\set head 'tariff x version=1 valid-from=2026-01-01\nsource s\ncurrency DKK\n'
SELECT replace(:'head', '\n', E'\n') AS head \gset
SELECT mailroom.load_tariff(:'head' || 'stamp 1');
SELECT mailroom.load_tariff(:'head' || 'paper A milligrams=1 colour=red');
SELECT mailroom.load_tariff(:'head' || 'paper A');
SELECT mailroom.load_tariff(:'head' || 'paper A milligrams=heavy');
SELECT mailroom.load_tariff(:'head' || 'paper A milligrams=-1');
SELECT mailroom.load_tariff(:'head' || 'paper B milligrams=1 standard');
SELECT mailroom.load_tariff(:'head' || E'paper B milligrams=1\npaper B milligrams=1');
SELECT mailroom.load_tariff(:'head' || 'carrier c "never closed country=DK');
SELECT mailroom.load_tariff(:'head' || 'carrier c name country=Denmark');
SELECT mailroom.load_tariff(:'head' || 'carrier dk-post name country=DK');
SELECT mailroom.load_tariff(:'head' || 'coverage c DK 2000-1000 a');
SELECT mailroom.load_tariff(:'head' || 'coverage c DK 1-1000 a');
SELECT mailroom.load_tariff(:'head' || 'offer o carrier=c product=p class=A days=1 formats=C5 coverage=c');
\set offer 'carrier c n country=DK\ncoverage v DK * a\noffer o carrier=c product=p class=A days=1 formats=C5 coverage=v\n'
SELECT replace(:'offer', '\n', E'\n') AS offer \gset
SELECT mailroom.load_tariff(:'head' || :'offer' || 'price o a C5 20:1.00005');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'price o a C5 20:0');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'price o a C5 20g:1');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'price p a C5 20:1');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'price o a C5 20:1 20:2');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'scheme s mode=all offers=o 10:1%');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'scheme s mode=all offers=o 0:1');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'scheme s mode=incr offers=o 0:1%');
SELECT mailroom.load_tariff(:'head' || :'offer' || 'scheme s mode=some offers=o 0:1');
SELECT count(*) FROM mailroom.tariff_pack WHERE pack = 'x';

-- a loadable pack may still be doubtful
SELECT mailroom.load_tariff(replace(:'head', 'tariff x', 'tariff plan-doubt') || replace(replace(replace(:'offer', ' c ', ' doubt '), 'carrier=c', 'carrier=doubt'), 'country=DK', 'country=US')
	|| E'coverage v DK 2000-2999 b\ncoverage v DK 2500-3000 b\nprice o a C5 20:2.00 50:1.00 100:3.00\nprice o b C5 20:2.00\nprice o b C4 20:2.00\nprice o z C5 20:1.00\nscheme s mode=all offers=o 0:2% 10:1%');
SELECT * FROM mailroom.check_tariff(NULL, 'doubt', '2026-11-22');
SELECT * FROM mailroom.check_tariff(NULL, 'nobody', '2026-11-22');
INSERT INTO mailroom.offer_price (offer, area, format, up_to_grams, price_micro, source, pack, version, valid_from)
	VALUES ('DK-A', 'land', 'C5', 50, 13010000, 's', 'by-hand', 1, '2026-08-01');
SELECT * FROM mailroom.check_tariff(NULL, 'dk-post', '2026-07-15');
DELETE FROM mailroom.offer_price WHERE pack = 'by-hand';

-- rights: catalogues are read by everyone with a grant, written by the house alone
SELECT mailroom.create_issuer('Plan tariff', 'DK', 'Europe/Copenhagen', 'DKK') AS issuer \gset
CREATE ROLE plan_operator;
SELECT mailroom.grant_role('operator', 'plan_operator', ARRAY[:issuer]);
SET ROLE plan_operator;
SELECT count(*) FROM mailroom.carrier WHERE carrier = 'dk-post';
SELECT mailroom.load_tariff('tariff x version=1 valid-from=2026-01-01');
UPDATE mailroom.offer_price SET price_micro = 10000;
RESET ROLE;
DROP OWNED BY plan_operator;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'plan_operator';
DROP ROLE plan_operator;
