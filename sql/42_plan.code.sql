-- 42_plan: from letters to the plan and back.

-- From letters to a problem --------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.plain_postcode(country text, postcode text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN regexp_replace(upper(translate(coalesce(postcode, ''), ' -', '')), '^' || upper(country), '');
COMMENT ON FUNCTION mailroom.plain_postcode(text, text) IS 'postcode as the tariff tables write it: without blanks, hyphens and the country''s own prefix; empty when there is none';

CREATE OR REPLACE FUNCTION mailroom.postage_offers(issuer_id bigint, origin_country text, currency text, on_date date)
	RETURNS TABLE (offer_no integer, offer text, carrier text, is_national boolean, days integer, min_mailing bigint, topup_micro bigint,
		min_bundle bigint, fixed_micro bigint, formats text[], coverage text)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT (row_number() OVER (ORDER BY o.offer))::integer, o.offer, o.carrier, c.is_national, o.days, o.min_mailing, o.topup_micro,
			o.min_bundle, o.fixed_micro, o.formats, o.coverage
		FROM mailroom.carrier_offer o
			JOIN mailroom.carrier c ON c.carrier = o.carrier AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
		WHERE c.country = $2 AND o.currency = $3 AND o.valid_from <= $4 AND (o.valid_to IS NULL OR o.valid_to > $4)
			AND (NOT EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1)
				OR EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1 AND u.carrier = o.carrier))
		ORDER BY o.offer;
END;
COMMENT ON FUNCTION mailroom.postage_offers(bigint, text, text, date) IS 'offers that hold on a date for an issuer''s mailings handed in in a country and paid in a currency, numbered by their code; only of the carriers in mailroom.issuer_carrier, if the issuer has any there';

CREATE OR REPLACE FUNCTION mailroom.letter_shape(sheets integer, on_date date)
	RETURNS TABLE (envelope text, format text, grams integer)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT e.envelope, e.format, ((p.milligrams::bigint * $1 + e.milligrams + 999) / 1000)::integer
		FROM mailroom.paper p, mailroom.envelope e
		WHERE p.is_standard AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2)
			AND e.max_sheets >= $1 AND e.valid_from <= $2 AND (e.valid_to IS NULL OR e.valid_to > $2)
		ORDER BY e.max_sheets, e.milligrams, e.envelope, p.paper
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.letter_shape(integer, date) IS 'envelope, format and weight in grams (rounded up) of a letter of so many sheets; no row when no envelope holds them';

CREATE OR REPLACE FUNCTION mailroom.coverage_area(coverage text, country text, sort_code text, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN CASE
		WHEN EXISTS (SELECT FROM mailroom.offer_coverage c
			WHERE c.coverage = $1 AND c.country = $2 AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4))
		THEN (SELECT c.area FROM mailroom.offer_coverage c
			WHERE c.coverage = $1 AND c.country = $2 AND c.postcode_from <= $3 AND c.postcode_to >= $3
				AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
			ORDER BY c.postcode_from DESC LIMIT 1)
		ELSE (SELECT c.area FROM mailroom.offer_coverage c
			WHERE c.coverage = $1 AND c.country = '*' AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
			LIMIT 1)
	END;
COMMENT ON FUNCTION mailroom.coverage_area(text, text, text, date) IS 'price area of a destination (country, plain postcode) in a coverage, NULL when it is not covered; of overlapping ranges the one that starts last counts';

CREATE OR REPLACE FUNCTION mailroom.sort_zone_of(country text, sort_code text, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT z.zone FROM mailroom.sort_zone z
		WHERE z.country = $1 AND z.postcode_from <= $2 AND z.postcode_to >= $2
			AND z.valid_from <= $3 AND (z.valid_to IS NULL OR z.valid_to > $3)
		ORDER BY z.postcode_from DESC LIMIT 1), $1);
COMMENT ON FUNCTION mailroom.sort_zone_of(text, text, date) IS 'zone in which a destination''s letters are bundled; the country when no range holds the postcode';

CREATE OR REPLACE FUNCTION mailroom.step_price(offer text, area text, format text, grams integer, on_date date)
	RETURNS bigint
	STABLE PARALLEL SAFE
	RETURN mailroom.piece_price(ARRAY(SELECT p FROM mailroom.price_rows($5) p
		WHERE p.offer = $1 AND p.area = $2 AND p.format = $3 AND p.form <> 'average'
		ORDER BY p.up_to_grams), $4::bigint * 1000);
COMMENT ON FUNCTION mailroom.step_price(text, text, text, integer, date) IS 'list price of a letter in micro units by the row that holds its weight; NULL when there is none, or when the price depends on the whole order';

