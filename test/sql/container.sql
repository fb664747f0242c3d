-- bundles, trays and pallets: small mailings by hand, then properties of many
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set pack 'tariff box-test version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency ISK\ncarrier box-post "Test post" country=RO national\ncoverage box-all RO * land\noffer BOX-U carrier=box-post product="Letter" class=A days=2 formats=C5,C4 coverage=box-all hand-in="Gate 4"\nprice BOX-U land C5,C4 1000:10.00\noffer BOX-S carrier=box-post product="Sorted" class=B days=3 formats=C5,C4 coverage=box-all presort=postcode-1\nprice BOX-S land C5,C4 1000:8.00\ncondition BOX-S bundle least=3 most=5\ncondition BOX-S tray least=6 most=10\ncondition BOX-S pallet least=2 most=3\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
SELECT mailroom.create_issuer('Box test', 'RO', 'Europe/Bucharest', 'ISK') AS issuer \gset
INSERT INTO mailroom.issuer_label (issuer_id, gs1_prefix, extension_digit, next_serial) VALUES (:issuer, '590123456789', 3, 9998);
SELECT is_sorted, bundle_least, bundle_most, bundle_most_um, bundle_most_grams, tray_least, tray_fill_percent AS fill, tray_most, tray_most_um, tray_most_grams,
		pallet_least_trays, pallet_most_trays, pallet_most_grams
	FROM unnest(ARRAY['BOX-S', 'BOX-U']) AS o CROSS JOIN LATERAL mailroom.container_limits(:issuer, o, 'C5', '2026-06-30') \gx

-- a plan by hand: letters of each zone, offer and format in postal order
CREATE FUNCTION pg_temp.plan_by_hand(issuer bigint, name text, parts jsonb) RETURNS bigint LANGUAGE sql AS $$
	WITH m AS (
		INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, state, created_at)
			VALUES ($1, $2, '2026-06-30', 'RO', 'ISK', 'planned', '2026-06-29') RETURNING mailing_id
	), placed AS (
		INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
			SELECT $1, m.mailing_id, s, (p ->> 3)::integer + n::integer % 3, p ->> 1, p ->> 2, p ->> 0, 1, 0, 1, 1, s
			FROM m, (SELECT p, n, row_number() OVER (ORDER BY o, n) AS s FROM jsonb_array_elements($3) WITH ORDINALITY AS e (p, o), generate_series(1, (p ->> 4)::integer) AS n) AS l
			RETURNING letter_id
	)
	SELECT mailing_id FROM m, (SELECT count(*) FROM placed) c;
$$;
CREATE VIEW pg_temp.box AS
	SELECT m.issuer_id, m.name, c.container_no AS no, c.parent_no AS parent, c.kind, c.kind_no, c.offer, c.format, c.zone_from || CASE WHEN c.is_mixed THEN '-' || c.zone_to ELSE '' END AS zones,
			c.is_short AS short, c.first_sequence AS first, c.last_sequence AS last, c.letters, c.grams, c.trays, c.sscc
		FROM mailroom.mailing_container c JOIN mailroom.mailing m USING (issuer_id, mailing_id);

