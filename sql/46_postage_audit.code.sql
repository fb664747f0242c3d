-- 46_postage_audit: what a carrier should bill, what it billed, and why the two differ.
--
-- Amounts of the tariff are micro units; amounts of invoices are numeric units of the currency.  Nothing is rounded
-- but where a carrier's invoice must be whole minor units, and then by one rule: totals half up, parts by the largest
-- remainder, so that parts sum to their total.

-- What a carrier should bill -------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.currency_decimals(currency text)
	RETURNS integer
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN currency IN ('CLP', 'ISK', 'JPY', 'KRW', 'VND') THEN 0 WHEN currency IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 3 ELSE 2 END;
COMMENT ON FUNCTION mailroom.currency_decimals(text) IS 'decimals of the minor unit of a currency (ISO 4217)';

-- Round() of numeric is half away from zero: half up for the amounts of an invoice, and the same for a credit.
CREATE OR REPLACE FUNCTION mailroom.share_total(amounts numeric[], total numeric, decimals integer)
	RETURNS numeric[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (
		SELECT array_agg((r.whole + CASE WHEN r.place <= r.missing THEN 1 ELSE 0 END) / 10::numeric ^ decimals ORDER BY r.n)
			FROM (SELECT f.n, f.whole, row_number() OVER (ORDER BY f.exact - f.whole DESC, f.n) AS place,
						total * 10::numeric ^ decimals - sum(f.whole) OVER () AS missing
					FROM (SELECT a.n, floor(a.exact) AS whole, a.exact
							FROM (SELECT u.n, CASE WHEN sum(u.amount) OVER () = 0 THEN total * 10::numeric ^ decimals / count(*) OVER ()
											ELSE u.amount * total * 10::numeric ^ decimals / sum(u.amount) OVER () END AS exact
									FROM unnest(amounts) WITH ORDINALITY AS u (amount, n)) a) f) r);
COMMENT ON FUNCTION mailroom.share_total(numeric[], numeric, integer) IS 'total, a multiple of the smallest unit of so many decimals, spread in proportion to amounts by the largest remainder (the first of equal ones): the shares sum to total; evenly when the amounts sum to zero';

CREATE OR REPLACE FUNCTION mailroom.postage_kinds(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, country text, postcode text, format text, grams integer, unit_micro bigint, letters bigint)
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	SELECT p.offer, l.country, mailroom.plain_postcode(l.country, l.postcode), p.format, p.grams, p.list_micro, count(*)
		FROM mailroom.letter_postage p
			JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
		WHERE p.issuer_id = $1 AND p.mailing_id = $2
		GROUP BY 1, 2, 3, 4, 5, 6;
END;
COMMENT ON FUNCTION mailroom.postage_kinds(bigint, bigint) IS 'planned letters of a mailing by what their price depends on';

-- Letters of one offer, area, format, weight step and list price are one line of the invoice.
CREATE OR REPLACE FUNCTION mailroom.expected_postage_lines(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, area text, format text, up_to_grams integer, unit_micro bigint, quantity bigint, grams bigint)
	STABLE PARALLEL SAFE
	ROWS 50
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH m AS MATERIALIZED (
		SELECT g.hand_in_date FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2
	), kind AS MATERIALIZED (
		SELECT * FROM mailroom.postage_kinds($1, $2)
	), place AS MATERIALIZED (
		SELECT d.*, mailroom.coverage_area(o.coverage, d.country, d.postcode, m.hand_in_date) AS area
			FROM (SELECT DISTINCT k.offer, k.country, k.postcode FROM kind k) d
				CROSS JOIN m
				JOIN mailroom.carrier_offer o ON o.offer = d.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
	), priced AS MATERIALIZED (
		SELECT k.offer, p.area, k.format, k.grams, k.unit_micro, sum(k.letters) AS letters
			FROM kind k JOIN place p ON p.offer = k.offer AND p.country = k.country AND p.postcode = k.postcode
			GROUP BY 1, 2, 3, 4, 5
	), step AS MATERIALIZED (
		SELECT r.offer, r.area, r.format, r.up_to_grams FROM m CROSS JOIN LATERAL mailroom.price_rows(m.hand_in_date) r
	)
	SELECT s.offer, s.area, s.format, s.up_to_grams, s.unit_micro, sum(s.letters)::bigint, sum(s.letters * s.grams)::bigint
		FROM (SELECT p.*, (SELECT min(t.up_to_grams) FROM step t
					WHERE t.offer = p.offer AND t.area = p.area AND t.format = p.format AND t.up_to_grams >= p.grams) AS up_to_grams
				FROM priced p) s
		GROUP BY 1, 2, 3, 4, 5
		ORDER BY s.offer COLLATE "C", s.area COLLATE "C", s.format COLLATE "C", s.up_to_grams, s.unit_micro;
END;
COMMENT ON FUNCTION mailroom.expected_postage_lines(bigint, bigint) IS 'planned letters of a mailing by offer, price area, format, weight step and list price';

CREATE OR REPLACE FUNCTION mailroom.postage_article(kind text, offer text, area text, format text, up_to_grams integer, item text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN kind = 'postage' THEN offer || '/' || area || '/' || format || '/' || CASE up_to_grams WHEN 1000000000 THEN '*' ELSE up_to_grams::text END
		WHEN kind IN ('fixed', 'topup') THEN offer || '/' || kind ELSE item END;
COMMENT ON FUNCTION mailroom.postage_article(text, text, text, text, integer, text) IS 'article under which a line of the expected invoice goes: OFFER/area/format/grams, OFFER/fixed, OFFER/topup, or the code of the scheme or fee';

-- Lines before rounding.  Discounts in percent fall on the lines they are for; what is not a price of a letter is a
-- line of its own, split by carrier and tax treatment where its offers differ in them.
CREATE OR REPLACE FUNCTION mailroom.expected_invoice_parts(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (line_no integer, carrier text, kind text, offer text, product text, area text, format text, up_to_grams integer, item text,
		quantity bigint, unit_micro bigint, list_micro bigint, discounts jsonb, net_micro bigint, vat_treatment text, vat_points integer)
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH m AS MATERIALIZED (
		SELECT g.hand_in_date, g.plan FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2
	), offer AS MATERIALIZED (
		SELECT o.* FROM mailroom.carrier_offer o, m WHERE o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
	), line AS MATERIALIZED (
		SELECT row_number() OVER () AS n, l.*, l.quantity * l.unit_micro AS list_micro, o.carrier, o.product, o.vat_treatment, o.vat_points
			FROM mailroom.expected_postage_lines($1, $2) l JOIN offer o ON o.offer = l.offer
	), part AS MATERIALIZED (
		SELECT row_number() OVER () AS n, p.part, p.item, p.amount_micro, p.basis_points, coalesce(s.offers, ARRAY[p.item]) AS offers
			FROM m CROSS JOIN jsonb_to_recordset(m.plan -> 'parts') AS p (part text, item text, amount_micro bigint, basis_points integer)
				LEFT JOIN mailroom.discount_scheme s ON p.part = 'discount' AND s.scheme = p.item
					AND s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date)
			WHERE p.part NOT IN ('list', 'broken') AND p.amount_micro <> 0
	), discount AS MATERIALIZED (
		SELECT t.part_no, t.item, u.n, (u.share * 1000000)::bigint AS amount_micro
			FROM (SELECT p.n AS part_no, p.item, array_agg(l.n ORDER BY l.n) AS lines,
						mailroom.share_total(array_agg(l.list_micro::numeric ORDER BY l.n), - p.amount_micro / 1000000.0, 6) AS shares
					FROM part p JOIN line l ON l.offer = ANY (p.offers)
					WHERE p.part = 'discount' AND p.basis_points IS NOT NULL
					GROUP BY p.n, p.item, p.amount_micro) t
				CROSS JOIN LATERAL unnest(t.lines, t.shares) AS u (n, share)
	), class AS MATERIALIZED (
		SELECT p.n AS part_no, l.carrier, l.vat_treatment, l.vat_points, sum(l.quantity) AS letters
			FROM part p JOIN line l ON l.offer = ANY (p.offers)
			GROUP BY 1, 2, 3, 4
	), fee AS MATERIALIZED (
		SELECT p.n AS part_no, p.part, p.item, u.carrier, u.vat_treatment, u.vat_points, (u.share * 1000000)::bigint AS amount_micro
			FROM (SELECT c.part_no, array_agg(c.carrier ORDER BY c.carrier, c.vat_points) AS carriers, array_agg(c.vat_treatment ORDER BY c.carrier, c.vat_points) AS treatments,
						array_agg(c.vat_points ORDER BY c.carrier, c.vat_points) AS points,
						mailroom.share_total(array_agg(c.letters ORDER BY c.carrier, c.vat_points), min(p.amount_micro) / 1000000.0, 6) AS shares
					FROM class c JOIN part p ON p.n = c.part_no
					GROUP BY c.part_no) t
				JOIN part p ON p.n = t.part_no AND NOT EXISTS (SELECT FROM discount d WHERE d.part_no = p.n)
				CROSS JOIN LATERAL unnest(t.carriers, t.treatments, t.points, t.shares) AS u (carrier, vat_treatment, vat_points, share)
	), all_lines AS (
		SELECT l.carrier, 'postage' AS kind, l.offer, l.product, l.area, l.format, l.up_to_grams, NULL::text AS item, l.quantity, l.unit_micro, l.list_micro,
				coalesce(d.discounts, '{}') AS discounts, l.list_micro - coalesce(d.amount_micro, 0) AS net_micro, l.vat_treatment, l.vat_points, l.n AS place
			FROM line l
				LEFT JOIN (SELECT e.n, jsonb_object_agg(e.item, e.amount_micro) AS discounts, sum(e.amount_micro)::bigint AS amount_micro
					FROM discount e GROUP BY e.n) d ON d.n = l.n
		UNION ALL
		SELECT f.carrier, CASE WHEN f.part IN ('fixed', 'topup', 'discount') THEN f.part ELSE 'other' END, o.offer, o.product, NULL, NULL, NULL, f.item, 1,
				f.amount_micro, f.amount_micro, '{}', f.amount_micro, f.vat_treatment, f.vat_points, 1000000 + f.part_no
			FROM fee f LEFT JOIN offer o ON o.offer = f.item
	)
	SELECT (row_number() OVER (ORDER BY a.carrier COLLATE "C", a.place, a.vat_points))::integer, a.carrier, a.kind, a.offer, a.product, a.area, a.format, a.up_to_grams, a.item,
			a.quantity, a.unit_micro, a.list_micro, a.discounts, a.net_micro, a.vat_treatment, a.vat_points
		FROM all_lines a
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.expected_invoice_parts(bigint, bigint) IS 'lines of mailroom.expected_postage_invoice in micro units, before rounding';

CREATE OR REPLACE FUNCTION mailroom.expected_postage_invoice(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (line_no integer, carrier text, article text, kind text, offer text, product text, area text, format text, up_to_grams integer, item text,
		quantity bigint, unit_micro bigint, list_micro bigint, discounts jsonb, discount_micro bigint, net_micro bigint,
		vat_treatment text, vat_points integer, currency text, net numeric, vat numeric, gross numeric)
	STABLE PARALLEL SAFE
	ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m record;
BEGIN
	SELECT g.state, g.cost_micro, mailroom.currency_decimals(g.currency) AS decimals, g.currency INTO m
		FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object';
	ELSIF m.state = 'open' THEN
		RAISE EXCEPTION 'mailing % has no expected invoice because it is not planned', $2 USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing().';
	END IF;
	RETURN QUERY
		WITH line AS MATERIALIZED (
			SELECT p.* FROM mailroom.expected_invoice_parts($1, $2) p
		), class AS MATERIALIZED (
			SELECT array_agg(l.line_no ORDER BY l.line_no) AS lines, array_agg(l.net_micro::numeric ORDER BY l.line_no) AS exact,
					round(sum(l.net_micro) / 1000000.0, m.decimals) AS net, l.vat_points
				FROM line l
				GROUP BY l.carrier, l.vat_treatment, l.vat_points
		), rounded AS (
			SELECT u.*
				FROM class c
					CROSS JOIN LATERAL unnest(c.lines, mailroom.share_total(c.exact, c.net, m.decimals),
						mailroom.share_total(c.exact, round(c.net * c.vat_points / 10000, m.decimals), m.decimals)) AS u (line_no, net, vat)
		)
		SELECT l.line_no, l.carrier, mailroom.postage_article(l.kind, l.offer, l.area, l.format, l.up_to_grams, l.item), l.kind, l.offer, l.product, l.area, l.format,
				l.up_to_grams, l.item, l.quantity, l.unit_micro, l.list_micro, l.discounts, l.list_micro - l.net_micro, l.net_micro, l.vat_treatment, l.vat_points,
				m.currency, round(r.net, m.decimals), round(r.vat, m.decimals), round(r.net + r.vat, m.decimals)
			FROM line l JOIN rounded r ON r.line_no = l.line_no
			ORDER BY l.line_no;
END;
$$;
COMMENT ON FUNCTION mailroom.expected_postage_invoice(bigint, bigint) IS 'what carriers should bill for a planned mailing, one row a line: kind postage (letters of one offer, area, format, weight step and list price), fixed, topup, discount (by amount) or other; discounts = {scheme: micro} on that line. net_micro sums to mailing.cost_micro. net, vat and gross are units of the currency: for each carrier and tax rate the exact sum is rounded half up to the minor unit, tax is taken on that total and rounded likewise, and lines get their part by the largest remainder, so that lines sum to totals. 42704 no such mailing, MR004 not planned';
