-- 42_plan: from letters to the plan and back.

-- From letters to a problem --------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.plain_postcode(country text, postcode text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_plain_postcode';
COMMENT ON FUNCTION mailroom.plain_postcode(text, text) IS 'postcode as the tariff tables write it: ASCII upper case, without blanks, hyphens and the country''s own prefix; empty when there is none';

CREATE OR REPLACE FUNCTION mailroom.is_offer_minimum(rule mailroom.offer_condition, formats text[])
	RETURNS boolean
	IMMUTABLE PARALLEL SAFE
	RETURN (rule).condition = 'pieces' AND (rule).least IS NOT NULL AND (rule).category = '' AND (rule).region = ''
		AND ((rule).format = '' OR $2 = ARRAY[(rule).format]) AND NOT (rule).counted_per && ARRAY['category', 'region']
		AND (NOT 'format' = ANY ((rule).counted_per) OR cardinality($2) = 1)
		AND ((rule).shortfall = 'refused' OR (rule).shortfall = 'paid' AND (rule).topup_micro > 0);
COMMENT ON FUNCTION mailroom.is_offer_minimum(mailroom.offer_condition, text[]) IS 'whether a condition is a minimum for all letters of an offer of these formats together, which the plan keeps to as to min_mailing: pieces, not by category, region or one of several formats, and refused or paid at its own price';

CREATE OR REPLACE FUNCTION mailroom.is_planned_count(rule mailroom.offer_condition, offer mailroom.carrier_offer)
	RETURNS boolean
	IMMUTABLE PARALLEL SAFE
	RETURN (rule).condition = 'pieces' AND (rule).category IN ('', ($2).product, ($2).service_class, ($2).density, ($2).presort) IS TRUE;
COMMENT ON FUNCTION mailroom.is_planned_count(mailroom.offer_condition, mailroom.carrier_offer) IS 'whether the plan keeps to a condition: a number of letters of all, or of the category that is the offer''s own product, class, density or presort level';

CREATE OR REPLACE FUNCTION mailroom.counting_classes(offer text, on_date date)
	RETURNS TABLE (format text, area text)
	STABLE PARALLEL SAFE
	ROWS 2
BEGIN ATOMIC
	SELECT DISTINCT CASE WHEN k.by_format THEN p.format END, CASE WHEN k.by_area THEN p.area END
		FROM (SELECT bool_or((c.format <> '' OR 'format' = ANY (c.counted_per)) AND cardinality(o.formats) > 1) AS by_format,
					bool_or(c.region <> '' OR 'region' = ANY (c.counted_per)) AS by_area
				FROM mailroom.carrier_offer o
					JOIN mailroom.offer_condition c ON c.offer = o.offer AND mailroom.is_planned_count(c, o)
						AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
				WHERE o.offer = $1 AND o.valid_from <= $2 AND (o.valid_to IS NULL OR o.valid_to > $2)) k
			JOIN mailroom.offer_price p ON p.offer = $1 AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2)
		WHERE k.by_format OR k.by_area;
END;
COMMENT ON FUNCTION mailroom.counting_classes(text, date) IS 'formats and price areas that an offer counts apart by its conditions of pieces, NULL = all together; no row when it counts all its letters together or has no price';

CREATE OR REPLACE FUNCTION mailroom.offer_classes(offer text, on_date date)
	RETURNS TABLE (class text, format text, area text)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT CASE WHEN k.format IS NOT NULL OR k.area IS NOT NULL THEN concat_ws('#', $1, k.format, k.area) END, k.format, k.area
		FROM (SELECT c.format, c.area, count(*) OVER () AS classes FROM (VALUES (1)) AS one (n) LEFT JOIN mailroom.counting_classes($1, $2) c ON true) k
		WHERE k.classes <= 16
	UNION ALL
	SELECT NULL, NULL, NULL WHERE (SELECT count(*) FROM mailroom.counting_classes($1, $2)) > 16;
END;
COMMENT ON FUNCTION mailroom.offer_classes(text, date) IS 'classes of letters that an offer counts apart, each an offer of its own in the postage problem: its id (offer#format#area; NULL = the offer itself, all its letters count together), format and price area (NULL = all); more than 16 are not told apart, such an offer is not planned (mailroom.offer_refusal)';

CREATE OR REPLACE FUNCTION mailroom.offer_limits(offer text, on_date date)
	RETURNS TABLE (format text, area text, at_least bigint, at_most bigint, shortfall text, topup_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT DISTINCT g.format, g.area, CASE WHEN g.is_minimum THEN NULL ELSE g.least END, g.most, g.shortfall, CASE WHEN g.is_minimum THEN 0 ELSE g.topup_micro END
		FROM (SELECT c.least, c.most, c.shortfall, c.topup_micro, mailroom.is_offer_minimum(c, o.formats) AS is_minimum,
					CASE WHEN c.format <> '' OR 'format' = ANY (c.counted_per) THEN k.format END AS format,
					CASE WHEN c.region <> '' OR 'region' = ANY (c.counted_per) THEN k.area END AS area
				FROM mailroom.carrier_offer o
					JOIN mailroom.offer_condition c ON c.offer = o.offer AND mailroom.is_planned_count(c, o)
						AND c.valid_from <= $2 AND (c.valid_to IS NULL OR c.valid_to > $2)
					CROSS JOIN LATERAL mailroom.offer_classes(o.offer, $2) k
				WHERE o.offer = $1 AND o.valid_from <= $2 AND (o.valid_to IS NULL OR o.valid_to > $2)
					AND (c.format = '' OR k.format IS NULL OR c.format = k.format) AND (c.region = '' OR k.area IS NULL OR c.region = k.area)) g
		WHERE NOT g.is_minimum OR g.most IS NOT NULL;
END;
COMMENT ON FUNCTION mailroom.offer_limits(text, date) IS 'numbers of letters that an offer asks for besides min_mailing (mailroom.postage_offers), for the classes (mailroom.offer_classes) of a format and area together, NULL = all: at least, at most, and what a shortfall means: refused, paid (at topup_micro, or at the lowest list price that a letter of the mailing has there when that is 0), no-discount';

CREATE OR REPLACE FUNCTION mailroom.stacking_problem(scheme text, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT CASE
				WHEN s.mode <> 'all' OR s.period <> 'mailing' OR s.measure <> 'pieces' THEN 'It multiplies, but is no percentage by letters of a mailing.'
				ELSE (SELECT min(CASE WHEN t.mode <> 'all' OR t.period <> 'mailing' OR t.measure <> 'pieces' THEN format('It multiplies with scheme %s, which is no percentage by letters of a mailing.', t.scheme)
							WHEN NOT (t.offers <@ s.offers AND t.offers @> s.offers) THEN format('It multiplies with scheme %s, which is for other offers.', t.scheme)
							ELSE format('Multiplied with scheme %s it does not give whole hundredths of a percent.', t.scheme) END)
						FROM mailroom.discount_scheme t
						WHERE t.scheme <> s.scheme AND t.offers && s.offers AND t.valid_from <= $2 AND (t.valid_to IS NULL OR t.valid_to > $2)
							AND (t.mode <> 'all' OR t.period <> 'mailing' OR t.measure <> 'pieces' OR NOT (t.offers <@ s.offers AND t.offers @> s.offers)
								OR EXISTS (SELECT FROM mailroom.discount_tier a JOIN mailroom.discount_tier b ON b.scheme = t.scheme AND b.valid_from <= $2 AND (b.valid_to IS NULL OR b.valid_to > $2)
									WHERE a.scheme = s.scheme AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2) AND a.basis_points::bigint * b.basis_points % 10000 <> 0)))
			END
			FROM mailroom.discount_scheme s
			WHERE s.scheme = $1 AND s.stacking = 'multiplicative' AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2));
COMMENT ON FUNCTION mailroom.stacking_problem(text, date) IS 'why the plan cannot reckon with a scheme that multiplies with others: it or another one of its offers is not a percentage by letters of a mailing, is for other offers, or the product has parts of a basis point; NULL when it can, or when the scheme does not multiply';

