-- what-if, reports and savings of a planned mailing; tariffs that change after planning; nothing half planned
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff plan-what-if version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency HUF\ncarrier hu-post "Test post" country=HU national\ncarrier hu-city "City post" country=HU max-mailing=60\nzones HU digits=1\ncoverage hu-all HU * land\ncoverage hu-towns HU 1000-1999 town\noffer HU-U carrier=hu-post product="Letter" class=A days=2 formats=C5 coverage=hu-all\nprice HU-U land C5 20:10.00 50:12.00\noffer HU-S carrier=hu-post product="Sorted" class=B days=3 formats=C5 coverage=hu-all min-mailing=20 topup=1.00 min-bundle=5 fixed=15.00\nprice HU-S land C5 20:8.00 50:9.00\noffer HU-C carrier=hu-city product="City" class=B days=3 formats=C5 coverage=hu-towns min-mailing=10\nprice HU-C town C5 20:7.50 50:8.50\nscheme HU-V mode=all offers=HU-S 0:0% 100:5% 150:10%\nscheme HU-W mode=incr offers=HU-C 0:0 20:0.50\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
SELECT mailroom.create_issuer('Plan what-if', 'HU', 'Europe/Budapest', 'HUF') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'june', '2026-06-30', 'HU', '2026-06-29') RETURNING mailing_id AS june \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'july', '2026-07-01', 'HU', '2026-06-29') RETURNING mailing_id AS july \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, m.mailing_id, m.mailing_id * 1000 + n, 1, 1 + n % 3, 'Recipient ' || n, (1000 + n * 37 % 5 * 1000 + n)::text, 'HU', CASE WHEN n % 20 = 0 THEN 2 ELSE 4 END
	FROM mailroom.mailing m, generate_series(1, 200) AS n WHERE m.issuer_id = :issuer;