-- Places, shapes and price vectors are looked up once for each that differs, not once a letter.  A place is
-- found by bisecting the starts of the ranges; "reach" is the farthest end so far, so that the slower lookup
-- is needed only where ranges nest.
CREATE OR REPLACE FUNCTION mailroom.postage_keys(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS SETOF mailroom.postage_key
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT * FROM mailroom.postage_offers($1, $3, $4, $5)
	), coverage AS MATERIALIZED (
		SELECT d.coverage, (row_number() OVER (ORDER BY d.coverage))::integer AS coverage_no FROM (SELECT DISTINCT o.coverage FROM offer o) d
	), counted AS MATERIALIZED (
		SELECT l.country, coalesce(l.postcode, '') AS postcode, l.sheets, l.due_days, count(*) AS letters
			FROM mailroom.letter l
			WHERE l.issuer_id = $1 AND l.mailing_id = $2
			GROUP BY 1, 2, 3, 4
	), destination AS MATERIALIZED (
		SELECT d.country, d.postcode, mailroom.plain_postcode(d.country, d.postcode) COLLATE "C" AS sort_code
			FROM (SELECT DISTINCT n.country, n.postcode FROM counted n) d
	), zone_range AS MATERIALIZED (
		SELECT z.country, array_agg(z.postcode_from ORDER BY z.postcode_from) AS starts, array_agg(z.postcode_to ORDER BY z.postcode_from) AS ends,
				array_agg(z.reach ORDER BY z.postcode_from) AS reaches, array_agg(z.zone ORDER BY z.postcode_from) AS zones
			FROM (SELECT r.country, r.postcode_from, r.postcode_to, r.zone, max(r.postcode_to) OVER (PARTITION BY r.country ORDER BY r.postcode_from) AS reach
				FROM mailroom.sort_zone r WHERE r.valid_from <= $5 AND (r.valid_to IS NULL OR r.valid_to > $5)) z
			GROUP BY z.country
	), area_range AS MATERIALIZED (
		SELECT a.coverage, a.country, array_agg(a.postcode_from ORDER BY a.postcode_from) AS starts, array_agg(a.postcode_to ORDER BY a.postcode_from) AS ends,
				array_agg(a.reach ORDER BY a.postcode_from) AS reaches, array_agg(a.area ORDER BY a.postcode_from) AS areas
			FROM (SELECT r.coverage, r.country, r.postcode_from, r.postcode_to, r.area,
						max(r.postcode_to) OVER (PARTITION BY r.coverage, r.country ORDER BY r.postcode_from) AS reach
				FROM mailroom.offer_coverage r WHERE r.valid_from <= $5 AND (r.valid_to IS NULL OR r.valid_to > $5)) a
			GROUP BY a.coverage, a.country
	), located AS (
		SELECT f.country, f.postcode, array_agg(CASE
					WHEN f.last_start IS NULL THEN f.world_area
					WHEN f.last_start = 0 OR f.reaches[f.last_start] < f.sort_code THEN NULL
					WHEN f.ends[f.last_start] >= f.sort_code THEN f.areas[f.last_start]
					ELSE mailroom.coverage_area(f.coverage, f.country, f.sort_code, $5) END ORDER BY f.coverage_no) AS areas
			FROM (SELECT d.country, d.postcode, d.sort_code, c.coverage, c.coverage_no, r.ends, r.reaches, r.areas, w.areas[1] AS world_area,
						width_bucket(d.sort_code, r.starts) AS last_start
					FROM destination d
						CROSS JOIN coverage c
						LEFT JOIN area_range r ON r.coverage = c.coverage AND r.country = d.country
						LEFT JOIN area_range w ON w.coverage = c.coverage AND w.country = '*') f
			GROUP BY f.country, f.postcode
	), place AS MATERIALIZED (
		SELECT p.*, (row_number() OVER (ORDER BY p.country <> $3, p.country COLLATE "C", p.zone COLLATE "C", p.sort_code, p.postcode COLLATE "C"))::integer AS place_no
			FROM (SELECT d.country, d.postcode, d.sort_code, l.areas, CASE
						WHEN d.last_start IS NULL OR d.last_start = 0 OR d.reaches[d.last_start] < d.sort_code THEN d.country
						WHEN d.ends[d.last_start] >= d.sort_code THEN d.zones[d.last_start]
						ELSE mailroom.sort_zone_of(d.country, d.sort_code, $5) END AS zone
					FROM (SELECT d.country, d.postcode, d.sort_code, z.ends, z.reaches, z.zones, width_bucket(d.sort_code, z.starts) AS last_start
							FROM destination d LEFT JOIN zone_range z ON z.country = d.country) d
						JOIN located l ON l.country = d.country AND l.postcode = d.postcode) p
	), shape AS MATERIALIZED (
		SELECT d.sheets, s.format, s.grams
			FROM (SELECT DISTINCT n.sheets FROM counted n) d
				LEFT JOIN LATERAL mailroom.letter_shape(d.sheets, $5) s ON true
	), placed AS MATERIALIZED (
		SELECT n.sheets, n.due_days, n.letters, p.country, p.postcode, p.sort_code, p.zone, p.areas, p.place_no
			FROM counted n JOIN place p ON p.country = n.country AND p.postcode = n.postcode
	), vector AS MATERIALIZED (
		SELECT v.*, EXISTS (SELECT FROM unnest(v.prices) AS p WHERE p IS NOT NULL) AS is_covered,
				EXISTS (SELECT FROM offer o WHERE o.min_bundle > 0 AND v.prices[o.offer_no] IS NOT NULL) AS is_bundled
			FROM (SELECT d.areas, d.sheets, d.due_days, s.format, s.grams,
						ARRAY(SELECT CASE WHEN o.days <= d.due_days AND s.format = ANY (o.formats)
								THEN mailroom.step_price(o.offer, d.areas[c.coverage_no], s.format, s.grams, $5) END
							FROM offer o JOIN coverage c ON c.coverage = o.coverage
							ORDER BY o.offer_no) AS prices
					FROM (SELECT DISTINCT p.areas, p.sheets, p.due_days FROM placed p) d
						JOIN shape s ON s.sheets = d.sheets) v
	), cell AS MATERIALIZED (
		SELECT c.bundle_zone, c.prices, (row_number() OVER (ORDER BY c.bundle_zone COLLATE "C", c.prices))::integer AS cell_no
			FROM (SELECT DISTINCT CASE WHEN v.is_bundled THEN p.zone ELSE '' END AS bundle_zone, v.prices
					FROM (SELECT DISTINCT p.zone, p.areas, p.sheets, p.due_days FROM placed p) p
						JOIN vector v ON v.areas = p.areas AND v.sheets = p.sheets AND v.due_days = p.due_days
					WHERE v.is_covered) c
	)
	SELECT (row_number() OVER (ORDER BY p.place_no, p.sheets, p.due_days))::integer, p.country, p.postcode, p.sheets, p.due_days, p.letters,
			p.sort_code, p.zone, v.grams, v.format, c.cell_no
		FROM placed p
			JOIN vector v ON v.areas = p.areas AND v.sheets = p.sheets AND v.due_days = p.due_days
			LEFT JOIN cell c ON v.is_covered AND c.bundle_zone = CASE WHEN v.is_bundled THEN p.zone ELSE '' END AND c.prices = v.prices;
END;
COMMENT ON FUNCTION mailroom.postage_keys(bigint, bigint, text, text, date) IS 'letters of a mailing grouped by destination, sheets and due day, in postal order, with weight, zone and cell; a missing postcode is empty';

-- One key stands for its cell: all keys of a cell have the same prices.
CREATE OR REPLACE FUNCTION mailroom.postage_cells(issuer_id bigint, keys mailroom.postage_key[], origin_country text, currency text, on_date date)
	RETURNS SETOF mailroom.postage_cell
	STABLE PARALLEL SAFE
	ROWS 100
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT * FROM mailroom.postage_offers($1, $3, $4, $5)
	), counted AS MATERIALIZED (
		SELECT k.cell_no, min(k.key_no) AS key_no, sum(k.letters) AS letters
			FROM unnest($2) AS k
			WHERE k.cell_no IS NOT NULL
			GROUP BY k.cell_no
	), cell AS MATERIALIZED (
		SELECT k.cell_no, k.country, k.sort_code, k.zone, k.format, k.grams, k.due_days, n.letters
			FROM unnest($2) AS k JOIN counted n ON n.key_no = k.key_no
	), priced AS (
		SELECT c.*, ARRAY(SELECT CASE WHEN o.days <= c.due_days AND c.format = ANY (o.formats) THEN mailroom.step_price(o.offer,
					mailroom.coverage_area(o.coverage, c.country, c.sort_code, $5), c.format, c.grams, $5) END
				FROM offer o ORDER BY o.offer_no) AS prices
			FROM cell c
	)
	SELECT p.cell_no, CASE WHEN EXISTS (SELECT FROM offer o WHERE o.min_bundle > 0 AND p.prices[o.offer_no] IS NOT NULL) THEN p.zone ELSE '' END,
			p.format, p.grams, p.due_days, p.letters::bigint, p.prices
		FROM priced p
		ORDER BY p.cell_no;
END;
COMMENT ON FUNCTION mailroom.postage_cells(bigint, mailroom.postage_key[], text, text, date) IS 'cells of grouped letters: equal price at every offer and, where an offer asks for bundles, one zone';