CREATE OR REPLACE FUNCTION mailroom.offer_refusal(issuer_id bigint, offer text, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT CASE
				WHEN NOT extract(isodow FROM $3)::integer = ANY (o.hand_in_weekdays) THEN format('is handed in on weekdays %s only, the hand-in is on weekday %s', array_to_string(o.hand_in_weekdays, ' '), extract(isodow FROM $3))
				WHEN NOT o.hand_in_place = ANY (p.hand_in_places) THEN format('is handed in at %s only', o.hand_in_place)
				WHEN o.needs_machinable AND NOT p.is_machinable THEN 'takes machinable letters only'
				WHEN o.code <> 'none' AND NOT o.code = ANY (p.codes) THEN format('asks for a %s code', o.code)
				WHEN o.colour <> p.colour THEN format('asks for envelopes of colour %s', o.colour)
				WHEN EXISTS (SELECT FROM mailroom.discount_scheme s WHERE $2 = ANY (s.offers) AND s.stacking = 'multiplicative' AND s.period = 'mailing'
					AND s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3) AND mailroom.stacking_problem(s.scheme, $3) IS NOT NULL) THEN 'has discounts that multiply in a way the plan cannot reckon with'
				WHEN (SELECT count(*) FROM mailroom.counting_classes($2, $3)) > 16 THEN 'counts more than 16 formats and regions apart'
				WHEN EXISTS (SELECT FROM mailroom.counting_classes($2, $3)) AND (o.min_order_micro > 0
					OR EXISTS (SELECT FROM mailroom.price_rows($3) p WHERE p.offer = $2 AND p.form = 'average')) THEN 'counts formats or regions apart, but its price goes by the whole order'
			END
			FROM mailroom.carrier_offer o
				LEFT JOIN mailroom.issuer_postage p ON p.issuer_id = $1
			WHERE o.offer = $2 AND o.valid_from <= $3 AND (o.valid_to IS NULL OR o.valid_to > $3));
COMMENT ON FUNCTION mailroom.offer_refusal(bigint, text, date) IS 'why an offer takes no letter of an issuer on a day of hand-in: weekday, place, machinable, code, colour (mailroom.issuer_postage); NULL when it does';

CREATE OR REPLACE FUNCTION mailroom.working_days_between(country text, after date, until date)
	RETURNS integer
	STABLE PARALLEL SAFE
	RETURN CASE WHEN $1 IN ('NO', 'SE', 'FI', 'PL', 'RO') THEN mailroom.count_working_days($1, $2, $3)
		ELSE (SELECT count(*) FROM generate_series(1, $3 - $2) AS n WHERE extract(isodow FROM $2 + n) < 6)::integer END;
COMMENT ON FUNCTION mailroom.working_days_between(text, date, date) IS 'working days after one day up to and including another; holidays are known of NO, SE, FI, PL and RO, elsewhere Monday to Friday';

CREATE OR REPLACE FUNCTION mailroom.postage_offers(issuer_id bigint, origin_country text, currency text, on_date date)
	RETURNS TABLE (offer_no integer, offer text, carrier text, is_national boolean, days integer, min_mailing bigint, topup_micro bigint,
		min_bundle bigint, fixed_micro bigint, formats text[], coverage text, vat_burden bigint, refusal text, notice_days integer)
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT (row_number() OVER (ORDER BY o.offer))::integer, o.offer, o.carrier, c.is_national, o.days, greatest(o.min_mailing, r.least),
			CASE WHEN r.least > o.min_mailing THEN r.topup_micro ELSE o.topup_micro END,
			o.min_bundle, o.fixed_micro, o.formats, o.coverage,
			o.vat_points::bigint * (10000 - coalesce((SELECT p.vat_deductible_points FROM mailroom.issuer_postage p WHERE p.issuer_id = $1), 10000)),
			mailroom.offer_refusal($1, o.offer, $4), o.notice_days
		FROM mailroom.carrier_offer o
			JOIN mailroom.carrier c ON c.carrier = o.carrier AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
			LEFT JOIN LATERAL (SELECT n.least, n.topup_micro FROM mailroom.offer_condition n
					WHERE n.offer = o.offer AND n.valid_from <= $4 AND (n.valid_to IS NULL OR n.valid_to > $4) AND mailroom.is_offer_minimum(n, o.formats)
					ORDER BY n.least DESC, n.topup_micro LIMIT 1) r ON true
		WHERE c.country = $2 AND o.currency = $3 AND o.valid_from <= $4 AND (o.valid_to IS NULL OR o.valid_to > $4)
			AND (NOT EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1)
				OR EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1 AND u.carrier = o.carrier))
		ORDER BY o.offer;
END;
COMMENT ON FUNCTION mailroom.postage_offers(bigint, text, text, date) IS 'offers that hold on a date for an issuer''s mailings handed in in a country and paid in a currency, numbered by their code; only of the carriers in mailroom.issuer_carrier, if the issuer has any there; vat_burden is the value added tax that the issuer does not deduct, in hundred-millionths of the price; min_mailing and topup_micro are those of the offer or of a condition that asks for more (mailroom.is_offer_minimum); refusal: see mailroom.offer_refusal, such an offer is not planned';

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

CREATE OR REPLACE FUNCTION mailroom.order_price(offer text, area text, format text, grams integer, on_date date, order_letters bigint, order_grams bigint)
	RETURNS bigint
	STABLE PARALLEL SAFE
	RETURN coalesce(mailroom.step_price($1, $2, $3, $4, $5),
		(SELECT mailroom.piece_price(ARRAY[jsonb_populate_record(p, '{"up_to_grams": 1000000000}')], $4::bigint * 1000)
			FROM mailroom.price_rows($5) p
			WHERE p.offer = $1 AND p.area = $2 AND p.format = $3 AND p.form = 'average' AND p.up_to_grams * $6 >= $7
			ORDER BY p.up_to_grams LIMIT 1));
COMMENT ON FUNCTION mailroom.order_price(text, text, text, integer, date, bigint, bigint) IS 'list price of a letter in micro units; where prices go by the average weight, by the row that holds the average of an order of so many letters and grams; NULL when there is none';

CREATE OR REPLACE FUNCTION mailroom.mailing_orders(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, letters bigint, grams bigint)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT c.offer, sum(c.letters)::bigint, sum(c.letters * ((c.milligrams + 999) / 1000))::bigint
		FROM (SELECT coalesce(h.issuer_id, $1) AS issuer_id, coalesce(h.mailing_id, $2) AS mailing_id
				FROM (SELECT) AS self LEFT JOIN mailroom.hand_in_member h ON h.member_issuer_id = $1 AND h.member_mailing_id = $2
					AND EXISTS (SELECT FROM mailroom.mailing_cell x WHERE x.issuer_id = h.issuer_id AND x.mailing_id = h.mailing_id)) m
			JOIN mailroom.mailing_cell c ON c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id
		GROUP BY c.offer;
END;
COMMENT ON FUNCTION mailroom.mailing_orders(bigint, bigint) IS 'each offer that a planned mailing uses: letters and grams (each letter''s rounded up) of its order, whose average weight its prices may go by; of a member of a common hand-in those of the whole hand-in, where they may be read';

CREATE OR REPLACE FUNCTION mailroom.tariff_fingerprint(issuer_id bigint, origin_country text, currency text, on_date date)
	RETURNS bytea
	STABLE STRICT PARALLEL SAFE
	SET jit = off
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_tariff_fingerprint';
COMMENT ON FUNCTION mailroom.tariff_fingerprint(bigint, text, text, date) IS 'SHA-256 over all tariff rows that hold on a date for an issuer''s mailings handed in in a country and paid in a currency: equal as long as a mailing would be planned by the same tariffs, whatever packs and versions they come from';

CREATE OR REPLACE FUNCTION mailroom.build_postage_problem(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, without_wish bigint DEFAULT 0)
	RETURNS jsonb
	STABLE STRICT PARALLEL RESTRICTED
	SET enable_sort = off
	SET jit = off
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_build_postage_problem';
COMMENT ON FUNCTION mailroom.build_postage_problem(bigint, bigint, text, text, date, bigint) IS 'the postage problem of a mailing''s letters by the tariffs of a date, what its year brings (mailroom.mailing_base) and the planner''s wishes, but for one; letters without an address or offer are left out';

CREATE OR REPLACE FUNCTION mailroom.postage_problem(issuer_id bigint, mailing_id bigint)
	RETURNS jsonb
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem jsonb;
BEGIN
	SELECT mailroom.build_postage_problem($1, $2, g.origin_country, coalesce(g.currency, i.currency), g.hand_in_date) INTO problem
		FROM mailroom.mailing g JOIN mailroom.issuer i ON i.issuer_id = g.issuer_id
		WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1
			USING ERRCODE = 'undefined_object', HINT = 'mailroom.mailing_report lists the mailings of your issuers.';
	END IF;
	RETURN problem;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_problem(bigint, bigint) IS 'the problem that planning the mailing solves, rebuilt from its letters and the tariffs of its hand-in date; with mailing.plan it is what mailroom.check_postage_certificate takes';

