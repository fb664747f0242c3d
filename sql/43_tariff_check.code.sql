-- 43_tariff_check: prices looked up one by one, and what a tariff says about itself.

-- Lookups --------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.price_piece(offer text, country text, postcode text, format text, grams numeric, on_date date)
	RETURNS bigint
	STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT mailroom.piece_price(ARRAY(SELECT p FROM mailroom.price_rows($6) p
				WHERE p.offer = $1 AND p.format = $4
					AND p.area = mailroom.coverage_area(o.coverage, $2, mailroom.plain_postcode($2, $3), $6)
				ORDER BY p.up_to_grams),
				CASE WHEN $5 BETWEEN 0 AND 1000000 THEN ceil($5 * 1000)::bigint
					WHEN $5 IS NOT NULL THEN mailroom.refuse_value(format('weight of %s grams is not between 0 and 1,000,000', $5), 'Give the weight of one letter in grams.') END)
		FROM mailroom.carrier_offer o
		WHERE o.offer = $1 AND o.valid_from <= $6 AND (o.valid_to IS NULL OR o.valid_to > $6);
END;
COMMENT ON FUNCTION mailroom.price_piece(text, text, text, text, numeric, date) IS 'list price of one letter in millionths of the offer''s currency, before discounts, fees and tax; grams to the milligram; NULL when the offer does not hold on the date, does not deliver there or has no price for the format and weight. Where the price depends on the order''s average weight, give that weight. 22023 no weight of a letter';

CREATE OR REPLACE FUNCTION mailroom.discount_at(scheme text, counted bigint, on_date date)
	RETURNS TABLE (from_count bigint, basis_points integer, amount_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT t.from_count, t.basis_points, t.amount_micro
		FROM mailroom.discount_tier t
			JOIN mailroom.discount_scheme s ON s.scheme = t.scheme AND s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3)
		WHERE t.scheme = $1 AND t.from_count <= $2 AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3)
		ORDER BY t.from_count DESC
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.discount_at(text, bigint, date) IS 'the tier that a count of the scheme''s measure reaches on a date: basis points of the list money, or millionths for each further letter (mode incr); no row when the scheme does not hold';

CREATE OR REPLACE FUNCTION mailroom.vat_cost(price_micro bigint, vat_points integer, deductible_points integer)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN price_micro + round(price_micro::numeric * vat_points * (10000 - deductible_points) / 100000000)::bigint;
COMMENT ON FUNCTION mailroom.vat_cost(bigint, integer, integer) IS 'what a price costs with the value added tax that is not deducted: rate and deducted share in basis points, half up to the millionth';

CREATE OR REPLACE FUNCTION mailroom.piece_cost(issuer_id bigint, offer text, price_micro bigint, on_date date)
	RETURNS bigint
	STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT mailroom.vat_cost($3, o.vat_points, coalesce((SELECT i.vat_deductible_points FROM mailroom.issuer_postage i WHERE i.issuer_id = $1), 10000))
		FROM mailroom.carrier_offer o
		WHERE o.offer = $2 AND o.valid_from <= $4 AND (o.valid_to IS NULL OR o.valid_to > $4);
END;
COMMENT ON FUNCTION mailroom.piece_cost(bigint, text, bigint, date) IS 'what a price of an offer costs the issuer: with the value added tax it does not deduct (mailroom.issuer_postage), in millionths';

CREATE OR REPLACE FUNCTION mailroom.price_text(price_micro bigint)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN price_micro % 10000 = 0 THEN round(price_micro / 1000000.0, 2) ELSE trim_scale(price_micro / 1000000.0) END::text;
COMMENT ON FUNCTION mailroom.price_text(bigint) IS 'a price of a tariff in currency units: two decimals, or as many as it has';