\set VERBOSITY sqlstate
SELECT mailroom.what_if_postage(:issuer, :june);
\set VERBOSITY terse
SELECT mailroom.plan_mailing(:issuer, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer ORDER BY mailing_id;

-- the cells sum to the letters, and plain SQL finds the same list prices
SELECT sum(letters) = (SELECT letter_count FROM mailroom.mailing WHERE issuer_id = :issuer AND mailing_id = :june) AS letters,
		sum(list_micro - discount_micro) = (SELECT cost_micro FROM mailroom.mailing WHERE issuer_id = :issuer AND mailing_id = :june) AS cost,
		sum(list_micro) = (SELECT sum(list_micro) FROM mailroom.letter_postage WHERE issuer_id = :issuer AND mailing_id = :june) AS list
	FROM mailroom.mailing_cell WHERE issuer_id = :issuer AND mailing_id = :june;
SELECT * FROM mailroom.check_mailing_prices(:issuer, :june);

-- reports
SELECT carrier, product, offer, letters, grams, list, discount, price, bundles FROM mailroom.mailing_offer_report WHERE issuer_id = :issuer AND mailing_id = :june ORDER BY 3;
SELECT zone, offer, letters, list, price, price_per_letter FROM mailroom.mailing_zone_report WHERE issuer_id = :issuer AND mailing_id = :june ORDER BY 1, 2;
SELECT offer, format, grams, letters, list_per_letter, list, price FROM mailroom.mailing_step_report WHERE issuer_id = :issuer AND mailing_id = :june ORDER BY 1, 2, 3;
SELECT scheme, mode, letters, reached_from, percent, discount, next_from, letters_to_next, next_percent, next_is_worth
	FROM mailroom.mailing_discount_report WHERE issuer_id = :issuer AND mailing_id = :june ORDER BY 1;
SELECT baseline, carrier, broken_rules, example, baseline_cost, cost, saving, saving_percent FROM mailroom.mailing_saving_report WHERE issuer_id = :issuer AND mailing_id = :june ORDER BY 1;
SELECT customer, year, currency, baseline, mailings, letters, baseline_cost, cost, saving, saving_percent, impossible_mailings FROM mailroom.saving_report WHERE issuer_id = :issuer ORDER BY 4;
SELECT single_carrier, best_single_carrier, tariff_changed FROM mailroom.mailing_report WHERE issuer_id = :issuer ORDER BY mailing_id;

-- nothing changed: the same plan
SELECT w ->> 'status' AS status, w -> 'difference' AS difference, w -> 'letters' AS letters, w -> 'left_out' AS left_out, w -> 'parts' = m.plan -> 'parts' AS same_parts
	FROM mailroom.mailing m, mailroom.what_if_postage(m.issuer_id, m.mailing_id) w WHERE m.issuer_id = :issuer AND m.mailing_id = :june;
-- other prices, conditions, tiers, carriers
SELECT w.change, r ->> 'status' AS status, r -> 'cost' AS cost, r -> 'difference' AS difference, r -> 'left_out' AS left_out, (SELECT jsonb_object_agg(o ->> 'offer', o -> 'letters') FROM jsonb_array_elements(r -> 'offers') AS o) AS letters
	FROM (VALUES (1, '{"prices": [{"offer": "HU-C", "percent": 50}]}'), (2, '{"prices": [{"offer": "HU-S", "up_to_grams": 20, "price_micro": 6000000}]}'),
		(3, '{"prices": [{"percent": -10}]}'), (4, '{"offers": [{"offer": "HU-S", "min_bundle": 30}]}'), (5, '{"offers": [{"offer": "HU-S", "fixed_micro": 900000000}]}'),
		(6, '{"carriers": [{"carrier": "hu-city", "max_mailing": 10}]}'), (7, '{"carriers": [{"carrier": "hu-city", "closed": true}]}'),
		(8, '{"schemes": [{"scheme": "HU-V", "tiers": [{"from": 0, "basis_points": 2000}]}]}'), (9, '{"offers": [{"offer": "HU-U", "closed": true}]}'),
		(10, '{"offers": [{"offer": "HU-U", "closed": true}, {"offer": "HU-S", "min_mailing": 500, "topup_micro": 0}]}'),
		(11, '{"carriers": [{"carrier": "hu-post", "closed": true}, {"carrier": "hu-city", "closed": true}]}')) AS w (change, changes),
		mailroom.what_if_postage(:issuer, :june, w.changes::jsonb) AS r
	ORDER BY 1;
SELECT mailroom.what_if_postage(:issuer, :june, '{"price": []}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "cost": 1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U"}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "price_micro": -1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-X", "percent": 1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"offers": [{"offer": "HU-X", "days": 1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"offers": [{"offer": "HU-S", "min_bundle": -1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "price_micro": 9000000000000000000}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '[]');
-- values of another kind are refused where they stand, never passed over
SELECT scheme AS volume FROM mailroom.discount_scheme WHERE scheme LIKE 'HU-%' AND mode = 'all' ORDER BY 1 LIMIT 1 \gset
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "percent": 1}, {"offer": "HU-U", "percent": "x"}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "percent": 1e300}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": "HU-U", "price_micro": 1.5}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"prices": [{"offer": ["HU-U"], "percent": 1}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"offers": [{"offer": "HU-U", "closed": "maybe"}]}');
SELECT mailroom.what_if_postage(:issuer, :june, '{"carriers": [{"carrier": "nobody", "max_mailing": "5"}]}');
SELECT mailroom.what_if_postage(:issuer, :june, jsonb_build_object('schemes', jsonb_build_array(jsonb_build_object('scheme', :'volume'))));
SELECT mailroom.what_if_postage(:issuer, :june, jsonb_build_object('schemes', jsonb_build_array(jsonb_build_object('scheme', :'volume', 'tiers', '[]'::jsonb))));
SELECT mailroom.what_if_postage(:issuer, :june, jsonb_build_object('schemes', jsonb_build_array(jsonb_build_object('scheme', :'volume', 'tiers', '[{"from": 0}]'::jsonb))));
SELECT mailroom.what_if_postage(:issuer, :june, jsonb_build_object('schemes', jsonb_build_array(jsonb_build_object('scheme', :'volume', 'tiers', '[5]'::jsonb))));
SELECT mailroom.what_if_postage(:issuer, :june, jsonb_build_object('schemes', jsonb_build_array(jsonb_build_object('scheme', :'volume', 'tiers', '[{"from": 0, "amount_micro": 9}]'::jsonb))));
SELECT mailroom.what_if_postage(:issuer, :june, '{"date": "1999-01-01"}');
-- nothing to send costs nothing
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'nothing', '2026-06-30', 'HU', '2026-06-29') RETURNING mailing_id AS nothing \gset
SELECT mailroom.plan_mailing(:issuer, :nothing);
SELECT mailroom.what_if_postage(:issuer, :nothing) - 'parts';
DELETE FROM mailroom.mailing WHERE issuer_id = :issuer AND mailing_id = :nothing;
-- where a setting of the issuer is the cause, the hint says so
\set VERBOSITY default
\set SHOW_CONTEXT never
INSERT INTO mailroom.issuer_carrier (issuer_id, carrier) VALUES (:issuer, 'nobody');
SELECT mailroom.plan_mailing(:issuer, :june);
DELETE FROM mailroom.issuer_carrier WHERE issuer_id = :issuer AND carrier = 'nobody';
INSERT INTO mailroom.cover_setting (issuer_id, paper) VALUES (:issuer, 'no such paper');
SELECT mailroom.plan_mailing(:issuer, :june);
DELETE FROM mailroom.cover_setting WHERE issuer_id = :issuer;
SELECT mailroom.load_postcodes('HU', '1011,Budapest', 'infinity', 'list');
SELECT mailroom.load_postcodes('HU', '1011,Budapest', '2026-01-01', ' ');
\set SHOW_CONTEXT errors
\set VERBOSITY sqlstate
SELECT mailroom.what_if_postage(:issuer, -1);
\set VERBOSITY terse