CREATE OR REPLACE FUNCTION mailroom.unmet_minima(issuer_id bigint, origin_country text, currency text, on_date date, letters bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT string_agg(format('Offer "%s" takes %s.', o.offer, concat_ws(' and ',
				CASE WHEN o.min_mailing > 1 THEN format('mailings from %s letters', o.min_mailing) END,
				CASE WHEN o.min_bundle > 1 THEN format('bundles from %s', o.min_bundle) END, l.terms)), ' ' ORDER BY o.offer)
			FROM mailroom.postage_offers($1, $2, $3, $4) o
				LEFT JOIN LATERAL (SELECT string_agg(concat_ws(' ', 'from ' || n.at_least, 'to ' || n.at_most, 'letters', 'of format ' || n.format, 'for ' || n.area), ' and ' ORDER BY n.format, n.area, n.at_least) AS terms
					FROM mailroom.offer_limits(o.offer, $4) n WHERE n.at_least > 1 AND n.shortfall <> 'paid' OR n.at_most IS NOT NULL) l ON true
			WHERE o.topup_micro = 0 AND o.min_mailing > $5 OR o.min_bundle > 1 OR l.terms IS NOT NULL);
COMMENT ON FUNCTION mailroom.unmet_minima(bigint, text, text, date, bigint) IS 'offers whose minima a mailing of so many letters may not reach, as sentences; NULL when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.unmet_minima(bigint, text, text, date, bigint) FROM PUBLIC;

-- From letters to the plan and back ------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.set_aside_uncovered(issuer_id bigint, mailing_id bigint, countries text[], postcodes text[], sheets integer[], due_days integer[], reasons text[])
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off -- the planner expects few misfits
	LANGUAGE plpgsql
AS $$
DECLARE
	l record;
	letters bigint := 0;
BEGIN
	FOR l IN
		SELECT p.issuer_id AS owner_id, p.mailing_id AS of_mailing_id, t.letter_id, format('no offer carries the letter to "%s", postcode %s, country %s%s', t.recipient, coalesce(nullif(t.postcode, ''), 'missing'), t.country, k.reason) AS message
			FROM unnest($3, $4, $5, $6, $7) AS k (country, postcode, sheets, due_days, reason)
				CROSS JOIN mailroom.mailing_parts($1, $2) p
				JOIN mailroom.letter t ON t.issuer_id = p.issuer_id AND t.mailing_id = p.mailing_id AND t.country = k.country
					AND coalesce(t.postcode, '') = k.postcode AND coalesce(t.cover_sheets, t.sheets) = k.sheets
					AND coalesce(t.cover_due_days, t.due_days) = k.due_days AND t.cover_id IS NULL
			ORDER BY t.letter_id
	LOOP
		PERFORM mailroom.remove_letter(l.owner_id, l.of_mailing_id, l.letter_id, 'POSTAGE-NO-OFFER', l.message);
		letters := letters + 1;
	END LOOP;
	RETURN letters;