-- What an offer asks, in words; in_plan tells which of it mailroom.plan_mailing keeps to.
CREATE OR REPLACE FUNCTION mailroom.offer_terms(offer text, on_date date)
	RETURNS TABLE (topic text, terms text, in_plan boolean)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	WITH o AS MATERIALIZED (
		SELECT * FROM mailroom.carrier_offer c WHERE c.offer = $1 AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
	)
	SELECT v.topic, v.terms, v.in_plan
		FROM o CROSS JOIN LATERAL (VALUES
			('delivery', format('%s days%s', o.days, ' on weekdays ' || array_to_string(o.delivery_weekdays, ' ')), true),
			('minimum', format('%s letters%s', nullif(o.min_mailing, 0), CASE WHEN o.topup_micro > 0 THEN format(', or the missing ones at %s', mailroom.price_text(o.topup_micro)) END), true),
			('bundle', 'at least ' || nullif(o.min_bundle, 0) || ' letters', true),
			('fee', mailroom.price_text(nullif(o.fixed_micro, 0)) || ' for each mailing', true),
			('minimum order', mailroom.price_text(nullif(o.min_order_micro, 0)), true),
			('formats', array_to_string(o.formats, ' '), true),
			('presort', nullif(o.presort, 'none'), false),
			('code', nullif(o.code, 'none'), true),
			('machinable', CASE WHEN o.needs_machinable THEN 'needed' END, true),
			('density', o.density, false),
			('colour', o.colour, true),
			('hand-in', concat_ws(' ', o.hand_in_place, 'on weekdays ' || array_to_string(o.hand_in_weekdays, ' '), 'until ' || to_char(o.hand_in_until, 'HH24:MI')), true),
			('notice', format('%s %s working days ahead', nullif(o.notice, 'none'), o.notice_days), true),
			('tax', CASE o.vat_treatment WHEN 'taxed' THEN round(o.vat_points / 100.0, 2) || ' %' ELSE o.vat_treatment END, true)) AS v (topic, terms, in_plan)
		WHERE v.terms <> '' AND NOT (v.topic = 'minimum' AND o.min_mailing = 0) AND NOT (v.topic = 'notice' AND o.notice = 'none')
	UNION ALL
	SELECT 'price by ' || p.form, format('%s areas, %s formats', count(DISTINCT p.area), count(DISTINCT p.format)), true
		FROM mailroom.offer_price p WHERE p.offer = $1 AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2) GROUP BY p.form
	UNION ALL
	SELECT 'condition ' || c.condition, concat_ws(' ', 'at least ' || c.least, 'at most ' || c.most, 'format ' || nullif(c.format, ''), 'category ' || nullif(c.category, ''),
			'region ' || nullif(c.region, ''), 'for each ' || nullif(array_to_string(c.counted_per, ' and '), ''), 'else ' || c.shortfall),
			mailroom.is_planned_count(c, f) OR c.condition = 'weight-spread' AND c.category = '' AND c.region = ''
		FROM mailroom.offer_condition c
			JOIN mailroom.carrier_offer f ON f.offer = c.offer AND f.valid_from <= $2 AND (f.valid_to IS NULL OR f.valid_to > $2)
		WHERE c.offer = $1 AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
	UNION ALL
	SELECT 'discount ' || s.scheme, concat_ws(' ', s.mode, 'per', s.period, s.measure, 'of the', s.counted_per, s.stacking, CASE WHEN s.is_retroactive THEN 'retroactive' END),
			s.period = 'mailing' AND s.measure = 'pieces' AND mailroom.stacking_problem(s.scheme, $2) IS NULL
		FROM mailroom.discount_scheme s WHERE $1 = ANY (s.offers) AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
	UNION ALL
	SELECT f.kind || ' fee ' || f.fee, format('%s %s for each %s%s', mailroom.price_text(f.amount_micro), f.currency, f.per, ' below ' || f.below_pieces),
			f.kind IN ('order', 'small-batch') AND f.per IN ('order', 'piece')
		FROM mailroom.carrier_fee f JOIN o ON o.carrier = f.carrier
		WHERE (f.offers IS NULL OR $1 = ANY (f.offers)) AND f.valid_from <= $2 AND (f.valid_to IS NULL OR f.valid_to > $2)
	UNION ALL
	SELECT b.kind || ' ' || b.obligation, concat_ws(' ', 'at least ' || b.least, 'at most ' || b.most, b.measure, 'region ' || nullif(b.region, ''), 'per', b.period), false
		FROM mailroom.carrier_obligation b JOIN o ON o.carrier = b.carrier
		WHERE (b.offers IS NULL OR $1 = ANY (b.offers)) AND b.valid_from <= $2 AND (b.valid_to IS NULL OR b.valid_to > $2)
	ORDER BY 1, 2;
END;
COMMENT ON FUNCTION mailroom.offer_terms(text, date) IS 'everything an offer asks and gives on a date besides its prices, one row a topic; in_plan says whether mailroom.plan_mailing reckons with it';