-- a tariff that changes between planning and hand-in: the plan says so, what-if says what it costs, planning again settles it
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'), '20:8.00', '20:8.30'));
SELECT m.name, m.tariff_changed FROM mailroom.mailing_report m WHERE m.issuer_id = :issuer ORDER BY mailing_id;
SELECT m.name, w -> 'cost' AS cost, w -> 'difference' AS difference FROM mailroom.mailing m, mailroom.what_if_postage(m.issuer_id, m.mailing_id, '{"date": "2026-07-01"}') w
	WHERE m.issuer_id = :issuer ORDER BY m.mailing_id;
SELECT kind_no, offer, planned_micro, list_micro FROM mailroom.check_mailing_prices(:issuer, :july) ORDER BY 1, 2 LIMIT 2;
SELECT mailroom.plan_mailing(:issuer, :july);
SELECT m.name, m.cost, m.tariff_changed FROM mailroom.mailing_report m WHERE m.issuer_id = :issuer ORDER BY mailing_id;

-- rows through INSERT are the same as those written directly
CREATE TEMPORARY TABLE direct_rows AS SELECT * FROM mailroom.letter_postage WHERE issuer_id = :issuer;
SET mailroom.direct_writes = off;
SELECT mailroom.plan_mailing(:issuer, :june);
RESET mailroom.direct_writes;
SELECT count(*) FROM (SELECT * FROM mailroom.letter_postage WHERE issuer_id = :issuer EXCEPT TABLE direct_rows) AS changed;

-- cancelled, or refused by a row: nothing is half planned, and the letters are all there
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'large', '2026-06-30', 'HU', '2026-06-29') RETURNING mailing_id AS large \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, :large, 10000000 + n, 1, CASE WHEN n = 7 THEN 300 ELSE 1 + n % 3 END, 'Recipient ' || n, (1000 + n % 8999)::text, 'HU' FROM generate_series(1, 30000) AS n;
BEGIN;
SET LOCAL statement_timeout = '10ms';
SELECT mailroom.plan_mailing(:issuer, :large);
ROLLBACK;
SELECT state, plan IS NULL AS no_plan, (SELECT count(*) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) AS planned,
		(SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS letters,
		(SELECT count(*) FROM mailroom.mailing_cell c WHERE c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id) AS cells
	FROM mailroom.mailing m WHERE issuer_id = :issuer AND mailing_id = :large;
ALTER TABLE mailroom.letter_postage ADD CONSTRAINT early CHECK (sequence_no < 29000);
SELECT mailroom.plan_mailing(:issuer, :large);
ALTER TABLE mailroom.letter_postage DROP CONSTRAINT early;
SELECT state, (SELECT count(*) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) AS planned,
		(SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS letters
	FROM mailroom.mailing m WHERE issuer_id = :issuer AND mailing_id = :large;
SELECT mailroom.plan_mailing(:issuer, :large);
SELECT letters, plan_status, (SELECT sum(price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) = round(cost * 1000000) AS sums
	FROM mailroom.mailing_report m WHERE issuer_id = :issuer AND mailing_id = :large;

-- rights: a reader asks what-if, nobody else's mailing
CREATE ROLE plan_reader;
SELECT mailroom.grant_role('reader', 'plan_reader', ARRAY[:issuer]);
SET ROLE plan_reader;
SELECT mailroom.what_if_postage(:issuer, :june) -> 'difference' AS difference;
SELECT count(*) > 0 AS cells FROM mailroom.mailing_cell;
SELECT count(*) AS foreign_cells FROM mailroom.mailing_cell WHERE issuer_id <> :issuer;
SELECT count(*) AS mailings FROM mailroom.mailing_report WHERE tariff_changed IS NOT NULL;
SELECT mailroom.plan_letters(:issuer, :june, 'HU', 'HUF', '2026-06-30');
RESET ROLE;
DROP OWNED BY plan_reader;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'plan_reader';
DROP ROLE plan_reader;
DELETE FROM mailroom.letter_postage WHERE issuer_id = :issuer AND mailing_id = :large;
DELETE FROM mailroom.letter WHERE issuer_id = :issuer AND mailing_id = :large;
