-- from letters to the plan and back: exact shares, postal order, bundles, letters without an offer, states, rights
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff plan-small version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency PLN\ncarrier pl-post "Test post" country=PL national\nzones PL digits=1\ncoverage pl-all PL * land\nzone PL 05 05\noffer PL-U carrier=pl-post product="Letter" class=A days=2 formats=C5 coverage=pl-all\nprice PL-U land C5 20:10.00 50:12.00\noffer PL-S carrier=pl-post product="Sorted" class=B days=3 formats=C5 coverage=pl-all min-mailing=6 min-bundle=3 fixed=5.00\nprice PL-S land C5 20:8.00 50:9.00\nscheme PL-V mode=all offers=PL-S 0:0% 7:10%\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');

SELECT mailroom.create_issuer('Plan small', 'PL', 'Europe/Warsaw', 'PLN') AS small \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:small, 'small', '2026-06-30', 'PL', '2026-06-29') RETURNING mailing_id \gset
-- nothing to send is a plan too
SELECT mailroom.plan_mailing(:small, :mailing_id);
SELECT state, letter_count, cost_micro, lower_bound_micro FROM mailroom.mailing WHERE issuer_id = :small;
-- zone 0: four letters, zone 1: two, zone 2: three; one of zone 2 is urgent, one of zone 0 heavier
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :small, :mailing_id, n, n, s, s, 'Recipient ' || n, p, 'PL', d
	FROM (VALUES (1, '29-100', 1, 4), (2, '00-950', 1, 4), (3, '00-951', 3, 4), (4, '00-001', 2, 4), (5, '00-950', 2, 4), (6, '10-900', 1, 4),
		(7, '11-900', 1, 4), (8, '20-100', 1, 4), (9, '20-100', 1, 2), (10, '21-100', 1, 4)) AS l (n, p, s, d);
SELECT mailroom.plan_mailing(:small, :mailing_id);
SELECT sequence_no, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no
	FROM mailroom.letter_postage WHERE issuer_id = :small ORDER BY 1;
SELECT letter_count, cost_micro, lower_bound_micro, national_unsorted_micro, cheapest_list_micro, plan -> 'parts' AS parts, plan -> 'baselines' AS baselines
	FROM mailroom.mailing WHERE issuer_id = :small \gx
SELECT mailroom.solve_postage(mailroom.postage_problem(:small, :mailing_id)) -> 'plan' = plan -> 'plan' AS same_plan FROM mailroom.mailing WHERE issuer_id = :small;
SELECT name, letters, cost, lower_bound, gap, plan_status, national_unsorted, saving_on_national, saving_on_national_percent, cheapest_list, cheapest_list_broken_rules, cheapest_list_is_possible
	FROM mailroom.mailing_report WHERE issuer_id = :small \gx
SELECT offer, carrier, product, letters, grams, list, discount, price, bundles FROM mailroom.mailing_offer_report WHERE issuer_id = :small ORDER BY 1;
SELECT letter_id, choice, offer, list_micro, discount_micro, price_micro, note FROM mailroom.letter_explanation
	WHERE issuer_id = :small AND letter_id IN (1, 6, 9) ORDER BY 1, 2;

-- planning again gives the same; prices of a later day leave the old mailing as it was
CREATE TEMPORARY TABLE before_it AS SELECT * FROM mailroom.letter_postage WHERE issuer_id = :small;
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-07-01'), '20:8.00', '20:8.50'));
SELECT mailroom.plan_mailing(:small, :mailing_id);
SELECT count(*) FROM (TABLE before_it EXCEPT SELECT * FROM mailroom.letter_postage WHERE issuer_id = :small) AS changed;
SELECT count(*) FILTER (WHERE list_micro = planned_micro) AS equal, count(*) AS letters FROM mailroom.price_letters(:small, :mailing_id);
SELECT offer, planned_micro, list_micro, count(*) FROM mailroom.price_letters(:small, :mailing_id, '2026-07-01') GROUP BY 1, 2, 3 ORDER BY 1, 2;

-- letters that no offer carries: their invoices are set aside with the reason, the others are planned
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, received_at)
	SELECT :small, n, 'file', 'accepted', 'seller', '\x00', 'P' || n, '2026-06-29' FROM generate_series(11, 15) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :small, n, n, 'test', 1, 1, '{0}', '{1}', 1, '\x00', '2026-06-29' FROM generate_series(11, 15) AS n;
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :small, :mailing_id, n, n, s, s, 'Recipient ' || n, p, c, d
	FROM (VALUES (11, '00-950', 9, 'PL', 4), (12, '00-950', 12, 'PL', 4), (13, '00-950', 191, 'PL', 4), (14, '00-950', 1, 'PL', 1), (15, NULL, 1, 'SE', 4)) AS l (n, p, s, c, d);
SELECT mailroom.plan_mailing(:small, :mailing_id);
SELECT i.invoice_number, i.state, f.rule, f.severity, f.message FROM mailroom.finding f JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.invoice_id = f.invoice_id
	WHERE f.issuer_id = :small ORDER BY 1;