-- Checks: what a loader cannot refuse because it may be meant, and what rows written by hand can break ------

CREATE OR REPLACE FUNCTION mailroom.price_findings(carrier text, on_date date)
	RETURNS TABLE (finding text, object text, detail text)
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT * FROM mailroom.carrier_offer o
			WHERE o.carrier = $1 AND o.valid_from <= $2 AND (o.valid_to IS NULL OR o.valid_to > $2)
	), price AS MATERIALIZED (
		SELECT p AS price_row, p.offer, p.area, p.format, p.up_to_grams FROM mailroom.price_rows($2) p JOIN offer o ON o.offer = p.offer
	), place AS MATERIALIZED (
		SELECT c.* FROM mailroom.offer_coverage c
			WHERE c.coverage IN (SELECT o.coverage FROM offer o) AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
	), ladder AS MATERIALIZED (
		SELECT o.offer, a.area, f.format,
				(SELECT max(p.up_to_grams) FROM price p WHERE p.offer = o.offer AND p.area = a.area AND p.format = f.format) AS heaviest,
				(SELECT max(p.up_to_grams) FROM price p WHERE p.offer = o.offer AND p.format = f.format) AS heaviest_anywhere
			FROM offer o
				CROSS JOIN LATERAL unnest(o.formats) AS f (format)
				JOIN (SELECT DISTINCT c.coverage, c.area FROM place c) a ON a.coverage = o.coverage
	), list AS MATERIALIZED (
		SELECT p.offer, p.area, p.format, array_agg(p.price_row ORDER BY p.up_to_grams) AS price_rows,
				array_agg(p.up_to_grams ORDER BY p.up_to_grams) AS ends
			FROM price p
			GROUP BY 1, 2, 3
	)
	SELECT 'no coverage', o.offer, format('Coverage "%s" has no place.', o.coverage) FROM offer o
		WHERE NOT EXISTS (SELECT FROM place c WHERE c.coverage = o.coverage)
	UNION ALL
	SELECT 'no price', o.offer, 'The offer has no price.' FROM offer o WHERE NOT EXISTS (SELECT FROM price p WHERE p.offer = o.offer)
	UNION ALL
	SELECT 'no price', l.offer, format('Area %s has no step for format %s.', l.area, l.format) FROM ladder l
		WHERE l.heaviest IS NULL AND EXISTS (SELECT FROM price p WHERE p.offer = l.offer)
	UNION ALL
	SELECT 'gap', l.offer, format('Area %s, format %s ends at %s g, elsewhere the offer goes to %s.', l.area, l.format, l.heaviest,
				CASE l.heaviest_anywhere WHEN 1000000000 THEN 'any weight' ELSE l.heaviest_anywhere || ' g' END)
		FROM ladder l WHERE l.heaviest < l.heaviest_anywhere
	UNION ALL
	SELECT 'price without use', p.offer, format('Area %s, format %s is not in the coverage or formats of the offer.', p.area, p.format)
		FROM price p WHERE NOT EXISTS (SELECT FROM ladder l WHERE l.offer = p.offer AND l.area = p.area AND l.format = p.format)
		GROUP BY p.offer, p.area, p.format
	UNION ALL
	SELECT 'price inversion', l.offer, format('Area %s, format %s: above %s g a letter costs %s, at %s g %s.', l.area, l.format, e.grams,
				mailroom.price_text(h.heavier), e.grams, mailroom.price_text(h.lighter))
		FROM list l
			CROSS JOIN LATERAL unnest(l.ends) AS e (grams)
			CROSS JOIN LATERAL (SELECT mailroom.piece_price(l.price_rows, e.grams::bigint * 1000) AS lighter,
					mailroom.piece_price(l.price_rows, e.grams::bigint * 1000 + 1) AS heavier) h
		WHERE h.heavier < h.lighter
	UNION ALL
	SELECT 'no percentage base', p.offer, format('Area %s, format %s is a percentage of offer "%s", which has no price there.', p.area, p.format, p.of_offer)
		FROM mailroom.offer_price p JOIN offer o ON o.offer = p.offer
		WHERE p.form = 'percent' AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2)
			AND NOT EXISTS (SELECT FROM price q WHERE q.offer = p.offer AND q.area = p.area AND q.format = p.format)
	UNION ALL
	SELECT 'overlap', c.coverage, format('%s %s to %s begins inside the range up to %s.', c.country, c.postcode_from, rtrim(c.postcode_to, '~'), rtrim(c.reach, '~'))
		FROM (SELECT p.*, max(p.postcode_to) OVER (PARTITION BY p.coverage, p.country ORDER BY p.postcode_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
				FROM place p WHERE p.postcode_from <> '') c
		WHERE c.postcode_from <= c.reach
	UNION ALL
	SELECT 'no envelope', o.offer, format('No envelope has format %s.', f.format)
		FROM offer o CROSS JOIN LATERAL unnest(o.formats) AS f (format)
		WHERE NOT EXISTS (SELECT FROM mailroom.envelope e WHERE e.format = f.format AND e.valid_from <= $2 AND (e.valid_to IS NULL OR e.valid_to > $2));
END;
COMMENT ON FUNCTION mailroom.price_findings(text, date) IS 'the part of mailroom.check_tariff about prices and coverage of one carrier';

CREATE OR REPLACE FUNCTION mailroom.rule_findings(carrier text, on_date date)
	RETURNS TABLE (finding text, object text, detail text)
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	WITH offer AS MATERIALIZED (
		SELECT o.*, c.max_mailing
			FROM mailroom.carrier_offer o
				LEFT JOIN mailroom.carrier c ON c.carrier = o.carrier AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
			WHERE o.carrier = $1 AND o.valid_from <= $2 AND (o.valid_to IS NULL OR o.valid_to > $2)
	), condition AS MATERIALIZED (
		SELECT c.*, o.min_mailing, o.min_bundle, o.max_mailing, o.formats
			FROM mailroom.offer_condition c JOIN offer o ON o.offer = c.offer
			WHERE c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
	), obligation AS MATERIALIZED (
		SELECT * FROM mailroom.carrier_obligation b WHERE b.carrier = $1 AND b.valid_from <= $2 AND (b.valid_to IS NULL OR b.valid_to > $2)
	), scheme AS MATERIALIZED (
		SELECT s.* FROM mailroom.discount_scheme s
			WHERE s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
				AND EXISTS (SELECT FROM mailroom.carrier_offer o WHERE o.carrier = $1 AND o.offer = ANY (s.offers))
	), tier AS MATERIALIZED (
		SELECT t.*, lag(t.basis_points) OVER w AS lower_points, lag(t.amount_micro) OVER w AS lower_amount,
				min(t.from_count) OVER (PARTITION BY t.scheme) AS first_count, max(t.basis_points) OVER (PARTITION BY t.scheme) AS highest_points
			FROM mailroom.discount_tier t
			WHERE t.valid_from <= $2 AND (t.valid_to IS NULL OR t.valid_to > $2) AND t.scheme IN (SELECT s.scheme FROM scheme s)
			WINDOW w AS (PARTITION BY t.scheme ORDER BY t.from_count)
	), used AS (
		SELECT 'scheme' AS what, s.scheme AS object, unnest(s.offers) AS offer FROM scheme s
		UNION ALL SELECT 'obligation', b.obligation, unnest(b.offers) FROM obligation b
		UNION ALL SELECT 'fee', f.fee, unnest(f.offers) FROM mailroom.carrier_fee f WHERE f.carrier = $1 AND f.valid_from <= $2 AND (f.valid_to IS NULL OR f.valid_to > $2)
	)
	SELECT 'unknown offer', u.object, format('The %s names offer "%s", which does not hold on %s.', u.what, u.offer, to_char($2, 'YYYY-MM-DD'))
		FROM used u
		WHERE NOT EXISTS (SELECT FROM mailroom.carrier_offer o WHERE o.offer = u.offer AND o.valid_from <= $2 AND (o.valid_to IS NULL OR o.valid_to > $2))
	UNION ALL
	SELECT 'unknown format', c.offer, format('Condition %s is for format %s, which the offer does not take.', c.condition, c.format)
		FROM condition c WHERE c.format <> '' AND NOT c.format = ANY (c.formats)
	UNION ALL
	SELECT 'minimum above limit', o.offer, format('At least %s letters, but the carrier takes %s in a mailing.', greatest(o.min_mailing, o.min_bundle), o.max_mailing)
		FROM offer o WHERE greatest(o.min_mailing, o.min_bundle) > o.max_mailing
	UNION ALL
	SELECT 'minimum above limit', c.offer, format('Condition %s asks for %s letters, but the carrier takes %s in a mailing.', c.condition, c.least, c.max_mailing)
		FROM condition c WHERE c.condition IN ('pieces', 'bundle', 'tray') AND c.least > c.max_mailing
	UNION ALL
	SELECT 'minimum above limit', b.obligation, format('At least %s %s in a %s, but %s allows %s.', b.least, b.measure, b.period, l.obligation, l.most)
		FROM obligation b
			JOIN obligation l ON l.obligation <> b.obligation AND l.measure = b.measure AND l.period = b.period AND b.least > l.most
				AND (l.region = '' OR l.region = b.region) AND (l.offers IS NULL OR l.offers @> b.offers)
	UNION ALL
	SELECT 'minimum above limit', o.offer, format('At least %s letters in a mailing, but %s allows %s.', o.min_mailing, l.obligation, l.most)
		FROM offer o
			JOIN obligation l ON l.measure = 'pieces' AND o.min_mailing > l.most AND (l.offers IS NULL OR o.offer = ANY (l.offers))
	UNION ALL
	SELECT 'contradiction', c.offer, format('The offer asks for %s letters, condition pieces for %s.', c.min_mailing, c.least)
		FROM condition c
		WHERE c.condition = 'pieces' AND c.min_mailing > 0 AND c.format = '' AND c.category = '' AND c.region = '' AND c.least <> c.min_mailing
			AND NOT c.counted_per && ARRAY['category', 'region']
	UNION ALL
	SELECT 'not planned', n.offer, format('Condition pieces asks for %s letters%s; the plan does not keep to it.', n.least,
				concat(' of format ' || nullif(n.format, ''), ' of category ' || nullif(n.category, ''), ' for each ' || nullif(array_to_string(n.counted_per, ' and '), '')))
		FROM mailroom.offer_condition n JOIN offer o ON o.offer = n.offer
		WHERE n.condition = 'pieces' AND n.least IS NOT NULL AND n.shortfall <> 'no-discount' AND n.valid_from <= $2 AND (n.valid_to IS NULL OR n.valid_to > $2)
			AND (SELECT NOT mailroom.is_planned_count(n, f) FROM mailroom.carrier_offer f WHERE f.offer = o.offer AND f.valid_from = o.valid_from) AND o.min_mailing < n.least
			AND EXISTS (SELECT FROM mailroom.offer_price p WHERE p.offer = n.offer AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2))
	UNION ALL
	SELECT 'not planned', s.scheme, mailroom.stacking_problem(s.scheme, $2) FROM scheme s WHERE mailroom.stacking_problem(s.scheme, $2) IS NOT NULL
	UNION ALL
	SELECT 'not planned', b.obligation, format('The plan does not reckon with this %s: it knows take-or-pay and caps without penalty of a whole carrier, in pieces.', b.kind)
		FROM obligation b
		WHERE NOT (b.kind IN ('take-or-pay', 'cap') AND b.offers IS NULL AND b.region = '' AND b.measure = 'pieces' AND (b.kind = 'take-or-pay' OR b.penalty_micro = 0))
	UNION ALL
	SELECT 'not planned', s.scheme, format('The plan does not reckon with a scheme that counts %s.', s.measure) FROM scheme s WHERE s.measure <> 'pieces'
	UNION ALL
	SELECT 'not planned', c.offer, format('The plan does not keep to condition %s.', c.condition) FROM condition c WHERE c.condition IN ('senders', 'listed')
	UNION ALL
	SELECT 'not planned', f.fee, format('The plan does not reckon with a fee of kind %s for each %s, unless it is ordered.', f.kind, f.per)
		FROM mailroom.carrier_fee f
		WHERE f.carrier = $1 AND f.valid_from <= $2 AND (f.valid_to IS NULL OR f.valid_to > $2)
			AND (f.kind IN ('container', 'non-compliance') OR f.per IN ('kilogram', 'bundle', 'container'))
	UNION ALL
	SELECT 'not planned', o.offer, format('The offer counts %s formats and regions apart, more than 16.', (SELECT count(*) FROM mailroom.counting_classes(o.offer, $2)))
		FROM offer o WHERE (SELECT count(*) FROM mailroom.counting_classes(o.offer, $2)) > 16
	UNION ALL
	SELECT 'contradiction', c.offer, format('The offer asks for bundles of %s, condition bundle for %s.', c.min_bundle, c.least)
		FROM condition c WHERE c.condition = 'bundle' AND c.min_bundle > 0 AND c.format = '' AND c.category = '' AND c.region = '' AND c.least <> c.min_bundle
	UNION ALL
	SELECT 'contradiction', o.offer, format('Bundles of %s letters are more than the minimum of %s, so that the minimum says nothing.', o.min_bundle, o.min_mailing)
		FROM offer o WHERE o.min_mailing > 0 AND o.min_bundle > o.min_mailing
	UNION ALL
	SELECT 'contradiction', b.kind, format('The least %s of %s add up to %s percent.', b.kind, string_agg(b.obligation, ', ' ORDER BY b.obligation), sum(b.least))
		FROM obligation b WHERE b.measure = 'percent' GROUP BY b.kind HAVING sum(b.least) > 100
	UNION ALL
	SELECT 'contradiction', b.obligation, format('%s percent is more than everything.', greatest(b.least, b.most))
		FROM obligation b WHERE b.measure = 'percent' AND greatest(b.least, b.most) > 100
	UNION ALL
	SELECT 'contradiction', t.scheme, format('The highest tier gives %s %%, the stated highest discount is %s %%.', round(t.highest_points / 100.0, 2), round(s.top_points / 100.0, 2))
		FROM (SELECT DISTINCT t.scheme, t.highest_points FROM tier t) t JOIN scheme s ON s.scheme = t.scheme WHERE t.highest_points > s.top_points
	UNION ALL
	SELECT 'tier inversion', t.scheme, format('The tier from %s letters gives less than the one before.', t.from_count)
		FROM tier t WHERE t.basis_points < t.lower_points OR t.amount_micro < t.lower_amount
	UNION ALL
	SELECT 'tier gap', t.scheme, format('The first tier is from %s letters, not from 0.', t.from_count)
		FROM tier t WHERE t.from_count = t.first_count AND t.from_count > 0
	UNION ALL
	SELECT 'tier gap', s.scheme, 'The scheme has no tier.' FROM scheme s WHERE NOT EXISTS (SELECT FROM tier t WHERE t.scheme = s.scheme);