END;
$$;
COMMENT ON FUNCTION mailroom.set_aside_uncovered(bigint, bigint, text[], text[], integer[], integer[], text[]) IS 'takes letters that no offer carries, given by destination, sheets and due days, out of the mailing and sets their invoices aside with finding POSTAGE-NO-OFFER; the reason ends the message: weight and nearest reason; returns how many letters';
REVOKE EXECUTE ON FUNCTION mailroom.set_aside_uncovered(bigint, bigint, text[], text[], integer[], integer[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.plan_letters(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS jsonb
	VOLATILE STRICT
	SET enable_sort = off
	SET jit = off
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_plan_letters';
COMMENT ON FUNCTION mailroom.plan_letters(bigint, bigint, text, text, date) IS 'the step of mailroom.plan_mailing that reads letters and writes letter_postage, mailing_cell and mailing_insert, which must be empty for the mailing; returns what mailing.plan keeps: the result of mailroom.solve_postage with letters, parts (what the cost is made of), baselines and tariff (fingerprint). Letters without an offer are set aside. MR005 no plan possible, 40001 letters changed meanwhile';
REVOKE EXECUTE ON FUNCTION mailroom.plan_letters(bigint, bigint, text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.plan_micro(plan jsonb, key text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN round((plan ->> key)::numeric / coalesce((plan ->> 'scale')::bigint, 1))::bigint;
COMMENT ON FUNCTION mailroom.plan_micro(jsonb, text) IS 'cost or lower_bound of mailing.plan in micro units, half up: the plan counts in parts of a micro unit (key scale) where value added tax that is not deducted asks for them';

CREATE OR REPLACE FUNCTION mailroom.plan_alone(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	merging jsonb;
	result jsonb;
	is_hand_in boolean;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1
			USING ERRCODE = 'undefined_object', HINT = 'mailroom.mailing_report lists the mailings of your issuers.';
	ELSIF m.state NOT IN ('open', 'planned') THEN
		RAISE EXCEPTION 'cannot plan mailing % because it is %', $2, m.state
			USING ERRCODE = 'MR004', HINT = 'mailroom.what_if_postage() says what it would cost otherwise.';
	END IF;
	m.currency := coalesce(m.currency, (SELECT i.currency FROM mailroom.issuer i WHERE i.issuer_id = $1));
	IF NOT EXISTS (SELECT FROM mailroom.postage_offers($1, m.origin_country, m.currency, m.hand_in_date)) THEN
		RAISE EXCEPTION 'no tariff in % holds on % for letters handed in in %', m.currency, to_char(m.hand_in_date, 'YYYY-MM-DD'), m.origin_country
			USING ERRCODE = 'undefined_object', HINT = CASE WHEN EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1)
				THEN 'The issuer uses only the carriers in mailroom.issuer_carrier: admit another one there, or load a tariff of these with mailroom.load_tariff().'
				ELSE 'Load one with mailroom.load_tariff().' END;
	ELSIF NOT EXISTS (SELECT FROM mailroom.letter_shape($1, 1, m.hand_in_date)) THEN
		RAISE EXCEPTION 'no paper and envelope hold on %', to_char(m.hand_in_date, 'YYYY-MM-DD')
			USING ERRCODE = 'undefined_object', HINT = CASE WHEN EXISTS (SELECT FROM mailroom.cover_setting s WHERE s.issuer_id = $1 AND coalesce(s.paper, s.envelopes[1]) IS NOT NULL)
				THEN 'mailroom.cover_setting names the paper or the envelopes: they must be rows of mailroom.paper and mailroom.envelope that hold on this day.'
				ELSE 'Load a tariff pack with lines "paper NAME ... standard" and "envelope".' END;
	END IF;
	IF mailroom.addresses_are_known($1, m.hand_in_date) THEN
		PERFORM mailroom.set_aside_misaddressed($1, $2);
	END IF;
	DELETE FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	DELETE FROM mailroom.mailing_cell c WHERE c.issuer_id = $1 AND c.mailing_id = $2;
	DELETE FROM mailroom.mailing_insert n WHERE n.issuer_id = $1 AND n.mailing_id = $2;
	is_hand_in := mailroom.start_hand_in($1, $2);
	PERFORM mailroom.set_mailing_base($1, $2, m.origin_country, m.currency, m.hand_in_date);
	IF is_hand_in THEN
		NULL; -- members have chosen their envelopes
	ELSIF m.plan ? 'merging' OR EXISTS (SELECT FROM mailroom.cover_setting s WHERE s.issuer_id = $1 AND s.merge_by <> 'never') THEN
		merging := mailroom.merge_covers($1, $2, m.origin_country, m.currency, m.hand_in_date);
	END IF;
	result := mailroom.plan_letters($1, $2, m.origin_country, m.currency, m.hand_in_date);
	IF mailroom.plan_micro(result, 'cost') > (merging ->> 'cost_alone')::bigint THEN
		-- a limit of the search ended it too early: letters that go alone are cheaper after all
		PERFORM mailroom.unmerge_covers($1, $2);
		DELETE FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
		DELETE FROM mailroom.mailing_cell c WHERE c.issuer_id = $1 AND c.mailing_id = $2;
		DELETE FROM mailroom.mailing_insert n WHERE n.issuer_id = $1 AND n.mailing_id = $2;
		result := mailroom.plan_letters($1, $2, m.origin_country, m.currency, m.hand_in_date);
	ELSIF merging IS NOT NULL THEN
		result := result || jsonb_build_object('merging', merging);
	END IF;
	IF EXISTS (SELECT FROM mailroom.check_mailing_prices($1, $2)) THEN
		RAISE EXCEPTION 'mailing % is planned at list prices that its tariffs do not have', $2
			USING ERRCODE = 'internal_error', DETAIL = (SELECT format('Kind %s, offer "%s": %s instead of %s.', c.kind_no, c.offer, c.planned_micro, c.list_micro)
				FROM mailroom.check_mailing_prices($1, $2) c ORDER BY c.kind_no, c.offer LIMIT 1);
	END IF;
	UPDATE mailroom.mailing g
		SET state = 'planned', currency = m.currency, letter_count = (result ->> 'letters')::bigint, cost_micro = mailroom.plan_micro(result, 'cost'),
			lower_bound_micro = mailroom.plan_micro(result, 'lower_bound'),
			national_unsorted_micro = (result #>> '{baselines,national_unsorted,cost}')::bigint,
			cheapest_list_micro = (result #>> '{baselines,cheapest_list,cost}')::bigint,
			plan = result
		WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF is_hand_in THEN
		PERFORM mailroom.share_hand_in($1, $2);
	ELSE
		PERFORM mailroom.count_postage($1, $2);
	END IF;
	PERFORM mailroom.price_wishes($1, $2, m.origin_country, m.currency, m.hand_in_date);
	PERFORM mailroom.log_event($1, 'mailing', $2, 'planned',
		jsonb_build_object('letters', result -> 'letters', 'cost_micro', mailroom.plan_micro(result, 'cost'), 'lower_bound_micro', mailroom.plan_micro(result, 'lower_bound')));
END;
$$;
COMMENT ON FUNCTION mailroom.plan_alone(bigint, bigint) IS 'mailroom.plan_mailing without a look at later hand-ins';
REVOKE EXECUTE ON FUNCTION mailroom.plan_alone(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.plan_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.plan_alone($1, $2);
	PERFORM mailroom.weigh_holding($1, $2);
END;
$$;
COMMENT ON FUNCTION mailroom.plan_mailing(bigint, bigint) IS 'plans a mailing: weighs its letters, finds the cheapest plan over the offers of its hand-in date, writes letter_postage, mailing_cell and the cost columns, sets state planned; the sum of the letters'' prices is the plan''s cost to the micro unit, before value added tax; where the issuer (mailroom.issuer_postage) does not deduct all of it, the plan is the cheapest with the tax it bears, and so are cost_micro, the bound and the baselines: see mailroom.mailing_cost_report. Letters that cannot be addressed (POSTAGE-ADDRESS) or that no offer carries (POSTAGE-NO-OFFER) are set aside. Issuers with a row in mailroom.hold_setting are told whether letters had better wait (mailroom.mailing_hold_report). May be repeated until printed; 42704 no such mailing or no tariff, MR004 wrong state, MR005 no plan possible';
REVOKE EXECUTE ON FUNCTION mailroom.plan_mailing(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.plan_mailing(bigint, bigint)', 'EXECUTE');

-- What-if --------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.replan_cells(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, changes jsonb)
	RETURNS jsonb
	STABLE STRICT PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_replan_cells';
COMMENT ON FUNCTION mailroom.replan_cells(bigint, bigint, text, text, date, jsonb) IS 'the step of mailroom.what_if_postage that prices mailing_cell anew by the tariffs of a date with changes, and solves, beginning with the plan there is';

CREATE OR REPLACE FUNCTION mailroom.check_postage_changes(changes jsonb)
	RETURNS void
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wrong text;
BEGIN
	IF jsonb_typeof(changes) <> 'object' THEN
		RAISE EXCEPTION 'changes are not a JSON object' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT format('"%s" of %s', k.key, a.key) INTO wrong
		FROM jsonb_each(changes) AS a
			CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE '[{}]' END) AS e
			CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(e) WHEN 'object' THEN e ELSE '{"": 0}' END) AS k (key)
		WHERE NOT k.key = ANY (CASE a.key
			WHEN 'carriers' THEN ARRAY['carrier', 'max_mailing', 'closed']
			WHEN 'offers' THEN ARRAY['offer', 'days', 'min_mailing', 'topup_micro', 'min_bundle', 'fixed_micro', 'closed']
			WHEN 'prices' THEN ARRAY['offer', 'area', 'format', 'up_to_grams', 'price_micro', 'percent']
			WHEN 'schemes' THEN ARRAY['scheme', 'tiers']
			ELSE '{}'::text[] END)
		ORDER BY 1
		LIMIT 1;
	wrong := coalesce(wrong, (SELECT format('"%s"', a.key) FROM jsonb_each(changes) AS a
		WHERE NOT (a.key IN ('carriers', 'offers', 'prices', 'schemes') AND jsonb_typeof(a.value) = 'array' OR a.key = 'date' AND jsonb_typeof(a.value) = 'string')
		ORDER BY a.key LIMIT 1));
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'change % is not known', wrong
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Changes are date, and arrays of objects under carriers, offers, prices and schemes: see docs/plan.md.';
	END IF;
	SELECT format('"%s" of change %s of %s is %s, not %s', k.key, e.n, a.key, left(k.value::text, 30), w.wanted) INTO wrong
		FROM jsonb_each(changes) AS a
			CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE '[]' END) WITH ORDINALITY AS e (change, n)
			CROSS JOIN LATERAL jsonb_each(e.change) AS k
			CROSS JOIN LATERAL (SELECT CASE
				WHEN k.key IN ('carrier', 'offer', 'area', 'format', 'scheme') THEN 'text'
				WHEN k.key = 'closed' THEN 'true or false'
				WHEN k.key = 'percent' THEN 'a number from -100 to 10000'
				WHEN k.key = 'tiers' THEN 'an array of one or more tiers'
				WHEN k.key IN ('days', 'up_to_grams') THEN 'a whole number from 0 to 1000000'
				ELSE 'a whole number from 0 to 10000000000' END) AS w (wanted)
		WHERE NOT CASE
			WHEN jsonb_typeof(k.value) = 'null' THEN k.key <> 'tiers'
			WHEN w.wanted = 'text' THEN jsonb_typeof(k.value) = 'string'
			WHEN k.key = 'closed' THEN jsonb_typeof(k.value) = 'boolean'
			WHEN k.key = 'tiers' THEN jsonb_typeof(k.value) = 'array' AND k.value <> '[]'
			WHEN jsonb_typeof(k.value) <> 'number' THEN false
			WHEN k.key = 'percent' THEN k.value::numeric BETWEEN -100 AND 10000
			ELSE k.value::numeric BETWEEN 0 AND CASE WHEN k.key IN ('days', 'up_to_grams') THEN 1000000 ELSE 10000000000 END
				AND k.value::numeric = trunc(k.value::numeric) END
		ORDER BY a.key, e.n, k.key
		LIMIT 1;
	wrong := coalesce(wrong, (SELECT format('change %s of schemes lacks "tiers"', e.n)
		FROM jsonb_array_elements(coalesce(changes -> 'schemes', '[]')) WITH ORDINALITY AS e (change, n)
		WHERE NOT e.change ? 'tiers' ORDER BY e.n LIMIT 1));
	wrong := coalesce(wrong, (SELECT format('tier %s of change %s of schemes is %s, not a tier', t.n, e.n, left(t.tier::text, 60))
		FROM jsonb_array_elements(coalesce(changes -> 'schemes', '[]')) WITH ORDINALITY AS e (change, n)
			CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(e.change -> 'tiers') WHEN 'array' THEN e.change -> 'tiers' ELSE '[]' END) WITH ORDINALITY AS t (tier, n)
		WHERE NOT CASE jsonb_typeof(t.tier) WHEN 'object' THEN (SELECT count(*) = 2 AND bool_or(k.key = 'from') AND bool_and(CASE
				WHEN NOT k.key IN ('from', 'basis_points', 'amount_micro') OR jsonb_typeof(k.value) <> 'number' THEN false
				ELSE abs(k.value::numeric) <= 1000000000000 AND k.value::numeric = trunc(k.value::numeric) END)
			FROM jsonb_each(t.tier) AS k) ELSE false END
		ORDER BY e.n, t.n LIMIT 1));
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION '%', wrong
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'A tier is {"from": letters, "basis_points": n} or {"from": letters, "amount_micro": n}; no discount is one tier from 0 with 0.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.check_postage_changes(jsonb) IS 'raises 22023 for changes of mailroom.what_if_postage that have a name it does not know, a value of another kind, or no tiers where a scheme needs them';

CREATE OR REPLACE FUNCTION mailroom.what_if_postage(issuer_id bigint, mailing_id bigint, changes jsonb DEFAULT '{}')
	RETURNS jsonb
	STABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	m record;
	result jsonb;
BEGIN
	PERFORM mailroom.check_postage_changes(changes);
	SELECT g.origin_country, g.currency, g.hand_in_date, g.state, g.cost_micro, coalesce(g.plan ? 'issuers', false) AS is_split INTO m
		FROM mailroom.mailing g
		WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1
			USING ERRCODE = 'undefined_object', HINT = 'mailroom.mailing_report lists the mailings of your issuers.';
	ELSIF m.state = 'open' THEN
		RAISE EXCEPTION 'mailing % is not planned', $2 USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing() first.';
	END IF;
	IF m.is_split THEN
		RAISE EXCEPTION 'what-if does not know mailing % because its tiers count each issuer''s letters', $2
			USING ERRCODE = 'feature_not_supported', HINT = 'Make a hand-in of copies of the mailings, and plan that.';
	ELSIF changes ? 'date' AND NOT EXISTS (SELECT FROM mailroom.postage_offers($1, m.origin_country, m.currency, (changes ->> 'date')::date)) THEN
		RAISE EXCEPTION 'no tariff in % holds on % for letters handed in in %', m.currency, changes ->> 'date', m.origin_country
			USING ERRCODE = 'undefined_object', HINT = 'Give the date as YYYY-MM-DD, of a day on which tariffs and a carrier of the issuer hold.';
	END IF;
	result := mailroom.replan_cells($1, $2, m.origin_country, m.currency, coalesce((changes ->> 'date')::date, m.hand_in_date), changes);
	IF result ->> 'letters' = '0' AND result ->> 'left_out' = '0' THEN
		result := result - 'proved' || '{"status": "optimal", "cost": 0, "lower_bound": 0, "gap": 0, "offers": []}';
	ELSIF result ? 'cost' THEN
		result := result || jsonb_build_object('cost', mailroom.plan_micro(result, 'cost'), 'lower_bound', mailroom.plan_micro(result, 'lower_bound'));
	END IF;
	RETURN result || jsonb_build_object('planned_cost', m.cost_micro, 'difference', (result ->> 'cost')::bigint - m.cost_micro);
END;
$$;
COMMENT ON FUNCTION mailroom.what_if_postage(bigint, bigint, jsonb) IS 'what a planned mailing would cost under other prices or conditions, solved anew from the kinds of its letters (mailing_cell) without reading letters or writing anything. changes: {"date": tariffs of that day, "carriers": [{"carrier","max_mailing","closed"}], "offers": [{"offer","days","min_mailing","topup_micro","min_bundle","fixed_micro","closed"}], "prices": [{"offer","area","format","up_to_grams","price_micro" or "percent" (change, such as 3.5)}], "schemes": [{"scheme","tiers":[{"from","basis_points" or "amount_micro"}]}]}; what a price does not name, it is for all of. Result: status, cost, lower_bound and gap as mailroom.solve_postage, letters, left_out (letters that no offer carries then), parts, offers [{"offer","carrier","letters","list_micro"}], planned_cost, difference (micro). Readers, clerks and operators of the issuer; 42704 no such mailing or name, or no tariff on the date; 22023 unknown change or a value of another kind, MR004 not planned, 0A000 a common hand-in whose tiers count each issuer''s letters';

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
		SELECT d.*, mailroom.order_price(d.offer, mailroom.coverage_area(o.coverage, d.country,
					mailroom.plain_postcode(d.country, d.postcode), d.on_date), d.format, d.grams, d.on_date, a.letters, a.grams) AS price_micro
			FROM (SELECT DISTINCT p.offer, p.format, p.grams, p.country, p.postcode, p.on_date FROM planned p) d
				LEFT JOIN mailroom.mailing_orders($1, $2) a ON a.offer = d.offer
				LEFT JOIN mailroom.carrier_offer o ON o.offer = d.offer AND o.valid_from <= d.on_date AND (o.valid_to IS NULL OR o.valid_to > d.on_date)
	)
	SELECT p.letter_id, p.offer, p.list_micro, r.price_micro
		FROM planned p
			JOIN priced r ON r.offer = p.offer AND r.format = p.format AND r.grams = p.grams AND r.country = p.country
				AND r.postcode = p.postcode
		ORDER BY p.letter_id;
END;
COMMENT ON FUNCTION mailroom.price_letters(bigint, bigint, date) IS 'list price of each planned letter by the tariffs of a date (default the hand-in date: equal to planned_micro for ever), in micro units; NULL when its offer does not hold or cover it then';

CREATE OR REPLACE FUNCTION mailroom.check_mailing_prices(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (kind_no integer, offer text, planned_micro bigint, list_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 1
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH planned AS MATERIALIZED (
		SELECT c.kind_no, c.offer, c.country, c.postcode, c.format, ((c.milligrams + 999) / 1000)::integer AS grams, c.letters, c.list_micro, o.coverage, m.hand_in_date
			FROM mailroom.mailing m
				JOIN mailroom.mailing_cell c ON c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id
				LEFT JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
			WHERE m.issuer_id = $1 AND m.mailing_id = $2
	), place AS MATERIALIZED (
		SELECT d.*, mailroom.coverage_area(d.coverage, d.country, d.postcode, d.hand_in_date) AS area
			FROM (SELECT DISTINCT p.coverage, p.country, p.postcode, p.hand_in_date FROM planned p) d
	), located AS MATERIALIZED (
		SELECT p.*, a.area
			FROM planned p JOIN place a ON a.coverage = p.coverage AND a.country = p.country AND a.postcode = p.postcode
	), priced AS MATERIALIZED (
		SELECT d.*, mailroom.order_price(d.offer, d.area, d.format, d.grams, d.hand_in_date, a.letters, a.grams) AS price_micro
			FROM (SELECT DISTINCT l.offer, l.area, l.format, l.grams, l.hand_in_date FROM located l) d
				JOIN (SELECT p.offer, sum(p.letters)::bigint AS letters, sum(p.letters * p.grams)::bigint AS grams FROM planned p GROUP BY p.offer) a ON a.offer = d.offer
	)
	SELECT p.kind_no, p.offer, p.list_micro, r.price_micro * p.letters
		FROM planned p
			LEFT JOIN located l ON l.kind_no = p.kind_no AND l.offer = p.offer
			LEFT JOIN priced r ON r.offer = l.offer AND r.area = l.area AND r.format = l.format AND r.grams = l.grams
		WHERE p.list_micro IS DISTINCT FROM r.price_micro * p.letters
		ORDER BY 1, 2;
END;
COMMENT ON FUNCTION mailroom.check_mailing_prices(bigint, bigint) IS 'kinds of letters of a planned mailing whose list money the dated tariff rows of its hand-in date do not confirm, looked up in plain SQL; none when the plan is right';

CREATE OR REPLACE VIEW mailroom.mailing_report
	WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.state, m.hand_in_date, m.origin_country, m.currency, m.letter_count AS letters,
			round(m.cost_micro / 1000000.0, 2) AS cost, round(m.lower_bound_micro / 1000000.0, 2) AS lower_bound,
			round(CASE WHEN (m.plan ->> 'cost')::bigint > 0 THEN ((m.plan ->> 'cost')::bigint - (m.plan ->> 'lower_bound')::bigint)::numeric / (m.plan ->> 'cost')::bigint
				WHEN m.plan IS NOT NULL THEN 0 END, 10) AS gap,
			m.plan ->> 'status' AS plan_status,
			round(m.national_unsorted_micro / 1000000.0, 2) AS national_unsorted,
			round((m.national_unsorted_micro - m.cost_micro) / 1000000.0, 2) AS saving_on_national,
			round(100.0 * (m.national_unsorted_micro - m.cost_micro) / nullif(m.national_unsorted_micro, 0), 2) AS saving_on_national_percent,
			round(m.cheapest_list_micro / 1000000.0, 2) AS cheapest_list,
			round((m.cheapest_list_micro - m.cost_micro) / 1000000.0, 2) AS saving_on_cheapest_list,
			round(100.0 * (m.cheapest_list_micro - m.cost_micro) / nullif(m.cheapest_list_micro, 0), 2) AS saving_on_cheapest_list_percent,
			(m.plan #>> '{baselines,cheapest_list,broken}')::bigint AS cheapest_list_broken_rules,
			(m.plan #>> '{baselines,cheapest_list,broken}')::bigint = 0 AS cheapest_list_is_possible,
			round((m.plan #>> '{baselines,single_carrier,cost}')::bigint / 1000000.0, 2) AS single_carrier,
			m.plan #>> '{baselines,single_carrier,carrier}' AS best_single_carrier,
			CASE WHEN m.state = 'planned' THEN m.plan ->> 'tariff'
				IS DISTINCT FROM encode(mailroom.tariff_fingerprint(m.issuer_id, m.origin_country, m.currency, m.hand_in_date), 'hex') END AS tariff_changed,
			CASE WHEN m.plan IS NOT NULL THEN b.letters END AS blank_letters, CASE WHEN m.plan IS NOT NULL THEN round(b.micro / 1000000.0, 2) END AS blank_cost
		FROM mailroom.mailing m
			CROSS JOIN LATERAL (SELECT coalesce(sum(p.micro / each.topup_micro), 0)::bigint AS letters, coalesce(sum(p.micro), 0) AS micro
				FROM (SELECT e.part ->> 'item' AS offer, (e.part ->> 'amount_micro')::bigint AS micro FROM jsonb_array_elements(m.plan -> 'parts') AS e (part) WHERE e.part ->> 'part' = 'topup') p
					CROSS JOIN LATERAL (SELECT nullif(max(t.topup_micro), 0) AS topup_micro
						FROM (SELECT o.topup_micro FROM mailroom.carrier_offer o WHERE o.offer = p.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
							UNION ALL
							SELECT c.topup_micro FROM mailroom.offer_condition c WHERE c.offer = p.offer AND c.condition = 'pieces' AND c.shortfall = 'paid'
								AND c.valid_from <= m.hand_in_date AND (c.valid_to IS NULL OR c.valid_to > m.hand_in_date)) t) each) b;
COMMENT ON VIEW mailroom.mailing_report IS 'each mailing: letters, planned postage, proven lower bound and gap, and the saving against ways without a plan, in units of the currency, with the value added tax that the issuer does not deduct (mailroom.mailing_cost_report has it apart); cheapest_list may break rules (minima, bundles, limits), then nobody can buy it at that price; single_carrier is the best plan found with one carrier alone; tariff_changed: the tariffs or admitted carriers of its hand-in date are others than those it was planned by: plan it again with mailroom.plan_mailing (NULL unless it is planned and not printed); blank_letters are paid up to an offer''s minimum and not sent (mailroom.blank_items says what they save), blank_cost is what is paid up to minimums, of letters or of an order''s price, before tax';

CREATE OR REPLACE VIEW mailroom.mailing_cost_report
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, o.carrier, c.offer, m.currency, c.letters, c.net_micro, o.vat_treatment, round(o.vat_points / 100.0, 2) AS vat_percent,
			c.net_micro * o.vat_points / 10000.0 AS vat_micro, c.net_micro * o.vat_points * d.points / 100000000.0 AS deducted_micro,
			c.net_micro + c.net_micro * o.vat_points * (10000 - d.points) / 100000000.0 AS cost_micro
		FROM (SELECT c.issuer_id, c.mailing_id, c.offer, sum(c.letters)::bigint AS letters, sum(c.list_micro - c.discount_micro) AS net_micro
				FROM mailroom.mailing_cell c GROUP BY 1, 2, 3) c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
			JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
			CROSS JOIN LATERAL (SELECT coalesce((m.plan ->> 'vat_deductible_points')::integer, 10000) AS points) d;
COMMENT ON VIEW mailroom.mailing_cost_report IS 'each planned mailing by offer before and after value added tax, millionths, not rounded: net (what its letters cost, sum of letter_postage.price_micro), the tax on it, what the issuer deducts of that (the share that held when it was planned), and cost = net + tax - deducted; the costs of a mailing sum to its plan''s cost';

CREATE OR REPLACE VIEW mailroom.letter_cost
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.letter_id, p.offer, p.price_micro AS net_micro, p.price_micro * o.vat_points / 10000.0 AS vat_micro,
			p.price_micro + p.price_micro::numeric * o.vat_points * (10000 - coalesce((m.plan ->> 'vat_deductible_points')::integer, 10000)) / 100000000 AS cost_micro
		FROM mailroom.letter_postage p
			JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
			JOIN mailroom.carrier_offer o ON o.offer = p.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date);
COMMENT ON VIEW mailroom.letter_cost IS 'each planned letter before value added tax, the tax, and what it costs with the tax that the issuer does not deduct, in millionths, not rounded';

CREATE OR REPLACE VIEW mailroom.mailing_zone_report
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, c.zone, c.offer, m.currency, sum(c.letters)::bigint AS letters,
			round(sum(c.list_micro) / 1000000.0, 2) AS list, round(sum(c.list_micro - c.discount_micro) / 1000000.0, 2) AS price,
			round(sum(c.list_micro - c.discount_micro) / sum(c.letters) / 1000000.0, 4) AS price_per_letter
		FROM mailroom.mailing_cell c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
		GROUP BY c.issuer_id, c.mailing_id, c.zone, c.offer, m.currency;
COMMENT ON VIEW mailroom.mailing_zone_report IS 'each mailing by bundle zone and offer: letters, list money, price and price per letter in units of the currency; reads no letters';

CREATE OR REPLACE VIEW mailroom.mailing_step_report
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, c.offer, c.format, ((c.milligrams + 999) / 1000)::integer AS grams, m.currency, sum(c.letters)::bigint AS letters,
			round(sum(c.list_micro) / sum(c.letters) / 1000000.0, 4) AS list_per_letter,
			round(sum(c.list_micro) / 1000000.0, 2) AS list, round(sum(c.list_micro - c.discount_micro) / 1000000.0, 2) AS price
		FROM mailroom.mailing_cell c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
		GROUP BY c.issuer_id, c.mailing_id, c.offer, c.format, 5, m.currency;
COMMENT ON VIEW mailroom.mailing_step_report IS 'each mailing by offer, format and weight of the letter: letters, list price per letter, list money and price in units of the currency; reads no letters';

CREATE OR REPLACE VIEW mailroom.mailing_discount_report
	WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, s.scheme, s.mode, m.currency, coalesce(p.letters, 0) AS letters,
			(SELECT max(t.from_count) FROM mailroom.discount_tier t WHERE t.scheme = s.scheme AND t.from_count <= coalesce(p.letters, 0)
				AND t.valid_from <= m.hand_in_date AND (t.valid_to IS NULL OR t.valid_to > m.hand_in_date)) AS reached_from,
			round(p.basis_points / 100.0, 2) AS percent, round(- p.amount_micro / 1000000.0, 2) AS discount,
			n.from_count AS next_from, n.from_count - coalesce(p.letters, 0) AS letters_to_next,
			CASE s.mode WHEN 'all' THEN round(n.basis_points / 100.0, 2) END AS next_percent,
			CASE s.mode WHEN 'all' THEN round((n.basis_points - p.basis_points) * p.list_micro / 10000 / 1000000.0, 2) END AS next_is_worth,
			p.of_issuer_id
		FROM mailroom.mailing m
			JOIN mailroom.discount_scheme s ON s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date)
				AND s.period = 'mailing' AND s.measure = 'pieces'
			CROSS JOIN LATERAL (SELECT FROM mailroom.postage_offers(m.issuer_id, m.origin_country, m.currency, m.hand_in_date) o WHERE o.offer = ANY (s.offers) LIMIT 1) used
			LEFT JOIN LATERAL (SELECT (e ->> 'letters')::bigint AS letters, (e ->> 'list_micro')::bigint AS list_micro, (e ->> 'amount_micro')::bigint AS amount_micro,
						(e ->> 'basis_points')::integer AS basis_points, (e ->> 'issuer_id')::bigint AS of_issuer_id
					FROM jsonb_array_elements(m.plan -> 'parts') AS e
					WHERE e ->> 'part' = 'discount' AND e ->> 'item' = s.scheme) p ON true
			LEFT JOIN LATERAL (SELECT t.from_count, t.basis_points FROM mailroom.discount_tier t
					WHERE t.scheme = s.scheme AND t.from_count > coalesce(p.letters, 0)
						AND t.valid_from <= m.hand_in_date AND (t.valid_to IS NULL OR t.valid_to > m.hand_in_date)
					ORDER BY t.from_count LIMIT 1) n ON true
		WHERE m.plan IS NOT NULL;
COMMENT ON VIEW mailroom.mailing_discount_report IS 'each planned mailing by discount scheme: letters that count, tier reached (from so many letters, percent), what it gives, the next tier and how many letters are missing to it, and what its percentage would give on the present list money above the present one; money in units of the currency; in a common hand-in a scheme that counts each issuer''s letters has a row for each (of_issuer_id)';

CREATE OR REPLACE VIEW mailroom.mailing_saving_report
	WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.hand_in_date, m.currency, m.letter_count AS letters, b.key AS baseline,
			b.value ->> 'carrier' AS carrier, coalesce((b.value ->> 'broken')::bigint, 0) AS broken_rules, b.value ->> 'example' AS example,
			round((b.value ->> 'cost')::bigint / 1000000.0, 2) AS baseline_cost, round(m.cost_micro / 1000000.0, 2) AS cost,
			round(((b.value ->> 'cost')::bigint - m.cost_micro) / 1000000.0, 2) AS saving,
			round(100.0 * ((b.value ->> 'cost')::bigint - m.cost_micro) / nullif((b.value ->> 'cost')::bigint, 0), 2) AS saving_percent
		FROM mailroom.mailing m
			CROSS JOIN LATERAL jsonb_each(m.plan -> 'baselines') AS b (key, value);
COMMENT ON VIEW mailroom.mailing_saving_report IS 'each planned mailing against each baseline: national_unsorted (everything unsorted at the national carrier), cheapest_list (each letter at its cheapest list price; broken_rules > 0: nobody can buy it, example says why), single_carrier (the best plan found with one carrier alone); NULL where a baseline does not carry all letters; in units of the currency';

CREATE OR REPLACE VIEW mailroom.saving_report
	WITH (security_invoker = true) AS
	SELECT s.issuer_id, i.name AS customer, extract(year FROM s.hand_in_date)::integer AS year, s.currency, s.baseline, count(*) AS mailings, sum(s.letters)::bigint AS letters,
			sum(s.baseline_cost) AS baseline_cost, sum(s.cost) AS cost, sum(s.saving) AS saving,
			round(100 * sum(s.saving) / nullif(sum(s.baseline_cost), 0), 2) AS saving_percent,
			count(*) FILTER (WHERE s.broken_rules > 0) AS impossible_mailings
		FROM mailroom.mailing_saving_report s
			JOIN mailroom.issuer i ON i.issuer_id = s.issuer_id
		WHERE s.baseline_cost IS NOT NULL
		GROUP BY s.issuer_id, i.name, 3, s.currency, s.baseline;
COMMENT ON VIEW mailroom.saving_report IS 'saving of each customer (issuer) and year of hand-in against each baseline, in units of the currency: mailings whose letters the baseline carries; impossible_mailings of them break rules under it';

CREATE OR REPLACE VIEW mailroom.mailing_offer_report
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, c.offer, o.carrier, o.product, o.service_class, m.currency, sum(c.letters)::bigint AS letters,
			(sum(c.letters * c.milligrams) / 1000)::bigint AS grams,
			round(sum(c.list_micro) / 1000000.0, 2) AS list, round(sum(c.discount_micro) / 1000000.0, 2) AS discount,
			round(sum(c.list_micro - c.discount_micro) / 1000000.0, 2) AS price,
			CASE WHEN coalesce(o.min_bundle, 0) > 0 THEN count(DISTINCT c.zone) ELSE 1 END AS bundles
		FROM mailroom.mailing_cell c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
			LEFT JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
		GROUP BY c.issuer_id, c.mailing_id, c.offer, o.carrier, o.product, o.service_class, o.min_bundle, m.currency;
COMMENT ON VIEW mailroom.mailing_offer_report IS 'each mailing by offer, with carrier, product and service class: letters, grams, list money, discount (negative when fees exceed discounts), price in units of the currency, and bundles; reads no letters';

CREATE OR REPLACE FUNCTION mailroom.envelope_text(issuer_id bigint, mailing_id bigint, cover_id bigint, letter_id bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN (SELECT format('; %s: the envelope with %s documents costs %s, the share of this one is %s',
			CASE WHEN $3 = $4 THEN 'others travel in its envelope' ELSE 'travels in the envelope of letter ' || $3 END,
			count(*), mailroom.price_text(sum(c.share_micro)::bigint), mailroom.price_text((sum(c.share_micro) FILTER (WHERE c.letter_id = $4))::bigint))
		FROM mailroom.cover_share($1, $2, $3) c);
END;
$$;
COMMENT ON FUNCTION mailroom.envelope_text(bigint, bigint, bigint, bigint) IS 'in whose envelope a letter travels, what the envelope costs, and the letter''s share of that (by sheets), in words';

CREATE OR REPLACE FUNCTION mailroom.hold_text(issuer_id bigint, mailing_id bigint, letter_id bigint, due_days integer)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN coalesce(
		(SELECT format('; waited since the hand-in of %s, which saves %s', to_char(f.hand_in_date, 'YYYY-MM-DD'), mailroom.price_text(w.saved_micro))
			FROM mailroom.letter_wait w JOIN mailroom.mailing f ON f.issuer_id = w.issuer_id AND f.mailing_id = w.mailing_id
			WHERE w.issuer_id = $1 AND w.letter_id = $3 AND w.until_mailing_id = $2 ORDER BY w.held_at DESC LIMIT 1),
		(SELECT format('; could wait until %s: ', to_char(h.until_date, 'YYYY-MM-DD'))
				|| CASE WHEN h.letters = 0 THEN h.reason WHEN h.is_done THEN 'dearer than with those that wait' ELSE format('%s letters of the mailing, waiting, would save %s in all', h.letters, mailroom.price_text(h.saved_micro)) END
			FROM mailroom.mailing_hold h JOIN mailroom.mailing g ON g.issuer_id = h.issuer_id AND g.mailing_id = h.mailing_id
			WHERE h.issuer_id = $1 AND h.mailing_id = $2 AND $4 > h.until_date - g.hand_in_date), '');
END;
$$;
COMMENT ON FUNCTION mailroom.hold_text(bigint, bigint, bigint, integer) IS 'whether a letter has waited for its mailing, or could wait for a later one, in words; empty when neither';

CREATE OR REPLACE FUNCTION mailroom.refusing_wish(issuer_id bigint, mailing_id bigint, letter_id bigint, offer text)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.postage_wish w WHERE w.issuer_id = $1) THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT string_agg(DISTINCT w.wish, ', ')
		FROM mailroom.mailing m
			CROSS JOIN LATERAL mailroom.wish_offers($1, $2, m.origin_country, m.currency, m.hand_in_date, 0, coalesce(mailroom.letter_scope($1, $2, $1, $2, $3), '')) w
		WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND w.effect = 'forbid' AND w.offer = $4);
END;
$$;
COMMENT ON FUNCTION mailroom.refusing_wish(bigint, bigint, bigint, text) IS 'the planner''s wishes that keep a letter from an offer, in words; NULL when none does';

CREATE OR REPLACE FUNCTION mailroom.size_refusal(issuer_id bigint, sheets integer, carrier text, format text, grams integer, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN (SELECT pg_catalog.format('the carrier takes format %s up to %s', f.format, concat_ws(' and ', f.max_thickness_mm || ' mm', f.max_grams || ' g'))
		FROM mailroom.carrier_format f
		WHERE f.carrier = $3 AND f.format = $4 AND f.valid_from <= $6 AND (f.valid_to IS NULL OR f.valid_to > $6)
			AND (f.max_grams < $5 OR f.max_thickness_mm * 1000 < (SELECT s.micrometres FROM mailroom.letter_shape($1, $2, $6) s))
		ORDER BY f.valid_from DESC LIMIT 1);
END;
$$;
COMMENT ON FUNCTION mailroom.size_refusal(bigint, integer, text, text, integer, date) IS 'why a carrier does not take an issuer''s letter of so many sheets as a format: heavier or thicker than mailroom.carrier_format says; NULL when it does';

CREATE OR REPLACE FUNCTION mailroom.explain_letter(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS TABLE (choice integer, offer text, carrier text, product text, is_planned boolean, list_micro bigint, discount_micro bigint, price_micro bigint, note text)
	STABLE PARALLEL RESTRICTED
	ROWS 10
BEGIN ATOMIC
	WITH planned AS MATERIALIZED (
		SELECT p.*, l.country, mailroom.plain_postcode(l.country, l.postcode) AS sort_code, coalesce(l.cover_due_days, l.due_days) AS due_days, m.origin_country, m.currency, m.hand_in_date, m.plan, coalesce(l.cover_sheets, l.sheets) AS sheets,
				coalesce((m.plan ->> 'house_issuer_id')::bigint, m.issuer_id) AS planned_by, -- a common hand-in is planned with the house's carriers
				(SELECT sum(b.letters) FROM mailroom.mailing_cell b
					WHERE b.issuer_id = p.issuer_id AND b.mailing_id = p.mailing_id AND b.offer = p.offer AND b.zone = p.zone) AS bundle_letters,
				CASE WHEN m.plan ? 'house_mailing_id' THEN ' of this mailing' ELSE '' END AS of_this,
				CASE WHEN l.cover_sheets IS NOT NULL THEN mailroom.envelope_text(p.issuer_id, p.mailing_id, p.letter_id, $3) ELSE mailroom.hold_text(p.issuer_id, p.mailing_id, p.letter_id, l.due_days) END AS envelope
			FROM mailroom.letter own
				JOIN mailroom.letter_postage p ON p.issuer_id = own.issuer_id AND p.mailing_id = own.mailing_id AND p.letter_id = coalesce(own.cover_id, own.letter_id)
				JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			WHERE own.issuer_id = $1 AND own.mailing_id = $2 AND own.letter_id = $3
	), reached AS (
		SELECT s.scheme, s.offers, (part ->> 'basis_points')::integer AS basis_points
			FROM planned p, jsonb_array_elements(coalesce(p.plan -> 'parts', p.plan -> 'discounts')) AS part
				JOIN mailroom.discount_scheme s ON s.scheme = part ->> 'item'
			WHERE part ->> 'part' = 'discount' AND s.valid_from <= p.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > p.hand_in_date)
	), offered AS (
		SELECT o.*, p.letter_id, p.offer AS planned_offer, p.discount_micro AS planned_discount, p.zone, p.bundle_no, p.bundle_letters, p.of_this, p.envelope, p.format AS letter_format,
				p.due_days, p.grams, a.area, mailroom.size_refusal(p.issuer_id, p.sheets, o.carrier, p.format, p.grams, p.hand_in_date) AS size_refusal,
				mailroom.order_price(o.offer, a.area, p.format, p.grams, p.hand_in_date, coalesce(w.letters, 1), coalesce(w.grams, p.grams)) AS list_micro,
				CASE WHEN mailroom.step_price(o.offer, a.area, p.format, p.grams, p.hand_in_date) IS NULL THEN round(w.grams::numeric / w.letters, 1) END AS average,
				coalesce((SELECT sum(r.basis_points) FROM reached r WHERE o.offer = ANY (r.offers)), 0) AS basis_points,
				(SELECT string_agg(format('%s %s %%', r.scheme, round(r.basis_points / 100.0, 2)), ', ' ORDER BY r.scheme) FROM reached r
					WHERE o.offer = ANY (r.offers) AND r.basis_points > 0) AS schemes,
				(SELECT f.product FROM mailroom.carrier_offer f WHERE f.offer = o.offer AND f.valid_from <= p.hand_in_date
					AND (f.valid_to IS NULL OR f.valid_to > p.hand_in_date)) AS product
			FROM planned p
				CROSS JOIN LATERAL mailroom.postage_offers(p.planned_by, p.origin_country, p.currency, p.hand_in_date) o
				CROSS JOIN LATERAL (SELECT mailroom.coverage_area(o.coverage, p.country, p.sort_code, p.hand_in_date) AS area) a
				LEFT JOIN mailroom.mailing_orders($1, $2) w ON w.offer = o.offer
	), judged AS (
		SELECT o.*, o.offer = o.planned_offer AS is_planned,
				CASE WHEN o.offer = o.planned_offer THEN o.planned_discount ELSE o.list_micro * o.basis_points / 10000 END AS given,
				o.list_micro IS NOT NULL AND o.days <= o.due_days AND o.letter_format = ANY (o.formats) AND o.refusal IS NULL AND o.size_refusal IS NULL AND w.wish IS NULL AS is_possible, w.wish
			FROM offered o
				CROSS JOIN LATERAL (SELECT mailroom.refusing_wish($1, $2, o.letter_id, o.offer) AS wish) w
	)
	SELECT (row_number() OVER (ORDER BY NOT j.is_planned, NOT j.is_possible, j.list_micro - j.given, j.offer))::integer, j.offer, j.carrier, j.product,
			j.is_planned, j.list_micro, j.given, j.list_micro - j.given,
			CASE
				WHEN j.is_planned AND j.min_bundle > 0 THEN format('planned: bundle %s of %s letters%s in zone %s', j.bundle_no, j.bundle_letters, j.of_this, j.zone)
				WHEN j.is_planned THEN 'planned'
				WHEN j.area IS NULL THEN 'does not cover the destination'
				WHEN NOT j.letter_format = ANY (j.formats) THEN format('does not take format %s', j.letter_format)
				WHEN j.list_micro IS NULL THEN format('has no step for %s g', j.grams)
				WHEN j.size_refusal IS NOT NULL THEN j.size_refusal
				WHEN j.days > j.due_days THEN format('too late: %s days, due in %s', j.days, j.due_days)
				WHEN j.refusal IS NOT NULL THEN j.refusal
				WHEN j.wish IS NOT NULL THEN j.wish
				WHEN j.min_bundle > 0 OR j.min_mailing > 0 OR j.fixed_micro > 0 THEN
					format('conditions: %s', concat_ws(', ', CASE WHEN j.min_mailing > 0 THEN 'at least ' || j.min_mailing || ' letters' END,
						CASE WHEN j.min_bundle > 0 THEN 'bundles of ' || j.min_bundle || ' in zone ' || j.zone END,
						CASE WHEN j.fixed_micro > 0 THEN 'fee ' || round(j.fixed_micro / 1000000.0, 2) END))
				ELSE 'possible'
			END || coalesce('; the order weighs ' || CASE WHEN j.list_micro IS NOT NULL THEN j.average END || ' g on average', '') || coalesce('; discount reached: ' || j.schemes, '')
				|| CASE WHEN j.is_planned THEN j.envelope ELSE '' END
		FROM judged j
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.explain_letter(bigint, bigint, bigint) IS 'why a letter got its offer: the planned offer first, then the possible ones by price, then the others with the reason; discount_micro of an alternative is what the schemes reached in this plan would give it; fees are in the planned letter''s discount only. A document that travels in another one''s envelope is answered with that envelope''s choices, and the planned row says in whose envelope it travels, what that costs and what its share is, or whether it has waited for its mailing or could wait for a later one. Of a common hand-in the choices are the house''s';

CREATE OR REPLACE VIEW mailroom.letter_explanation
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.letter_id, e.choice, e.offer, e.carrier, e.product, e.is_planned, e.list_micro, e.discount_micro, e.price_micro, e.note
		FROM mailroom.letter p
			CROSS JOIN LATERAL mailroom.explain_letter(p.issuer_id, p.mailing_id, p.letter_id) e;
COMMENT ON VIEW mailroom.letter_explanation IS 'why letters got their offers, also those that share an envelope, see mailroom.explain_letter; ask for one letter_id, or a few';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailing_cell'), ('mailing_report'), ('mailing_offer_report'), ('mailing_zone_report'), ('mailing_step_report'), ('mailing_cost_report'), ('letter_cost'),
		('mailing_discount_report'), ('mailing_saving_report'), ('saving_report'), ('letter_explanation')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.issuer_carrier', 'SELECT, INSERT, DELETE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.issuer_carrier', 'SELECT') FROM (VALUES ('reader'), ('clerk')) AS k (kind);