-- zone 0: 12 letters, so 5, 4, 3 and not 5, 5, 2; two trays of 6 cannot be made of these bundles. Zone 1: 2 letters, short. Zone 2: 7. Zone 3: 4.
SELECT pg_temp.plan_by_hand(:issuer, 'sorted', '[["BOX-S", "C5", "0", 20, 12], ["BOX-S", "C5", "1", 20, 2], ["BOX-S", "C5", "2", 20, 7], ["BOX-S", "C5", "3", 20, 4]]') AS sorted \gset
SELECT mailroom.pack_mailing(:issuer, :sorted) AS containers;
SELECT no, parent, kind, kind_no, format, zones, short, first, last, letters, grams, trays, sscc FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'sorted' ORDER BY no;
SELECT letter_id, bundle, tray, pallet FROM mailroom.letter_container WHERE issuer_id = :issuer AND mailing_id = :sorted AND letter_id IN (1, 12, 13, 14, 15, 25) ORDER BY 1;
SELECT container_no, kind, letters FROM mailroom.containers_of_letter(:issuer, :sorted, 14) ORDER BY 1;
-- 20 letters to zone 4 are two full trays: enough for a pallet of its own; formats do not share trays, letters of both lie between one another
SELECT pg_temp.plan_by_hand(:issuer, 'pallets', '[["BOX-S", "C5", "1", 20, 6], ["BOX-S", "C5", "4", 20, 15], ["BOX-S", "C4", "4", 50, 3], ["BOX-S", "C5", "4", 20, 5], ["BOX-S", "C4", "5", 50, 4], ["BOX-U", "C5", "1", 20, 3], ["BOX-U", "C5", "2", 20, 3]]') AS pallets \gset
SELECT mailroom.pack_mailing(:issuer, :pallets) AS containers;
SELECT no, parent, kind, kind_no, offer, format, zones, short, first, last, letters, trays FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'pallets' ORDER BY no;
SELECT sscc, mailroom.reference_problem('sscc', sscc) AS problem FROM pg_temp.box WHERE issuer_id = :issuer AND kind = 'pallet' ORDER BY 1;
SELECT count(*) AS numbered, count(DISTINCT sscc) AS distinct_numbers, count(*) FILTER (WHERE kind = 'bundle') AS bundles FROM pg_temp.box WHERE issuer_id = :issuer AND sscc IS NOT NULL;
-- packing again gives the same containers under new numbers; a new plan takes them away
CREATE TEMP TABLE before_it AS SELECT no, parent, kind, kind_no, offer, format, zones, short, first, last, letters, grams, trays FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'pallets';
SELECT mailroom.pack_mailing(:issuer, :pallets) = count(*) AS same FROM before_it;
SELECT count(*) AS changed FROM (TABLE before_it EXCEPT SELECT no, parent, kind, kind_no, offer, format, zones, short, first, last, letters, grams, trays FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'pallets') c;
BEGIN;
UPDATE mailroom.mailing SET plan = '{}' WHERE issuer_id = :issuer AND mailing_id = :pallets;
SELECT count(*) FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'pallets';
ROLLBACK;
-- the house may be stricter than the tariff, not laxer
INSERT INTO mailroom.container_limit (issuer_id, kind, offer, format, most_pieces, most_mm, most_grams) VALUES (:issuer, 'tray', '', '', 8, NULL, NULL), (:issuer, 'tray', 'BOX-S', '', 20, NULL, 150), (:issuer, 'tray', '', 'C4', NULL, 100, NULL);
SELECT o, f, tray_most, tray_most_um, tray_most_grams FROM unnest(ARRAY['BOX-S', 'BOX-U']) AS o, unnest(ARRAY['C4', 'C5']) AS f CROSS JOIN LATERAL mailroom.container_limits(:issuer, o, f, '2026-06-30') ORDER BY 1, 2;
-- nothing is half packed: a letter that no tray holds
SELECT pg_temp.plan_by_hand(:issuer, 'heavy', '[["BOX-S", "C5", "1", 20, 3], ["BOX-S", "C5", "2", 200, 1]]') AS heavy \gset
SELECT mailroom.pack_mailing(:issuer, :heavy);
SELECT count(*) FROM pg_temp.box WHERE issuer_id = :issuer AND name = 'heavy';
UPDATE mailroom.letter_postage SET sequence_no = 1 WHERE issuer_id = :issuer AND mailing_id = :heavy AND sequence_no = 2;
SELECT mailroom.pack_mailing(:issuer, :heavy);
UPDATE mailroom.mailing SET state = 'open' WHERE issuer_id = :issuer AND mailing_id = :heavy;
\set VERBOSITY sqlstate
SELECT mailroom.pack_mailing(:issuer, -1) IS NULL;
SELECT mailroom.pack_mailing(:issuer, :heavy);
\set VERBOSITY terse
-- an empty mailing has no containers
SELECT pg_temp.plan_by_hand(:issuer, 'empty', '[]') AS empty \gset
SELECT mailroom.pack_mailing(:issuer, :empty);