END;
COMMENT ON FUNCTION mailroom.rule_findings(text, date) IS 'the part of mailroom.check_tariff about conditions, schemes, obligations and fees of one carrier';

CREATE OR REPLACE FUNCTION mailroom.overlap_findings(carrier text)
	RETURNS TABLE (finding text, object text, detail text)
	STABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	table_name text;
	key text[];
	carrier_offers CONSTANT text[] := ARRAY(SELECT o.offer FROM mailroom.carrier_offer o WHERE o.carrier = $1);
	carrier_coverages CONSTANT text[] := ARRAY(SELECT o.coverage FROM mailroom.carrier_offer o WHERE o.carrier = $1);
	carrier_schemes CONSTANT text[] := ARRAY(SELECT s.scheme FROM mailroom.discount_scheme s WHERE s.offers && carrier_offers);
BEGIN
	FOREACH table_name IN ARRAY mailroom.tariff_tables()
	LOOP
		key := mailroom.tariff_key(table_name);
		RETURN QUERY EXECUTE format('SELECT %L, p.%I::text, format(%L, %s, to_char(q.valid_from, %L))
				FROM mailroom.%I AS p JOIN mailroom.%6$I AS q ON q.valid_from > p.valid_from AND (p.valid_to IS NULL OR p.valid_to > q.valid_from) AND %s
				WHERE %s',
			'overlap', key[1], table_name || ' (%s) holds twice from %s on.',
			(SELECT format('concat_ws(%L, %s)', ', ', string_agg(format('p.%I', c), ', ' ORDER BY n)) FROM unnest(key) WITH ORDINALITY AS k (c, n)),
			'YYYY-MM-DD', table_name,
			(SELECT string_agg(format('p.%1$I = q.%1$I', c), ' AND ') FROM unnest(key) AS c),
			CASE
				WHEN key[1] = 'offer' THEN 'p.offer = ANY ($2)'
				WHEN key[1] = 'coverage' THEN 'p.coverage = ANY ($3)'
				WHEN key[1] = 'scheme' THEN 'p.scheme = ANY ($4)'
				WHEN key[1] = 'country' THEN 'p.country IN (SELECT c.country FROM mailroom.carrier c WHERE c.carrier = $1)'
				WHEN key[1] IN ('carrier', 'obligation', 'fee') THEN 'p.carrier = $1'
				ELSE 'true' END)
			USING overlap_findings.carrier, carrier_offers, carrier_coverages, carrier_schemes;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.overlap_findings(text) IS 'the part of mailroom.check_tariff about rows of one carrier that hold twice at the same time, whenever that is';