SELECT count(*) AS letters_left, (SELECT letter_count FROM mailroom.mailing WHERE issuer_id = :small) AS planned FROM mailroom.letter WHERE issuer_id = :small;
SELECT count(*) FROM (TABLE before_it EXCEPT SELECT * FROM mailroom.letter_postage WHERE issuer_id = :small) AS changed;
-- a letter without an invoice does not vanish in silence
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country)
	VALUES (:small, :mailing_id, 16, 16, 191, 191, 'Recipient 16', '00-950', 'PL'), (:small, :mailing_id, 17, 17, 1, 1, 'Recipient 17', '0095', 'PL');
SELECT mailroom.plan_mailing(:small, :mailing_id);
SELECT detail FROM mailroom.event WHERE issuer_id = :small AND object_kind = 'mailing' AND object_id = :mailing_id AND activity = 'letter left out' ORDER BY detail ->> 'letter_id';
SELECT count(*) FROM (TABLE before_it EXCEPT SELECT * FROM mailroom.letter_postage WHERE issuer_id = :small) AS changed;

-- the month of two countries with the demonstration tariff: properties
SELECT mailroom.create_issuer('Plan large', 'NO', 'Europe/Oslo', 'NOK') AS large \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, created_at) VALUES
	(:large, 'Norway', '2026-11-22', 'NO', NULL, '2026-11-20'), (:large, 'Sweden', '2026-11-22', 'SE', 'SEK', '2026-11-20');
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :large, m.mailing_id, n, 1 + n % 5, 1 + n % 5 / 2 + CASE WHEN n % 97 = 0 THEN 10 ELSE 0 END, 'Recipient ' || n,
		CASE WHEN n % 60 = 0 THEN NULL WHEN m.name = 'Norway' THEN lpad((1 + n * 7919 % 9998)::text, 4, '0') ELSE (10000 + n * 7919 % 88999)::text END,
		CASE WHEN n % 30 = 0 THEN 'DK' WHEN n % 90 = 1 THEN 'BR' WHEN m.name = 'Norway' THEN 'NO' ELSE 'SE' END, CASE WHEN n % 10 = 0 THEN 2 ELSE 4 END
	FROM mailroom.mailing m, generate_series(1, 3000) AS n
	WHERE m.issuer_id = :large AND (n % 2 = 0) = (m.name = 'Norway');
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :large ORDER BY mailing_id;
CREATE TEMPORARY VIEW large AS
	SELECT m.name, m.cost_micro, m.lower_bound_micro, m.letter_count, m.plan, m.national_unsorted_micro, p.*, l.postcode, l.country, l.due_days, l.sheets
	FROM mailroom.mailing m
		JOIN mailroom.letter_postage p ON p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id
		JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
	WHERE m.issuer_id = :large;
SELECT name, plan ->> 'status' AS status, sum(price_micro) = cost_micro AS cost_is_sum, lower_bound_micro <= cost_micro AS bound_holds,
		sum(list_micro - discount_micro) = sum(price_micro) AS prices_add_up, count(*) = letter_count AS all_letters,
		min(sequence_no) = 1 AND max(sequence_no) = count(*) AND count(DISTINCT sequence_no) = count(*) AS is_permutation,
		cost_micro < national_unsorted_micro AS cheaper_than_national
	FROM large GROUP BY name, plan, cost_micro, lower_bound_micro, letter_count, national_unsorted_micro ORDER BY 1;
SELECT p.name, p.part ->> 'part' AS part, bool_and(CASE p.part ->> 'part'
		WHEN 'list' THEN (p.part ->> 'amount_micro')::bigint = (SELECT sum(list_micro) FROM large l WHERE l.name = p.name) ELSE true END) AS agrees
	FROM (SELECT DISTINCT name, jsonb_array_elements(plan -> 'parts') AS part FROM large) p WHERE p.part ->> 'part' IN ('list', 'broken') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT name, sum((part ->> 'amount_micro')::bigint) FILTER (WHERE part ->> 'part' <> 'list')
		= - (SELECT sum(discount_micro) FROM large l WHERE l.name = p.name) AS shares_sum_to_fees_and_discounts
	FROM (SELECT DISTINCT name, jsonb_array_elements(plan -> 'parts') AS part FROM large) p GROUP BY 1 ORDER BY 1;
-- bundles: minima, one zone and one offer each; in one run of the postal order
SELECT count(*) AS bundles_too_small FROM (SELECT name, bundle_no, offer, count(*) AS letters, count(DISTINCT zone) AS zones FROM large GROUP BY 1, 2, 3) b
	JOIN mailroom.carrier_offer o ON o.offer = b.offer AND o.valid_to IS NULL
	WHERE o.min_bundle > 0 AND (b.letters < o.min_bundle OR b.zones > 1);
SELECT count(*) AS offers_below_minimum FROM (SELECT name, offer, count(*) AS letters FROM large GROUP BY 1, 2) b
	JOIN mailroom.carrier_offer o ON o.offer = b.offer AND o.valid_to IS NULL
	WHERE b.letters < o.min_mailing AND o.topup_micro = 0;