-- mixed trays at several levels: what zones have left shares trays with its neighbours first; the tariff's levels and the issuer's
SELECT mailroom.load_tariff(E'tariff box-levels version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency ISK\ncarrier level-post "Test post" country=RO\ncoverage level-all RO * land\noffer LEVEL-S carrier=level-post product="Sorted" class=B days=3 formats=C5 coverage=level-all presort=postcode-2\nprice LEVEL-S land C5 1000:8.00\ncondition LEVEL-S bundle least=3 most=5\ncondition LEVEL-S tray least=9 most=10\ncondition LEVEL-S mixed-tray region=2 least=6\n');
INSERT INTO mailroom.mixed_level (issuer_id, offer, zone_length, least_pieces) VALUES (:issuer, 'LEVEL-S', 1, 7), (:issuer, 'LEVEL-S', 2, 5);
SELECT * FROM mailroom.container_levels(:issuer, 'LEVEL-S', 'C5', '2026-06-30');
SELECT pg_temp.plan_by_hand(:issuer, 'levels', '[["LEVEL-S", "C5", "010", 20, 10], ["LEVEL-S", "C5", "011", 20, 3], ["LEVEL-S", "C5", "012", 20, 3], ["LEVEL-S", "C5", "020", 20, 3], ["LEVEL-S", "C5", "030", 20, 5], ["LEVEL-S", "C5", "110", 20, 4], ["LEVEL-S", "C5", "210", 20, 1]]') AS levels \gset
SELECT mailroom.pack_mailing(:issuer, :levels) AS containers;
SELECT kind_no, zone_from, zone_to, mixed_length, is_short, letters FROM mailroom.mailing_container WHERE issuer_id = :issuer AND mailing_id = :levels AND kind = 'tray' ORDER BY 1;
SELECT kind_no, destination FROM mailroom.container_labels(:issuer, :levels) WHERE kind = 'tray' ORDER BY 1;
SELECT mailroom.load_tariff(E'tariff box-wrong version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency ISK\ncarrier wrong-post "Test post" country=RO\ncoverage wrong-all RO * land\noffer WRONG-S carrier=wrong-post product="Sorted" class=B days=3 formats=C5 coverage=wrong-all\ncondition WRONG-S mixed-tray region=south least=6\n');
-- thickness of what lies in a letter: three sheets of 5 g in an envelope of 7 g, and one with a leaflet; what no sheets weigh goes by its weight
BEGIN;
SELECT mailroom.load_tariff(E'tariff box-paper version=1 valid-from=2026-01-01\nsource "made for this test"\npaper A4-box milligrams=5000 micrometres=120\nenvelope C5-box format=C5 milligrams=7000 micrometres=300 max-sheets=4\n');
INSERT INTO mailroom.cover_setting (issuer_id, paper, envelopes) VALUES (:issuer, 'A4-box', '{C5-box}');
INSERT INTO mailroom.mailing_insert (issuer_id, mailing_id, insert_no, materials, milligrams, sheets, micrometres, letters) VALUES (:issuer, :levels, 1, '{leaflet}', 2500, 1, 90, 1);
SELECT g AS grams, n AS insert_no, mailroom.planned_thickness(:issuer, :levels, 'C5', g, n, '2026-06-30') AS micrometres, (SELECT l.micrometres FROM mailroom.letter_shape(:issuer, s, '2026-06-30') l) AS of_sheets
	FROM (VALUES (1, 12, 0, 1), (2, 22, 0, 3), (3, 25, 1, 3), (4, 23, 0, NULL), (5, 32, 0, 5)) AS v (i, g, n, s) ORDER BY i;