CREATE OR REPLACE FUNCTION mailroom.check_tariff(issuer_id bigint, carrier text, on_date date)
	RETURNS TABLE (finding text, object text, detail text)
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	SELECT f.finding, f.object, f.detail
		FROM (SELECT * FROM mailroom.price_findings($2, $3)
			UNION ALL SELECT * FROM mailroom.rule_findings($2, $3)
			UNION ALL SELECT * FROM mailroom.overlap_findings($2)
			UNION ALL SELECT 'no carrier', $2, format('No carrier of this name holds on %s.', to_char($3, 'YYYY-MM-DD'))
				WHERE NOT EXISTS (SELECT FROM mailroom.carrier c WHERE c.carrier = $2 AND c.valid_from <= $3 AND (c.valid_to IS NULL OR c.valid_to > $3))
			UNION ALL SELECT 'no offer', c.carrier, 'The carrier sells nothing on this date.'
				FROM mailroom.carrier c
				WHERE c.carrier = $2 AND c.valid_from <= $3 AND (c.valid_to IS NULL OR c.valid_to > $3)
					AND NOT EXISTS (SELECT FROM mailroom.carrier_offer o WHERE o.carrier = $2 AND o.valid_from <= $3 AND (o.valid_to IS NULL OR o.valid_to > $3))
			UNION ALL SELECT 'not planned', x.object, format('The %s is an amount for letters of different value added tax, which the issuer does not deduct at all or in full.', x.what)
				FROM (SELECT 'fee' AS what, f.fee AS object, f.offers FROM mailroom.carrier_fee f
						WHERE f.carrier = $2 AND f.kind IN ('order', 'small-batch') AND f.per IN ('order', 'piece') AND f.valid_from <= $3 AND (f.valid_to IS NULL OR f.valid_to > $3)
					UNION ALL SELECT 'scheme', s.scheme, s.offers FROM mailroom.discount_scheme s
						WHERE s.mode = 'incr' AND s.period = 'mailing' AND s.measure = 'pieces' AND s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3)) x
				WHERE EXISTS (SELECT FROM mailroom.issuer_postage i WHERE i.issuer_id = $1 AND i.vat_deductible_points < 10000)
					AND (SELECT count(DISTINCT o.vat_points) FROM mailroom.carrier_offer o
						WHERE o.carrier = $2 AND (x.offers IS NULL OR o.offer = ANY (x.offers)) AND o.valid_from <= $3 AND (o.valid_to IS NULL OR o.valid_to > $3)) > 1
			UNION ALL SELECT 'not admitted', $2, 'The issuer has carriers in mailroom.issuer_carrier, and this is not one of them.'
				WHERE EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1)
					AND NOT EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1 AND u.carrier = $2)
			UNION ALL SELECT 'other country', c.carrier, format('It takes mailings in in %s, the issuer hands in in %s.', c.country, array_to_string(i.country || i.hand_in_countries, ', '))
				FROM mailroom.issuer i JOIN mailroom.carrier c ON c.carrier = $2 AND c.valid_from <= $3 AND (c.valid_to IS NULL OR c.valid_to > $3)
				WHERE i.issuer_id = $1 AND NOT c.country = ANY (i.country || i.hand_in_countries)) f
		ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION mailroom.check_tariff(bigint, text, date) IS 'what is doubtful in a carrier''s tariff on a date, none when it is sound: no carrier, no offer, no price, no coverage, no percentage base, gap in the weights, price inversion, tier inversion, tier gap, overlap (of validity, at any time, or of postcodes), unknown offer or format, minimum above limit, contradiction, not planned, price without use, no envelope; with an issuer also not admitted and other country; issuer NULL looks at the catalogue alone';

SELECT mailroom.allow('operator', 'table', 'mailroom.issuer_postage', 'SELECT, INSERT, UPDATE');
SELECT mailroom.allow('operator', 'table', 'mailroom.scheme_base', 'SELECT, INSERT, UPDATE, DELETE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT') FROM (VALUES ('reader'), ('clerk')) AS k (kind), (VALUES ('issuer_postage'), ('scheme_base')) AS t (name);