SELECT count(*) AS torn_bundles FROM (SELECT name, bundle_no, max(sequence_no) - min(sequence_no) + 1 - count(*) AS gap, count(DISTINCT offer) AS offers FROM large GROUP BY 1, 2) b
	WHERE gap <> 0 OR offers <> 1;
SELECT count(*) AS out_of_order FROM (SELECT name, sequence_no, bundle_no, offer, mailroom.plain_postcode(country, postcode) COLLATE "C" AS code, country,
		lag(bundle_no) OVER w AS last_bundle, lag(offer) OVER w AS last_offer, lag(country) OVER w AS last_country,
		lag(mailroom.plain_postcode(country, postcode)) OVER w COLLATE "C" AS last_code FROM large WINDOW w AS (PARTITION BY name ORDER BY sequence_no)) s
	WHERE last_bundle > bundle_no OR last_offer COLLATE "C" > offer COLLATE "C" OR last_bundle = bundle_no AND last_country = country AND last_code > code;
-- each letter is in time and at the list price of its day
SELECT count(*) AS too_late FROM large l JOIN mailroom.carrier_offer o ON o.offer = l.offer AND o.valid_to IS NULL WHERE o.days > l.due_days;
SELECT m.name, count(*) FILTER (WHERE p.list_micro IS DISTINCT FROM p.planned_micro) AS differences
	FROM mailroom.mailing m, mailroom.price_letters(m.issuer_id, m.mailing_id) p WHERE m.issuer_id = :large GROUP BY 1 ORDER BY 1;
-- the problem can be had again from the letters and the dated tariffs
SELECT m.name, mailroom.solve_postage(mailroom.postage_problem(m.issuer_id, m.mailing_id)) -> 'plan' = m.plan -> 'plan' AS same_plan FROM mailroom.mailing m WHERE m.issuer_id = :large ORDER BY 1;

SELECT m.name, mailroom.check_postage_certificate(mailroom.postage_problem(m.issuer_id, m.mailing_id), m.plan) FROM mailroom.mailing m WHERE m.issuer_id IN (:small, :large) ORDER BY 1;

-- an issuer may name its carriers
INSERT INTO mailroom.issuer_carrier VALUES (:large, 'demo-se-national');
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :large AND name = 'Sweden';
SELECT DISTINCT carrier FROM mailroom.mailing_offer_report WHERE issuer_id = :large AND currency = 'SEK';
DELETE FROM mailroom.issuer_carrier WHERE issuer_id = :large;

-- refusals
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:large, -1);
SELECT mailroom.postage_problem(:large, -1);
UPDATE mailroom.mailing SET state = 'printed' WHERE issuer_id = :large AND name = 'Norway';
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :large AND name = 'Norway';
\set VERBOSITY terse
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, created_at) VALUES (:large, 'too early', '2020-01-01', 'NO', 'NOK', '2026-11-20')
	RETURNING mailing_id AS early \gset
SELECT mailroom.plan_mailing(:large, :early);
-- rights: an operator of the issuer plans, a reader reads, an importer does neither
CREATE ROLE plan_operator;
CREATE ROLE plan_reader;
CREATE ROLE plan_importer;
SELECT mailroom.grant_role('operator', 'plan_operator', ARRAY[:large]);
SELECT mailroom.grant_role('reader', 'plan_reader', ARRAY[:large]);
SELECT mailroom.grant_role('importer', 'plan_importer', ARRAY[:large]);
SELECT mailing_id AS sweden FROM mailroom.mailing WHERE issuer_id = :large AND name = 'Sweden' \gset
SET ROLE plan_operator;
SELECT mailroom.plan_mailing(:large, :sweden);
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:small, :mailing_id);
\set VERBOSITY terse
SET ROLE plan_reader;
SELECT name, letters > 1000 AS many, saving_on_national > 0 AS saves FROM mailroom.mailing_report WHERE name IN ('Sweden', 'small') ORDER BY 1;
SELECT count(DISTINCT offer) > 1 AS offers FROM mailroom.mailing_offer_report WHERE mailing_id = :sweden;
SELECT count(*) FROM mailroom.mailing_offer_report WHERE issuer_id = :small;
SELECT count(*) > 0 AS explained FROM mailroom.letter_explanation WHERE mailing_id = :sweden AND letter_id = (SELECT min(letter_id) FROM mailroom.letter WHERE mailing_id = :sweden);
SELECT mailroom.plan_mailing(:large, :sweden);
SET ROLE plan_importer;
SELECT mailroom.plan_mailing(:large, :sweden);
SELECT count(*) FROM mailroom.letter_postage;
RESET ROLE;
DROP OWNED BY plan_operator, plan_reader, plan_importer;
DELETE FROM mailroom.issuer_grant WHERE role_name LIKE 'plan\_%';
DROP ROLE plan_operator, plan_reader, plan_importer;