UPDATE mailroom.letter_postage SET grams = 22 WHERE issuer_id = :issuer AND mailing_id = :levels;
SELECT mailroom.pack_mailing(:issuer, :levels) AS containers;
SELECT DISTINCT thickness_um / letters AS each FROM mailroom.mailing_container WHERE issuer_id = :issuer AND mailing_id = :levels;
ROLLBACK;

-- properties of random mailings under random limits
SELECT setseed(0.25);
CREATE TEMP TABLE made AS
	SELECT i.issuer, pg_temp.plan_by_hand(i.issuer, 'random', (SELECT coalesce(jsonb_agg(jsonb_build_array(o, CASE WHEN random() < 0.3 THEN 'C4' ELSE 'C5' END, z, 5 + (random() * 60)::integer, 1 + (random() * random() * 90)::integer) ORDER BY o, z, n), '[]')
			FROM unnest(ARRAY['BOX-S', 'BOX-U']) AS o, generate_series(1, 9) AS z, generate_series(1, 1 + i.n % 4) AS n WHERE random() < 0.7)) AS mailing
	FROM (SELECT n, mailroom.create_issuer('Box random ' || n, 'RO', 'Europe/Bucharest', 'ISK') AS issuer FROM generate_series(1, 16) AS n) i;
INSERT INTO mailroom.container_limit (issuer_id, kind, least_pieces, most_pieces, most_mm, most_grams, fill_percent)
	SELECT issuer, k, CASE WHEN k = 'pallet' AND random() < 0.5 THEN 2 + (random() * 2)::integer END,
			CASE k WHEN 'bundle' THEN 4 + (random() * 20)::integer WHEN 'tray' THEN 20 + (random() * 60)::integer ELSE 4 + (random() * 3)::integer END,
			CASE WHEN k <> 'pallet' AND random() < 0.5 THEN 20 + (random() * 60)::integer END, CASE WHEN k = 'tray' AND random() < 0.5 THEN 300 + (random() * 1000)::integer END,
			CASE WHEN k = 'tray' THEN (random() * 80)::integer END
		FROM made, unnest(ARRAY['bundle', 'tray', 'pallet']) AS k WHERE random() < 0.8;
SELECT count(*) AS mailings, bool_and(mailroom.pack_mailing(issuer, mailing) > 0) AS packed FROM made;
CREATE TEMP TABLE lying AS SELECT l.issuer_id, l.letter_id, l.sequence_no, l.offer, l.format, l.zone, l.grams, c.bundle, c.tray, c.pallet FROM made m JOIN mailroom.letter_postage l ON l.issuer_id = m.issuer AND l.mailing_id = m.mailing
	LEFT JOIN mailroom.letter_container c ON c.issuer_id = l.issuer_id AND c.mailing_id = l.mailing_id AND c.letter_id = l.letter_id;
CREATE TEMP TABLE boxed AS SELECT c.* FROM mailroom.mailing_container c JOIN made m ON m.issuer = c.issuer_id;
ANALYZE lying, boxed;
-- every letter lies in exactly one tray on one pallet, and in one bundle where the offer is sorted
SELECT count(*) > 5000 AS many, count(*) FILTER (WHERE tray IS NULL OR pallet IS NULL) AS without_tray, count(*) FILTER (WHERE (bundle IS NULL) <> (offer = 'BOX-U')) AS without_bundle,
		count(*) = count(DISTINCT (issuer_id, letter_id)) AS once FROM lying;
-- what a container says it holds is what lies in it
SELECT count(*) AS differences FROM boxed b
	LEFT JOIN (SELECT issuer_id, unnest(ARRAY[bundle, tray, pallet]) AS container_no, count(*) AS letters, sum(grams) AS grams, min(sequence_no) AS first, max(sequence_no) AS last,
			count(DISTINCT zone) AS zones, count(DISTINCT offer) AS offers, count(DISTINCT format) AS formats, min(format) AS format FROM lying GROUP BY 1, 2) s USING (issuer_id, container_no)
	WHERE (b.letters, b.grams, b.first_sequence, b.last_sequence, b.is_mixed, 1) IS DISTINCT FROM (s.letters, s.grams, s.first, s.last, s.zones > 1, s.offers::integer)
		OR b.format IS NOT NULL AND (s.formats > 1 OR s.format <> b.format) OR b.kind = 'bundle' AND b.is_mixed;