CREATE OR REPLACE FUNCTION mailroom.cells_problem(issuer_id bigint, cells mailroom.postage_cell[], origin_country text, currency text, on_date date)
	RETURNS jsonb
	STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT * FROM mailroom.postage_offers($1, $3, $4, $5)
	), cell AS MATERIALIZED (
		SELECT * FROM unnest($2) AS k
	), zone AS MATERIALIZED (
		SELECT d.bundle_zone, row_number() OVER (ORDER BY d.bundle_zone COLLATE "C") - 1 AS zone_no
			FROM (SELECT DISTINCT c.bundle_zone FROM cell c) d
	)
	SELECT jsonb_build_object(
		'unit', 'micro', 'currency', $4, 'letters', (SELECT coalesce(sum(c.letters), 0) FROM cell c),
		'zones', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', z.zone_no, 'name', z.bundle_zone) ORDER BY z.zone_no), '[]') FROM zone z),
		'cells', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.cell_no, 'zone', z.zone_no, 'fmt', c.format, 'grams', c.grams,
				'due', c.due_days, 'count', c.letters) ORDER BY c.cell_no), '[]')
			FROM cell c JOIN zone z ON z.bundle_zone = c.bundle_zone),
		'offers', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.offer, 'op', o.carrier, 'days', o.days, 'min_mailing', o.min_mailing,
				'topup', o.topup_micro, 'min_bucket', o.min_bundle, 'fixed', o.fixed_micro) ORDER BY o.offer_no), '[]')
			FROM offer o),
		'arcs', (SELECT coalesce(jsonb_agg(jsonb_build_object('cell', c.cell_no, 'offer', o.offer, 'price', c.prices[o.offer_no]) ORDER BY c.cell_no, o.offer_no), '[]')
			FROM cell c JOIN offer o ON c.prices[o.offer_no] IS NOT NULL),
		'groups', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.scheme, 'mode', s.mode, 'base', 0, 'base_money', 0,
				'offers', (SELECT jsonb_agg(o.offer ORDER BY o.offer_no) FROM offer o WHERE o.offer = ANY (s.offers)),
				'tiers', (SELECT jsonb_agg(CASE s.mode WHEN 'all' THEN jsonb_build_object('frm', t.from_count, 'bp', t.basis_points)
							ELSE jsonb_build_object('frm', t.from_count, 'amt', t.amount_micro) END ORDER BY t.from_count)
						FROM mailroom.discount_tier t
						WHERE t.scheme = s.scheme AND t.valid_from <= $5 AND (t.valid_to IS NULL OR t.valid_to > $5))) ORDER BY s.scheme COLLATE "C"), '[]')
			FROM mailroom.discount_scheme s
			WHERE s.valid_from <= $5 AND (s.valid_to IS NULL OR s.valid_to > $5)
				AND s.period = 'mailing' AND s.measure = 'pieces' AND s.stacking = 'additive'
				AND EXISTS (SELECT FROM offer o WHERE o.offer = ANY (s.offers))),
		'commits', '[]'::jsonb,
		'caps', (SELECT coalesce(jsonb_agg(jsonb_build_object('op', c.carrier, 'max', c.max_mailing) ORDER BY c.carrier COLLATE "C"), '[]')
			FROM mailroom.carrier c
			WHERE c.max_mailing IS NOT NULL AND c.valid_from <= $5 AND (c.valid_to IS NULL OR c.valid_to > $5)
				AND EXISTS (SELECT FROM offer o WHERE o.carrier = c.carrier)));
END;
COMMENT ON FUNCTION mailroom.cells_problem(bigint, mailroom.postage_cell[], text, text, date) IS 'the problem of mailroom.solve_postage for cells: with the offers, discount schemes and limits that hold on the date';

-- The planner cannot know how many rows the steps hand to each other and expects few: without these settings
-- it joins thousands of them by nested loops.
CREATE OR REPLACE FUNCTION mailroom.postage_problem(issuer_id bigint, mailing_id bigint)
	RETURNS jsonb
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_sort = off
	SET work_mem = '64MB'
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	m record;
	keys mailroom.postage_key[];
	cells mailroom.postage_cell[];
BEGIN
	SELECT g.origin_country, coalesce(g.currency, i.currency) AS currency, g.hand_in_date INTO m
		FROM mailroom.mailing g JOIN mailroom.issuer i ON i.issuer_id = g.issuer_id
		WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object';
	END IF;
	keys := ARRAY(SELECT k FROM mailroom.postage_keys($1, $2, m.origin_country, m.currency, m.hand_in_date) AS k);
	cells := ARRAY(SELECT c FROM mailroom.postage_cells($1, keys, m.origin_country, m.currency, m.hand_in_date) AS c);
	RETURN mailroom.cells_problem($1, cells, m.origin_country, m.currency, m.hand_in_date);
END;
$$;
COMMENT ON FUNCTION mailroom.postage_problem(bigint, bigint) IS 'the problem that planning the mailing solves, rebuilt from its letters and the tariffs of its hand-in date; with mailing.plan it is what mailroom.check_postage_certificate takes';