SELECT count(*) AS differences FROM (SELECT issuer_id, kind, sum(letters) AS letters FROM boxed WHERE kind <> 'bundle' GROUP BY 1, 2) b JOIN (SELECT issuer_id, count(*) AS letters FROM lying GROUP BY 1) l USING (issuer_id) WHERE b.letters <> l.letters;
-- order kept: leaves of an offer and format follow one another without a gap
SELECT count(*) AS overlaps FROM (SELECT first_sequence, lag(last_sequence) OVER (PARTITION BY issuer_id, offer, format ORDER BY first_sequence) AS last FROM boxed WHERE is_leaf) b WHERE first_sequence <= last;
SELECT count(*) AS misnumbered FROM boxed b JOIN boxed p ON p.issuer_id = b.issuer_id AND p.container_no = b.parent_no WHERE p.container_no >= b.container_no OR p.kind <> CASE b.kind WHEN 'bundle' THEN 'tray' ELSE 'pallet' END;
-- nothing over what it may hold; below the least only when it says so; a tray of one zone is full enough or short
CREATE TEMP TABLE held AS SELECT b.*, l.* FROM boxed b CROSS JOIN LATERAL mailroom.container_limits(b.issuer_id, b.offer, coalesce(b.format, 'C5'), '2026-06-30') AS l;
SELECT kind, count(*) > 0 AS some, count(*) FILTER (WHERE CASE kind
		WHEN 'bundle' THEN letters > bundle_most OR thickness_um > bundle_most_um OR grams > bundle_most_grams
		WHEN 'tray' THEN letters > coalesce(nullif(tray_most, 0), letters) OR thickness_um > tray_most_um OR grams > tray_most_grams
		ELSE trays > pallet_most_trays OR grams > pallet_most_grams END) AS over,
	count(*) FILTER (WHERE NOT is_short AND CASE kind WHEN 'bundle' THEN letters < bundle_least
		WHEN 'tray' THEN letters < tray_least OR tray_fill_percent > 0 AND NOT greatest(letters * 100.0 / nullif(tray_most, 0), thickness_um * 100.0 / tray_most_um, grams * 100.0 / tray_most_grams) >= tray_fill_percent
		ELSE false END) AS below_and_silent
	FROM held GROUP BY 1 ORDER BY 1;
-- fewest: no two neighbours of a zone's bundles, of unsorted trays or of mixed trays would fit into one
SELECT count(*) AS joinable FROM (SELECT h.*, lead(letters) OVER w AS next_letters, lead(thickness_um) OVER w AS next_um, lead(grams) OVER w AS next_grams FROM held h WHERE is_leaf AND offer = 'BOX-U'
		WINDOW w AS (PARTITION BY issuer_id, offer, format ORDER BY first_sequence)) n
	WHERE letters + next_letters <= coalesce(nullif(tray_most, 0), letters + next_letters) AND thickness_um + next_um <= tray_most_um AND grams + next_grams <= tray_most_grams;

-- rights
CREATE ROLE box_operator;
CREATE ROLE box_reader;
SELECT mailroom.grant_role('operator', 'box_operator', ARRAY[:issuer]);
SELECT mailroom.grant_role('reader', 'box_reader', ARRAY[:issuer]);
SET ROLE box_operator;
SELECT mailroom.pack_mailing(:issuer, :sorted) > 0 AS packed;
SET ROLE box_reader;
SELECT count(*) > 0 AS sees, count(DISTINCT issuer_id) AS issuers FROM mailroom.mailing_container;
SELECT mailroom.pack_mailing(:issuer, :sorted);
RESET ROLE;
DROP OWNED BY box_operator, box_reader;
DELETE FROM mailroom.issuer_grant WHERE role_name LIKE 'box\_%';
DROP ROLE box_operator, box_reader;