-- Pricing a plan -------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.price_flow(flow mailroom.postage_flow[], problem jsonb)
	RETURNS TABLE (part text, item text, letters bigint, list_micro bigint, amount_micro bigint, basis_points integer, offers text[])
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	WITH used AS MATERIALIZED (
		SELECT f.offer COLLATE "C" AS offer, sum(f.letters)::bigint AS letters, sum(f.letters * f.price_micro)::bigint AS list_micro
			FROM unnest($1) AS f
			GROUP BY 1
	), offer AS MATERIALIZED (
		SELECT o ->> 'id' AS offer, o ->> 'op' AS carrier, (o ->> 'min_mailing')::bigint AS min_mailing, (o ->> 'topup')::bigint AS topup,
				(o ->> 'min_bucket')::bigint AS min_bundle, (o ->> 'fixed')::bigint AS fixed
			FROM jsonb_array_elements($2 -> 'offers') AS o
	), scheme AS MATERIALIZED (
		SELECT g ->> 'id' AS scheme, g ->> 'mode' AS mode, g -> 'tiers' AS tiers, ARRAY(SELECT jsonb_array_elements_text(g -> 'offers')) AS offers
			FROM jsonb_array_elements($2 -> 'groups') AS g
	), volume AS MATERIALIZED (
		SELECT s.scheme, s.mode, s.tiers, s.offers, sum(u.letters)::bigint AS letters, sum(u.list_micro)::bigint AS list_micro
			FROM scheme s JOIN used u ON u.offer = ANY (s.offers)
			GROUP BY 1, 2, 3, 4
	), reached AS (
		SELECT v.*, (SELECT (t ->> 'bp')::integer FROM jsonb_array_elements(v.tiers) AS t
				WHERE (t ->> 'frm')::bigint <= v.letters ORDER BY (t ->> 'frm')::bigint DESC LIMIT 1) AS bp,
				(SELECT sum(t.amount * (least(v.letters, coalesce(t.next_count, v.letters)) - t.from_count))::bigint
					FROM (SELECT (e ->> 'frm')::bigint AS from_count, (e ->> 'amt')::bigint AS amount,
								lead((e ->> 'frm')::bigint) OVER (ORDER BY (e ->> 'frm')::bigint) AS next_count
							FROM jsonb_array_elements(v.tiers) AS e) t
					WHERE t.from_count < v.letters) AS incremental
			FROM volume v
	)
	SELECT 'list', NULL, coalesce(sum(u.letters), 0)::bigint, coalesce(sum(u.list_micro), 0)::bigint, coalesce(sum(u.list_micro), 0)::bigint, NULL::integer, NULL::text[] FROM used u
	UNION ALL
	SELECT 'fixed', o.offer, u.letters, u.list_micro, o.fixed, NULL, ARRAY[o.offer]
		FROM used u JOIN offer o ON o.offer = u.offer WHERE o.fixed > 0
	UNION ALL
	SELECT 'topup', o.offer, u.letters, u.list_micro, (o.min_mailing - u.letters) * o.topup, NULL, ARRAY[o.offer]
		FROM used u JOIN offer o ON o.offer = u.offer WHERE o.topup > 0 AND u.letters < o.min_mailing
	UNION ALL
	SELECT 'discount', r.scheme, r.letters, r.list_micro,
			- CASE r.mode WHEN 'all' THEN r.bp * r.list_micro / 10000 ELSE r.incremental END, CASE r.mode WHEN 'all' THEN r.bp END, r.offers
		FROM reached r
	UNION ALL
	SELECT 'broken', format('%s: %s letters are below the minimum of %s', o.offer, u.letters, o.min_mailing), u.letters, u.list_micro, 0, NULL, ARRAY[o.offer]
		FROM used u JOIN offer o ON o.offer = u.offer WHERE o.topup = 0 AND u.letters < o.min_mailing
	UNION ALL
	SELECT 'broken', format('%s: bundle %s of %s letters is below the minimum of %s', o.offer, b.zone, b.letters, o.min_bundle), b.letters, NULL, 0, NULL, ARRAY[o.offer]
		FROM (SELECT f.offer, f.zone, sum(f.letters)::bigint AS letters FROM unnest($1) AS f GROUP BY 1, 2) b
			JOIN offer o ON o.offer = b.offer AND b.letters < o.min_bundle
	UNION ALL
	SELECT 'broken', format('%s: %s letters are above its limit of %s', c.cap ->> 'op', sum(u.letters), c.cap ->> 'max'), sum(u.letters)::bigint, NULL, 0, NULL, array_agg(u.offer)
		FROM jsonb_array_elements($2 -> 'caps') AS c (cap)
			JOIN offer o ON o.carrier = c.cap ->> 'op'
			JOIN used u ON u.offer = o.offer
		GROUP BY c.cap
		HAVING sum(u.letters) > (c.cap ->> 'max')::bigint;
END;
COMMENT ON FUNCTION mailroom.price_flow(mailroom.postage_flow[], jsonb) IS 'what letters sent by offers cost: rows list, fixed, topup and discount whose amount_micro sum to the cost, and a row broken for each rule the plan breaks';

CREATE OR REPLACE FUNCTION mailroom.plan_flow(cells mailroom.postage_cell[], offers text[], plan jsonb)
	RETURNS SETOF mailroom.postage_flow
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	SELECT c.cell_no, c.bundle_zone, p.offer, p.count, c.prices[array_position($2, p.offer)]
		FROM unnest($1) AS c
			JOIN jsonb_to_recordset($3) AS p (cell integer, offer text, count bigint) ON p.cell = c.cell_no
		WHERE p.count > 0
		ORDER BY c.cell_no, p.offer COLLATE "C";
END;
COMMENT ON FUNCTION mailroom.plan_flow(mailroom.postage_cell[], text[], jsonb) IS 'the plan of mailroom.solve_postage with zones and list prices; offers in the order of mailroom.postage_offers';

CREATE OR REPLACE FUNCTION mailroom.cheapest_flow(cells mailroom.postage_cell[], offers text[], eligible boolean[])
	RETURNS SETOF mailroom.postage_flow
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	SELECT c.cell_no, c.bundle_zone, o.offer, c.letters, o.price_micro
		FROM unnest($1) AS c
			CROSS JOIN LATERAL (SELECT $2[u.n] AS offer, u.price_micro
				FROM unnest(c.prices) WITH ORDINALITY AS u (price_micro, n)
				WHERE u.price_micro IS NOT NULL AND $3[u.n]
				ORDER BY u.price_micro, u.n
				LIMIT 1) o
		ORDER BY c.cell_no;
END;
COMMENT ON FUNCTION mailroom.cheapest_flow(mailroom.postage_cell[], text[], boolean[]) IS 'each cell at its cheapest eligible offer by list price, whatever rules that breaks; cells without one are left out';

-- What each letter of an offer bears besides its own discount: fees and discounts by amount, spread evenly
-- over the letters they belong to; the first letters in postal order bear the micro units that do not divide.
CREATE OR REPLACE FUNCTION mailroom.share_pieces(flow mailroom.postage_flow[], problem jsonb)
	RETURNS TABLE (offer text, basis_points integer, first_letter bigint, last_letter bigint, share_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 100
BEGIN ATOMIC
	WITH used AS MATERIALIZED (
		SELECT f.offer COLLATE "C" AS offer, sum(f.letters)::bigint AS letters FROM unnest($1) AS f GROUP BY 1
	), priced AS MATERIALIZED (
		SELECT row_number() OVER () AS scope_no, p.* FROM mailroom.price_flow($1, $2) p WHERE p.part IN ('fixed', 'topup', 'discount')
	), scope AS MATERIALIZED (
		SELECT u.offer, u.letters, - sign(p.amount_micro)::bigint AS direction, abs(p.amount_micro) / p.letters AS base,
				least(u.letters, greatest(0, abs(p.amount_micro) % p.letters
					- (sum(u.letters) OVER (PARTITION BY p.scope_no ORDER BY u.offer) - u.letters)))::bigint AS extra_letters
			FROM priced p JOIN used u ON u.offer = ANY (p.offers)
			WHERE p.basis_points IS NULL AND p.amount_micro <> 0
	), cut AS (
		SELECT c.offer, c.letter, lead(c.letter) OVER (PARTITION BY c.offer ORDER BY c.letter) AS next_letter
			FROM (SELECT u.offer, 0 AS letter FROM used u
				UNION SELECT u.offer, u.letters FROM used u
				UNION SELECT s.offer, s.extra_letters FROM scope s) c
	)
	SELECT c.offer,
			coalesce((SELECT sum(p.basis_points)::integer FROM priced p WHERE p.basis_points IS NOT NULL AND c.offer = ANY (p.offers)), 0),
			c.letter + 1, c.next_letter,
			coalesce((SELECT sum(s.direction * (s.base + CASE WHEN s.extra_letters >= c.next_letter THEN 1 ELSE 0 END))::bigint
				FROM scope s WHERE s.offer = c.offer), 0)
		FROM cut c
		WHERE c.next_letter IS NOT NULL
		ORDER BY 1, 3;
END;
COMMENT ON FUNCTION mailroom.share_pieces(mailroom.postage_flow[], jsonb) IS 'discount of letters first_letter to last_letter of an offer in postal order: basis points of their list price plus share_micro, negative for fees; over all letters the shares sum to the plan''s discounts and fees to the micro';

-- Keys are in postal order, so a bundle of an offer is a run of its keys with one zone: one sort does for
-- bundles, places and shares.
CREATE OR REPLACE FUNCTION mailroom.plan_segments(keys mailroom.postage_key[], flow mailroom.postage_flow[], problem jsonb)
	RETURNS SETOF mailroom.postage_segment
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	WITH split AS (
		SELECT f.cell_no, f.offer COLLATE "C" AS offer, f.price_micro,
				(sum(f.letters) OVER w)::bigint - f.letters AS before, (sum(f.letters) OVER w)::bigint AS upto
			FROM unnest($2) AS f
			WINDOW w AS (PARTITION BY f.cell_no ORDER BY f.offer COLLATE "C")
	), member AS (
		SELECT k.key_no, k.cell_no, k.zone, (sum(k.letters) OVER w)::bigint - k.letters AS before, (sum(k.letters) OVER w)::bigint AS upto
			FROM unnest($1) AS k
			WHERE k.cell_no IS NOT NULL
			WINDOW w AS (PARTITION BY k.cell_no ORDER BY k.key_no)
	), sorted_offer AS (
		SELECT o ->> 'id' AS offer FROM jsonb_array_elements($3 -> 'offers') AS o WHERE (o ->> 'min_bucket')::bigint > 0
	), part AS (
		SELECT m.key_no, s.offer, s.price_micro, greatest(m.before, s.before) - m.before AS rank_before,
				least(m.upto, s.upto) - greatest(m.before, s.before) AS letters,
				CASE WHEN b.offer IS NOT NULL THEN m.zone END AS bundle_zone
			FROM member m
				JOIN split s ON s.cell_no = m.cell_no AND m.before < s.upto AND s.before < m.upto
				LEFT JOIN sorted_offer b ON b.offer = s.offer
	), started AS (
		SELECT p.*, CASE WHEN lag(p.offer) OVER w = p.offer AND lag(p.bundle_zone) OVER w IS NOT DISTINCT FROM p.bundle_zone THEN 0 ELSE 1 END AS starts
			FROM part p
			WINDOW w AS (ORDER BY p.offer, p.key_no)
	), ranked AS (
		SELECT p.*, (sum(p.starts) OVER w)::integer AS bundle_no, (sum(p.letters) OVER w)::bigint - p.letters AS sequence_before,
				(sum(p.letters) OVER (PARTITION BY p.offer ORDER BY p.key_no))::bigint - p.letters AS offer_before
			FROM started p
			WINDOW w AS (ORDER BY p.offer, p.key_no)
	), piece AS MATERIALIZED (
		SELECT * FROM mailroom.share_pieces($2, $3)
	)
	SELECT r.key_no, r.rank_before + greatest(c.first_letter - 1 - r.offer_before, 0) + 1,
			r.rank_before + least(c.last_letter - r.offer_before, r.letters),
			r.offer, r.price_micro, r.price_micro * c.basis_points / 10000 + c.share_micro, r.bundle_no,
			r.sequence_before + greatest(c.first_letter - 1 - r.offer_before, 0) + 1
		FROM ranked r
			JOIN piece c ON c.offer = r.offer AND c.first_letter <= r.offer_before + r.letters AND r.offer_before < c.last_letter
		ORDER BY 1, 2;
END;
COMMENT ON FUNCTION mailroom.plan_segments(mailroom.postage_key[], mailroom.postage_flow[], jsonb) IS 'the plan taken back from cells to letters: runs of letters of a key with offer, prices, bundle and first place in postal order (offer, bundle, postcode, sheets, due day, letter)';

CREATE OR REPLACE FUNCTION mailroom.place_letter(keys mailroom.postage_key[], segments mailroom.postage_segment[], country text, postcode text, sheets integer, due_days integer)
	RETURNS mailroom.placed_letter
	VOLATILE PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_place_letter';
COMMENT ON FUNCTION mailroom.place_letter(mailroom.postage_key[], mailroom.postage_segment[], text, text, integer, integer) IS 'the next place of the plan for a letter like this: counts the letters of each key from call to call of one statement, which must ask for all letters in their order; 40001 when the plan has no place left';
REVOKE EXECUTE ON FUNCTION mailroom.place_letter(mailroom.postage_key[], mailroom.postage_segment[], text, text, integer, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_letter_postage(issuer_id bigint, mailing_id bigint, keys mailroom.postage_key[], segments mailroom.postage_segment[])
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	letters bigint;
BEGIN
	DELETE FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
		SELECT $1, $2, p.letter_id, (p.placed).grams, (p.placed).format, (p.placed).zone, (p.placed).offer, (p.placed).list_micro,
				(p.placed).discount_micro, (p.placed).price_micro, (p.placed).bundle_no, (p.placed).sequence_no
			FROM (SELECT l.letter_id, mailroom.place_letter(keys, segments, l.country, l.postcode, l.sheets, l.due_days) AS placed
					FROM (SELECT t.letter_id, t.country, t.postcode, t.sheets, t.due_days
							FROM mailroom.letter t
							WHERE t.issuer_id = $1 AND t.mailing_id = $2
							ORDER BY t.letter_id) l) p;
	GET DIAGNOSTICS letters = ROW_COUNT;
	RETURN letters;
END;
$$;
COMMENT ON FUNCTION mailroom.write_letter_postage(bigint, bigint, mailroom.postage_key[], mailroom.postage_segment[]) IS 'writes one row a letter as the segments say; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.write_letter_postage(bigint, bigint, mailroom.postage_key[], mailroom.postage_segment[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.no_offer_reason(issuer_id bigint, origin_country text, currency text, on_date date, country text, sort_code text, sheets integer, due_days integer)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	shape record;
	offered record;
BEGIN
	SELECT * INTO shape FROM mailroom.letter_shape(sheets, on_date);
	IF NOT FOUND THEN
		RETURN format('no envelope holds %s sheets', sheets);
	END IF;
	SELECT count(*) AS offers, count(c.price) AS priced, min(c.days) FILTER (WHERE c.price IS NOT NULL) AS days,
			max((SELECT max(p.up_to_grams) FROM mailroom.offer_price p
				WHERE p.offer = c.offer AND p.area = c.area AND p.format = shape.format
					AND p.valid_from <= on_date AND (p.valid_to IS NULL OR p.valid_to > on_date))) AS heaviest
		INTO offered
		FROM (SELECT o.offer, o.days, a.area, mailroom.step_price(o.offer, a.area, shape.format, shape.grams, on_date) AS price
			FROM mailroom.postage_offers($1, origin_country, currency, on_date) o,
				LATERAL (SELECT mailroom.coverage_area(o.coverage, $5, $6, on_date) AS area) a
			WHERE a.area IS NOT NULL) c;
	RETURN CASE
		WHEN offered.offers = 0 THEN 'outside the coverage of every carrier'
		WHEN offered.priced > 0 THEN format('too late: the fastest offer takes %s days, due in %s', offered.days, due_days)
		WHEN offered.heaviest IS NULL THEN format('no offer takes format %s there', shape.format)
		ELSE format('too heavy: %s g, the heaviest step is %s g', shape.grams, offered.heaviest)
	END;
END;
$$;
COMMENT ON FUNCTION mailroom.no_offer_reason(bigint, text, text, date, text, text, integer, integer) IS 'the nearest reason why no offer carries a letter: sheets, coverage, days, format or weight';

CREATE OR REPLACE FUNCTION mailroom.unmet_minima(issuer_id bigint, origin_country text, currency text, on_date date, letters bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT string_agg(format('Offer "%s" takes %s.', o.offer, concat_ws(' and ',
				CASE WHEN o.min_mailing > 1 THEN format('mailings from %s letters', o.min_mailing) END,
				CASE WHEN o.min_bundle > 1 THEN format('bundles from %s', o.min_bundle) END)), ' ' ORDER BY o.offer)
			FROM mailroom.postage_offers($1, $2, $3, $4) o
			WHERE o.topup_micro = 0 AND o.min_mailing > $5 OR o.min_bundle > 1);
COMMENT ON FUNCTION mailroom.unmet_minima(bigint, text, text, date, bigint) IS 'offers whose minima a mailing of so many letters may not reach, as sentences; NULL when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.unmet_minima(bigint, text, text, date, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_aside_uncovered(issuer_id bigint, mailing_id bigint, keys mailroom.postage_key[], origin_country text, currency text, on_date date)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	l record;
	invoice bigint;
	letters bigint := 0;
BEGIN
	FOR l IN
		SELECT t.letter_id, t.document_id, t.recipient, t.postcode, t.country, k.grams,
				mailroom.no_offer_reason($1, $4, $5, $6, k.country, k.sort_code, k.sheets, k.due_days) AS reason
			FROM unnest(keys) AS k
				JOIN mailroom.letter t ON t.issuer_id = $1 AND t.mailing_id = $2 AND t.country = k.country
					AND coalesce(t.postcode, '') = k.postcode AND t.sheets = k.sheets AND t.due_days = k.due_days
			WHERE k.cell_no IS NULL
			ORDER BY t.letter_id
	LOOP
		SELECT d.invoice_id INTO invoice FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id;
		IF (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = invoice) = 'accepted' THEN
			PERFORM mailroom.set_aside_invoice($1, invoice, 'POSTAGE-NO-OFFER', NULL,
				format('no offer carries the letter to "%s", postcode %s, country %s%s: %s', l.recipient, coalesce(nullif(l.postcode, ''), 'missing'), l.country,
					', ' || l.grams || ' g', l.reason));
		END IF;
		DELETE FROM mailroom.letter t WHERE t.issuer_id = $1 AND t.mailing_id = $2 AND t.letter_id = l.letter_id;
		letters := letters + 1;
	END LOOP;
	RETURN letters;
END;
$$;
COMMENT ON FUNCTION mailroom.set_aside_uncovered(bigint, bigint, mailroom.postage_key[], text, text, date) IS 'takes letters that no offer carries out of the mailing and sets their invoices aside with finding POSTAGE-NO-OFFER; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.set_aside_uncovered(bigint, bigint, mailroom.postage_key[], text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.plan_baselines(cells mailroom.postage_cell[], problem jsonb, offers text[], unsorted_national boolean[])
	RETURNS jsonb
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	flow mailroom.postage_flow[];
	baseline text;
	result jsonb := '{}';
BEGIN
	FOREACH baseline IN ARRAY ARRAY['national_unsorted', 'cheapest_list']
	LOOP
		flow := ARRAY(SELECT f FROM mailroom.cheapest_flow(cells, offers,
			CASE baseline WHEN 'cheapest_list' THEN array_fill(true, ARRAY[cardinality(offers)]) ELSE unsorted_national END) AS f);
		result := result || (
			SELECT jsonb_build_object(baseline, jsonb_build_object(
					'cost', CASE WHEN coalesce((SELECT sum(f.letters) FROM unnest(flow) AS f), 0) = (problem ->> 'letters')::bigint THEN sum(p.amount_micro) END,
					'broken', count(*) FILTER (WHERE p.part = 'broken'),
					'example', min(p.item) FILTER (WHERE p.part = 'broken')))
				FROM mailroom.price_flow(flow, problem) p);
	END LOOP;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION mailroom.plan_baselines(mailroom.postage_cell[], jsonb, text[], boolean[]) IS 'what the mailing would cost without a plan, as {baseline: {cost, broken, example}}: all at the national carrier unsorted (cost null when it does not carry all), and each letter at its cheapest list price with the number of rules that breaks; fees and the discounts reached are counted';

CREATE OR REPLACE FUNCTION mailroom.solve_mailing(cells mailroom.postage_cell[], problem jsonb, offers text[])
	RETURNS jsonb
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	result jsonb;
	priced bigint;
	broken text;
BEGIN
	IF (problem ->> 'letters')::bigint = 0 THEN
		RETURN '{"plan": [], "cost": 0, "lower_bound": 0, "gap": 0, "status": "optimal", "certificate": null}';
	END IF;
	result := mailroom.solve_postage(problem, '{}');
	IF result ->> 'status' NOT IN ('optimal', 'feasible') THEN
		RAISE EXCEPTION 'cannot plan the mailing because its postage problem is %', result ->> 'status'
			USING ERRCODE = 'MR005', DETAIL = coalesce(result ->> 'reason', 'No reason is given.');
	END IF;
	SELECT sum(p.amount_micro), min(p.item) FILTER (WHERE p.part = 'broken') INTO priced, broken
		FROM mailroom.price_flow(ARRAY(SELECT f FROM mailroom.plan_flow(cells, offers, result -> 'plan') AS f), problem) p;
	IF priced IS DISTINCT FROM (result ->> 'cost')::bigint OR broken IS NOT NULL OR (result ->> 'lower_bound')::bigint > priced THEN
		RAISE EXCEPTION 'postage plan of cost % is priced at %', result ->> 'cost', priced
			USING ERRCODE = 'internal_error', DETAIL = coalesce(broken, 'No rule is broken.');
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION mailroom.solve_mailing(mailroom.postage_cell[], jsonb, text[]) IS 'solves the problem and prices the plan once more, independently; MR005 when there is no plan';
REVOKE EXECUTE ON FUNCTION mailroom.solve_mailing(mailroom.postage_cell[], jsonb, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.plan_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_sort = off
	SET work_mem = '64MB'
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	keys mailroom.postage_key[];
	cells mailroom.postage_cell[];
	flow mailroom.postage_flow[];
	offers text[];
	unsorted_national boolean[];
	problem jsonb;
	result jsonb;
	baselines jsonb;
	written bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object';
	ELSIF m.state NOT IN ('open', 'planned') THEN
		RAISE EXCEPTION 'cannot plan mailing % because it is %', $2, m.state USING ERRCODE = 'MR004';
	END IF;
	m.currency := coalesce(m.currency, (SELECT i.currency FROM mailroom.issuer i WHERE i.issuer_id = $1));
	SELECT array_agg(o.offer ORDER BY o.offer_no), array_agg(o.is_national AND o.min_mailing = 0 AND o.min_bundle = 0 ORDER BY o.offer_no)
		INTO offers, unsorted_national
		FROM mailroom.postage_offers($1, m.origin_country, m.currency, m.hand_in_date) o;
	IF offers IS NULL THEN
		RAISE EXCEPTION 'no tariff in % holds on % for letters handed in in %', m.currency, to_char(m.hand_in_date, 'YYYY-MM-DD'), m.origin_country
			USING ERRCODE = 'undefined_object', HINT = 'Load one with mailroom.load_tariff().';
	ELSIF NOT EXISTS (SELECT FROM mailroom.letter_shape(1, m.hand_in_date)) THEN
		RAISE EXCEPTION 'no standard paper and envelope hold on %', to_char(m.hand_in_date, 'YYYY-MM-DD')
			USING ERRCODE = 'undefined_object', HINT = 'Load a tariff pack with lines "paper NAME ... standard" and "envelope".';
	END IF;
	PERFORM mailroom.set_aside_misaddressed($1, $2);
	keys := ARRAY(SELECT k FROM mailroom.postage_keys($1, $2, m.origin_country, m.currency, m.hand_in_date) AS k);
	IF EXISTS (SELECT FROM unnest(keys) AS k WHERE k.cell_no IS NULL) THEN
		PERFORM mailroom.set_aside_uncovered($1, $2, keys, m.origin_country, m.currency, m.hand_in_date);
	END IF;
	cells := ARRAY(SELECT c FROM mailroom.postage_cells($1, keys, m.origin_country, m.currency, m.hand_in_date) AS c);
	problem := mailroom.cells_problem($1, cells, m.origin_country, m.currency, m.hand_in_date);
	BEGIN
		result := mailroom.solve_mailing(cells, problem, offers);
	EXCEPTION WHEN SQLSTATE 'MR005' THEN
		RAISE EXCEPTION 'cannot plan mailing "%" because no plan for its % letters keeps to all minima and limits', m.name, problem ->> 'letters'
			USING ERRCODE = 'MR005',
				DETAIL = coalesce(mailroom.unmet_minima($1, m.origin_country, m.currency, m.hand_in_date, (problem ->> 'letters')::bigint), SQLERRM),
				HINT = 'Admit another carrier in mailroom.issuer_carrier or load its tariff, then start the job again with mailroom.retry_job().';
	END;
	baselines := mailroom.plan_baselines(cells, problem, offers, unsorted_national);
	flow := ARRAY(SELECT f FROM mailroom.plan_flow(cells, offers, result -> 'plan') AS f);
	written := mailroom.write_letter_postage($1, $2, keys, ARRAY(SELECT s FROM mailroom.plan_segments(keys, flow, problem) AS s));
	IF written <> (problem ->> 'letters')::bigint THEN
		RAISE EXCEPTION 'letters changed while mailing % was planned', $2
			USING ERRCODE = 'serialization_failure', HINT = 'Plan it again.';
	END IF;
	UPDATE mailroom.mailing g
		SET state = 'planned', currency = m.currency, letter_count = written, cost_micro = (result ->> 'cost')::bigint,
			lower_bound_micro = (result ->> 'lower_bound')::bigint,
			national_unsorted_micro = (baselines #>> '{national_unsorted,cost}')::bigint,
			cheapest_list_micro = (baselines #>> '{cheapest_list,cost}')::bigint,
			plan = result || jsonb_build_object('baselines', baselines, 'parts',
				(SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - 'offers')) FROM mailroom.price_flow(flow, problem) p))
		WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	PERFORM mailroom.log_event($1, 'mailing', $2, 'planned', jsonb_build_object('letters', written, 'cost_micro', result -> 'cost', 'lower_bound_micro', result -> 'lower_bound'));
END;
$$;
COMMENT ON FUNCTION mailroom.plan_mailing(bigint, bigint) IS 'plans a mailing: weighs its letters, finds the cheapest plan over the offers of its hand-in date, writes letter_postage and the cost columns, sets state planned; the sum of the letters'' prices is the plan''s cost to the micro unit. Letters that cannot be addressed (POSTAGE-ADDRESS) or that no offer carries (POSTAGE-NO-OFFER) are set aside. May be repeated until printed; 42704 no such mailing or no tariff, MR004 wrong state, MR005 no plan possible';
REVOKE EXECUTE ON FUNCTION mailroom.plan_mailing(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.plan_mailing(bigint, bigint)', 'EXECUTE');

-- Reports --------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.price_letters(issuer_id bigint, mailing_id bigint, on_date date DEFAULT NULL)
	RETURNS TABLE (letter_id bigint, offer text, planned_micro bigint, list_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 1000
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH planned AS MATERIALIZED (
		SELECT p.letter_id, p.offer, p.list_micro, p.format, p.grams, l.country, coalesce(l.postcode, '') AS postcode, coalesce($3, m.hand_in_date) AS on_date
			FROM mailroom.letter_postage p
				JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			WHERE p.issuer_id = $1 AND p.mailing_id = $2
	), priced AS MATERIALIZED (
		SELECT d.*, mailroom.step_price(d.offer, mailroom.coverage_area(o.coverage, d.country,
					mailroom.plain_postcode(d.country, d.postcode), d.on_date), d.format, d.grams, d.on_date) AS price_micro
			FROM (SELECT DISTINCT p.offer, p.format, p.grams, p.country, p.postcode, p.on_date FROM planned p) d
				LEFT JOIN mailroom.carrier_offer o ON o.offer = d.offer AND o.valid_from <= d.on_date AND (o.valid_to IS NULL OR o.valid_to > d.on_date)
	)
	SELECT p.letter_id, p.offer, p.list_micro, r.price_micro
		FROM planned p
			JOIN priced r ON r.offer = p.offer AND r.format = p.format AND r.grams = p.grams AND r.country = p.country
				AND r.postcode = p.postcode
		ORDER BY p.letter_id;
END;
COMMENT ON FUNCTION mailroom.price_letters(bigint, bigint, date) IS 'list price of each planned letter by the tariffs of a date (default the hand-in date: equal to planned_micro for ever), in micro units; NULL when its offer does not hold or cover it then';

CREATE OR REPLACE VIEW mailroom.mailing_report
	WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.state, m.hand_in_date, m.origin_country, m.currency, m.letter_count AS letters,
			round(m.cost_micro / 1000000.0, 2) AS cost, round(m.lower_bound_micro / 1000000.0, 2) AS lower_bound,
			round(CASE WHEN m.cost_micro > 0 THEN (m.cost_micro - m.lower_bound_micro)::numeric / m.cost_micro ELSE 0 END, 10) AS gap,
			m.plan ->> 'status' AS plan_status,
			round(m.national_unsorted_micro / 1000000.0, 2) AS national_unsorted,
			round((m.national_unsorted_micro - m.cost_micro) / 1000000.0, 2) AS saving_on_national,
			round(100.0 * (m.national_unsorted_micro - m.cost_micro) / nullif(m.national_unsorted_micro, 0), 2) AS saving_on_national_percent,
			round(m.cheapest_list_micro / 1000000.0, 2) AS cheapest_list,
			round((m.cheapest_list_micro - m.cost_micro) / 1000000.0, 2) AS saving_on_cheapest_list,
			round(100.0 * (m.cheapest_list_micro - m.cost_micro) / nullif(m.cheapest_list_micro, 0), 2) AS saving_on_cheapest_list_percent,
			(m.plan #>> '{baselines,cheapest_list,broken}')::bigint AS cheapest_list_broken_rules,
			(m.plan #>> '{baselines,cheapest_list,broken}')::bigint = 0 AS cheapest_list_is_possible
		FROM mailroom.mailing m;
COMMENT ON VIEW mailroom.mailing_report IS 'each mailing: letters, planned postage, proven lower bound and gap, and the saving against two ways without a plan, in units of the currency; cheapest_list may break rules (minima, bundles, limits), then nobody can buy it at that price';

CREATE OR REPLACE VIEW mailroom.mailing_offer_report
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.offer, o.carrier, o.product, o.service_class, m.currency, count(*) AS letters, sum(p.grams) AS grams,
			round(sum(p.list_micro) / 1000000.0, 2) AS list, round(sum(p.discount_micro) / 1000000.0, 2) AS discount,
			round(sum(p.price_micro) / 1000000.0, 2) AS price, count(DISTINCT p.bundle_no) AS bundles
		FROM mailroom.letter_postage p
			JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
			LEFT JOIN mailroom.carrier_offer o ON o.offer = p.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
		GROUP BY p.issuer_id, p.mailing_id, p.offer, o.carrier, o.product, o.service_class, m.currency;
COMMENT ON VIEW mailroom.mailing_offer_report IS 'each mailing by offer: letters, grams, list money, discount (negative when fees exceed discounts), price in units of the currency, and bundles';

CREATE OR REPLACE FUNCTION mailroom.explain_letter(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS TABLE (choice integer, offer text, carrier text, product text, is_planned boolean, list_micro bigint, discount_micro bigint, price_micro bigint, note text)
	STABLE PARALLEL RESTRICTED
	ROWS 10
BEGIN ATOMIC
	WITH planned AS MATERIALIZED (
		SELECT p.*, l.country, mailroom.plain_postcode(l.country, l.postcode) AS sort_code, l.due_days, m.origin_country, m.currency, m.hand_in_date, m.plan,
				(SELECT count(*) FROM mailroom.letter_postage b
					WHERE b.issuer_id = p.issuer_id AND b.mailing_id = p.mailing_id AND b.bundle_no = p.bundle_no) AS bundle_letters
			FROM mailroom.letter_postage p
				JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = $3
	), reached AS (
		SELECT s.scheme, s.offers, (part ->> 'basis_points')::integer AS basis_points
			FROM planned p, jsonb_array_elements(p.plan -> 'parts') AS part
				JOIN mailroom.discount_scheme s ON s.scheme = part ->> 'item'
			WHERE part ->> 'part' = 'discount' AND s.valid_from <= p.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > p.hand_in_date)
	), offered AS (
		SELECT o.*, p.offer AS planned_offer, p.discount_micro AS planned_discount, p.zone, p.bundle_no, p.bundle_letters, p.format AS letter_format,
				p.due_days, p.grams, a.area,
				mailroom.step_price(o.offer, a.area, p.format, p.grams, p.hand_in_date) AS list_micro,
				coalesce((SELECT sum(r.basis_points) FROM reached r WHERE o.offer = ANY (r.offers)), 0) AS basis_points,
				(SELECT string_agg(format('%s %s %%', r.scheme, round(r.basis_points / 100.0, 2)), ', ' ORDER BY r.scheme) FROM reached r
					WHERE o.offer = ANY (r.offers) AND r.basis_points > 0) AS schemes,
				(SELECT f.product FROM mailroom.carrier_offer f WHERE f.offer = o.offer AND f.valid_from <= p.hand_in_date
					AND (f.valid_to IS NULL OR f.valid_to > p.hand_in_date)) AS product
			FROM planned p
				CROSS JOIN LATERAL mailroom.postage_offers(p.issuer_id, p.origin_country, p.currency, p.hand_in_date) o
				CROSS JOIN LATERAL (SELECT mailroom.coverage_area(o.coverage, p.country, p.sort_code, p.hand_in_date) AS area) a
	), judged AS (
		SELECT o.*, o.offer = o.planned_offer AS is_planned,
				CASE WHEN o.offer = o.planned_offer THEN o.planned_discount ELSE o.list_micro * o.basis_points / 10000 END AS given,
				o.list_micro IS NOT NULL AND o.days <= o.due_days AND o.letter_format = ANY (o.formats) AS is_possible
			FROM offered o
	)
	SELECT (row_number() OVER (ORDER BY NOT j.is_planned, NOT j.is_possible, j.list_micro - j.given, j.offer))::integer, j.offer, j.carrier, j.product,
			j.is_planned, j.list_micro, j.given, j.list_micro - j.given,
			CASE
				WHEN j.is_planned AND j.min_bundle > 0 THEN format('planned: bundle %s of %s letters in zone %s', j.bundle_no, j.bundle_letters, j.zone)
				WHEN j.is_planned THEN 'planned'
				WHEN j.area IS NULL THEN 'does not cover the destination'
				WHEN NOT j.letter_format = ANY (j.formats) THEN format('does not take format %s', j.letter_format)
				WHEN j.list_micro IS NULL THEN format('has no step for %s g', j.grams)
				WHEN j.days > j.due_days THEN format('too late: %s days, due in %s', j.days, j.due_days)
				WHEN j.min_bundle > 0 OR j.min_mailing > 0 OR j.fixed_micro > 0 THEN
					format('conditions: %s', concat_ws(', ', CASE WHEN j.min_mailing > 0 THEN 'at least ' || j.min_mailing || ' letters' END,
						CASE WHEN j.min_bundle > 0 THEN 'bundles of ' || j.min_bundle || ' in zone ' || j.zone END,
						CASE WHEN j.fixed_micro > 0 THEN 'fee ' || round(j.fixed_micro / 1000000.0, 2) END))
				ELSE 'possible'
			END || coalesce('; discount reached: ' || j.schemes, '')
		FROM judged j
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.explain_letter(bigint, bigint, bigint) IS 'why a letter got its offer: the planned offer first, then the possible ones by price, then the others with the reason; discount_micro of an alternative is what the schemes reached in this plan would give it; fees are in the planned letter''s discount only';

CREATE OR REPLACE VIEW mailroom.letter_explanation
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.letter_id, e.choice, e.offer, e.carrier, e.product, e.is_planned, e.list_micro, e.discount_micro, e.price_micro, e.note
		FROM mailroom.letter_postage p
			CROSS JOIN LATERAL mailroom.explain_letter(p.issuer_id, p.mailing_id, p.letter_id) e;
COMMENT ON VIEW mailroom.letter_explanation IS 'why letters got their offers, see mailroom.explain_letter; ask for one letter_id, or a few';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailing_report'), ('mailing_offer_report'), ('letter_explanation')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.issuer_carrier', 'SELECT, INSERT, DELETE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.issuer_carrier', 'SELECT') FROM (VALUES ('reader'), ('clerk')) AS k (kind);
